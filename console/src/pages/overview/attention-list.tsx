// The list of what needs attention, each with a way to act on it; a calm line where there is nothing.
import { Link } from '@tanstack/react-router';
import { CircleAlert, CircleCheck, CircleX, Info } from 'lucide-react';
import { useRef } from 'react';
import type { PipelineView } from '../../../../src/web/schemas.ts';
import { toneText } from '../../kit/badge.tsx';
import { buttonClass } from '../../kit/button.tsx';
import { Card } from '../../kit/card.tsx';
import { classNames } from '../../kit/class-names.ts';
import { PauseButton } from '../pipeline/pause-button.tsx';
import { RestartButton } from '../pipeline/restart-button.tsx';
import { LagMemory, type Matter, mattersOf } from './attention.ts';

const icons = { bad: CircleX, warn: CircleAlert, plain: Info };

export function AttentionList({ pipelines }: { pipelines: readonly PipelineView[] }) {
  const lags = useRef<LagMemory>(null);
  lags.current ??= new LagMemory();
  lags.current.remember(pipelines, Date.now());
  const matters = mattersOf(pipelines, lags.current);
  if (matters.length === 0) {
    return (
      <p className="flex items-center gap-2 text-muted">
        <CircleCheck aria-hidden className="size-4 text-good" />
        {pipelines.length === 1 ? 'The pipeline is healthy' : `All ${pipelines.length} pipelines are healthy`}; every
        record is accounted for.
      </p>
    );
  }
  return (
    <Card isFlush title={matters.some((one) => one.weight !== 'plain') ? 'Needs attention' : 'Good to know'}>
      <ul className="divide-y divide-line">
        {matters.map((matter) => (
          <Row key={matter.id} matter={matter} pipeline={pipelines.find((one) => one.name === matter.pipeline)!} />
        ))}
      </ul>
    </Card>
  );
}

function Row({ matter, pipeline }: { matter: Matter; pipeline: PipelineView }) {
  const Icon = icons[matter.weight];
  return (
    <li className="flex flex-wrap items-start gap-x-3 gap-y-2 px-4 py-2.5 sm:flex-nowrap">
      <Icon aria-hidden className={classNames('mt-0.5 size-4 shrink-0', toneText[matter.weight])} />
      <p className="min-w-0 flex-1 basis-64">
        <Link
          to="/pipelines/$name"
          params={{ name: matter.pipeline }}
          className="rounded-sm font-mono text-xs font-medium hover:underline"
        >
          {matter.pipeline}
        </Link>{' '}
        <span className="font-medium">{matter.title}.</span> <span className="text-muted">{matter.text}</span>
      </p>
      <div className="ml-7 sm:ml-0">
        {matter.action === 'dead' && (
          <Link to="/dead" search={{ pipeline: matter.pipeline }} className={buttonClass('plain', 'small')}>
            Dead letters
          </Link>
        )}
        {matter.action === 'late' && (
          <Link
            to="/dead"
            search={{ pipeline: matter.pipeline, kind: 'late' }}
            className={buttonClass('plain', 'small')}
          >
            Late records
          </Link>
        )}
        {matter.action === 'resume' && <PauseButton pipeline={pipeline} size="small" />}
        {matter.action === 'restart' && <RestartButton pipeline={pipeline} size="small" />}
        {matter.action === 'open' && (
          <Link to="/pipelines/$name" params={{ name: matter.pipeline }} className={buttonClass('plain', 'small')}>
            Open
          </Link>
        )}
      </div>
    </li>
  );
}
