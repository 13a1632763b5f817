// The records of a topic: the newest with a live tail, or from an offset or time on.
import { useNavigate, useSearch } from '@tanstack/react-router';
import { CircleX } from 'lucide-react';
import { useCallback, useMemo } from 'react';
import type { TopicRecord, TopicView } from '../../../src/web/schemas.ts';
import { isUnreachable } from '../api/request.ts';
import { useColumns } from '../data/use-columns.ts';
import { valueColumn } from '../data/value-cell.tsx';
import { WaitingPill } from '../data/waiting-pill.tsx';
import { Button } from '../kit/button.tsx';
import { Empty } from '../kit/empty.tsx';
import { Failure } from '../kit/failure.tsx';
import { formatCount, formatTime, plural } from '../kit/format.ts';
import { DataGrid, type GridColumn } from '../kit/grid.tsx';
import { jsonText } from '../kit/json.ts';
import { RecordDrawer } from './record-drawer.tsx';
import type { RecordsWanted } from './record-feed.ts';
import { recordId } from './record-order.ts';
import { RecordsToolbar } from './records-toolbar.tsx';
import { type Records, useRecords } from './use-records.ts';

/** What every record has, before its fields. */
const own: GridColumn<TopicRecord>[] = [
  {
    id: ' time',
    header: 'Time',
    value: (record) => record.time,
    cell: (record) => formatTime(record.time, { isUtc: true, hasMs: true }),
    width: 196,
    grow: 0,
    isMono: true,
    isSortable: false,
    note: 'The time of the record, in UTC: that of its event, where the topic has one',
  },
  {
    id: ' place',
    header: 'Offset',
    value: recordId,
    wholeText: recordId,
    width: 96,
    grow: 0,
    align: 'right',
    isMono: true,
    isSortable: false,
    note: 'Partition and offset',
  },
  {
    id: ' key',
    header: 'Key',
    value: (record) => record.key,
    wholeText: (record) => record.key ?? '',
    cell: (record) => record.key ?? <span className="text-faint italic">none</span>,
    width: 120,
    isMono: true,
    isSortable: false,
  },
];

/** Takes the place of the fields where a record cannot be decoded. */
const broken: GridColumn<TopicRecord> = {
  id: ' value',
  header: 'Value',
  value: (record) => record.value ?? record.error,
  cell: (record) =>
    record.value === undefined ? (
      <span className="inline-flex items-center gap-1.5 text-bad" title={record.error}>
        <CircleX aria-hidden className="size-3.5 shrink-0" />
        {`Cannot be decoded: ${record.error ?? 'unknown reason'}`}
      </span>
    ) : (
      jsonText(record.value)
    ),
  width: 320,
  grow: 6,
  isMono: true,
  isSortable: false,
};

export function RecordsTab({ topic }: { topic: TopicView }) {
  const search = useSearch({ from: '/topics/$name' });
  const navigate = useNavigate({ from: '/topics/$name' });
  const isLive = search.isLive !== false;
  const { partition, offset, at, search: text } = search;
  const wanted = useMemo<RecordsWanted>(
    () => ({
      ...(partition === undefined ? {} : { partition }),
      ...(offset === undefined ? {} : { offset }),
      ...(at === undefined ? {} : { at }),
      ...(text === undefined ? {} : { search: text }),
    }),
    [partition, offset, at, text],
  );
  const records = useRecords(topic, wanted, isLive);
  const choice = useColumns(`topic.${topic.name}`);
  const { fields } = topic;
  const hasBroken = records.records.some((record) => record.value === undefined);
  const columns = useMemo(
    () => [
      ...own,
      ...(hasBroken || fields.length === 0 ? [broken] : []),
      ...fields
        .filter(({ name }) => !choice.hidden.includes(name))
        .map((field) => valueColumn<TopicRecord>(field, (record) => record.value?.[field.name], false))
        .map((column) => ({
          ...column,
          cell: (record: TopicRecord) => (record.value === undefined ? '' : column.cell?.(record)),
        })),
    ],
    [fields, choice.hidden, hasBroken],
  );
  const want = useCallback(
    (next: RecordsWanted) =>
      void navigate({ search: (before) => ({ tab: before.tab, isLive: before.isLive, ...next }), replace: true }),
    [navigate],
  );
  const open = (record: string | undefined) =>
    void navigate({ search: (before) => ({ ...before, record }), replace: record === undefined });

  return (
    <div className="flex h-full min-h-0 flex-col gap-3">
      <RecordsToolbar
        topic={topic}
        wanted={wanted}
        records={records}
        isLive={isLive}
        columns={fields}
        choice={choice}
        onWant={want}
        onLive={(next) =>
          void navigate({ search: (before) => ({ ...before, isLive: next ? undefined : false }), replace: true })
        }
      />
      {records.error && !(isUnreachable(records.error) && records.records.length > 0) ? (
        <Failure error={records.error} retry={records.reload} />
      ) : null}
      <div {...records.frame} className="relative flex min-h-80 min-w-0 flex-1 flex-col">
        {(records.waiting > 0 || records.isStale) && (
          <WaitingPill
            text={records.isStale ? 'Much has come: read again' : plural(records.waiting, 'new record')}
            onShow={records.show}
          />
        )}
        <DataGrid
          label={`Records of ${topic.name}`}
          height="fill"
          rows={records.records}
          columns={columns}
          rowKey={recordId}
          onOpen={(record) => open(recordId(record))}
          openKey={search.record}
          isLoading={records.isLoading}
          changed={records.changed}
          onEnd={records.more}
          empty={records.error ? null : <NoRecords topic={topic} wanted={wanted} onNewest={() => want({})} />}
          footer={records.error ? undefined : <RecordsFooter topic={topic} records={records} wanted={wanted} />}
        />
      </div>
      {search.record !== undefined && (
        <RecordDrawer
          topic={topic}
          id={search.record}
          records={records.records}
          onOpen={open}
          onClose={() => open(undefined)}
        />
      )}
    </div>
  );
}

function RecordsFooter({ topic, records, wanted }: { topic: TopicView; records: Records; wanted: RecordsWanted }) {
  const isNewest = wanted.offset === undefined && wanted.at === undefined;
  const found = formatCount(records.records.length);
  const text = wanted.search
    ? `${plural(records.records.length, 'record')} found in ${formatCount(records.scanned)} looked at`
    : isNewest
      ? `The newest ${found} of ${formatCount(topic.records)}`
      : `${plural(records.records.length, 'record')} from here${records.isEnd ? ', up to the newest' : '; more as you scroll'}`;
  return (
    <div className="flex flex-wrap items-center gap-x-4">
      <span>{records.isLoading && records.records.length === 0 ? 'Reading…' : text}</span>
      {records.skipped > 0 && (
        <span title="They came faster than they can be read. They are in the topic: pause and scroll, or go to a time.">
          {`${formatCount(records.skipped)} skipped, too fast to show`}
        </span>
      )}
      <span className="ml-auto max-md:hidden">{isNewest && 'Space pauses and follows'}</span>
    </div>
  );
}

function NoRecords({ topic, wanted, onNewest }: { topic: TopicView; wanted: RecordsWanted; onNewest: () => void }) {
  if (Object.keys(wanted).length === 0) {
    return (
      <Empty title="The topic has no records yet">
        They appear here as they come.{topic.accepts && ' You can also post one with the button above.'}
      </Empty>
    );
  }
  return (
    <Empty
      title={
        wanted.search ? `No record has “${wanted.search}” in its key or value` : 'There are no records from here on'
      }
      action={<Button onClick={onNewest}>Show the newest</Button>}
    >
      {wanted.search ? 'A search looks at the newest records; go to an earlier time to look further back.' : undefined}
    </Empty>
  );
}
