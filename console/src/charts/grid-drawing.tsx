// The newest rows of a table, live; or one row for each value of a column, with a bar for its amount.
import { useMemo, useRef } from 'react';
import { valueColumn } from '../data/value-cell.tsx';
import { valueText } from '../data/value-text.ts';
import { formatShare } from '../kit/format.ts';
import { DataGrid, type GridColumn } from '../kit/grid.tsx';
import { amountText, categoryText, columnOf, type DrawingProps, everyOf, numberText, optionsOf } from './values.ts';

type Line = { key: string; values: readonly unknown[] };

export default function GridDrawing(props: DrawingProps) {
  return optionsOf(props.view).by === undefined ? <NewestRows {...props} /> : <Amounts {...props} />;
}

const noKeys: ReadonlySet<string> = new Set();

function NewestRows({ view, data }: DrawingProps) {
  const lines = useMemo(() => keyed(data.rows), [data]);
  const names = data.columns.join('\n');
  // biome-ignore lint/correctness/useExhaustiveDependencies: widths that follow each row would make the grid restless.
  const columns = useMemo(
    () =>
      names.split('\n').map((name, i) =>
        fitted(
          valueColumn<Line>(columnOf(view, name), (line) => line.values[i], true),
          columnOf(view, name).type,
          lines,
        ),
      ),
    [view, names, lines.length],
  );
  const before = useRef<ReadonlySet<string>>(undefined);
  const changed = useMemo(() => {
    const keys = new Set(lines.map((line) => line.key));
    const fresh = before.current ? new Set([...keys].filter((key) => !before.current!.has(key))) : new Set<string>();
    before.current = keys;
    // where most rows are new with each answer, light would only make it restless
    return fresh.size > keys.size / 3 ? noKeys : fresh;
  }, [lines]);
  return (
    <div className="flex h-full min-h-0 flex-col">
      <DataGrid
        label={view.title}
        rows={lines}
        columns={columns}
        rowKey={(line) => line.key}
        changed={changed}
        height="fill"
        rowHeight={30}
        isBare
      />
    </div>
  );
}

/** A column as wide as its first values need: a chart has less room than the page of the table. */
function fitted(column: GridColumn<Line>, type: string, lines: readonly Line[]): GridColumn<Line> {
  const longest = Math.max(4, ...lines.slice(0, 60).map((line) => valueText(column.value(line), type).length));
  const width = Math.max(column.header.length * 6.6 + 30, longest * (column.isMono ? 7.4 : 8.6) + 26);
  return { ...column, width: Math.min(Math.round(width), 200), grow: column.align === 'right' ? 0.4 : 1 };
}

/** Rows by what is in them, so that those that are new can be told; equal ones are numbered. */
function keyed(rows: readonly (readonly unknown[])[]): Line[] {
  const seen = new Map<string, number>();
  return rows.map((values) => {
    const text = JSON.stringify(values);
    const count = seen.get(text) ?? 0;
    seen.set(text, count + 1);
    return { key: count === 0 ? text : `${text} ${count}`, values };
  });
}

function Amounts({ view, data }: DrawingProps) {
  const { by, unit, aggregate, value } = optionsOf(view);
  const lines = useMemo(() => data.rows.map((values): Line => ({ key: JSON.stringify(values[0]), values })), [data]);
  const amounts = lines.map((line) => Number(line.values[1] ?? 0));
  const most = Math.max(...amounts, 0);
  const total = amounts.reduce((sum, one) => sum + one, 0);
  // parts of a whole make sense where amounts can be added up, and all of them are here
  const hasShare =
    (value === undefined || aggregate === undefined || aggregate === 'sum') &&
    !data.isTruncated &&
    amounts.every((one) => one >= 0);
  const columns: GridColumn<Line>[] = [
    {
      id: 'by',
      header: by ?? '',
      value: (line) => line.values[0],
      cell: (line) => categoryText(line.values[0], columnOf(view, by), everyOf(data)),
      width: 110,
      grow: 2,
    },
    {
      id: 'amount',
      header: amountText(data.columns[1] ?? '', unit),
      value: (line) => line.values[1],
      align: 'right',
      width: 90,
      cell: (line) => (
        <span className="relative flex h-6 items-center justify-end">
          <span
            aria-hidden
            className="absolute inset-y-1 right-0 rounded-sm bg-accent-soft"
            style={{ width: `${most > 0 ? Math.max(0, (100 * Number(line.values[1] ?? 0)) / most) : 0}%` }}
          />
          <span className="relative pr-1 font-mono text-xs">{numberText(line.values[1], unit)}</span>
        </span>
      ),
      grow: 2,
    },
    ...(hasShare
      ? [
          {
            id: 'share',
            header: 'share',
            value: (line: Line) => line.values[1],
            align: 'right' as const,
            isMono: true,
            width: 66,
            grow: 0,
            cell: (line: Line) => formatShare(Number(line.values[1] ?? 0) / (total || 1)),
          },
        ]
      : []),
  ];
  return (
    <div className="flex h-full min-h-0 flex-col">
      <DataGrid
        label={view.title}
        rows={lines}
        columns={columns}
        rowKey={(line) => line.key}
        height="fill"
        rowHeight={30}
        isBare
      />
    </div>
  );
}
