// One record of a topic: its fields, the whole as JSON, where it lies and when it came.
import { useQuery } from '@tanstack/react-query';
import { CircleX } from 'lucide-react';
import type { TopicRecord, TopicView } from '../../../src/web/schemas.ts';
import { api } from '../api/client.ts';
import { FieldsList } from '../data/fields-list.tsx';
import { FieldsOrJson, StepDrawer } from '../data/step-drawer.tsx';
import { Facts } from '../kit/card.tsx';
import { Code } from '../kit/code.tsx';
import { Empty } from '../kit/empty.tsx';
import { formatAgo } from '../kit/format.ts';
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
  const ids = records.map(recordId);
  const at = ids.indexOf(id);
  const shown = records[at];
  const read = useQuery({
    queryKey: ['topics', topic.name, 'record', id],
    queryFn: () => readOne(topic.name, id),
    enabled: shown === undefined,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const [partition, offset] = id.split(':');
  return (
    <StepDrawer
      title={`Offset ${offset}`}
      note={`Partition ${partition} of ${topic.name}`}
      noun="record"
      ids={ids}
      at={at}
      onOpen={onOpen}
      onClose={onClose}
      value={shown ?? read.data}
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
    </StepDrawer>
  );
}

function RecordBody({ topic, record }: { topic: TopicView; record: TopicRecord }) {
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
        <FieldsOrJson
          fieldsLabel="Fields"
          value={record.value}
          fields={<FieldsList fields={topic.fields} value={record.value} keys={topic.key ? [topic.key] : []} />}
        />
      )}
    </div>
  );
}
