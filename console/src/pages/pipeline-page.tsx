// One pipeline: its graph large, its stages, its ledger, what went wrong, and pause and resume.
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { CircleAlert, CirclePause, CircleX, LayoutDashboard } from 'lucide-react';
import type { GraphNode, PipelineView } from '../../../src/web/schemas.ts';
import { useLivePipelines, useRateHistory } from '../api/live.ts';
import { reads } from '../api/reads.ts';
import { RunningFor } from '../data/run-time.tsx';
import { Ago } from '../kit/ago.tsx';
import { HealthBadge } from '../kit/badge.tsx';
import { buttonClass } from '../kit/button.tsx';
import { Card, Figure } from '../kit/card.tsx';
import { classNames } from '../kit/class-names.ts';
import { Failure } from '../kit/failure.tsx';
import { capitalised, formatBytes, formatCount, formatDuration, formatShort } from '../kit/format.ts';
import { Page } from '../kit/page.tsx';
import { SkeletonLines } from '../kit/skeleton.tsx';
import { Sparkline } from '../kit/sparkline.tsx';
import { Tabs } from '../kit/tabs.tsx';
import { Unknown } from '../kit/unknown.tsx';
import { formatUtc } from '../kit/utc.ts';
import { Definition } from './pipeline/definition.tsx';
import { ErrorsCard } from './pipeline/errors-card.tsx';
import { FlowGraph } from './pipeline/flow-graph.tsx';
import { LedgerCard } from './pipeline/ledger-card.tsx';
import { NodeDrawer } from './pipeline/node-drawer.tsx';
import { PartsCard } from './pipeline/parts-card.tsx';
import { PauseButton } from './pipeline/pause-button.tsx';
import { RebuildButton } from './pipeline/rebuild-button.tsx';
import { RebuildProgress } from './pipeline/rebuild-progress.tsx';
import { RestartButton } from './pipeline/restart-button.tsx';
import { StagesGrid } from './pipeline/stages-grid.tsx';

const breadcrumb = [{ label: 'Overview', to: '/' }];

export function PipelinePage() {
  const { name } = useParams({ from: '/pipelines/$name' });
  const { tab } = useSearch({ from: '/pipelines/$name' });
  const navigate = useNavigate({ from: '/pipelines/$name' });
  const { pipelines } = useLivePipelines();
  const live = pipelines?.find((one) => one.name === name);
  // The plan for the drawer; and the whole view while the live stream has not been heard yet.
  const detail = useQuery({ ...reads.pipeline(name), staleTime: 60_000 });
  const pipeline = live ?? (pipelines === undefined ? detail.data : undefined);
  if (!pipeline && pipelines !== undefined && !detail.isPending)
    return <Unknown noun="pipeline" name={name} place={breadcrumb[0]!} />;
  if (!pipeline) {
    return (
      <Page title={name} isName breadcrumb={breadcrumb}>
        {detail.error ? (
          <Failure error={detail.error} retry={() => void detail.refetch()} />
        ) : (
          <SkeletonLines lines={9} className="py-4" />
        )}
      </Page>
    );
  }
  return (
    <Page
      title={name}
      isName
      breadcrumb={breadcrumb}
      beside={<HealthBadge status={pipeline.status} />}
      actions={
        <>
          {pipeline.charts > 0 && (
            <Link to="/dashboards/$name" params={{ name }} className={buttonClass()}>
              <LayoutDashboard aria-hidden className="size-3.5" />
              Dashboard
            </Link>
          )}
          <RebuildButton pipeline={name} obstacle={rebuildObstacle(pipeline)} />
          <PauseButton pipeline={pipeline} />
          <RestartButton pipeline={pipeline} />
        </>
      }
    >
      <Reason pipeline={pipeline} />
      <RebuildProgress pipeline={pipeline} />
      <Tabs
        value={tab ?? 'now'}
        onChange={(next) => void navigate({ search: next === 'definition' ? { tab: next } : {}, replace: true })}
        tabs={[
          { id: 'now', label: 'Now', content: <Now pipeline={pipeline} /> },
          { id: 'definition', label: 'Definition', content: <Definition pipeline={name} /> },
        ]}
      />
    </Page>
  );
}

/** Why a rebuild cannot begin now. */
function rebuildObstacle({ rebuild, run }: PipelineView): string | undefined {
  if (run.endedAt !== undefined) return 'Only a pipeline that runs can be rebuilt.';
  return rebuild !== undefined && rebuild.state !== 'failed' ? 'A rebuild of this pipeline runs already.' : undefined;
}

/** Why it is not healthy, in words. */
function Reason({ pipeline: { status, reason } }: { pipeline: PipelineView }) {
  if (status === 'healthy' || !reason) return null;
  const Icon = status === 'failed' ? CircleX : status === 'paused' ? CirclePause : CircleAlert;
  const look =
    status === 'failed'
      ? 'border-bad/40 bg-bad-soft [&>svg]:text-bad'
      : status === 'degraded'
        ? 'border-warn/40 bg-warn-soft [&>svg]:text-warn'
        : 'border-line bg-surface-2 [&>svg]:text-muted';
  return (
    <p role="status" className={classNames('flex items-start gap-2.5 rounded-lg border px-4 py-2.5', look)}>
      <Icon aria-hidden className="mt-0.5 size-4 shrink-0" />
      <span className="min-w-0 break-words">{capitalised(reason)}</span>
    </p>
  );
}

function Now({ pipeline }: { pipeline: PipelineView }) {
  const { node: openId } = useSearch({ from: '/pipelines/$name' });
  const navigate = useNavigate({ from: '/pipelines/$name' });
  const detail = useQuery({ ...reads.pipeline(pipeline.name), staleTime: 60_000 });
  const open = (node: GraphNode | undefined) =>
    void navigate({ search: node ? { node: node.id } : {}, replace: true, resetScroll: false });
  return (
    <div className="flex flex-col gap-4">
      <Figures pipeline={pipeline} />
      <Card isFlush className="overflow-hidden">
        <FlowGraph pipeline={pipeline} openId={openId} onOpen={open} />
      </Card>
      <LedgerCard ledger={pipeline.ledger} retracts={pipeline.nodes.some((node) => node.retracted !== undefined)} />
      <Card title="Stages" isFlush className="overflow-hidden">
        <StagesGrid nodes={pipeline.nodes} openId={openId} onOpen={open} />
      </Card>
      <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-4 lg:grid-cols-2">
        <ErrorsCard pipeline={pipeline} />
        <PartsCard pipeline={pipeline} />
      </div>
      <NodeDrawer
        pipeline={pipeline.name}
        obstacle={rebuildObstacle(pipeline)}
        node={pipeline.nodes.find((node) => node.id === openId)}
        plan={detail.data?.plan}
        onClose={() => open(undefined)}
      />
    </div>
  );
}

function Figures({ pipeline }: { pipeline: PipelineView }) {
  const rates = useRateHistory(pipeline.name);
  const { run } = pipeline;
  const lag = Math.max(0, ...pipeline.nodes.map((node) => node.lagSeconds ?? 0));
  return (
    <div className="lively flex flex-wrap items-end gap-x-6 gap-y-3 2xl:gap-x-10">
      <div className="flex items-end gap-4">
        <Figure
          value={formatShort(pipeline.recordsPerSecond)}
          unit="records/s"
          label="processed, over the last seconds"
        />
        {/* where there is no room beside the other figures, the figure alone says it */}
        <div className="max-xl:hidden">
          <Sparkline
            values={rates.map((one) => one.rate)}
            label="Records a second of the last two minutes"
            width={160}
            height={40}
          />
        </div>
      </div>
      <Figure value={`${formatBytes(pipeline.bytesPerSecond)}/s`} label="into the log" />
      <Figure
        value={lag === 0 ? '0 s' : formatDuration(lag * 1_000)}
        label="lag of the oldest record"
        tone={lag > 60 ? 'text-warn' : undefined}
      />
      <Figure value={formatCount(run.records)} label="records of this run" />
      {run.endedAt === undefined ? (
        <Figure
          value={<RunningFor seconds={run.seconds} />}
          label={<span title={formatUtc(run.startedAt)}>since it was started</span>}
        />
      ) : (
        <Figure
          value={<Ago at={run.endedAt} />}
          label={`${pipeline.status === 'failed' ? 'it failed' : 'it ended'}, after ${formatDuration(run.seconds * 1_000)}`}
        />
      )}
    </div>
  );
}
