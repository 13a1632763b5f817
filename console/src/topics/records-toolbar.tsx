// Above the records of a topic: search, where to begin, play and pause, columns.
import { History, Pause, Play, RotateCw, X } from 'lucide-react';
import { useEffect, useState } from 'react';
import type { TopicView } from '../../../src/web/schemas.ts';
import { ColumnMenu } from '../data/column-menu.tsx';
import { Popover } from '../data/popover.tsx';
import type { ColumnChoice } from '../data/use-columns.ts';
import { useKey, useSearchKey } from '../data/use-key.ts';
import { StatusDot } from '../kit/badge.tsx';
import { Button, IconButton } from '../kit/button.tsx';
import { SearchInput } from '../kit/field.tsx';
import { formatUtc } from '../kit/utc.ts';
import type { RecordsWanted } from './record-feed.ts';
import { SeekForm } from './seek-form.tsx';
import type { Records } from './use-records.ts';

const typingMs = 300;

type RecordsToolbarProps = {
  topic: TopicView;
  wanted: RecordsWanted;
  records: Records;
  isLive: boolean;
  columns: readonly { name: string; type: string }[];
  choice: ColumnChoice;
  onWant: (wanted: RecordsWanted) => void;
  onLive: (isLive: boolean) => void;
};

function beginWords({ partition, offset, at }: RecordsWanted): string | undefined {
  const where = partition === undefined ? '' : `partition ${partition}`;
  if (offset !== undefined) return `From ${where || 'partition 0'}, offset ${offset}`;
  if (at !== undefined) return `From ${formatUtc(Date.parse(at))}${where && `, ${where}`}`;
  return where ? `Newest of ${where}` : undefined;
}

export function RecordsToolbar(props: RecordsToolbarProps) {
  const { topic, wanted, records, isLive, onWant, onLive } = props;
  const [isSeeking, setSeeking] = useState(false);
  const begin = beginWords(wanted);
  const canTail = wanted.offset === undefined && wanted.at === undefined;
  useSearchKey();
  useKey(' ', () => canTail && onLive(!isLive));
  return (
    <div className="flex flex-wrap items-center gap-2">
      <RecordSearch text={wanted.search ?? ''} onChange={(search) => onWant({ ...wanted, search })} />
      <span className="inline-flex">
        <Popover
          isOpen={isSeeking}
          onOpen={setSeeking}
          label="Where to begin"
          trigger={
            <Button size="small" icon={History}>
              {begin ?? 'Go to'}
            </Button>
          }
        >
          <SeekForm
            topic={topic}
            wanted={wanted}
            onDone={(next) => {
              setSeeking(false);
              onWant({ ...next, ...(wanted.search ? { search: wanted.search } : {}) });
            }}
          />
        </Popover>
        {begin && (
          <IconButton
            icon={X}
            size="small"
            label="Back to the newest"
            onClick={() => onWant(wanted.search ? { search: wanted.search } : {})}
          />
        )}
      </span>
      <div className="ml-auto flex items-center gap-2">
        <TailSign records={records} canTail={canTail} />
        {canTail ? (
          <Button size="small" icon={isLive ? Pause : Play} onClick={() => onLive(!isLive)}>
            {isLive ? 'Pause' : 'Follow'}
          </Button>
        ) : (
          <Button size="small" icon={RotateCw} onClick={records.reload}>
            Read again
          </Button>
        )}
        <ColumnMenu columns={props.columns} choice={props.choice} always={[]} />
      </div>
    </div>
  );
}

function TailSign({ records, canTail }: { records: Records; canTail: boolean }) {
  if (!canTail) return null;
  const words =
    records.liveState === undefined
      ? 'Paused'
      : { live: 'Live', connecting: 'Connecting', reconnecting: 'Reconnecting', paused: 'Resting' }[records.liveState];
  const tone = records.liveState === 'live' ? 'good' : records.liveState === 'reconnecting' ? 'warn' : 'plain';
  return (
    <span role="status" className="text-xs text-muted max-md:hidden">
      <StatusDot tone={tone}>{words}</StatusDot>
    </span>
  );
}

/** Searches when typing rests, so that not every letter is a request. */
function RecordSearch({ text, onChange }: { text: string; onChange: (search: string | undefined) => void }) {
  const [typed, setTyped] = useState(text);
  useEffect(() => setTyped(text), [text]);
  useEffect(() => {
    if (typed === text) return;
    const timer = setTimeout(() => onChange(typed || undefined), typingMs);
    return () => clearTimeout(timer);
  }, [typed, text, onChange]);
  return (
    <SearchInput
      label="Search in keys and values"
      size="small"
      value={typed}
      onChange={setTyped}
      className="w-64 max-md:w-full"
    />
  );
}
