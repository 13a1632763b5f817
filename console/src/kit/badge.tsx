// Small signs of state: always a colour together with an icon or a word.
import {
  CircleAlert,
  CircleCheck,
  CircleDashed,
  CirclePause,
  CircleStop,
  CircleX,
  Hourglass,
  type LucideIcon,
  Moon,
  Waves,
} from 'lucide-react';
import type { ReactNode } from 'react';
import type { GraphNode, Health } from '../../../src/web/schemas.ts';
import { classNames } from './class-names.ts';

export type Tone = 'plain' | 'accent' | 'good' | 'warn' | 'bad';

const soft: Record<Tone, string> = {
  plain: 'bg-surface-2 text-muted',
  accent: 'bg-accent-soft text-accent-text',
  good: 'bg-good-soft text-good',
  warn: 'bg-warn-soft text-warn',
  bad: 'bg-bad-soft text-bad',
};

export const toneText: Record<Tone, string> = {
  plain: 'text-muted',
  accent: 'text-accent-text',
  good: 'text-good',
  warn: 'text-warn',
  bad: 'text-bad',
};

type BadgeProps = { tone?: Tone; icon?: LucideIcon; title?: string; className?: string; children: ReactNode };

export function Badge({ tone = 'plain', icon: Icon, title, className, children }: BadgeProps) {
  return (
    <span
      title={title}
      className={classNames(
        'inline-flex h-5 shrink-0 items-center gap-1 rounded-full px-2 text-2xs font-medium whitespace-nowrap',
        soft[tone],
        className,
      )}
    >
      {Icon && <Icon aria-hidden className="-ml-0.5 size-3" />}
      {children}
    </span>
  );
}

type Sign = { tone: Tone; icon: LucideIcon };

export const healthSigns: Record<Health, Sign> = {
  starting: { tone: 'plain', icon: CircleDashed },
  healthy: { tone: 'good', icon: CircleCheck },
  degraded: { tone: 'warn', icon: CircleAlert },
  paused: { tone: 'plain', icon: CirclePause },
  failed: { tone: 'bad', icon: CircleX },
  stopped: { tone: 'plain', icon: CircleStop },
};

export const nodeSigns: Record<GraphNode['state'], Sign> = {
  idle: { tone: 'plain', icon: Moon },
  flowing: { tone: 'accent', icon: Waves },
  waiting: { tone: 'plain', icon: Hourglass },
  ended: { tone: 'good', icon: CircleCheck },
  stopped: { tone: 'plain', icon: CircleStop },
  paused: { tone: 'plain', icon: CirclePause },
  failed: { tone: 'bad', icon: CircleX },
};

/** A pipeline's health: icon and word. */
export function HealthBadge({ status }: { status: Health }) {
  return (
    <Badge tone={healthSigns[status].tone} icon={healthSigns[status].icon}>
      {status}
    </Badge>
  );
}

/** The state of a box of the graph: icon and word. */
export function NodeBadge({ state }: { state: GraphNode['state'] }) {
  return (
    <Badge tone={nodeSigns[state].tone} icon={nodeSigns[state].icon}>
      {state}
    </Badge>
  );
}

/** A dot beside a word; the word is the sign, the dot only its colour. */
export function StatusDot({
  tone,
  isBreathing,
  children,
}: {
  tone: Tone;
  isBreathing?: boolean;
  children?: ReactNode;
}) {
  return (
    <span className="inline-flex items-center gap-1.5">
      <span
        aria-hidden
        className={classNames(
          'size-2 rounded-full bg-current',
          toneText[tone],
          isBreathing && 'animate-[breathe_2s_infinite]',
        )}
      />
      {children}
    </span>
  );
}
