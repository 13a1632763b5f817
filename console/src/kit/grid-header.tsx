// The headers of a grid: one stop of Tab, walked through by the arrow keys; sorting by click or key, widths by dragging.
import { ArrowDown, ArrowUp } from 'lucide-react';
import type { KeyboardEvent, PointerEvent } from 'react';
import { classNames } from './class-names.ts';
import { type GridColumn, leastWidth } from './grid-columns.ts';

type GridHeaderProps = {
  column: GridColumn<never>;
  index: number;
  isSticky: boolean;
  sorted: 'ascending' | 'descending' | undefined;
  onSort: ((isAdded: boolean) => void) | undefined;
  onWidth: (width: number | undefined) => void;
  /** Whether Tab stops here: of all headers it stops at one, and the arrow keys go on from there. */
  isStop: boolean;
  onStop: () => void;
};

export function GridHeader({ column, index, isStop, onStop, isSticky, sorted, onSort, onWidth }: GridHeaderProps) {
  const isRight = column.align === 'right';
  const Arrow = sorted === 'descending' ? ArrowDown : ArrowUp;
  const words = (
    <>
      <span className="truncate">{column.header}</span>
      {sorted && <Arrow aria-hidden className="size-3 shrink-0 text-accent" />}
    </>
  );
  const place = classNames(
    'flex h-full w-full min-w-0 items-center gap-1 px-2.5',
    index === 0 && 'pl-4',
    isRight && 'flex-row-reverse text-right',
  );
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the button inside takes the focus.
    // biome-ignore lint/a11y/useSemanticElements: rows that are drawn only in view cannot be a <table>.
    <div
      role="columnheader"
      aria-colindex={index + 1}
      aria-sort={sorted ?? 'none'}
      title={column.note}
      className={classNames('min-w-0', isSticky ? 'sticky left-0 z-20 bg-surface-2' : 'relative')}
    >
      {onSort ? (
        <button
          type="button"
          className={classNames(place, 'font-medium -outline-offset-2 hover:text-text')}
          tabIndex={isStop ? 0 : -1}
          onFocus={onStop}
          onKeyDown={walk}
          onClick={(event) => onSort(event.shiftKey)}
        >
          {words}
        </button>
      ) : (
        <div className={place}>{words}</div>
      )}
      <WidthHandle label={column.header} onWidth={onWidth} />
    </div>
  );
}

/** The arrow keys go from header to header, Home and End to the first and the last. */
function walk(event: KeyboardEvent<HTMLButtonElement>): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const all = [
    ...event.currentTarget.closest('[role=row]')!.querySelectorAll<HTMLElement>('[role=columnheader] > button'),
  ];
  const at = all.indexOf(event.currentTarget);
  const places: Record<string, number> = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: all.length - 1 };
  const next = all[places[event.key] ?? -1];
  if (!(event.key in places)) return;
  event.preventDefault();
  event.stopPropagation();
  next?.focus();
}

function WidthHandle({ label, onWidth }: { label: string; onWidth: (width: number | undefined) => void }) {
  const drag = (event: PointerEvent<HTMLDivElement>) => {
    const handle = event.currentTarget;
    const begin = handle.parentElement!.getBoundingClientRect().width - event.clientX;
    const move = (moved: globalThis.PointerEvent) => onWidth(Math.max(begin + moved.clientX, leastWidth));
    handle.setPointerCapture(event.pointerId);
    handle.addEventListener('pointermove', move);
    handle.addEventListener('lostpointercapture', () => handle.removeEventListener('pointermove', move), {
      once: true,
    });
  };
  const press = (event: KeyboardEvent<HTMLDivElement>) => {
    const step = event.key === 'ArrowLeft' ? -16 : event.key === 'ArrowRight' ? 16 : 0;
    if (step === 0) return;
    event.preventDefault();
    event.stopPropagation();
    onWidth(Math.max(event.currentTarget.parentElement!.getBoundingClientRect().width + step, leastWidth));
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a separator that moves is not a rule between paragraphs.
    <div
      role="separator"
      aria-orientation="vertical"
      aria-label={`Width of ${label}`}
      aria-valuenow={0}
      tabIndex={-1}
      onPointerDown={drag}
      onKeyDown={press}
      onDoubleClick={() => onWidth(undefined)}
      className="absolute top-1.5 right-0 bottom-1.5 z-10 w-2 translate-x-1/2 cursor-col-resize touch-none rounded-sm after:absolute after:inset-y-0 after:left-1/2 after:w-px after:bg-line hover:after:w-0.5 hover:after:bg-accent"
    />
  );
}
