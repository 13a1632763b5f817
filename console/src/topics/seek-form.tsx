// Where reading begins: the newest, an offset of a partition, or a time.
import { type FormEvent, useState } from 'react';
import type { TopicView } from '../../../src/web/schemas.ts';
import { Button } from '../kit/button.tsx';
import { Field, Input, Segments, Select } from '../kit/field.tsx';
import { formatCount } from '../kit/format.ts';
import type { RecordsWanted } from './record-feed.ts';

type Begin = 'newest' | 'offset' | 'time';
type SeekFormProps = { topic: TopicView; wanted: RecordsWanted; onDone: (wanted: RecordsWanted) => void };

const any = 'any';

/** A time as a person writes it, as ISO: what has no zone is UTC. */
function timeOf(text: string): string | undefined {
  const trimmed = text.trim().replace(' ', 'T');
  const zoned = /(Z|[+-]\d\d:?\d\d)$/i.test(trimmed) || /^\d{4}-\d\d-\d\d$/.test(trimmed) ? trimmed : `${trimmed}Z`;
  const at = Date.parse(zoned);
  return Number.isNaN(at) ? undefined : new Date(at).toISOString();
}

export function SeekForm({ topic, wanted, onDone }: SeekFormProps) {
  const [begin, setBegin] = useState<Begin>(
    wanted.offset !== undefined ? 'offset' : wanted.at !== undefined ? 'time' : 'newest',
  );
  const [partition, setPartition] = useState(wanted.partition === undefined ? any : String(wanted.partition));
  const [offset, setOffset] = useState(wanted.offset === undefined ? '' : String(wanted.offset));
  const [at, setAt] = useState(wanted.at ?? new Date((topic.newestAt ?? Date.now()) - 3_600_000).toISOString());
  const needsOne = begin === 'offset' && topic.partitions.length > 1;
  const chosen =
    partition === any ? (begin === 'offset' ? topic.partitions[0] : undefined) : topic.partitions[Number(partition)];
  const time = timeOf(at);
  const wrongOffset =
    begin !== 'offset' ||
    !chosen ||
    (/^\d+$/.test(offset) && Number(offset) >= chosen.start && Number(offset) <= chosen.end)
      ? undefined
      : `Partition ${chosen.partition} has ${formatCount(chosen.start)} to ${formatCount(Math.max(chosen.end - 1, chosen.start))}.`;
  const wrongTime = begin === 'time' && time === undefined ? 'Give a time: 2026-11-22 09:30:00.' : undefined;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (wrongOffset || wrongTime) return;
    const one = chosen && (partition !== any || begin === 'offset') ? { partition: chosen.partition } : {};
    if (begin === 'offset') onDone({ partition: chosen?.partition ?? 0, offset: Number(offset) });
    else if (begin === 'time') onDone({ ...one, at: time });
    else onDone(one);
  };
  return (
    <form onSubmit={submit} className="flex w-72 flex-col gap-3">
      <Segments
        label="Begin at"
        value={begin}
        onChange={setBegin}
        choices={[
          { value: 'newest', label: 'Newest' },
          { value: 'offset', label: 'Offset' },
          { value: 'time', label: 'Time' },
        ]}
      />
      {topic.partitions.length > 1 && (
        <Field label="Partition">
          <Select
            label="Partition"
            width="full"
            value={needsOne && partition === any ? '0' : partition}
            onChange={setPartition}
            choices={[
              ...(needsOne ? [] : [{ value: any, label: 'All partitions' }]),
              ...topic.partitions.map((one) => ({
                value: String(one.partition),
                label: `Partition ${one.partition}`,
                note: `${formatCount(one.end - one.start)} records`,
              })),
            ]}
          />
        </Field>
      )}
      {begin === 'offset' && (
        <Field
          label="Offset"
          error={offset === '' ? undefined : wrongOffset}
          note={chosen && `${formatCount(chosen.start)} to ${formatCount(Math.max(chosen.end - 1, chosen.start))}`}
        >
          <Input
            isMono
            autoFocus
            inputMode="numeric"
            value={offset}
            onChange={(event) => setOffset(event.target.value)}
          />
        </Field>
      )}
      {begin === 'time' && (
        <Field label="From this time on" error={wrongTime} note="In UTC, unless it has a zone.">
          <Input isMono autoFocus value={at} onChange={(event) => setAt(event.target.value)} />
        </Field>
      )}
      <Button type="submit" look="primary">
        Go
      </Button>
    </form>
  );
}
