// One dead letter: why it is dead and what to do, where it came from, its record and bytes, and how it is fixed.
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { ChevronDown, ChevronUp } from 'lucide-react';
import { useRef, useState } from 'react';
import type { DeadLetter, DeadLetterDetail } from '../../../src/web/schemas.ts';
import { reads } from '../api/reads.ts';
import { useStepKeys } from '../data/use-key.ts';
import { Badge } from '../kit/badge.tsx';
import { IconButton } from '../kit/button.tsx';
import { Facts } from '../kit/card.tsx';
import { CopyButton } from '../kit/copy-button.tsx';
import { Drawer } from '../kit/dialog.tsx';
import { Empty } from '../kit/empty.tsx';
import { capitalised, formatAgo, plural } from '../kit/format.ts';
import { JsonView } from '../kit/json-view.tsx';
import { Loaded } from '../kit/loaded.tsx';
import { Tabs } from '../kit/tabs.tsx';
import { formatUtc } from '../kit/utc.ts';
import type { LetterView } from '../pages/dead-search.ts';
import { BytesView } from './bytes-view.tsx';
import { Fix } from './fix.tsx';
import { explainCode, explainStage } from './reasons.ts';

type LetterDrawerProps = {
  id: string;
  letters: readonly DeadLetter[];
  view: LetterView;
  onView: (view: LetterView) => void;
  onOpen: (id: number) => void;
  onClose: () => void;
};

export function LetterDrawer({ id, letters, view, onView, onOpen, onClose }: LetterDrawerProps) {
  const [isStored, setStored] = useState(false);
  const letter = useQuery({ ...reads.deadLetter(id), enabled: !isStored, refetchOnWindowFocus: false });
  const at = letters.findIndex((one) => String(one.id) === id);
  // One that was stored leaves the list; the next one then stands in its place.
  const place = useRef(at);
  if (at >= 0) place.current = at;
  const neighbour = (by: number) => letters[at >= 0 ? at + by : place.current + Math.min(by, 0)];
  const [newer, older] = place.current < 0 ? [] : [neighbour(-1), neighbour(1)];
  const step = (by: number) => {
    const next = by < 0 ? newer : older;
    if (next) onOpen(next.id);
  };
  useStepKeys(step);
  return (
    <Drawer
      isOpen
      isModal={false}
      width="wide"
      onClose={onClose}
      title={
        <span className="flex flex-wrap items-center gap-2">
          {letter.data?.kind === 'late' ? 'Late record' : 'Dead letter'} {id}
          {letter.data && <Badge tone={letter.data.kind === 'late' ? 'warn' : 'bad'}>{letter.data.code}</Badge>}
        </span>
      }
      note={letter.data && explainCode(letter.data.code).title}
      actions={
        <>
          <CopyButton label="Copy link" text={() => window.location.href} />
          <IconButton icon={ChevronUp} label="Newer letter" size="small" disabled={!newer} onClick={() => step(-1)} />
          <IconButton icon={ChevronDown} label="Older letter" size="small" disabled={!older} onClick={() => step(1)} />
        </>
      }
    >
      <Loaded query={letter}>
        {(one) => (
          <div className="flex flex-col gap-4">
            {!isStored && <Why letter={one} />}
            <Facts
              facts={[
                [
                  'Pipeline',
                  <Link
                    key="pipeline"
                    to="/pipelines/$name"
                    params={{ name: one.pipeline }}
                    className="text-accent-text hover:underline"
                  >
                    {one.pipeline}
                  </Link>,
                ],
                [
                  'Stage',
                  <span key="stage">
                    <span className="font-mono text-xs">{one.stage}</span>
                    <span className="block text-muted">{explainStage(one)}</span>
                  </span>,
                ],
                ['Came from', <Origin key="origin" letter={one} />],
                ['Put aside', `${formatUtc(one.at)}, ${formatAgo(one.at)}`],
                ['Sent again', one.tries > 0 && `${plural(one.tries, 'time')} without success`],
              ]}
            />
            <Tabs
              value={view}
              onChange={onView}
              tabs={[
                {
                  id: 'fix',
                  label: 'Fix',
                  content: (
                    <Fix letter={one} onStored={() => setStored(true)} onNext={older && (() => onOpen(older.id))} />
                  ),
                },
                {
                  id: 'record',
                  label: 'Record',
                  content:
                    one.record === undefined ? (
                      <Empty title="There is no record to show">Its bytes could not be made into one.</Empty>
                    ) : (
                      <JsonView value={one.record} />
                    ),
                },
                { id: 'bytes', label: 'Bytes', content: <BytesView letter={one} /> },
              ]}
            />
          </div>
        )}
      </Loaded>
    </Drawer>
  );
}

function Why({ letter }: { letter: DeadLetterDetail }) {
  const isLate = letter.kind === 'late';
  return (
    <div
      className={`rounded-lg border px-4 py-3 ${isLate ? 'border-warn/40 bg-warn-soft' : 'border-bad/40 bg-bad-soft'}`}
    >
      <p className="font-medium break-words whitespace-pre-wrap">{capitalised(letter.reason)}</p>
      <p className="text-muted">{explainCode(letter.code).remedy}</p>
    </div>
  );
}

function Origin({ letter: { topic, partition, offset, place } }: { letter: DeadLetterDetail }) {
  const topicLink = (
    <Link to="/topics/$name" params={{ name: topic }} className="font-mono text-xs text-accent-text hover:underline">
      {topic}
    </Link>
  );
  return (
    <>
      topic {topicLink}
      {offset !== undefined && (
        <>
          , partition {partition ?? 0},{' '}
          <Link
            to="/topics/$name"
            params={{ name: topic }}
            search={{ partition: partition ?? 0, offset, record: `${partition ?? 0}:${offset}` }}
            className="text-accent-text hover:underline"
          >
            offset {offset}
          </Link>
        </>
      )}
      {place !== undefined && `, ${place}`}
      {offset === undefined && <span className="text-muted">; it never reached the log</span>}
    </>
  );
}
