// The places of the console, in the order of the rail.
import {
  Braces,
  Database,
  LayoutDashboard,
  type LucideIcon,
  MailX,
  Network,
  Rows3,
  SquareTerminal,
} from 'lucide-react';

export type Place = {
  to: '/' | '/topics' | '/tables' | '/sql' | '/dashboards' | '/dead' | '/api';
  label: string;
  /** Paths below which this place is the current one. */
  paths: readonly string[];
  icon: LucideIcon;
  /** Second of the two keys that go there; the first is `g`. */
  key: string;
  /** On the bottom bar of phones; the others are behind More. */
  isMain?: boolean;
};

export const places: readonly Place[] = [
  { to: '/', label: 'Overview', paths: ['/pipelines'], icon: Network, key: 'o', isMain: true },
  { to: '/topics', label: 'Topics', paths: ['/topics'], icon: Rows3, key: 't', isMain: true },
  { to: '/tables', label: 'Tables', paths: ['/tables'], icon: Database, key: 'b', isMain: true },
  { to: '/sql', label: 'SQL', paths: ['/sql'], icon: SquareTerminal, key: 's' },
  { to: '/dashboards', label: 'Dashboards', paths: ['/dashboards'], icon: LayoutDashboard, key: 'd', isMain: true },
  { to: '/dead', label: 'Dead letters', paths: ['/dead'], icon: MailX, key: 'l' },
  { to: '/api', label: 'API', paths: ['/api'], icon: Braces, key: 'a' },
];

/** Whether the path is at this place. */
export function isAt(place: Place, path: string): boolean {
  return path === place.to || place.paths.some((one) => path === one || path.startsWith(`${one}/`));
}
