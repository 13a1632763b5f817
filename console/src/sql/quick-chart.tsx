// A quick chart of a query's rows: kind and columns are chosen above it.
import { ChartSpline } from 'lucide-react';
import { useMemo } from 'react';
import type { QueryAnswer } from '../../../src/web/schemas.ts';
import { Drawing } from '../charts/drawing.tsx';
import { Empty } from '../kit/empty.tsx';
import { Segments, Select } from '../kit/field.tsx';
import { formatCount, plural } from '../kit/format.ts';
import { type ChartChoice, chartColumns, drawingOf } from './chart-choice.ts';

type QuickChartProps = {
  answer: QueryAnswer;
  choice: ChartChoice | undefined;
  onChange: (choice: ChartChoice) => void;
};

const nothing = ' nothing';

export function QuickChart({ answer, choice, onChange }: QuickChartProps) {
  const drawn = useMemo(() => (choice ? drawingOf(answer, choice) : undefined), [answer, choice]);
  if (!choice || !drawn) {
    return (
      <Empty title="There is nothing to draw" icon={ChartSpline}>
        A chart needs a column of numbers and one to draw it along: a time, a name or another number.
      </Empty>
    );
  }
  const { numbers, all } = chartColumns(answer.columns);
  const splits = all.filter((name) => name !== choice.x && name !== choice.y);
  const named = (names: readonly string[]) => names.map((name) => ({ value: name, label: name }));
  return (
    <div className="flex min-h-72 flex-1 flex-col gap-3 p-3">
      <div className="flex flex-wrap items-center gap-2 text-xs text-muted">
        <Segments
          label="Kind of chart"
          size="small"
          value={choice.kind}
          choices={[
            { value: 'line', label: 'Line' },
            { value: 'bar', label: 'Bar' },
            { value: 'scatter', label: 'Scatter' },
          ]}
          onChange={(next) => onChange({ ...choice, kind: next })}
        />
        <Select
          label="Drawn"
          size="small"
          value={choice.y}
          choices={named(numbers)}
          onChange={(y) => onChange({ ...choice, y })}
        />
        along
        <Select
          label="Along"
          size="small"
          value={choice.x}
          choices={named(all)}
          onChange={(x) => onChange({ ...choice, x })}
        />
        {splits.length > 0 && (
          <>
            split by
            <Select
              label="Split by"
              size="small"
              value={choice.by ?? nothing}
              choices={[{ value: nothing, label: 'nothing' }, ...named(splits)]}
              onChange={(by) => onChange({ ...choice, by: by === nothing ? undefined : by })}
            />
          </>
        )}
        {drawn.hidden > 0 && (
          <span className="text-warn">{`${plural(drawn.hidden, 'row')} at the place of another: split them, or aggregate in the query.`}</span>
        )}
        {drawn.left > 0 && <span>{`The 12 with the most rows are drawn, ${formatCount(drawn.left)} are not.`}</span>}
      </div>
      <div className="relative min-h-0 flex-1">
        <div className="absolute inset-0">
          <Drawing key={`${choice.kind} ${choice.x}`} view={drawn.view} data={drawn.data} />
        </div>
      </div>
    </div>
  );
}
