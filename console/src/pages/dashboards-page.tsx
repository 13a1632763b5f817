// The pipelines that declare charts, each with what it shows.
import { useQueries } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import {
  AreaChart,
  ChartColumn,
  ChartLine,
  ChartNoAxesCombined,
  ChartPie,
  ChartScatter,
  Grid3x3,
  Hash,
  type LucideIcon,
  MapIcon,
  Sheet,
} from 'lucide-react';
import type { ChartView, PipelineView } from '../../../src/web/schemas.ts';
import { useLivePipelines } from '../api/live.ts';
import { reads } from '../api/reads.ts';
import { HealthBadge } from '../kit/badge.tsx';
import { Empty } from '../kit/empty.tsx';
import { Failure } from '../kit/failure.tsx';
import { formatCount, plural } from '../kit/format.ts';
import { Page } from '../kit/page.tsx';
import { Skeleton, SkeletonLines } from '../kit/skeleton.tsx';

const icons: Record<ChartView['kind'], LucideIcon> = {
  line: ChartLine,
  area: AreaChart,
  bar: ChartColumn,
  share: ChartPie,
  scatter: ChartScatter,
  histogram: ChartColumn,
  heatmap: Grid3x3,
  map: MapIcon,
  number: Hash,
  grid: Sheet,
};

export function DashboardsPage() {
  const { pipelines } = useLivePipelines();
  const shown = pipelines?.filter((pipeline) => pipeline.charts > 0);
  const charts = useQueries({ queries: (shown ?? []).map((pipeline) => reads.charts(pipeline.name)) });
  return (
    <Page title="Dashboards" note="The charts that pipelines declare beside their tables, drawn live.">
      {shown === undefined ? (
        <Skeleton className="h-44 w-full" />
      ) : shown.length === 0 ? (
        <Empty icon={ChartNoAxesCombined} title="No pipeline declares charts.">
          Charts are declared beside the tables of a pipeline file, as{' '}
          <code className="font-mono">charts: [line(…), map(…)]</code>.
        </Empty>
      ) : (
        <ul className="grid grid-cols-[minmax(0,1fr)] gap-3 lg:grid-cols-2">
          {shown.map((pipeline, i) => (
            <li key={pipeline.name}>
              <DashboardCard pipeline={pipeline} views={charts[i]?.data} error={charts[i]?.error} />
            </li>
          ))}
        </ul>
      )}
    </Page>
  );
}

type DashboardCardProps = { pipeline: PipelineView; views: ChartView[] | undefined; error: unknown };

function DashboardCard({ pipeline, views, error }: DashboardCardProps) {
  const { name, status, charts } = pipeline;
  const rows = pipeline.nodes.reduce((sum, node) => sum + (node.noun === 'table' ? (node.rows ?? 0) : 0), 0);
  return (
    <article className="flex h-full flex-col rounded-lg border border-line bg-surface">
      <Link
        to="/dashboards/$name"
        params={{ name }}
        className="flex items-center gap-3 rounded-t-lg border-b border-line px-4 py-3 -outline-offset-2 hover:bg-surface-2"
      >
        <h2 className="min-w-0 truncate font-mono text-sm font-semibold">{name}</h2>
        <HealthBadge status={status} />
        <span className="ml-auto text-xs whitespace-nowrap text-muted">
          {plural(charts, 'chart')} of {formatCount(rows)} rows
        </span>
      </Link>
      <div className="px-2 py-2">
        {error ? (
          <Failure isCompact error={error} />
        ) : views === undefined ? (
          <SkeletonLines lines={Math.min(charts, 8)} className="p-2" />
        ) : (
          <ul className="grid grid-cols-[minmax(0,1fr)] gap-x-2 sm:grid-cols-2">
            {views.map((view) => (
              <li key={view.id}>
                <ChartLink name={name} view={view} />
              </li>
            ))}
          </ul>
        )}
      </div>
    </article>
  );
}

function ChartLink({ name, view }: { name: string; view: ChartView }) {
  const Icon = icons[view.kind];
  return (
    <Link
      to="/dashboards/$name"
      params={{ name }}
      search={{ chart: view.id }}
      className="flex h-8 items-center gap-2.5 rounded-md px-2 hover:bg-surface-2"
    >
      <Icon aria-hidden className="size-3.5 shrink-0 text-faint" />
      <span className="truncate">{view.title}</span>
    </Link>
  );
}
