// A stand-in for what the web server serves: in memory, deterministic, with a hand on what the watchers are told.
import { planWith } from '../../src/control/plan.ts';
import { MillraceError } from '../../src/core/errors.ts';
import { formatType } from '../../src/define/fields.ts';
import type { Pipeline } from '../../src/define/pipeline.ts';
import type { Registry } from '../../src/log/registry.ts';
import { embeddedRegistry } from '../../src/log/registry-embedded/embedded.ts';
import type {
  Backend,
  DeadRequest,
  PostRequest,
  RecordsRequest,
  RefusedPosts,
  TableChange,
} from '../../src/web/backend.ts';
import type {
  ChartView,
  Column,
  DeadLetter,
  DeadPage,
  GraphNode,
  PipelineView,
  PostResult,
  RedriveRequest,
  TableView,
  TopicRecord,
  TopicRecordPage,
  TopicView,
} from '../../src/web/schemas.ts';
import { makeLetters, makeRecords, makeRows, rides, start, users } from './data.ts';
import { readRows } from './rows.ts';

/** The stand-in, and what a test does to it. */
export type FakeBackend = Backend & {
  /** Tells those who watch a table. */
  changeTable(table: string, change: TableChange): void;
  /** Appends records to a topic and tells those who watch it. */
  appendTopic(topic: string, records: TopicRecord[], skipped?: number): void;
  /** How many watch anything. */
  watchers(): number;
  /** What was posted so far. */
  readonly posted: { readonly topic: string; readonly request: PostRequest }[];
};

/**
 * Two pipelines, `rides` and `users`, with topics and tables of the same names (and the table `fare_by_zone`), and seven dead letters.
 *
 * @example const app = await makeApp(fakeBackend({ pipelines: () => { throw new Error('boom'); } }))
 */
export function fakeBackend(overrides: Partial<Backend> = {}): FakeBackend {
  const definitions: readonly Pipeline[] = [rides, users];
  const rows = makeRows();
  const records = makeRecords();
  let letters = makeLetters();
  const paused = new Set<string>();
  const answers = new Map<string, { body: string; result: PostResult }>();
  const tableWatchers = new Map<string, Set<(change: TableChange) => void>>();
  const topicWatchers = new Map<string, Set<(records: TopicRecord[], skipped: number) => void>>();
  const versions = new Map<string, number>();
  const posted: { topic: string; request: PostRequest }[] = [];
  const refused: RefusedPosts[] = [];

  const pipelineNamed = (name: string) => found(definitions, 'pipeline', name);
  const tables = () => definitions.flatMap((pipeline) => tableViews(pipeline, rows));
  const topics = () => definitions.map((pipeline) => topicView(pipeline, records));

  const fake: FakeBackend = {
    version: '0.1.0',
    startedAt: start,
    definitions,
    registry: lazyRegistry(),
    posted,
    pipelines: () => definitions.map((pipeline) => pipelineView(pipeline, paused.has(pipeline.name), letters)),
    plan: async (name) => planWith(pipelineNamed(name), new Map()),
    pause: async (name) => {
      paused.add(pipelineNamed(name).name);
    },
    resume: async (name) => {
      paused.delete(pipelineNamed(name).name);
    },
    rebuild: async (name) => {
      pipelineNamed(name);
    },
    cancelRebuild: async (name) => {
      pipelineNamed(name);
    },
    topics: async () => topics(),
    topic: async (name) => found(topics(), 'topic', name),
    records: async (name, request) => recordPage(records.get(found(topics(), 'topic', name).name)!, name, request),
    async admit(name, { signature }) {
      const topic = found(topics(), 'topic', name);
      if (topic.isSigned && !signature?.startsWith('sha256=')) {
        throw new MillraceError('SIGNATURE_INVALID', 'the signature is missing', {
          place: name,
          remedy: 'Send X-Millrace-Signature.',
        });
      }
    },
    async post(name, request) {
      found(topics(), 'topic', name);
      const body = Buffer.from(request.body).toString('base64');
      const earlier = request.idempotencyKey === undefined ? undefined : answers.get(request.idempotencyKey);
      if (earlier && earlier.body !== body) {
        throw new MillraceError('IDEMPOTENCY_REUSED', 'this Idempotency-Key was used for another body', {
          place: 'Idempotency-Key',
          remedy: 'Use a new one.',
        });
      }
      if (earlier) return { ...earlier.result, isRepeated: true };
      posted.push({ topic: name, request });
      const result = accept(request, records.get(name)![0]!);
      if (request.idempotencyKey !== undefined) answers.set(request.idempotencyKey, { body, result });
      return result;
    },
    countRefused: (topic, code) => void refused.push({ topic, code, count: 1 }),
    refusedPosts: () => refused,
    watchTopic: async (name, changed) => watch(topicWatchers, found(topics(), 'topic', name).name, changed),
    tables: async () => tables(),
    table: async (name) => found(tables(), 'table', name),
    rows: async (name, options) => readRows(found(tables(), 'table', name), rows.get(name)!, options),
    watchTable: async (name, changed) => watch(tableWatchers, found(tables(), 'table', name).name, changed),
    async query({ sql, rowsMax = 1000 }, _asker, take) {
      if (!/^\s*(select|from|with)\b/i.test(sql)) {
        throw new MillraceError('SQL_INVALID', 'only SELECT can be run', {
          place: 'query',
          remedy: 'Write one SELECT; nothing can be changed here.',
        });
      }
      const all = Array.from({ length: 3 }, (_, i) => [i, `row ${i}`]);
      const columns = [
        { name: 'i', type: 'INTEGER' },
        { name: 'name', type: 'VARCHAR' },
      ];
      const answer = { columns, rows: all.slice(0, rowsMax), isTruncated: all.length > rowsMax, ms: 1 };
      for (const piece of JSON.stringify(answer).match(/.{1,20}/g)!) await take(Buffer.from(piece));
    },
    charts: (name) => chartViews(pipelineNamed(name)),
    chart: async (name, id) => {
      found(chartViews(pipelineNamed(name)), 'chart', id, 'id');
      return { columns: ['x', 'y'], rows: [[new Date(start).toISOString(), 1]], isTruncated: false };
    },
    dead: async (request) => deadPage(letters, request),
    deadLetter: async (id) => found(letters, 'dead letter', id, 'id'),
    async redrive(request) {
      pipelineNamed(request.pipeline);
      const sent = letters.filter((letter) => isAskedFor(letter, request));
      if (request.ids !== undefined && sent.length === 0)
        throw new MillraceError('NOT_FOUND', `there is no dead letter ${request.ids.join(', ')}`);
      if (!request.isTrial) letters = letters.filter((letter) => !sent.includes(letter));
      const notFound = (request.ids ?? []).filter((id) => !sent.some((letter) => letter.id === id));
      return { sent: sent.length, stored: sent.length, stillDead: 0, ...(notFound.length > 0 ? { notFound } : {}) };
    },
    tableVersion: (table) => versions.get(table) ?? 0,
    changeTable: (table, change) => {
      versions.set(table, (versions.get(table) ?? 0) + 1);
      for (const tell of tableWatchers.get(table) ?? []) tell(change);
    },
    appendTopic: (topic, added, skipped = 0) => {
      for (const record of added) records.get(topic)![record.partition]!.push(record);
      for (const tell of topicWatchers.get(topic) ?? []) tell(added, skipped);
    },
    watchers: () => [...tableWatchers.values(), ...topicWatchers.values()].reduce((sum, all) => sum + all.size, 0),
  };
  return { ...fake, ...overrides };
}

function found<T extends object>(all: readonly T[], noun: string, name: string | number, by = 'name'): T {
  const one = all.find((each) => (each as Record<string, unknown>)[by] === name);
  if (one) return one;
  throw new MillraceError('NOT_FOUND', `there is no ${noun} '${name}'`, {
    place: String(name),
    remedy: `See the ${noun}s that there are.`,
  });
}

/** An embedded registry in memory, opened when it is first used. */
function lazyRegistry(): Registry {
  let opened: Promise<Registry> | undefined;
  const call =
    (name: string) =>
    async (...given: unknown[]): Promise<unknown> => {
      opened ??= embeddedRegistry({ path: ':memory:' });
      const registry = await opened;
      const method = registry[name as keyof Registry] as (...given: unknown[]) => unknown;
      return method.apply(registry, given);
    };
  return new Proxy({} as Registry, { get: (_target, name) => (name === 'then' ? undefined : call(String(name))) });
}

function watch<T>(watchers: Map<string, Set<T>>, name: string, changed: T): () => void {
  const all = watchers.get(name) ?? new Set();
  watchers.set(name, all);
  all.add(changed);
  return () => all.delete(changed);
}

function columnsOf(fields: Pipeline['tables'][number]['fields']): Column[] {
  return Object.entries(fields).map(([name, field]) => ({
    name,
    type: formatType(field.type),
    isOptional: field.isOptional,
    isPersonal: field.isPersonal,
    ...(field.description === undefined ? {} : { description: field.description }),
  }));
}

function tableViews(pipeline: Pipeline, rows: ReturnType<typeof makeRows>): TableView[] {
  return pipeline.tables.map((table) => ({
    name: table.name,
    pipeline: pipeline.name,
    rows: rows.get(table.name)!.length,
    key: [...table.key],
    ...(table.time === undefined ? {} : { time: table.time }),
    columns: columnsOf(table.fields),
  }));
}

/** `users` takes only signed posts. */
function topicView(pipeline: Pipeline, records: ReturnType<typeof makeRecords>): TopicView {
  const topic = pipeline.topics[0]!;
  const partitions = records.get(topic.name)!.map((all, partition) => {
    const newest = all.at(-1)?.time;
    const bytes = all.length * 100;
    return { partition, start: 0, end: all.length, bytes, ...(newest === undefined ? {} : { newestAt: newest }) };
  });
  return {
    name: topic.name,
    partitions,
    records: partitions.reduce((sum, one) => sum + one.end, 0),
    bytes: partitions.reduce((sum, one) => sum + one.bytes, 0),
    newestAt: Math.max(...partitions.map((one) => one.newestAt ?? 0)),
    retention: topic.name === 'rides' ? { ageMs: 604_800_000 } : {},
    schema: { subject: `${topic.name}-value`, id: 1, version: 1 },
    pipelines: [pipeline.name],
    fields: columnsOf(topic.fields),
    ...(topic.key === undefined ? {} : { key: topic.key }),
    ...(topic.time === undefined ? {} : { time: topic.time }),
    accepts: true,
    isSigned: topic.name === 'users',
  };
}

function pipelineView(pipeline: Pipeline, isPaused: boolean, letters: readonly DeadLetter[]): PipelineView {
  const { name } = pipeline;
  const dead = letters.filter((letter) => letter.pipeline === name && letter.kind === 'dead').length;
  const late = letters.filter((letter) => letter.pipeline === name && letter.kind === 'late').length;
  const state = isPaused ? 'paused' : 'flowing';
  const node = (noun: GraphNode['noun'], called: string, label: string, more: Partial<GraphNode> = {}): GraphNode => ({
    id: `${noun}:${called}`,
    noun,
    name: called,
    label,
    state,
    ratePerSecond: 10,
    ...more,
  });
  return {
    name,
    status: isPaused ? 'paused' : dead > 0 ? 'degraded' : 'healthy',
    ...(dead > 0 ? { reason: `${dead} records are in the dead letters; see them there` } : {}),
    ledger: {
      in: 250 + dead + late,
      out: 250,
      filtered: 0,
      deduplicated: 0,
      late,
      dead,
      inFlight: 0,
      balanced: true,
    },
    nodes: [
      node('source', `${name}/csv`, 'csv', { out: 250, progress: 0.5 }),
      node('topic', name, '2 partitions', { bytes: 25_000, lagRecords: 3, lagSeconds: 0.2, watermark: start }),
      ...pipeline.streams.map((stream) =>
        node('stream', stream.name, 'tumble 1 minute', {
          in: 250,
          out: 40,
          filtered: 0,
          deduplicated: 0,
          late,
          dead: 0,
          retracted: 7,
          batchMs: 4,
        }),
      ),
      ...pipeline.tables.map((table) =>
        node('table', table.name, `key ${table.key.join(', ')}`, { in: 250, out: 250, rows: 250, batchMs: 2, dead }),
      ),
    ],
    edges: [
      { from: `source:${name}/csv`, to: `topic:${name}`, kind: 'flow', ratePerSecond: 10 },
      ...pipeline.tables.map((table) => ({
        from: `${table.from.noun}:${table.from.name}`,
        to: `table:${table.name}`,
        kind: 'flow' as const,
        ratePerSecond: 10,
      })),
    ],
    charts: pipeline.charts.length,
    recordsPerSecond: isPaused ? 0 : 10,
    bytesPerSecond: isPaused ? 0 : 1000,
    run: { startedAt: start, records: 250, seconds: 25 },
    parts: { decode: 3, feed: 4, sql: 30, commit: 10 },
  };
}

function chartViews(pipeline: Pipeline): ChartView[] {
  return pipeline.charts.map((chart, i) => ({
    id: `chart-${i}`,
    kind: chart.kind,
    title: chart.title ?? chart.kind,
    table: chart.table.name,
    ...(chart.table.time === undefined ? {} : { time: chart.table.time }),
    columns: columnsOf(chart.table.fields),
    options: { ...chart.options },
  }));
}

function recordPage(partitions: TopicRecord[][], topic: string, request: RecordsRequest): TopicRecordPage {
  const { partition, offset, at, limit, search } = request;
  if (partition !== undefined && !partitions[partition])
    throw new MillraceError('NOT_FOUND', `topic '${topic}' has no partition ${partition}`);
  if (offset !== undefined && partition === undefined && partitions.length > 1)
    throw new MillraceError('OPTION_INVALID', 'an offset needs a partition', { place: 'partition' });
  const wanted = partitions.flatMap((all, i) => (partition === undefined || partition === i ? [all] : []));
  if (offset !== undefined && offset > wanted[0]!.length)
    throw new MillraceError('OFFSET_OUT_OF_RANGE', `offset ${offset} is beyond ${wanted[0]!.length}`);
  const looked = wanted.flat().filter((one) => one.offset >= (offset ?? 0) && one.time >= (at ?? 0));
  const fit = looked.filter((one) => !search || JSON.stringify(one).toLowerCase().includes(search.toLowerCase()));
  const isFromStart = offset !== undefined || at !== undefined;
  const records = isFromStart ? fit.slice(0, limit) : fit.sort((a, b) => a.time - b.time).slice(-limit);
  records.sort((a, b) => a.partition - b.partition || a.offset - b.offset);
  const next = wanted.map((all): [string, number] => {
    const number = String(all[0]?.partition ?? 0);
    const last = records.filter((one) => String(one.partition) === number).at(-1);
    return [number, last ? last.offset + 1 : all.length];
  });
  return { records, next: Object.fromEntries(next), scanned: looked.length, isEnd: fit.length <= limit };
}

/** Takes objects that have an `id`. */
function accept(request: PostRequest, into: TopicRecord[]): PostResult {
  const isFit = (record: unknown) => typeof (record as { id?: unknown } | null)?.id === 'string';
  const fit = request.records.filter(isFit);
  const first = into.length;
  for (const value of fit as Record<string, unknown>[])
    into.push({ partition: 0, offset: into.length, time: start, key: null, value });
  const rejected = request.records.flatMap((record, index) =>
    isFit(record)
      ? []
      : [{ index, code: 'RECORD_INVALID', reason: "field 'id' is missing", remedy: 'Fix the record.' }],
  );
  const offsets = fit.length > 0 ? [{ partition: 0, first, count: fit.length }] : [];
  return { accepted: fit.length, rejected, offsets, isRepeated: false };
}

type Asked = Pick<DeadRequest, 'pipeline' | 'stage' | 'kind' | 'code'> & Pick<RedriveRequest, 'ids'>;

function isAskedFor(letter: DeadLetter, asked: Asked): boolean {
  const names = ['pipeline', 'stage', 'kind', 'code'] as const;
  return (
    names.every((name) => asked[name] === undefined || letter[name] === asked[name]) &&
    (asked.ids === undefined || asked.ids.includes(letter.id))
  );
}

function deadPage(letters: readonly DeadLetter[], request: DeadRequest): DeadPage {
  const fit = letters.filter(
    (letter) => isAskedFor(letter, request) && (request.after === undefined || letter.id < request.after),
  );
  const page = fit.slice(0, request.limit);
  const groups = new Map<string, DeadPage['groups'][number]>();
  for (const { pipeline, stage, kind, code, at } of letters) {
    const name = [pipeline, stage, kind, code].join('/');
    const group = groups.get(name) ?? { pipeline, stage, kind, code, count: 0, newestAt: at };
    groups.set(name, { ...group, count: group.count + 1, newestAt: Math.max(group.newestAt, at) });
  }
  return {
    letters: page.map(({ id, kind, pipeline, stage, code, reason, topic, at, tries, ...rest }) => ({
      ...{ id, kind, pipeline, stage, code, reason, topic, at, tries },
      ...(rest.partition === undefined ? {} : { partition: rest.partition, offset: rest.offset! }),
      ...(rest.place === undefined ? {} : { place: rest.place }),
    })),
    ...(fit.length > page.length ? { next: String(page.at(-1)!.id) } : {}),
    groups: [...groups.values()],
  };
}
