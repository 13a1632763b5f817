// The partitions of a topic, and how evenly records fall on them.
import { useNavigate } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { Partition, TopicView } from '../../../src/web/schemas.ts';
import { formatAgo, formatBytes, formatCount, formatShare, plural } from '../kit/format.ts';
import { DataGrid, type GridColumn } from '../kit/grid.tsx';

function columnsOf(topic: TopicView): GridColumn<Partition>[] {
  const records = (one: Partition) => one.end - one.start;
  const all = Math.max(
    topic.partitions.reduce((sum, one) => sum + records(one), 0),
    1,
  );
  const count = (value: number) => <span className="font-mono text-xs">{formatCount(value)}</span>;
  return [
    { id: 'partition', header: 'Partition', value: (one) => one.partition, width: 96 },
    { id: 'start', header: 'First offset', value: (one) => one.start, cell: (one) => count(one.start), align: 'right' },
    { id: 'end', header: 'Next offset', value: (one) => one.end, cell: (one) => count(one.end), align: 'right' },
    { id: 'records', header: 'Records', value: records, cell: (one) => count(records(one)), align: 'right' },
    {
      id: 'share',
      header: 'Share',
      value: records,
      cell: (one) => (
        <span className="flex items-center gap-2">
          <span aria-hidden className="h-1.5 flex-1 overflow-hidden rounded-full bg-surface-3">
            <span className="block h-full rounded-full bg-accent" style={{ width: `${(records(one) / all) * 100}%` }} />
          </span>
          <span className="w-12 text-right text-xs text-muted">{formatShare(records(one) / all)}</span>
        </span>
      ),
      width: 160,
      grow: 2,
      isSortable: false,
    },
    { id: 'bytes', header: 'Size', value: (one) => one.bytes, cell: (one) => formatBytes(one.bytes), align: 'right' },
    {
      id: 'newest',
      header: 'Newest record',
      value: (one) => one.newestAt,
      cell: (one) => (one.newestAt === undefined ? 'none' : formatAgo(one.newestAt)),
      width: 128,
      align: 'right',
    },
  ];
}

export function PartitionsTab({ topic }: { topic: TopicView }) {
  const navigate = useNavigate({ from: '/topics/$name' });
  const columns = useMemo(() => columnsOf(topic), [topic]);
  return (
    <DataGrid
      label={`Partitions of ${topic.name}`}
      rows={topic.partitions}
      columns={columns}
      rowKey={(one) => String(one.partition)}
      rowHeight={36}
      onOpen={(one) => void navigate({ search: { partition: one.partition } })}
      footer={`${plural(topic.partitions.length, 'partition')}; open one to read its records`}
    />
  );
}
