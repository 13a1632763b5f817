// What a query gave: rows or a chart, how long it took, whether there is more; or why it failed, and where.
import { CircleX, SquareTerminal } from 'lucide-react';
import type { QueryAnswer } from '../../../src/web/schemas.ts';
import { problemOf } from '../api/client.ts';
import { csvText } from '../data/delimited.ts';
import { Badge } from '../kit/badge.tsx';
import { CopyButton } from '../kit/copy-button.tsx';
import { Empty } from '../kit/empty.tsx';
import { Segments } from '../kit/field.tsx';
import { capitalised, formatCount, formatDuration, plural } from '../kit/format.ts';
import { SkeletonLines } from '../kit/skeleton.tsx';
import { AnswerGrid } from './answer-grid.tsx';
import { type ChartChoice, chartOf, chartText, suitedChart } from './chart-choice.ts';
import { queryError } from './error-spot.ts';
import { QuickChart } from './quick-chart.tsx';

type AnswerPanelProps = {
  answer: QueryAnswer | undefined;
  error: unknown;
  sql: string;
  isBusy: boolean;
  /** As the address has it. */
  chart: string | undefined;
  onChart: (chart: string | undefined) => void;
};

export function AnswerPanel({ answer, error, sql, isBusy, chart, onChart }: AnswerPanelProps) {
  return (
    <section
      aria-label="Result"
      aria-busy={isBusy}
      className="flex min-h-0 flex-1 flex-col overflow-hidden rounded-lg border border-line bg-surface"
    >
      {error ? (
        <QueryFailure error={error} sql={sql} />
      ) : answer ? (
        <Answer answer={answer} isBusy={isBusy} chart={chart} onChart={onChart} />
      ) : isBusy ? (
        <SkeletonLines className="p-4" />
      ) : (
        <Empty title="Write a SELECT and run it" icon={SquareTerminal}>
          It reads the tables as they are now. Nothing can be changed here.
        </Empty>
      )}
    </section>
  );
}

type AnswerProps = Pick<AnswerPanelProps, 'isBusy' | 'chart' | 'onChart'> & { answer: QueryAnswer };

function Answer({ answer, isBusy, chart, onChart }: AnswerProps) {
  const { columns, rows, isTruncated, ms } = answer;
  const choice = chartOf(chart, columns) ?? suitedChart(answer);
  const isChart = chart !== undefined;
  return (
    <>
      <header className="flex flex-wrap items-center gap-x-3 gap-y-1.5 border-b border-line px-3 py-1.5 text-xs">
        <Segments
          label="Shown"
          size="small"
          value={isChart ? 'chart' : 'rows'}
          onChange={(next) => onChart(next === 'rows' ? undefined : choice ? chartText(choice) : 'none')}
          choices={[
            { value: 'rows', label: 'Rows' },
            { value: 'chart', label: 'Chart' },
          ]}
        />
        <span role="status">
          {plural(rows.length, 'row')} in {formatDuration(ms)}
          {isBusy && ', running again…'}
        </span>
        {isTruncated && (
          <Badge tone="warn" title="Add a LIMIT or a WHERE clause, or download a table from its own page.">
            cut off at {formatCount(rows.length)}
          </Badge>
        )}
        <CopyButton
          hasWords
          label="Copy CSV"
          className="ml-auto"
          text={() =>
            csvText(
              columns.map(({ name }) => name),
              rows,
            )
          }
        />
      </header>
      {isChart ? (
        <QuickChart answer={answer} choice={choice} onChange={(next: ChartChoice) => onChart(chartText(next))} />
      ) : (
        <AnswerGrid answer={answer} />
      )}
    </>
  );
}

function QueryFailure({ error, sql }: { error: unknown; sql: string }) {
  const problem = problemOf(error);
  const { message, spot, remedy } = queryError(problem, sql);
  const line = spot && sql.split('\n')[spot.line - 1];
  return (
    <div role="alert" className="flex items-start gap-3 overflow-auto p-4">
      <CircleX aria-hidden className="mt-0.5 size-4 shrink-0 text-bad" />
      <div className="min-w-0 flex-1">
        <p className="font-medium break-words whitespace-pre-wrap">{capitalised(message)}</p>
        {spot && line !== undefined && (
          <pre className="mt-2 overflow-x-auto rounded-md border border-line bg-canvas px-3 py-2 font-mono text-xs leading-5">
            <span className="text-faint select-none">{`${spot.line}  `}</span>
            {line}
            {spot.column !== undefined && (
              <span aria-hidden className="block text-bad">
                {' '.repeat(String(spot.line).length + 2 + spot.column - 1)}^
              </span>
            )}
          </pre>
        )}
        {remedy && <p className="mt-1 text-muted">{remedy}</p>}
        <p className="mt-1 font-mono text-2xs text-muted">
          {problem.code}
          {spot && `, line ${spot.line}${spot.column === undefined ? '' : `, column ${spot.column}`}`}
        </p>
      </div>
    </div>
  );
}
