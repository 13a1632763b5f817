// A dense grid of rows: only what is in view is drawn; sorted by its headers; walked through by the arrow keys.
import { createSortedRowModel, rowSortingFeature, type SortFn, tableFeatures, useTable } from '@tanstack/react-table';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, type ReactNode, useEffect, useId, useMemo, useRef, useState } from 'react';
import { classNames } from './class-names.ts';
import { formatValue } from './format.ts';
import {
  compareValues,
  type GridColumn,
  type GridSort,
  gridTracks,
  gridWidth,
  wholeWidths,
  widened,
} from './grid-columns.ts';
import { GridHeader } from './grid-header.tsx';
import { SkeletonLines } from './skeleton.tsx';

export type { GridColumn, GridSort } from './grid-columns.ts';

export type DataGridProps<Row> = {
  /** What the rows are; read out. */
  label: string;
  rows: readonly Row[];
  columns: readonly GridColumn<Row>[];
  /** Unique among the rows. */
  rowKey: (row: Row) => string;
  /** Called for a click, or Enter on the row at hand. */
  onOpen?: (row: Row) => void;
  /** The key of the row that is open beside the grid. */
  openKey?: string;
  /** With `onSort`: the rows come sorted already, and headers only say what is wanted. Else the grid sorts by itself. */
  sort?: GridSort;
  onSort?: (sort: GridSort) => void;
  /** How the grid sorts at first, where it sorts by itself. */
  firstSort?: GridSort;
  /** `auto`: as high as its rows, up to 70% of the window. `fill`: the rest of its parent. A number: pixels. */
  height?: 'auto' | 'fill' | number;
  rowHeight?: number;
  isLoading?: boolean;
  /** What stands in the place of rows where there are none. */
  empty?: ReactNode;
  /** Keys of rows that have just changed: they light up for a moment. */
  changed?: ReadonlySet<string>;
  /** Keys of rows that are there no more: they are faint until they leave. */
  gone?: ReadonlySet<string>;
  /** Called when the last rows come into view: load more. */
  onEnd?: () => void;
  /** Below the rows, inside the frame. */
  footer?: ReactNode;
  /** Without a frame of its own: inside a flush Card. */
  isBare?: boolean;
  /** The first column stays in view when the others are moved aside. */
  isFirstSticky?: boolean;
};

const features = tableFeatures({ rowSortingFeature, sortedRowModel: createSortedRowModel() });

export function DataGrid<Row extends object>(props: DataGridProps<Row>) {
  const { label, rows, columns, rowKey, onOpen, openKey, height = 'auto', rowHeight = 32, changed, onEnd } = props;
  const id = useId();
  const frame = useRef<HTMLDivElement>(null);
  const [ownSort, setOwnSort] = useState<GridSort>(props.firstSort ?? []);
  const [widths, setWidths] = useState<Record<string, number>>({});
  const [active, setActive] = useState(-1);
  const [headerStop, setHeaderStop] = useState('');
  const stops = columns.filter((column) => column.isSortable !== false).map((column) => column.id);
  const sort = props.onSort ? (props.sort ?? []) : ownSort;
  const setSort = props.onSort ?? setOwnSort;

  const definitions = useMemo(
    () =>
      columns.map((column) => ({
        id: column.id,
        accessorFn: column.value,
        sortFn: ((a, b, columnId) => compareValues(a.getValue(columnId), b.getValue(columnId))) as SortFn<
          typeof features,
          Row
        >,
      })),
    [columns],
  );
  const table = useTable<typeof features, Row>({
    features,
    data: rows,
    columns: definitions,
    getRowId: rowKey,
    manualSorting: props.onSort !== undefined,
    state: { sorting: sort.map((one) => ({ id: one.id, desc: one.isDescending })) },
  });
  const shown = table.getRowModel().rows;
  const virtual = useVirtualizer({
    count: shown.length,
    getScrollElement: () => frame.current,
    estimateSize: () => rowHeight,
    getItemKey: (index) => shown[index]!.id,
    overscan: 12,
  });
  const items = virtual.getVirtualItems();
  const lastIndex = items.at(-1)?.index ?? -1;
  useEffect(() => {
    if (onEnd && lastIndex >= shown.length - 5 && shown.length > 0) onEnd();
  }, [lastIndex, shown.length, onEnd]);

  const order = (column: GridColumn<Row>, isAdded: boolean) => {
    const before = sort.find((one) => one.id === column.id);
    const rest = isAdded ? sort.filter((one) => one.id !== column.id) : [];
    if (!before) setSort([...rest, { id: column.id, isDescending: false }]);
    else if (!before.isDescending) setSort([...rest, { id: column.id, isDescending: true }]);
    else setSort(rest);
  };
  const go = (index: number) => {
    const next = Math.max(0, Math.min(index, shown.length - 1));
    setActive(next);
    virtual.scrollToIndex(next);
  };
  const press = (event: KeyboardEvent) => {
    if (shown.length === 0 || (event.target as Element).closest('input, select, textarea')) return;
    const perPage = Math.max(1, Math.floor((frame.current?.clientHeight ?? 320) / rowHeight) - 2);
    const steps: Record<string, number> = {
      ArrowDown: active + 1,
      ArrowUp: active < 0 ? 0 : active - 1,
      PageDown: active + perPage,
      PageUp: active - perPage,
      Home: 0,
      End: shown.length - 1,
    };
    const next = steps[event.key];
    if (next !== undefined) go(next);
    else if (event.key === 'Enter' && event.target === frame.current && shown[active]) onOpen?.(shown[active].original);
    else return;
    event.preventDefault();
  };

  const whole = useRef<Readonly<Record<string, number>>>({});
  const firstIndex = items[0]?.index ?? 0;
  whole.current = useMemo(() => {
    const inView = shown.slice(firstIndex, lastIndex + 1).map((row) => row.original);
    return wholeWidths(columns, inView, whole.current);
  }, [columns, shown, firstIndex, lastIndex]);
  const anyColumns = widened(columns, whole.current) as unknown as readonly GridColumn<never>[];
  const style = {
    '--tracks': gridTracks(anyColumns, widths),
    '--row-width': `${gridWidth(anyColumns, widths)}px`,
    ...(typeof height === 'number' ? { height } : {}),
  } as React.CSSProperties;
  return (
    <div
      className={classNames(
        'flex min-h-0 min-w-0 flex-col overflow-hidden bg-surface',
        !props.isBare && 'rounded-lg border border-line',
        height === 'fill' && 'flex-1',
      )}
    >
      {/* biome-ignore lint/a11y/useSemanticElements: rows that are drawn only in view cannot be a <table>. */}
      <div
        ref={frame}
        role="grid"
        aria-label={label}
        aria-rowcount={shown.length + 1}
        aria-colcount={columns.length}
        aria-activedescendant={active >= 0 && items.some((one) => one.index === active) ? `${id}-${active}` : undefined}
        tabIndex={0}
        onKeyDown={press}
        style={style}
        className={classNames(
          'min-h-0 overflow-auto -outline-offset-2',
          height === 'fill' && 'flex-1',
          height === 'auto' && 'max-h-[70vh]',
        )}
      >
        {/* biome-ignore lint/a11y/useFocusableInteractive: the grid keeps the focus and points to its active row. */}
        {/* biome-ignore lint/a11y/useSemanticElements: see above. */}
        <div
          role="row"
          aria-rowindex={1}
          className="sticky top-0 z-20 grid h-8 min-w-(--row-width) grid-cols-(--tracks) border-b border-line bg-surface-2 text-xs font-medium text-muted"
        >
          {columns.map((column, i) => {
            const sorted = sort.find((one) => one.id === column.id);
            return (
              <GridHeader
                key={column.id}
                column={column as unknown as GridColumn<never>}
                index={i}
                isStop={column.id === (stops.includes(headerStop) ? headerStop : stops[0])}
                onStop={() => setHeaderStop(column.id)}
                isSticky={i === 0 && props.isFirstSticky === true}
                sorted={sorted && (sorted.isDescending ? 'descending' : 'ascending')}
                onSort={column.isSortable === false ? undefined : (isAdded) => order(column, isAdded)}
                onWidth={(width) =>
                  setWidths(({ [column.id]: _, ...others }) =>
                    width === undefined ? others : { ...others, [column.id]: width },
                  )
                }
              />
            );
          })}
        </div>
        {shown.length === 0 ? (
          <div className="sticky left-0">{props.isLoading ? <SkeletonLines className="p-4" /> : props.empty}</div>
        ) : (
          <div role="presentation" className="relative min-w-(--row-width)" style={{ height: virtual.getTotalSize() }}>
            {items.map((item) => {
              const row = shown[item.index]!;
              return (
                // biome-ignore lint/a11y/useFocusableInteractive: the grid keeps the focus.
                // biome-ignore lint/a11y/useKeyWithClickEvents: the grid hears Enter.
                // biome-ignore lint/a11y/useSemanticElements: see above.
                <div
                  key={row.id}
                  id={`${id}-${item.index}`}
                  role="row"
                  aria-rowindex={item.index + 2}
                  aria-selected={row.id === openKey}
                  onClick={() => {
                    setActive(item.index);
                    onOpen?.(row.original);
                  }}
                  className={classNames(
                    'absolute top-0 left-0 grid w-full grid-cols-(--tracks) items-center border-b border-line/70',
                    onOpen && 'cursor-pointer hover:bg-surface-2',
                    row.id === openKey ? 'bg-accent-soft' : item.index === active ? 'bg-surface-2' : 'bg-surface',
                    changed?.has(row.id) && 'changed',
                    props.gone?.has(row.id) && 'gone',
                  )}
                  style={{ height: item.size, transform: `translateY(${item.start}px)` }}
                >
                  {columns.map((column, i) => (
                    // biome-ignore lint/a11y/useFocusableInteractive: the grid keeps the focus.
                    // biome-ignore lint/a11y/useSemanticElements: see above.
                    <div
                      key={column.id}
                      role="gridcell"
                      aria-colindex={i + 1}
                      className={classNames(
                        'min-w-0 truncate px-2.5',
                        i === 0 && 'pl-4',
                        i === 0 &&
                          props.isFirstSticky &&
                          'sticky left-0 z-10 flex h-full flex-col justify-center bg-inherit',
                        column.align === 'right' && 'text-right',
                        column.isMono && 'font-mono text-xs',
                      )}
                    >
                      {column.cell ? column.cell(row.original) : formatValue(column.value(row.original))}
                    </div>
                  ))}
                </div>
              );
            })}
          </div>
        )}
      </div>
      {props.footer && <div className="border-t border-line px-3 py-1.5 text-xs text-muted">{props.footer}</div>}
    </div>
  );
}
