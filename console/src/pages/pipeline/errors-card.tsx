// The newest dead letters of a pipeline, by stage and reason, each group with a way to them.
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { CircleCheck } from 'lucide-react';
import { useEffect } from 'react';
import type { DeadPage, PipelineView } from '../../../../src/web/schemas.ts';
import { reads } from '../../api/reads.ts';
import { Ago } from '../../kit/ago.tsx';
import { Badge } from '../../kit/badge.tsx';
import { buttonClass } from '../../kit/button.tsx';
import { Card } from '../../kit/card.tsx';
import { formatCount } from '../../kit/format.ts';
import { Loaded } from '../../kit/loaded.tsx';
import { Middle } from '../../kit/middle.tsx';

export function ErrorsCard({ pipeline }: { pipeline: PipelineView }) {
  const { name, ledger } = pipeline;
  const dead = useQuery({ ...reads.dead({ pipeline: name, limit: 10 }), refetchInterval: 10_000 });
  const total = ledger.dead + ledger.late;
  const { refetch } = dead;
  // biome-ignore lint/correctness/useExhaustiveDependencies: read again when the ledger above says another figure.
  useEffect(() => {
    const timer = setTimeout(() => void refetch({ cancelRefetch: false }), 250);
    return () => clearTimeout(timer);
  }, [total, refetch]);
  return (
    <Card
      title="Recent errors"
      isFlush
      actions={
        total > 0 && (
          <Link to="/dead" search={{ pipeline: name }} className={buttonClass('quiet', 'small')}>
            All {formatCount(total)}
          </Link>
        )
      }
    >
      <Loaded query={dead} waiting={<p className="p-4 text-muted">Reading…</p>}>
        {(page) => <Groups name={name} page={page} />}
      </Loaded>
    </Card>
  );
}

function Groups({ name, page }: { name: string; page: DeadPage }) {
  const groups = page.groups.filter((group) => group.pipeline === name).sort((a, b) => b.newestAt - a.newestAt);
  if (groups.length === 0) {
    return (
      <p className="flex items-center gap-2 p-4 text-muted">
        <CircleCheck aria-hidden className="size-4 text-good" />
        No record has been put aside.
      </p>
    );
  }
  return (
    <ul className="divide-y divide-line">
      {groups.map(({ stage, kind, code, count, newestAt }) => {
        const newest = page.letters.find((one) => one.stage === stage && one.kind === kind && one.code === code);
        return (
          <li key={`${stage} ${kind} ${code}`}>
            <Link
              to="/dead"
              search={{ pipeline: name, stage, kind, code }}
              className="flex flex-col gap-0.5 px-4 py-2.5 -outline-offset-2 hover:bg-surface-2"
            >
              <span className="flex items-center gap-2">
                <Badge tone={kind === 'dead' ? 'bad' : 'warn'}>{kind}</Badge>
                <Middle text={stage} className="min-w-0 font-mono text-xs" />
                <span className="ml-auto shrink-0 font-semibold">{formatCount(count)}</span>
              </span>
              <span className="line-clamp-2 text-muted">{newest?.reason ?? code}</span>
              <span className="text-xs text-faint">
                <span className="font-mono">{code}</span>, newest <Ago at={newestAt} />
              </span>
            </Link>
          </li>
        );
      })}
    </ul>
  );
}
