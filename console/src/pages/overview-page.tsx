// All pipelines at a glance: what needs attention first, then each as a living graph.
import { useQuery } from '@tanstack/react-query';
import { Network } from 'lucide-react';
import { useLivePipelines } from '../api/live.ts';
import { reads } from '../api/reads.ts';
import { CodeBlock } from '../kit/code.tsx';
import { Empty } from '../kit/empty.tsx';
import { Failure } from '../kit/failure.tsx';
import { formatRate, plural } from '../kit/format.ts';
import { Page } from '../kit/page.tsx';
import { Skeleton } from '../kit/skeleton.tsx';
import { AttentionList } from './overview/attention-list.tsx';
import { PipelineCard } from './overview/pipeline-card.tsx';

export function OverviewPage() {
  const { pipelines, state } = useLivePipelines();
  // The live stream tells only that it is lost; the same question asked plainly tells why.
  const isLost = pipelines === undefined && state === 'reconnecting';
  const health = useQuery({ ...reads.health(), enabled: isLost });
  const rate = pipelines?.reduce((sum, one) => sum + one.recordsPerSecond, 0) ?? 0;
  return (
    <Page
      title="Overview"
      note={pipelines?.length ? `${plural(pipelines.length, 'pipeline')}, ${formatRate(rate)} processed` : undefined}
    >
      {pipelines === undefined ? (
        isLost && health.error ? (
          <Failure error={health.error} retry={() => void health.refetch()} />
        ) : (
          <Waiting />
        )
      ) : pipelines.length === 0 ? (
        <NoPipelines />
      ) : (
        <>
          <AttentionList pipelines={pipelines} />
          <div className="grid grid-flow-dense grid-cols-[minmax(0,1fr)] gap-4 min-[1700px]:grid-cols-2">
            {pipelines.map((pipeline) => (
              <PipelineCard key={pipeline.name} pipeline={pipeline} />
            ))}
          </div>
        </>
      )}
    </Page>
  );
}

function Waiting() {
  return (
    <div role="status" aria-label="Loading" className="flex flex-col gap-4">
      <Skeleton className="h-5 w-72" />
      <Skeleton className="h-64" />
      <Skeleton className="h-64" />
    </div>
  );
}

function NoPipelines() {
  return (
    <div className="rounded-lg border border-line bg-surface">
      <Empty title="No pipeline runs." icon={Network}>
        <p>
          A pipeline is one TypeScript file: sources, topics, streams and tables. Start one, and it is seen flowing
          here.
        </p>
        <CodeBlock text="millrace start pipeline.ts" className="mt-4 text-left" />
      </Empty>
    </div>
  );
}
