// The series of a chart with their colours; a click hides or shows one.
import { classNames } from '../kit/class-names.ts';
import { MiddleText } from '../kit/middle-text.tsx';
import { Swatch, type SwatchLook } from './swatch.tsx';

export type LegendItem = SwatchLook & { key: string; label: string };

type LegendProps = {
  items: readonly LegendItem[];
  hidden: ReadonlySet<string>;
  onToggle: (key: string) => void;
  isLarge?: boolean | undefined;
};

export function Legend({ items, hidden, onToggle, isLarge }: LegendProps) {
  return (
    <ul
      aria-label="Legend"
      className={classNames(
        'flex gap-x-1 overflow-x-auto pt-1',
        isLarge ? 'max-h-24 flex-wrap' : 'max-h-12 flex-wrap overflow-y-auto',
      )}
    >
      {items.map(({ key, label, colour, dash }) => (
        <li key={key}>
          <button
            type="button"
            aria-pressed={!hidden.has(key)}
            title={hidden.has(key) ? `Show ${label}` : `Hide ${label}`}
            onClick={() => onToggle(key)}
            className={classNames(
              'flex h-5.5 max-w-48 items-center gap-1.5 rounded-sm px-1.5 text-xs hover:bg-surface-2',
              hidden.has(key) ? 'text-faint line-through' : 'text-muted',
            )}
          >
            <Swatch colour={colour} dash={dash} isFaint={hidden.has(key)} />
            <MiddleText text={label} />
          </button>
        </li>
      ))}
    </ul>
  );
}

/** The set with the key put in or taken out. */
export function toggled(hidden: ReadonlySet<string>, key: string): ReadonlySet<string> {
  const next = new Set(hidden);
  if (!next.delete(key)) next.add(key);
  return next;
}
