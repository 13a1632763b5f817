// What the API takes and gives: one schema each, from which come the checks, the types of server and console, and the OpenAPI document.
import { type Static, Type } from 'typebox';
import { DeadLetter, DeadLetterDetail, DeadPage, RedriveAnswer, RedriveRequest } from './dead-schemas.ts';
import { Column, Plan, PlanSource } from './plan-schemas.ts';
import { count, Json, ms } from './schema-parts.ts';

export { Column, DeadLetter, DeadLetterDetail, DeadPage, Plan, PlanSource, RedriveAnswer, RedriveRequest };

/** An error, as RFC 9457 has it; `code` is one of docs/reference/errors.md. */
export const Problem = Type.Object(
  {
    type: Type.String({ description: 'Where the code is explained.' }),
    title: Type.String({ description: 'What happened.' }),
    status: Type.Integer(),
    code: Type.String(),
    place: Type.Optional(Type.String({ description: 'The table, topic, column or option that it is about.' })),
    remedy: Type.Optional(Type.String({ description: 'What to do next.' })),
    detail: Type.Optional(Type.String()),
  },
  { $id: 'Problem' },
);
export type Problem = Static<typeof Problem>;

export const Health = Type.Enum(['starting', 'healthy', 'degraded', 'paused', 'failed', 'stopped'], { $id: 'Health' });
export type Health = Static<typeof Health>;

/** Where each record went: in = out + filtered + deduplicated + late + dead + inFlight. */
export const Ledger = Type.Object(
  {
    in: count('Records that came in.'),
    out: count('Records that were stored.'),
    filtered: count('Left out by a WHERE clause.'),
    deduplicated: count('Left out as duplicates.'),
    late: count('Too late for their window; kept aside.'),
    dead: count('In the dead letters.'),
    inFlight: count('Durable in the log, not processed yet.'),
    balanced: Type.Boolean({
      description:
        'in = out + filtered + deduplicated + late + dead + inFlight, and each table has the rows that it has counted.',
    }),
    wrongTables: Type.Optional(
      Type.Array(
        Type.Object({
          table: Type.String(),
          rows: count('Rows that it has.'),
          counted: Type.Integer({ description: 'Rows by its counts: out - replaced - retracted - expired.' }),
        }),
        { description: 'Tables that have other rows than they have counted. Absent: none.' },
      ),
    ),
  },
  { $id: 'Ledger' },
);
export type Ledger = Static<typeof Ledger>;

/** A box of the graph. Counts are since the data folder began; what does not apply is left out. */
export const GraphNode = Type.Object(
  {
    id: Type.String({ description: "Noun and name: 'topic:rides'; a source's name is 'rides/csv'." }),
    noun: Type.Enum(['source', 'topic', 'stream', 'table']),
    name: Type.String(),
    label: Type.String({ description: "What it does, in a few words: 'csv', 'tumble 1 minute', 'key vehicle'." }),
    state: Type.Enum(['idle', 'flowing', 'waiting', 'ended', 'stopped', 'paused', 'failed'], {
      description:
        'flowing: records moved in the last seconds; ended: it is done; stopped: the pipeline has failed or was stopped, and there is more to do.',
    }),
    notice: Type.Optional(Type.String({ description: 'What it wants people to know, in words.' })),
    ratePerSecond: Type.Number({ description: 'Records a second that come out of it, over the last seconds.' }),
    in: Type.Optional(count('Records or rows that went in.')),
    out: Type.Optional(count('Records or rows that came out.')),
    filtered: Type.Optional(count('Left out by a WHERE clause.')),
    deduplicated: Type.Optional(count('Left out as duplicates.')),
    late: Type.Optional(count('Too late for their window.')),
    retracted: Type.Optional(
      count(
        'Rows that a window emitted and no longer has, and rows that a table lost by that. Where rows may be retracted.',
      ),
    ),
    replaced: Type.Optional(
      count(
        'Of a table: rows whose place a newer one of their key has taken, or that lost against the one that was there.',
      ),
    ),
    expired: Type.Optional(count('Of a table: rows that `keep` has removed.')),
    dead: Type.Optional(count('Put into the dead letters here and still there.')),
    refused: Type.Optional(count('Of a source: what it brought and was refused since the data folder began.')),
    progress: Type.Optional(Type.Number({ description: 'Of a source whose end is known: 0 to 1.' })),
    rows: Type.Optional(count('Rows of a table.')),
    bytes: Type.Optional(count('Bytes of a topic.')),
    lagRecords: Type.Optional(count('Of a topic: records not processed yet.')),
    lagSeconds: Type.Optional(Type.Number({ description: 'Of a topic: how long the oldest of these has waited.' })),
    batchMs: Type.Optional(
      Type.Number({ description: 'Milliseconds that it took of a micro-batch, mean of the last ones.' }),
    ),
    watermark: Type.Optional(ms('Of a topic with event time: before this all is complete')),
  },
  { $id: 'GraphNode' },
);
export type GraphNode = Static<typeof GraphNode>;

export const GraphEdge = Type.Object(
  {
    from: Type.String(),
    to: Type.String(),
    kind: Type.Enum(['flow', 'lookup'], { description: 'lookup: a stream joins with this table.' }),
    ratePerSecond: Type.Number({ description: 'Records a second over the last seconds.' }),
  },
  { $id: 'GraphEdge' },
);
export type GraphEdge = Static<typeof GraphEdge>;

/** A pipeline at a moment. */
export const PipelineView = Type.Object(
  {
    name: Type.String(),
    status: Type.Ref('Health'),
    reason: Type.Optional(
      Type.String({
        description: 'Why it is degraded or failed, in words, with the remedy; or which table its records wait for.',
      }),
    ),
    ledger: Type.Ref('Ledger'),
    nodes: Type.Array(Type.Ref('GraphNode')),
    edges: Type.Array(Type.Ref('GraphEdge')),
    charts: count('Charts that it declares.'),
    recordsPerSecond: Type.Number({ description: 'Records a second that were processed, over the last seconds.' }),
    bytesPerSecond: Type.Number({
      description: 'Bytes a second that were appended to its topics, over the last seconds.',
    }),
    run: Type.Object({
      startedAt: ms('When this run began'),
      endedAt: Type.Optional(ms('When it failed or was stopped')),
      records: count('Records processed by this run: whether their rows were stored the ledger says.'),
      seconds: Type.Number({ description: 'How long this run has lasted, up to its end where it has ended.' }),
    }),
    parts: Type.Record(Type.String(), Type.Number(), {
      description: 'Milliseconds that this run has spent in each part of the work.',
    }),
    rebuild: Type.Optional(
      Type.Object(
        {
          names: Type.Optional(
            Type.Array(Type.String(), { description: 'Streams and tables that were asked for. Absent: all.' }),
          ),
          state: Type.Enum(['running', 'waiting', 'failed'], { description: 'waiting: it is tried again soon.' }),
          done: count('Records of the log that are processed again.'),
          total: count('Records that are to be processed again.'),
          code: Type.Optional(Type.String({ description: 'Why it waits or has failed, as a code.' })),
          reason: Type.Optional(Type.String({ description: 'Why it waits or has failed.' })),
          place: Type.Optional(Type.String({ description: 'The file, table or topic that it is about.' })),
          remedy: Type.Optional(Type.String({ description: 'What to do next.' })),
        },
        { description: 'What is made again from the log, beside what runs.' },
      ),
    ),
  },
  { $id: 'PipelineView' },
);
export type PipelineView = Omit<Static<typeof PipelineView>, 'status' | 'ledger' | 'nodes' | 'edges'> & {
  status: Health;
  ledger: Ledger;
  nodes: GraphNode[];
  edges: GraphEdge[];
};

/** A pipeline with its definition. */
export const PipelineDetail = Type.Object(
  { ...PipelineView.properties, plan: Type.Ref('Plan') },
  { $id: 'PipelineDetail' },
);
export type PipelineDetail = PipelineView & { plan: Plan };

export const Partition = Type.Object(
  {
    partition: count('Its number.'),
    start: count('The first offset that is kept.'),
    end: count('The offset of the next record.'),
    bytes: count('Its size.'),
    newestAt: Type.Optional(ms('Time of its newest record')),
  },
  { $id: 'Partition' },
);
export type Partition = Static<typeof Partition>;

/** A topic. */
export const TopicView = Type.Object(
  {
    name: Type.String(),
    partitions: Type.Array(Type.Ref('Partition')),
    records: count('Records that are kept.'),
    bytes: count('Bytes that are kept.'),
    newestAt: Type.Optional(ms('Time of its newest record')),
    retention: Type.Object({
      ageMs: Type.Optional(Type.Number({ description: 'How long records are kept, milliseconds; absent: for ever.' })),
      bytes: Type.Optional(Type.Number({ description: 'How much is kept; absent: any amount.' })),
    }),
    schema: Type.Optional(
      Type.Object(
        { subject: Type.String(), id: Type.Integer(), version: Type.Integer() },
        { description: 'In the registry.' },
      ),
    ),
    pipelines: Type.Array(Type.String(), { description: 'Those running that read it.' }),
    fields: Type.Array(Type.Ref('Column'), {
      description: 'As declared; empty where no pipeline that runs declares it.',
    }),
    key: Type.Optional(Type.String()),
    time: Type.Optional(Type.String({ description: 'The field of the event time.' })),
    accepts: Type.Boolean({ description: 'Whether records can be posted to it.' }),
    isSigned: Type.Boolean({ description: 'Whether what is posted must carry an HMAC signature.' }),
  },
  { $id: 'TopicView' },
);
export type TopicView = Omit<Static<typeof TopicView>, 'partitions' | 'fields'> & {
  partitions: Partition[];
  fields: Column[];
};

/** A record of a topic; personal fields are masked. */
export const TopicRecord = Type.Object(
  {
    partition: Type.Integer(),
    offset: Type.Integer(),
    time: ms('Its time'),
    key: Type.Union([Type.String(), Type.Null()]),
    value: Type.Optional(Type.Record(Type.String(), Json)),
    error: Type.Optional(Type.String({ description: 'Why it cannot be decoded.' })),
  },
  { $id: 'TopicRecord' },
);
export type TopicRecord = Static<typeof TopicRecord>;

/** Records in the order of partition and offset; `next` says where to go on in each partition. */
export const TopicRecordPage = Type.Object(
  {
    records: Type.Array(Type.Ref('TopicRecord')),
    next: Type.Record(Type.String(), Type.Integer(), {
      description: 'By partition: the offset after what was looked at.',
    }),
    scanned: count('Records that were looked at.'),
    isEnd: Type.Boolean({ description: 'Whether the end of the topic was reached.' }),
  },
  { $id: 'TopicRecordPage' },
);
export type TopicRecordPage = Omit<Static<typeof TopicRecordPage>, 'records'> & { records: TopicRecord[] };

/** What became of posted records. Those accepted are on disk. */
export const PostResult = Type.Object(
  {
    accepted: count('Records that are durable in the log.'),
    rejected: Type.Array(
      Type.Object({
        index: count('Its place in the request, from 0.'),
        code: Type.String(),
        reason: Type.String(),
        remedy: Type.Optional(Type.String()),
      }),
    ),
    kept: Type.Optional(
      count(
        'Of those rejected, how many are kept as dead letters: they can be fixed there and need not be sent again.',
      ),
    ),
    offsets: Type.Array(Type.Object({ partition: Type.Integer(), first: Type.Integer(), count: Type.Integer() })),
    isRepeated: Type.Boolean({
      description: 'Whether the same Idempotency-Key had been taken before: nothing was stored twice.',
    }),
  },
  { $id: 'PostResult' },
);
export type PostResult = Static<typeof PostResult>;

/** A table. */
export const TableView = Type.Object(
  {
    name: Type.String(),
    pipeline: Type.String(),
    rows: count('Rows that it has.'),
    key: Type.Array(Type.String()),
    time: Type.Optional(Type.String({ description: 'The column of the event time, where it has one.' })),
    columns: Type.Array(Type.Ref('Column')),
  },
  { $id: 'TableView' },
);
export type TableView = Omit<Static<typeof TableView>, 'columns'> & { columns: Column[] };

export const TableRow = Type.Record(Type.String(), Json, { $id: 'TableRow', description: 'A row by column.' });
export type TableRow = Static<typeof TableRow>;

export const RowPage = Type.Object(
  {
    rows: Type.Array(Type.Ref('TableRow')),
    next: Type.Optional(Type.String({ description: 'Give it as `after` for the next page; absent at the end.' })),
  },
  { $id: 'RowPage' },
);
export type RowPage = { rows: TableRow[]; next?: string };

export const QueryRequest = Type.Object(
  {
    sql: Type.String({ minLength: 1, maxLength: 100_000, description: 'One SELECT; it can change nothing.' }),
    rowsMax: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000, description: 'Default 1,000.' })),
    msMax: Type.Optional(Type.Integer({ minimum: 1, maximum: 60_000, description: 'Default 30,000.' })),
  },
  { $id: 'QueryRequest', additionalProperties: false },
);
export type QueryRequest = Static<typeof QueryRequest>;

export const QueryAnswer = Type.Object(
  {
    columns: Type.Array(Type.Object({ name: Type.String(), type: Type.String({ description: "DuckDB's." }) })),
    rows: Type.Array(Type.Array(Json)),
    isTruncated: Type.Boolean({ description: 'Whether there are more rows than were asked for.' }),
    ms: Type.Number({ description: 'Milliseconds that it took.' }),
  },
  { $id: 'QueryAnswer' },
);
export type QueryAnswer = Static<typeof QueryAnswer>;

/** A chart as it is declared. */
export const ChartView = Type.Object(
  {
    id: Type.String({ description: 'Unique in its pipeline.' }),
    kind: Type.Enum(['line', 'area', 'bar', 'share', 'scatter', 'histogram', 'heatmap', 'map', 'number', 'grid']),
    title: Type.String(),
    table: Type.String(),
    time: Type.Optional(Type.String({ description: 'The column that a time range is of, where the table has one.' })),
    columns: Type.Array(Type.Ref('Column')),
    options: Type.Record(Type.String(), Json),
  },
  { $id: 'ChartView' },
);
export type ChartView = Omit<Static<typeof ChartView>, 'columns'> & { columns: Column[] };

/** What a chart shows: computed where the rows are. The columns depend on its kind; docs/reference/charts.md. */
export const ChartData = Type.Object(
  {
    columns: Type.Array(Type.String()),
    rows: Type.Array(Type.Array(Json)),
    isTruncated: Type.Boolean({ description: 'Whether there is more than is shown.' }),
    note: Type.Optional(Type.String({ description: "What was left out: 'the 12 largest of 178 lines'." })),
    facts: Type.Optional(
      Type.Record(Type.String(), Json, { description: 'What belongs to the whole picture, such as its trend line.' }),
    ),
  },
  { $id: 'ChartData' },
);
export type ChartData = Static<typeof ChartData>;

export const HealthView = Type.Object(
  {
    status: Type.Enum(['healthy', 'degraded', 'failed']),
    version: Type.String(),
    uptimeSeconds: Type.Number(),
    pipelines: Type.Array(
      Type.Object({ name: Type.String(), status: Type.Ref('Health'), reason: Type.Optional(Type.String()) }),
    ),
  },
  { $id: 'HealthView' },
);
export type HealthView = Omit<Static<typeof HealthView>, 'pipelines'> & {
  pipelines: { name: string; status: Health; reason?: string }[];
};

/** The schemas that others refer to by name. */
export const shared = [
  Problem,
  Health,
  Ledger,
  GraphNode,
  GraphEdge,
  PipelineView,
  PipelineDetail,
  Plan,
  PlanSource,
  Column,
  Partition,
  TopicView,
  TopicRecord,
  TopicRecordPage,
  PostResult,
  TableView,
  TableRow,
  RowPage,
  QueryRequest,
  QueryAnswer,
  DeadLetter,
  DeadPage,
  DeadLetterDetail,
  RedriveRequest,
  RedriveAnswer,
  ChartView,
  ChartData,
  HealthView,
];
