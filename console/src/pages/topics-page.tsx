// All topics: how much is in them, how fast it comes, how long it stays.
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { Rows3 } from 'lucide-react';
import { useMemo } from 'react';
import type { TopicView } from '../../../src/web/schemas.ts';
import { reads } from '../api/reads.ts';
import { useSearchKey } from '../data/use-key.ts';
import { Code } from '../kit/code.tsx';
import { Empty } from '../kit/empty.tsx';
import { SearchInput } from '../kit/field.tsx';
import { formatAgo, formatBytes, formatCount, formatRate, plural } from '../kit/format.ts';
import { DataGrid, type GridColumn } from '../kit/grid.tsx';
import { Loaded } from '../kit/loaded.tsx';
import { Middle } from '../kit/middle.tsx';
import { Page } from '../kit/page.tsx';
import { Skeleton } from '../kit/skeleton.tsx';
import { useTopicRates } from '../topics/rate.ts';
import { retentionWords } from '../topics/retention.ts';

type Row = TopicView & { rate: number | undefined };

const columns: GridColumn<Row>[] = [
  {
    id: 'name',
    header: 'Topic',
    value: (topic) => topic.name,
    cell: (topic) => (
      <Link
        to="/topics/$name"
        params={{ name: topic.name }}
        onClick={(event) => event.stopPropagation()}
        className="block font-mono text-xs font-medium hover:underline"
      >
        <Middle text={topic.name} />
      </Link>
    ),
    width: 180,
    grow: 12,
  },
  {
    id: 'records',
    header: 'Records',
    value: (topic) => topic.records,
    cell: (topic) => formatCount(topic.records),
    width: 96,
    align: 'right',
  },
  {
    id: 'rate',
    header: 'Rate',
    value: (topic) => topic.rate,
    cell: (topic) => (topic.rate ? formatRate(topic.rate) : <span className="text-faint">–</span>),
    width: 88,
    align: 'right',
    note: 'Records a second, over the last seconds',
  },
  {
    id: 'newest',
    header: 'Newest',
    value: (topic) => topic.newestAt,
    cell: (topic) => (topic.newestAt === undefined ? 'none' : formatAgo(topic.newestAt)),
    width: 112,
    align: 'right',
    note: 'The time of the newest record: that of its event, where the topic has one',
  },
  {
    id: 'bytes',
    header: 'Size',
    value: (topic) => topic.bytes,
    cell: (topic) => formatBytes(topic.bytes),
    width: 88,
    align: 'right',
  },
  { id: 'partitions', header: 'Partitions', value: (topic) => topic.partitions.length, width: 96, align: 'right' },
  { id: 'retention', header: 'Kept', value: (topic) => retentionWords(topic.retention), width: 136, grow: 2 },
  {
    id: 'schema',
    header: 'Schema',
    value: (topic) => topic.schema?.version,
    cell: (topic) => (topic.schema ? `v${topic.schema.version}` : <span className="text-faint">none</span>),
    width: 80,
  },
  {
    id: 'pipelines',
    header: 'Pipelines',
    value: (topic) => topic.pipelines.join(', '),
    cell: (topic) =>
      topic.pipelines.length > 0 ? (
        <Middle text={topic.pipelines.join(', ')} />
      ) : (
        <span className="text-faint">none runs</span>
      ),
    width: 120,
    grow: 2,
  },
];

export function TopicsPage() {
  const topics = useQuery(reads.topics());
  const rates = useTopicRates();
  const { find = '' } = useSearch({ from: '/topics' });
  const navigate = useNavigate({ from: '/topics' });
  useSearchKey();
  const rows = useMemo(() => {
    const words = find.toLowerCase();
    return (topics.data ?? [])
      .filter((topic) => `${topic.name} ${topic.pipelines.join(' ')}`.toLowerCase().includes(words))
      .map((topic): Row => ({ ...topic, rate: rates.get(topic.name) }));
  }, [topics.data, find, rates]);
  return (
    <Page
      title="Topics"
      note="Named logs of typed records: in order, durable, kept as long as their retention says."
      actions={
        <SearchInput
          label="Find a topic"
          value={find}
          onChange={(next) => void navigate({ search: next ? { find: next } : {}, replace: true })}
          className="w-56 max-sm:w-[calc(100vw-2rem)]"
        />
      }
    >
      <Loaded query={topics} waiting={<Skeleton className="h-40" />}>
        {(all) => (
          <DataGrid
            label="Topics"
            rows={rows}
            columns={columns}
            rowKey={(topic) => topic.name}
            rowHeight={38}
            firstSort={[{ id: 'name', isDescending: false }]}
            onOpen={(topic) => void navigate({ to: '/topics/$name', params: { name: topic.name } })}
            footer={`${plural(rows.length, 'topic')}, ${formatBytes(rows.reduce((sum, topic) => sum + topic.bytes, 0))}`}
            empty={
              all.length === 0 ? (
                <Empty title="There are no topics yet" icon={Rows3}>
                  A pipeline makes its topics when it starts: <Code>millrace start pipeline.ts</Code>
                </Empty>
              ) : (
                <Empty title={`No topic has “${find}” in its name`} icon={Rows3} />
              )
            }
          />
        )}
      </Loaded>
    </Page>
  );
}
