// The charts of one pipeline, live, with one range of time and one set of filters for all of them.
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { ChartNoAxesCombined } from 'lucide-react';
import { useCallback, useMemo } from 'react';
import type { ChartView, Column, PipelineView } from '../../../src/web/schemas.ts';
import type { Filter } from '../api/client.ts';
import { useLivePipeline } from '../api/live.ts';
import { reads } from '../api/reads.ts';
import { arrange, tileHeight } from '../charts/arrange.ts';
import { ChartCard } from '../charts/chart-card.tsx';
import { type Choice, filtersOf, filterTexts } from '../charts/choice.ts';
import { EnlargedChart } from '../charts/enlarged.tsx';
import { HealthBadge } from '../kit/badge.tsx';
import { buttonClass } from '../kit/button.tsx';
import { Empty } from '../kit/empty.tsx';
import { Loaded } from '../kit/loaded.tsx';
import { Page } from '../kit/page.tsx';
import { Skeleton } from '../kit/skeleton.tsx';
import { isUnknown, Unknown } from '../kit/unknown.tsx';
import { FilterBar } from '../tables/filter-bar.tsx';
import { DashboardRange, type Range } from './dashboard-range.tsx';

const place = { label: 'Dashboards', to: '/dashboards' };

export function DashboardPage() {
  const { name } = useParams({ from: '/dashboards/$name' });
  const pipeline = useLivePipeline(name);
  const charts = useQuery(reads.charts(name));
  if (isUnknown(charts.error)) return <Unknown noun="dashboard" name={name} place={place} />;
  return (
    <Page
      title={name}
      isName
      breadcrumb={[place]}
      beside={pipeline && <HealthBadge status={pipeline.status} />}
      actions={
        <Link to="/pipelines/$name" params={{ name }} className={buttonClass('plain', 'small')}>
          Pipeline
        </Link>
      }
    >
      <Loaded query={charts} waiting={<Waiting />}>
        {(views) =>
          views.length === 0 ? <NoCharts /> : <Charts key={name} name={name} views={views} pipeline={pipeline} />
        }
      </Loaded>
    </Page>
  );
}

type ChartsProps = { name: string; views: readonly ChartView[]; pipeline: PipelineView | undefined };

function Charts({ name, views, pipeline }: ChartsProps) {
  const search = useSearch({ from: '/dashboards/$name' });
  const navigate = useNavigate({ from: '/dashboards/$name' });
  const { range, from, to, where, chart } = search;
  const choiceKey = JSON.stringify([range, from, to, where]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for its parts, which are other objects each time.
  const choice = useMemo(
    (): Choice => ({
      ...(range === undefined ? {} : { range }),
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
      where: filtersOf(where),
    }),
    [choiceKey],
  );
  const setRange = useCallback(
    (next: Range) =>
      void navigate({
        search: ({ range: _, from: __, to: ___, ...rest }) => ({ ...rest, ...next }),
        replace: true,
        resetScroll: false,
      }),
    [navigate],
  );
  const setFilters = (filters: readonly Filter[]) =>
    void navigate({
      search: ({ where: _, ...rest }) => ({
        ...rest,
        ...(filters.length > 0 ? { where: filters.flatMap(filterTexts) } : {}),
      }),
      replace: true,
      resetScroll: false,
    });
  const enlarge = useCallback(
    (id: string | undefined) =>
      void navigate({
        search: ({ chart: _, ...rest }) => ({ ...rest, ...(id === undefined ? {} : { chart: id }) }),
        resetScroll: false,
      }),
    [navigate],
  );
  const reset = useCallback(
    () =>
      void navigate({
        search: ({ chart: open }) => (open === undefined ? {} : { chart: open }),
        replace: true,
        resetScroll: false,
      }),
    [navigate],
  );
  const setTimes = useCallback(
    (first: number, last: number) =>
      setRange({ from: new Date(first).toISOString(), to: new Date(last).toISOString() }),
    [setRange],
  );

  const { numbers, rows } = useMemo(() => arrange(views), [views]);
  const columns = useMemo(() => columnsOf(views), [views]);
  const hasTime = views.some((view) => view.time !== undefined);
  const enlarged = views.find((view) => view.id === chart);
  const common = (view: ChartView) => ({
    pipeline: name,
    view,
    choice,
    mark: markOf(pipeline, view.table),
    onReset: reset,
    onRange: setTimes,
  });
  return (
    <>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        {hasTime && <DashboardRange range={search} views={views} onChange={setRange} />}
        <FilterBar columns={columns} filters={choice.where} onChange={setFilters} />
      </div>
      {numbers.length > 0 && (
        <div
          className="grid grid-cols-2 gap-3 md:grid-cols-4 xl:grid-cols-(--tiles)"
          style={
            { '--tiles': `repeat(${Math.min(6, Math.max(4, numbers.length))}, minmax(0, 1fr))` } as React.CSSProperties
          }
        >
          {numbers.map((view) => (
            <ChartCard key={view.id} {...common(view)} height={tileHeight(numbers)} onEnlarge={enlarge} />
          ))}
        </div>
      )}
      <div className="grid grid-cols-1 gap-3 pb-4 lg:grid-cols-2 xl:grid-cols-12">
        {rows.flat().map(({ view, span, height }) => (
          <ChartCard key={view.id} {...common(view)} height={height} span={span} onEnlarge={enlarge} />
        ))}
      </div>
      {enlarged && <EnlargedChart key={enlarged.id} {...common(enlarged)} onClose={() => enlarge(undefined)} />}
    </>
  );
}

/** What changes with each commit that touches the table. */
function markOf(pipeline: PipelineView | undefined, table: string): string {
  const node = pipeline?.nodes.find((one) => one.noun === 'table' && one.name === table);
  return node ? `${node.in} ${node.out} ${node.retracted} ${node.rows}` : '';
}

/** The columns of all charts, each name once. */
function columnsOf(views: readonly ChartView[]): Column[] {
  const columns = new Map<string, Column>();
  for (const view of views)
    for (const column of view.columns) if (!columns.has(column.name)) columns.set(column.name, column);
  return [...columns.values()].sort((a, b) => a.name.localeCompare(b.name));
}

function Waiting() {
  return (
    <div role="status" aria-label="Loading the charts" className="grid gap-3 lg:grid-cols-2">
      <Skeleton className="h-105 w-full" />
      <Skeleton className="h-105 w-full" />
      <Skeleton className="h-75 w-full" />
      <Skeleton className="h-75 w-full" />
    </div>
  );
}

function NoCharts() {
  return (
    <Empty icon={ChartNoAxesCombined} title="This pipeline declares no charts.">
      Add some beside its tables:{' '}
      <code className="font-mono">
        charts: [line(table, {'{'} x: 'at', y: 'value' {'}'})]
      </code>
    </Empty>
  );
}
