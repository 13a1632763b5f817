// Random pipelines: streams of every kind that check allows, over each other, and tables with every kind of key.
import fc from 'fast-check';
import {
  csv,
  double,
  int,
  type Pipeline,
  pipeline,
  place,
  type Sql,
  type Stream,
  sql,
  stream,
  type Table,
  table,
  text,
  timestamp,
  topic,
} from '../../src/index.ts';
import { type Template, templates } from './templates.ts';

/** The columns of the tests' topic. Every stream has the same, and `w` where it is over windows. */
const fields = { n: int(), k: text(), v: double().optional(), tag: text(), s: text(), at: timestamp() };
const windowFields = { ...fields, w: timestamp() };

/** A window as it is drawn; sizes as durations. */
export type Shape =
  | { kind: 'tumble'; size: string; zone?: string }
  | { kind: 'hop'; size: string; every: string; zone?: string }
  | { kind: 'session'; gap: string };

/** A stream as it is drawn: `from` chooses among the topic and the streams before it. */
export type StreamPlan = {
  from: number;
  dedupe: string | undefined;
  shape: Shape | undefined;
  template: number;
  emit: 'close' | 'change';
  lateness: string | undefined;
};

export type TablePlan = { from: number; key: number; version: number; hasWindow: boolean };

export type Plan = { partitions: 1 | 3; lateness: string; streams: StreamPlan[]; tables: TablePlan[] };

const sizes = ['1 ms', '7 s', '1 minute', '5 minutes', '1 hour'] as const;
const shape: fc.Arbitrary<Shape> = fc.oneof(
  fc.constantFrom(...sizes).map((size): Shape => ({ kind: 'tumble', size })),
  fc
    .constantFrom(['1 minute', '20 s'], ['5 minutes', '1 minute'], ['10 s', '10 s'], ['90 s', '30 s'])
    .map(([size, every]): Shape => ({ kind: 'hop', size: size!, every: every! })),
  fc.constantFrom('1 ms', '5 s', '30 s', '2 minutes').map((gap): Shape => ({ kind: 'session', gap })),
);

const zone = fc.constantFrom(
  'Europe/Berlin',
  'America/New_York',
  'Asia/Beirut',
  'America/Havana',
  'Australia/Lord_Howe',
  'Asia/Kolkata',
);
const dayShape: fc.Arbitrary<Shape> = fc.oneof(
  zone.map((zone): Shape => ({ kind: 'tumble', size: '1 day', zone })),
  zone.map((zone): Shape => ({ kind: 'hop', size: '2 days', every: '1 day', zone })),
  fc.constant<Shape>({ kind: 'session', gap: '18 hours' }),
);

const plansOf = (shapes: fc.Arbitrary<Shape>): fc.Arbitrary<Plan> =>
  fc.record({
    partitions: fc.constantFrom(1, 3),
    lateness: fc.constantFrom('0 s', '1 ms', '5 s', '3 minutes'),
    streams: fc.array(
      fc.record({
        from: fc.nat(5),
        dedupe: fc.option(fc.constantFrom('5 s', '2 minutes'), { nil: undefined, freq: 6 }),
        shape: fc.option(shapes, { nil: undefined, freq: 2 }),
        template: fc.nat(1000),
        emit: fc.constantFrom('close', 'close', 'change'),
        lateness: fc.option(fc.constantFrom('0 s', '5 s', '1 minute'), { nil: undefined, freq: 1 }),
      }),
      { minLength: 1, maxLength: 3 },
    ),
    tables: fc.array(fc.record({ from: fc.nat(5), key: fc.nat(10), version: fc.nat(8), hasWindow: fc.boolean() }), {
      maxLength: 1,
    }),
  });

/** Pipelines with short windows, and such with local days. */
export const plans = plansOf(shape);
export const dayPlans = plansOf(dayShape);

/** With one partition: what others have forgotten is no concern of it. */
export const weekPlans = plansOf(shape).map((plan): Plan => ({ ...plan, partitions: 1 }));

/** A pipeline of the tests. */
export type Built = {
  readonly pipeline: Pipeline;
  readonly events: ReturnType<typeof eventsTopic>;
  readonly names: ReturnType<typeof namesTopic>;
  /** Streams that compute their event time. */
  readonly own: ReadonlySet<string>;
  /** What each stream and table is, to be read. */
  readonly words: ReadonlyMap<string, string>;
};

const eventsTopic = (plan: Plan) =>
  topic('f', fields, { key: 'k', time: 'at', lateness: plan.lateness as '0 s', partitions: plan.partitions });
// with a source that ends it is looked up as it is (test/process/joins.test.ts has tables without an end)
const namesTopic = () => topic('names_in', { tag: text(), factor: double() }).from(csv({ file: 'names.csv' }));

type Node = {
  of: ReturnType<typeof eventsTopic> | Stream<typeof fields>;
  isWindowed: boolean;
  isAsIs: boolean;
  isUnique: boolean;
};

/** Makes the pipeline that a plan describes. */
export function build(plan: Plan): Built {
  const events = eventsTopic(plan);
  const names = namesTopic();
  const lookup = table('names', names, { key: 'tag' });
  const nodes: Node[] = [{ of: events, isWindowed: false, isAsIs: true, isUnique: true }];
  const own = new Set<string>();
  const words = new Map<string, string>();
  const tables: Table[] = [lookup as unknown as Table];
  for (const [i, one] of plan.streams.entries()) {
    const from = nodes[one.from % nodes.length]!;
    const template = templateOf(one, from);
    const name = `s${i}`;
    const isWindowed = one.shape !== undefined || from.isWindowed;
    const [view, viewWords] = viewOf(one, from);
    const query = queryOf(template.text, view, lookup);
    const takesTime = one.shape === undefined && !template.computesTime;
    const lateness = one.lateness === undefined ? {} : { lateness: one.lateness as '5 s' };
    const options = { time: 'at' as const, emit: one.emit, ...lateness };
    const made = stream(name, isWindowed ? windowFields : fields, query, options) as unknown as Stream<typeof fields>;
    const isAsIs = takesTime && one.lateness === undefined && from.isAsIs;
    if (!isWindowed && !isAsIs) own.add(name);
    nodes.push({ of: made, isWindowed, isAsIs, isUnique: from.isUnique && !isWindowed && !template.fansOut });
    words.set(name, `${name} (${JSON.stringify(options)}): ${template.text.replaceAll('$V', viewWords)}`);
  }
  // each stream that no other reads has a table at least
  const wanted = [
    ...nodes
      .slice(1)
      .map((_, i): TablePlan => ({ from: i + 1, key: plan.streams[i]!.template, version: 7, hasWindow: true })),
    ...plan.tables,
  ];
  for (const [i, one] of wanted.entries()) {
    const node = nodes[one.from % nodes.length]!;
    const keys = node.isWindowed
      ? [['k', 'w'], ['k'], ['w'], ['k', 'w', 'n'], ['tag', 'w'], ['tag']]
      : [['n'], ['k'], ['k', 'tag'], ['tag'], ['at'], place()];
    const key = keys[one.key % keys.length]! as 'k'[];
    const hasVersion = one.version % 8 < 4 && Array.isArray(key);
    const version = ([undefined, 'v', 'n', 'at'] as const)[hasVersion ? one.version % 8 : 0];
    const columns = [
      'n',
      'k',
      'v',
      'tag',
      'at',
      ...(node.isWindowed && (one.hasWindow || key.includes('w' as 'k')) ? ['w'] : []),
    ] as 'k'[];
    const options = { key, columns, ...(version === undefined ? {} : { version: version as 'k' }) };
    tables.push(table(`t${i}`, node.of, options) as unknown as Table);
    words.set(`t${i}`, `t${i}: table of ${node.of.name} ${JSON.stringify({ key, version })}`);
  }
  return { pipeline: pipeline('p', { tables }), events, names, own, words };
}

function templateOf(one: StreamPlan, { isWindowed: isOverWindows, isUnique }: Node): Template {
  const fitting = templates.filter((template) => {
    if (template.isWindowed !== (one.shape !== undefined)) return false;
    if (one.shape?.kind === 'session' && template.leavesKey) return false;
    if (one.shape === undefined && template.isOverWindows !== isOverWindows) return false;
    return !(isOverWindows && template.fails) && !(template.isOrdered && !isUnique);
  });
  return fitting[one.template % fitting.length]!;
}

function viewOf({ dedupe, shape }: StreamPlan, { of, isWindowed }: Node) {
  const isDeduped = dedupe !== undefined && of.noun === 'topic' && !isWindowed;
  const options = { by: ['k', 'tag'] as const, within: dedupe as '5 s' };
  const source = isDeduped ? of.dedupe(options) : of;
  const words = isDeduped ? `${of.name}.dedupe(${JSON.stringify(options)})` : of.name;
  if (shape === undefined) return [source, words] as const;
  const view =
    shape.kind === 'tumble'
      ? source.tumble(shape.size as '5 s', shape.zone ? { zone: shape.zone } : {})
      : shape.kind === 'hop'
        ? source.hop(shape.size as '5 s', { every: shape.every as '5 s', ...(shape.zone ? { zone: shape.zone } : {}) })
        : source.session(shape.gap as '5 s', { by: ['k'] });
  return [view, `${words}.${JSON.stringify(shape)}`] as const;
}

/** A query of a text in which `$V` stands for its input, `$T` for the table that is looked up. */
function queryOf(text: string, view: Parameters<typeof sql>[1], lookup: Parameters<typeof sql>[1]): Sql {
  const parts = text.split(/\$[VT]/);
  const values = [...text.matchAll(/\$([VT])/g)].map(([, what]) => (what === 'V' ? view! : lookup!));
  return sql(Object.assign(parts, { raw: parts }) as unknown as TemplateStringsArray, ...values);
}
