// One record of a topic: its fields, the whole as JSON, where it lies and when it came.
import { useQuery } from '@tanstack/react-query';
import { ChevronDown, ChevronUp, CircleX } from 'lucide-react';
import { useState } from 'react';
import type { TopicRecord, TopicView } from '../../../src/web/schemas.ts';
import { api } from '../api/client.ts';
import { FieldsList } from '../data/fields-list.tsx';
import { useStepKeys } from '../data/use-key.ts';
import { IconButton } from '../kit/button.tsx';
import { Facts } from '../kit/card.tsx';
import { Code } from '../kit/code.tsx';
import { CopyButton } from '../kit/copy-button.tsx';
import { Drawer } from '../kit/dialog.tsx';
import { Empty } from '../kit/empty.tsx';
import { Segments } from '../kit/field.tsx';
import { formatAgo } from '../kit/format.ts';
import { JsonView } from '../kit/json-view.tsx';
import { Loaded } from '../kit/loaded.tsx';
import { formatUtc } from '../kit/utc.ts';
import { recordId } from './record-order.ts';

type RecordDrawerProps = {
  topic: TopicView;
  /** PARTITION:OFFSET */
  id: string;
  records: readonly TopicRecord[];
  onOpen: (id: string) => void;
  onClose: () => void;
};

async function readOne(topic: string, id: string): Promise<TopicRecord | null> {
  const [partition = 0, offset = 0] = id.split(':').map(Number);
  const page = await api.records(topic, { partition, offset, limit: 1 });
  return page.records.find((record) => recordId(record) === id) ?? null;
}

export function RecordDrawer({ topic, id, records, onOpen, onClose }: RecordDrawerProps) {
  const at = records.findIndex((record) => recordId(record) === id);
  const shown = records[at];
  const read = useQuery({
    queryKey: ['topics', topic.name, 'record', id],
    queryFn: () => readOne(topic.name, id),
    enabled: shown === undefined,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const [partition, offset] = id.split(':');
  const step = (by: number) => {
    const next = records[at + by];
    if (next) onOpen(recordId(next));
  };
  useStepKeys(step);
  return (
    <Drawer
      isOpen
      isModal={false}
      onClose={onClose}
      title={`Offset ${offset}`}
      note={`Partition ${partition} of ${topic.name}`}
      actions={
        <>
          <IconButton icon={ChevronUp} label="Record above" size="small" disabled={at < 1} onClick={() => step(-1)} />
          <IconButton
            icon={ChevronDown}
            label="Record below"
            size="small"
            disabled={at < 0 || at >= records.length - 1}
            onClick={() => step(1)}
          />
        </>
      }
      footer={
        <>
          <CopyButton hasWords label="Copy link" text={() => window.location.href} />
          <CopyButton hasWords label="Copy as JSON" text={() => JSON.stringify(shown ?? read.data, null, 2)} />
        </>
      }
    >
      <Loaded query={shown ? { data: shown, error: undefined, refetch: () => undefined } : read}>
        {(record) =>
          record === null ? (
            <Empty title="The record is not there">Retention has removed it, or it has not come yet.</Empty>
          ) : (
            <RecordBody topic={topic} record={record} />
          )
        }
      </Loaded>
    </Drawer>
  );
}

function RecordBody({ topic, record }: { topic: TopicView; record: TopicRecord }) {
  const [view, setView] = useState<'fields' | 'json'>('fields');
  return (
    <div className="flex flex-col gap-4">
      <Facts
        facts={[
          ['Time', `${formatUtc(record.time, { hasMs: true })}, ${formatAgo(record.time)}`],
          ['Key', record.key === null ? 'none' : <Code key="key">{record.key}</Code>],
          ['Schema', topic.schema && `${topic.schema.subject}, newest version ${topic.schema.version}`],
        ]}
      />
      {record.value === undefined ? (
        <div role="alert" className="flex gap-3 rounded-lg border border-bad/40 bg-bad-soft px-4 py-3">
          <CircleX aria-hidden className="mt-0.5 size-4 shrink-0 text-bad" />
          <div>
            <p className="font-medium">This record cannot be decoded</p>
            <p>{record.error ?? 'The reason is not known.'}</p>
            <p className="text-muted">A pipeline that reads the topic puts it into the dead letters and goes on.</p>
          </div>
        </div>
      ) : (
        <>
          <div>
            <Segments
              label="View"
              size="small"
              value={view}
              onChange={setView}
              choices={[
                { value: 'fields', label: 'Fields' },
                { value: 'json', label: 'JSON' },
              ]}
            />
          </div>
          {view === 'json' ? (
            <JsonView value={record.value} />
          ) : (
            <FieldsList fields={topic.fields} value={record.value} keys={topic.key ? [topic.key] : []} />
          )}
        </>
      )}
    </div>
  );
}
