// A pipeline at a glance: its rate, its graph, its ledger.
import { Link, useNavigate } from '@tanstack/react-router';
import { ArrowRight, LayoutDashboard } from 'lucide-react';
import type { PipelineView } from '../../../../src/web/schemas.ts';
import { useRateHistory } from '../../api/live.ts';
import { RunTime } from '../../data/run-time.tsx';
import { LivingGraph } from '../../graph/living-graph.tsx';
import { useLayout } from '../../graph/use-layout.ts';
import { HealthBadge } from '../../kit/badge.tsx';
import { buttonClass } from '../../kit/button.tsx';
import { classNames } from '../../kit/class-names.ts';
import { formatBytes, formatShort, plural } from '../../kit/format.ts';
import { Sparkline } from '../../kit/sparkline.tsx';
import { RebuildMark } from '../pipeline/rebuild-progress.tsx';
import { LedgerLine } from './ledger-line.tsx';

/** Graphs up to this width, pixels, stand two in a row where the window is wide. */
const narrowGraph = 760;

export function PipelineCard({ pipeline }: { pipeline: PipelineView }) {
  const navigate = useNavigate();
  const rates = useRateHistory(pipeline.name);
  const layout = useLayout(pipeline);
  const { name } = pipeline;
  const rows = pipeline.nodes.reduce((sum, node) => sum + (node.rows ?? 0), 0);
  const tables = pipeline.nodes.filter((node) => node.noun === 'table').length;
  return (
    <section
      aria-label={`Pipeline ${name}`}
      className={classNames(
        'flex min-w-0 flex-col rounded-lg border border-line bg-surface',
        layout.width > narrowGraph && 'min-[1700px]:col-span-2',
      )}
    >
      <header className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 pt-3">
        <h2 className="min-w-0 truncate">
          <Link
            to="/pipelines/$name"
            params={{ name }}
            className="rounded-sm font-mono text-base font-semibold hover:underline"
          >
            {name}
          </Link>
        </h2>
        <HealthBadge status={pipeline.status} />
        <RebuildMark rebuild={pipeline.rebuild} />
        <span className="text-xs text-muted max-sm:hidden">
          <RunTime run={pipeline.run} />
        </span>
        <div className="-mr-2 ml-auto flex">
          {pipeline.charts > 0 && (
            <Link
              to="/dashboards/$name"
              params={{ name }}
              className={buttonClass('quiet', 'small')}
              aria-label={`Dashboard of ${name}`}
            >
              <LayoutDashboard aria-hidden className="size-3.5" />
              Dashboard
            </Link>
          )}
          <Link
            to="/pipelines/$name"
            params={{ name }}
            className={buttonClass('quiet', 'small')}
            aria-label={`Open pipeline ${name}`}
          >
            Open
            <ArrowRight aria-hidden className="size-3.5" />
          </Link>
        </div>
      </header>
      <div className="flex min-w-0 flex-1 flex-wrap items-center gap-x-8 gap-y-5 px-4 py-5">
        <div className="min-w-0" style={{ flex: `1 1 min(100%, ${layout.width * 0.92}px)` }}>
          <LivingGraph
            pipeline={pipeline}
            layout={layout}
            onOpen={(node) => void navigate({ to: '/pipelines/$name', params: { name }, search: { node: node.id } })}
          />
        </div>
        <div className="lively flex flex-wrap items-center gap-x-5 gap-y-1" style={{ flex: '1 1 200px' }}>
          <p className="flex items-baseline gap-1.5">
            <span className="text-xl leading-8 font-semibold tracking-tight">
              {formatShort(pipeline.recordsPerSecond)}
            </span>
            <span className="text-xs text-muted">records/s processed</span>
          </p>
          <Sparkline
            values={rates.map((one) => one.rate)}
            label="Records a second of the last two minutes"
            width={150}
            height={30}
          />
          <p className="text-xs text-muted">
            {formatBytes(pipeline.bytesPerSecond)}/s into the log, {plural(rows, 'row')} in {plural(tables, 'table')}
          </p>
        </div>
      </div>
      <footer className="border-t border-line px-4 py-3">
        <LedgerLine ledger={pipeline.ledger} />
      </footer>
    </section>
  );
}
