// The series of a chart with their colours; a click hides or shows one.
import { classNames } from '../kit/class-names.ts';
import { MiddleText } from '../kit/middle-text.tsx';

export type LegendItem = { key: string; label: string; colour: string; dash?: number[] | undefined };

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
            <svg aria-hidden width="14" height="4" className={classNames('shrink-0', hidden.has(key) && 'opacity-40')}>
              <line
                x1="1"
                y1="2"
                x2="13"
                y2="2"
                stroke={colour}
                strokeWidth="3"
                strokeLinecap="round"
                strokeDasharray={dash?.join(' ')}
              />
            </svg>
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
