// One rebuild step by step: how far it may go, what it needs of the log, where it goes on, what it makes before what.
import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { Folder } from '../../src/control/folder.ts';
import { Rebuilding } from '../../src/control/rebuild.ts';
import { newNames, noteNew } from '../../src/control/rebuilds.ts';
import { MillraceError } from '../../src/core/errors.ts';
import {
  csv,
  int,
  long,
  type Pipeline,
  param,
  pipeline,
  sql,
  stream,
  type Table,
  table,
  timestamp,
  topic,
} from '../../src/index.ts';
import type { Log } from '../../src/log/log.ts';
import type { Rebuild } from '../../src/process/engine.ts';
import { newProgress } from '../../src/process/progress.ts';
import { logged } from '../process/logged.ts';

const f = topic('f', { n: int(), at: timestamp() }, { time: 'at', partitions: 2 });
const least = param('least', int(), { default: 0 });
const minutes = (query = 'count') =>
  stream(
    'minutes',
    { w: timestamp(), n: long() },
    query === 'count'
      ? sql`select window_start as w, count(*) as n from ${f.tumble('1 minute')} where n >= coalesce(${least}, 0) group by window_start`
      : sql`select window_start as w, max(n)::bigint as n from ${f.tumble('1 minute')} where n >= coalesce(${least}, 0) group by window_start`,
  );
const made = (query = 'count') => pipeline('p', { tables: [table('minutes', minutes(query), { key: 'w' })] });
const rows = (count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => ({ n: from + i, at: (from + i) * 100 }));

/** A pipeline that has processed `records` of partition 0; and what makes it again. */
async function processed(t: TestContext, records: number, one = made()) {
  const under = await logged(t, one);
  await under.append(f, 0, ...rows(records));
  await under.step(f);
  let start = 0;
  let failing: MillraceError[] = [];
  const over: Partial<Log> = {
    range: (name, partition) => ({ ...under.folder.log.range(name, partition), ...(partition === 0 ? { start } : {}) }),
    read(...given) {
      const error = failing.shift();
      return error ? Promise.reject(error) : under.folder.log.read(...given);
    },
  };
  const log = new Proxy(under.folder.log, {
    get: (of, name) => over[name as keyof Log] ?? (of[name as keyof Log] as () => unknown).bind(of),
  });
  const folder: Folder = { ...under.folder, log };
  return {
    under,
    /** The log no longer has what is before an offset of partition 0. */
    removeBefore(offset: number) {
      start = offset;
    },
    /** The next reads of the log fail. */
    fail(...errors: MillraceError[]) {
      failing = errors;
    },
    rebuilding(
      of: Pipeline = one,
      options: { isPartial?: boolean; params?: ReadonlyMap<string, number>; names?: string[] } = {},
    ) {
      const { params = new Map([['least', 0]]), names } = options;
      return new Rebuilding({
        folder,
        pipeline: of,
        params,
        names,
        isPartial: options.isPartial,
        progress: () => under.processor.progress,
        exclusive: (work) => work(),
        adopt: (scope, shadow) => under.processor.adopt(scope, shadow),
      });
    },
    /** Runs a rebuild until nothing is left but to change places, and ends it there. */
    async runHalf(of: Pipeline = one, params: ReadonlyMap<string, number> = new Map([['least', 0]])) {
      const stop = new AbortController();
      const half = new Rebuilding({
        folder,
        pipeline: of,
        params,
        names: undefined,
        progress: () => under.processor.progress,
        exclusive: async () => stop.abort(),
        adopt: () => assert.fail('it was ended'),
      });
      await half.begin();
      await half.run(stop.signal);
      return half;
    },
    /** The rows of the table, all together or the greatest. */
    counts: async (how: 'sum' | 'max' = 'sum') =>
      (await under.rows('minutes')).reduce(
        (all, { n }) => (how === 'sum' ? all + Number(n) : Math.max(all, Number(n))),
        0,
      ),
  };
}

/** So many that a rebuild works before it asks for its turn. */
const many = 6000;
const never = new AbortController().signal;

describe('a rebuild', () => {
  test('makes what was processed, and nothing that came after it', async (t) => {
    const one = pipeline('p', { tables: [...made().tables, table('all_', f, { key: 'n' })] as Table[] });
    const { under, rebuilding, counts } = await processed(t, 3, one);
    await under.append(f, 0, ...rows(2, 3));
    await under.append(f, 1, { n: 9, at: 0 });
    const again = rebuilding(one, { names: ['minutes'] });
    await again.begin();
    await again.run(never);
    await under.step(f);
    await under.step(f, 1);
    await under.processor.flush();
    assert.equal(await counts(), 6);
    assert.deepEqual(under.ledger(), { in: 6, out: 6, balanced: true });
  });

  test('is refused where the log no longer has what the rows were made of, unless it may be partial', async (t) => {
    const { under, rebuilding, removeBefore, counts } = await processed(t, 3);
    await under.processor.flush();
    removeBefore(2);
    await assert.rejects(rebuilding().begin(), { code: 'OFFSET_OUT_OF_RANGE', remedy: /--partial/ });
    const partial = rebuilding(made(), { isPartial: true });
    await partial.begin();
    await partial.run(never);
    assert.equal(await counts(), 1);
  });

  test('goes on where it was, also where the log no longer has what is made', async (t) => {
    const { rebuilding, removeBefore, runHalf, counts } = await processed(t, many);
    const half = await runHalf();
    assert.equal(half.status.done, many);
    removeBefore(many);
    await rebuilding().run(never);
    assert.equal(await counts(), many);
  });

  test('begins anew where the definition is another one, or the value of a parameter', async (t) => {
    for (const [query, value, wanted] of [
      ['max', 0, many - 1],
      ['count', 10, many - 10],
    ] as const) {
      const { rebuilding, runHalf, counts } = await processed(t, many);
      await runHalf();
      const params = new Map([['least', value]]);
      await rebuilding(made(query), { params }).run(never);
      assert.equal(await counts(query === 'max' ? 'max' : 'sum'), wanted);
    }
  });

  test('keeps the log from removing what it needs, and no more', async (t) => {
    const { rebuilding, runHalf } = await processed(t, many);
    const one = rebuilding();
    assert.deepEqual([one.needed('f', 0), one.needed('g', 0)], [0, Number.POSITIVE_INFINITY]);
    assert.equal((await runHalf()).needed('f', 0), many);
  });

  test('tries again what passes, and ends with what does not', async (t) => {
    const { rebuilding, fail, counts, under } = await processed(t, 3);
    await under.processor.flush();
    const one = rebuilding();
    await one.begin();
    fail(new MillraceError('STORE_UNAVAILABLE', 'the disk is busy'));
    await one.run(never);
    assert.equal(await counts(), 3);
    const other = rebuilding();
    await other.begin();
    fail(new MillraceError('LOG_DAMAGED', 'a segment is cut off'));
    await assert.rejects(other.run(never), { code: 'LOG_DAMAGED' });
    assert.deepEqual([other.status.state, other.needed('f', 0)], ['failed', Number.POSITIVE_INFINITY]);
  });
});

describe('a rebuild makes what is looked up first', () => {
  const event = topic('event', { n: int(), at: timestamp() }, { time: 'at' }).from(csv({ file: 'x.csv' }));
  const ride = topic('ride', { n: int() });
  const source = { table: (from: Table['from']) => table('looked_up', from as typeof event, { key: 'n' }) };

  for (const [what, from] of [
    ['a table of a topic', event],
    [
      'a table of windows',
      stream(
        'last',
        event.fields,
        sql`select max(n) as n, window_start as "at" from ${event.tumble('1 hour')} group by window_start`,
      ),
    ],
  ] as const)
    test(what, async (t) => {
      const looked = source.table(from);
      const found = stream(
        'found',
        { n: int(), at: timestamp() },
        sql`select r.n, l."at" from ${ride} r join ${looked} l on l.n = r.n`,
      );
      // the topic that looks up stands before the one that is looked up
      const one = pipeline('q', { tables: [table('found', found, { key: 'n' }), looked] });
      assert.equal(one.topics[0]!.name, 'ride');
      const under = await logged(t, one);
      await under.append(event, 0, { n: 1, at: 0 });
      await under.step(event);
      await under.processor.flush();
      await under.append(ride, 0, { n: 1 });
      await under.step(ride);
      assert.equal((await under.rows('found')).length, 1);
      const rebuilding = new Rebuilding({
        folder: under.folder,
        pipeline: one,
        params: new Map(),
        names: undefined,
        progress: () => under.processor.progress,
        exclusive: (work) => work(),
        adopt: (scope, shadow) => under.processor.adopt(scope, shadow),
      });
      await rebuilding.begin();
      await rebuilding.run(never);
      assert.equal((await under.rows('found')).length, 1);
    });
});

describe('tables that are new', () => {
  const plain = stream('plain', { n: int() }, sql`select n from ${f}`);
  const tables = [
    table('all_', f, { key: 'n' }),
    table('later', f, { key: 'n', from: 'now' }),
    table('plains', plain, { key: 'n' }),
  ];
  const one = pipeline('p', { tables });
  const progress = (processed: number, queries: Record<string, string> = {}) => ({
    ...newProgress(),
    topics: { f: [{ base: 4, next: 4 + processed, newestMs: undefined }] },
    queries,
  });

  test('are those that are not there and do not begin now, in a pipeline that has processed records', () => {
    assert.deepEqual(newNames(one, new Set(), undefined), []);
    assert.deepEqual(newNames(one, new Set(), progress(0)), []);
    assert.deepEqual(newNames(one, new Set(['plains']), progress(1)), ['all_']);
    assert.deepEqual(newNames(one, new Set(['all_', 'later', 'plains']), progress(1)), []);
  });

  test('come with their stream where that is new, too', () => {
    assert.deepEqual(newNames(one, new Set(['all_']), progress(1, { plain: '' })), ['plains']);
    assert.deepEqual(newNames(one, new Set(['all_']), progress(1)), ['plain']);
  });

  test('are noted beside those that were not made to the end, unless all is made again', async () => {
    const noted = async (begun: Rebuild | undefined, ...fresh: string[]) => {
      let now = begun;
      const engine = {
        rebuild: async () => begun,
        beginRebuild: async (_name: string, next: Rebuild | undefined) => {
          now = next;
        },
      };
      await noteNew({ engine } as unknown as Folder, one, fresh);
      return now;
    };
    const begun = { names: ['all_'], isPartial: true, definition: 'x' };
    assert.deepEqual(await noted(begun), begun);
    assert.deepEqual((await noted(begun, 'plain'))?.names, ['all_', 'plain']);
    assert.deepEqual(await noted({ definition: 'x' }, 'plain'), { definition: 'x' });
  });
});
