// Every route of the API as a typed function.
import type {
  ChartData,
  ChartView,
  DeadLetterDetail,
  DeadPage,
  HealthView,
  Ledger,
  PipelineDetail,
  PipelineView,
  PostResult,
  QueryAnswer,
  QueryRequest,
  RedriveAnswer,
  RedriveRequest,
  RowPage,
  TableRow,
  TableView,
  TopicRecordPage,
  TopicView,
} from '../../../src/web/schemas.ts';
import type { OpenApi } from './openapi.ts';
import { address, type QueryValues, request, send } from './request.ts';

export type { OpenApi } from './openapi.ts';
export { ApiError, problemOf } from './request.ts';

export type Operator = 'eq' | 'ne' | 'lt' | 'lte' | 'gt' | 'gte' | 'in' | 'like' | 'missing';

/** A condition on a column; `in` takes several values, `missing` takes 'true' or 'false'. */
export type Filter = { column: string; op: Operator; value: string | readonly string[] };

/** Which rows of a table. `order`: columns, `-` before a descending one. */
export type RowsRequest = { where?: readonly Filter[]; order?: readonly string[]; limit?: number; after?: string };

/** Which records of a topic; the newest where neither offset nor time is given. `at`: ISO time or milliseconds. */
export type RecordsRequest = {
  partition?: number;
  offset?: number;
  at?: string | number;
  limit?: number;
  search?: string;
};

export type DeadRequest = {
  pipeline?: string;
  stage?: string;
  kind?: 'dead' | 'late';
  code?: string;
  limit?: number;
  after?: string;
};

/** From and to: ISO time or milliseconds since 1970. */
export type ChartDataRequest = { from?: string | number; to?: string | number; where?: readonly Filter[] };

export type Role = 'reader' | 'writer' | 'admin';
export type Session = { role: Role; isOpen: boolean };

/** A version of a schema, as Confluent's registry sends it; `schema` is JSON as text. */
export type SchemaVersion = { subject: string; id: number; version: number; schema: string; schemaType?: string };

/** `where.COLUMN=V` and `where.COLUMN.OP=V`, as the API takes filters. */
export function whereValues(filters: readonly Filter[] = []): QueryValues {
  const values: Record<string, string[]> = {};
  for (const { column, op, value } of filters) {
    const name = op === 'eq' ? `where.${column}` : `where.${column}.${op}`;
    values[name] = [...(values[name] ?? []), ...(typeof value === 'string' ? [value] : value)];
  }
  return values;
}

function rowsValues({ where, order, limit, after }: RowsRequest): QueryValues {
  return { ...whereValues(where), order: order?.length ? order.join(',') : undefined, limit, after };
}

/** A row's key as its address wants it: the value, or a JSON array of texts where the key has several columns. */
export function rowKey(table: Pick<TableView, 'key'>, row: TableRow): string {
  const values = table.key.map((column) => String(row[column]));
  return values.length === 1 ? values[0]! : JSON.stringify(values);
}

export const api = {
  health: () => request<HealthView>('/api/health'),
  openapi: () => request<OpenApi>('/api/openapi.json'),

  pipelines: () => request<{ pipelines: PipelineView[] }>('/api/pipelines').then((answer) => answer.pipelines),
  pipeline: (name: string) => request<PipelineDetail>(address(['api', 'pipelines', name])),
  ledger: (name: string) => request<Ledger>(address(['api', 'pipelines', name, 'ledger'])),
  pause: (name: string) => request<PipelineView>(address(['api', 'pipelines', name, 'pause']), { method: 'POST' }),
  resume: (name: string) => request<PipelineView>(address(['api', 'pipelines', name, 'resume']), { method: 'POST' }),
  /** Of a pipeline that has failed. */
  restart: (name: string) => request<PipelineView>(address(['api', 'pipelines', name, 'restart']), { method: 'POST' }),
  rebuild: (name: string, names: readonly string[] | undefined) =>
    send<PipelineView>(address(['api', 'pipelines', name, 'rebuild']), names ? { names } : {}),
  cancelRebuild: (name: string) =>
    request<PipelineView>(address(['api', 'pipelines', name, 'rebuild']), { method: 'DELETE' }),
  charts: (pipeline: string) =>
    request<{ charts: ChartView[] }>(address(['api', 'pipelines', pipeline, 'charts'])).then((answer) => answer.charts),
  chartData: (pipeline: string, id: string, { from, to, where }: ChartDataRequest = {}, signal?: AbortSignal) =>
    request<ChartData>(
      address(['api', 'pipelines', pipeline, 'charts', id, 'data'], { from, to, ...whereValues(where) }),
      {
        signal,
      },
    ),

  topics: () => request<{ topics: TopicView[] }>('/api/topics').then((answer) => answer.topics),
  topic: (name: string) => request<TopicView>(address(['api', 'topics', name])),
  records: (name: string, which: RecordsRequest = {}, signal?: AbortSignal) =>
    request<TopicRecordPage>(address(['api', 'topics', name, 'records'], which), { signal }),
  /** Posts JSON or NDJSON text as it is; resolves once the accepted records are on disk. */
  post: (
    name: string,
    text: string,
    options: { isNdjson?: boolean; idempotencyKey?: string; signature?: string } = {},
  ) =>
    request<PostResult>(address(['api', 'topics', name, 'records']), {
      method: 'POST',
      body: text,
      headers: {
        'content-type': options.isNdjson ? 'application/x-ndjson' : 'application/json',
        ...(options.idempotencyKey ? { 'idempotency-key': options.idempotencyKey } : {}),
        ...(options.signature ? { 'x-millrace-signature': options.signature } : {}),
      },
    }),

  tables: () => request<{ tables: TableView[] }>('/api/tables').then((answer) => answer.tables),
  table: (name: string) => request<TableView>(address(['api', 'tables', name])),
  rows: (name: string, which: RowsRequest = {}, signal?: AbortSignal) =>
    request<RowPage>(address(['api', 'tables', name, 'rows'], rowsValues(which)), { signal }),
  /** The address of a download with all rows that fit. */
  rowsAddress: (name: string, which: RowsRequest, format: 'csv' | 'ndjson') =>
    address(['api', 'tables', name, 'rows'], { ...rowsValues(which), format }),
  row: (name: string, key: string) => request<TableRow>(address(['api', 'tables', name, 'rows', key])),
  query: (query: QueryRequest, signal?: AbortSignal) => send<QueryAnswer>('/api/query', query, { signal }),

  dead: (which: DeadRequest = {}) => request<DeadPage>(address(['api', 'dead'], which)),
  deadLetter: (id: number | string) => request<DeadLetterDetail>(address(['api', 'dead', String(id)])),
  redrive: (which: RedriveRequest) => send<RedriveAnswer>('/api/dead/redrive', which),

  session: () => request<Session>('/api/session'),
  signIn: (token: string) => send<Session>('/api/session', { token }),
  signOut: () => request<unknown>('/api/session', { method: 'DELETE' }),

  subjects: () => request<string[]>('/registry/subjects'),
  schemaVersions: (subject: string) => request<number[]>(address(['registry', 'subjects', subject, 'versions'])),
  schemaVersion: (subject: string, version: number | 'latest') =>
    request<SchemaVersion>(address(['registry', 'subjects', subject, 'versions', String(version)])),
  /** The subject's compatibility, or the default one of the registry. */
  compatibility: (subject: string) =>
    request<{ compatibilityLevel: string }>(address(['registry', 'config', subject], { defaultToGlobal: true })).then(
      (answer) => answer.compatibilityLevel,
    ),
};

/** Addresses of the live streams, for `useLive`. */
export const live = {
  table: (name: string, where?: readonly Filter[]) => address(['api', 'live', 'tables', name], whereValues(where)),
  topic: (name: string) => address(['api', 'live', 'topics', name]),
};
