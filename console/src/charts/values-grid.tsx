// The values of a chart as a grid, and as CSV.
import { useMemo } from 'react';
import type { ChartData, ChartView } from '../../../src/web/schemas.ts';
import { csvText } from '../data/delimited.ts';
import { DataGrid, type GridColumn } from '../kit/grid.tsx';
import {
  categoryText,
  columnOf,
  type Every,
  everyOf,
  kindOfColumn,
  numberText,
  optionsOf,
  othersOf,
} from './values.ts';

type Line = { key: string; values: readonly unknown[] };

export function ValuesGrid({ view, data }: { view: ChartView; data: ChartData }) {
  const lines = useMemo(() => data.rows.map((values, i): Line => ({ key: String(i), values })), [data]);
  const columns = useMemo(
    () =>
      data.columns.map((name, i): GridColumn<Line> => {
        const kind = kindOfColumn(view, name);
        const isNumber = kind === 'number';
        return {
          id: `${i} ${name}`,
          header: kind === 'time' ? `${name} (UTC)` : name,
          value: (line) => line.values[i],
          cell: (line) =>
            isNumber && typeof line.values[i] === 'number'
              ? numberText(line.values[i])
              : categoryText(line.values[i], columnOf(view, name), cutOf(view, data, name)),
          align: isNumber ? 'right' : 'left',
          isMono: true,
          width: 110,
        };
      }),
    [view, data],
  );
  return (
    <div className="flex h-full min-h-0 flex-col">
      <DataGrid
        label={`Values of ${view.title}`}
        rows={lines}
        columns={columns}
        rowKey={(line) => line.key}
        height="fill"
        rowHeight={28}
        isBare
      />
    </div>
  );
}

function cutOf(view: ChartView, data: ChartData, name: string): Every {
  const { x, y } = optionsOf(view);
  if (view.kind === 'heatmap') return everyOf(data, name === x ? 'xEvery' : name === y ? 'yEvery' : 'every');
  return everyOf(data);
}

/** All values as CSV; times as ISO text, the others as `13 others`. */
export function chartCsv(data: ChartData): string {
  return csvText(
    data.columns,
    data.rows.map((row) => row.map((value) => (othersOf(value) === undefined ? value : `${othersOf(value)} others`))),
  );
}
