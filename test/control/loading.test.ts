// Finite tables first: a stream that looks up a table waits until its sources are read to their end, also over restarts and pipelines.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { check } from '../../src/control/check.ts';
import { isFiniteTable } from '../../src/control/finite.ts';
import type { Millrace, PipelineStatus, StartOptions } from '../../src/control/millrace.ts';
import { open } from '../../src/control/open.ts';
import type { Value } from '../../src/define/accept.ts';
import type { Pipeline } from '../../src/define/pipeline.ts';
import type { SourceDefinition } from '../../src/define/source.ts';
import {
  csv,
  drive,
  http,
  int,
  line,
  long,
  param,
  pipeline,
  simulate,
  sql,
  stream,
  table,
  text,
  timestamp,
  topic,
  webhook,
} from '../../src/index.ts';
import { serving, temporary, until } from './tools.ts';

const limited = { timeout: 120_000 };

/** A data folder, and files beside it. */
async function folderOf(t: TestContext, contents: Record<string, string> = {}) {
  const folder = await temporary(t);
  const path = (name: string) => join(dirname(folder), name);
  for (const [name, content] of Object.entries(contents)) await writeFile(path(name), content);
  const within = async <T>(work: (millrace: Millrace) => Promise<T>): Promise<T> => {
    const millrace = await open({ folder });
    try {
      return await work(millrace);
    } finally {
      await millrace.close();
    }
  };
  const run = (pipelines: readonly Pipeline[], options: StartOptions = {}) =>
    within(async (millrace): Promise<PipelineStatus[]> => {
      const running = await millrace.start(pipelines, { once: true, ...options });
      await running.done;
      for (const failure of running.failures.values()) throw failure;
      return running.status();
    });
  return { folder, path, within, run };
}

const zonesCsv = (count: number) =>
  `id,name\n${Array.from({ length: count }, (_, id) => `${id},zone ${id}`).join('\n')}\n`;

/** Zones from some source, kept in a table. */
function zonesOf(...sources: SourceDefinition[]) {
  const zone = sources.reduce((made, one) => made.from(one), topic('zone', { id: int(), name: text() }, { key: 'id' }));
  return table('zones', zone, { key: 'id' });
}

/** Rides that look up their zone: each one of `count`, spread over as many zones. */
function ridesOf(zones: ReturnType<typeof zonesOf>, ...sources: SourceDefinition[]) {
  const ride = sources.reduce((made, one) => made.from(one), topic('ride', { n: int(), zone: int() }));
  const named = stream(
    'named',
    { n: int(), name: text() },
    sql`select r.n, z.name from ${ride} r join ${zones} z on z.id = r.zone`,
  );
  return table('named', named, { key: 'n' });
}

const drawnRides = (count: number, zones: number, more: object = {}) =>
  simulate({
    seed: 1,
    count,
    ...more,
    *rows() {
      for (let n = 0; ; n++) yield { n, zone: (n * 19) % zones };
    },
  });

/** The fates of the rides, whatever the zones are. */
const matched = async (millrace: Millrace) => Number((await millrace.query('select count(*) from named')).rows[0]![0]);

describe('a stream that looks up a csv of 60,000 rows', limited, () => {
  test('finds the row for each of 3,000 records, in each of six new folders', async (t) => {
    for (let i = 0; i < 6; i++) {
      const { run, path } = await folderOf(t, { 'zones.csv': zonesCsv(60_000) });
      const zones = zonesOf(csv({ file: path('zones.csv') }));
      const made = pipeline('p', { tables: [ridesOf(zones, drawnRides(3000, 60_000)), zones] });
      const [status] = await run([made]);
      assert.deepEqual(status!.tables, { named: 3000, zones: 60_000 }, `folder ${i}`);
      assert.deepEqual([status!.ledger.filtered, status!.ledger.balanced], [0, true]);
    }
  });

  test('does not wait where the table is there from the last run, and reads on what was added to it', async (t) => {
    const { run, path, within, folder } = await folderOf(t, { 'zones.csv': zonesCsv(60_000) });
    const zones = zonesOf(csv({ file: path('zones.csv') }));
    const made = (count: number, ids: number) =>
      pipeline('p', { tables: [ridesOf(zones, drawnRides(count, ids)), zones] });
    await run([made(10, 60_000)]);
    assert.deepEqual((await run([made(500, 60_000)]))[0]!.tables, { named: 500, zones: 60_000 });
    await writeFile(path('zones.csv'), zonesCsv(61_000));
    const [added] = await run([
      pipeline('p', { tables: [ridesOf(zones, drawnRides(500, 60_000), csv({ file: await late(path) })), zones] }),
    ]);
    assert.deepEqual(added!.tables, { named: 501, zones: 61_000 });
    // records that are posted are processed soon after a start
    const { post, settled, stop } = await serving(t, folder, [made(500, 60_000)]);
    const startedMs = performance.now();
    await post('ride', { n: -1, zone: 7 });
    await settled();
    assert.ok(performance.now() - startedMs < 2000);
    await stop();
    await within(async (millrace) => assert.equal(await matched(millrace), 502));
  });

  async function late(path: (name: string) => string): Promise<string> {
    await writeFile(path('late.csv'), 'n,zone\n1000,60999\n');
    return path('late.csv');
  }
});

describe('records that wait for a table', limited, () => {
  test('stay in the log, count as in flight, and the pipeline and its topic say what for', async (t) => {
    const { folder, path } = await folderOf(t, { 'zones.csv': zonesCsv(200) });
    const zones = zonesOf(csv({ file: path('zones.csv'), pace: '100/s' }));
    const { view, node, post, settled, millrace } = await serving(t, folder, [
      pipeline('p', { tables: [zones, ridesOf(zones)] }),
    ]);
    await post('ride', { n: 1, zone: 199 }, { n: 2, zone: 0 });
    await until('zones come in', () => (node('source:zone/csv').progress ?? 0) > 0.2);
    const waits = /^waits until table 'zones' is loaded \(source zone\/csv, \d\d? %\)$/;
    assert.match(node('topic:ride').notice!, waits);
    assert.equal(view().reason, `topic 'ride' ${node('topic:ride').notice}`);
    assert.deepEqual([view().status, node('topic:ride').lagRecords, view().ledger.balanced], ['healthy', 2, true]);
    await settled();
    assert.equal(await matched(millrace), 2);
    assert.deepEqual([view().reason, node('topic:ride').notice], [undefined, undefined]);
  });

  test('do not hold up what they wait for, however many there are', async (t) => {
    const { run, path } = await folderOf(t, { 'zones.csv': zonesCsv(400) });
    const zones = zonesOf(csv({ file: path('zones.csv'), pace: '200/s' }));
    const made = pipeline('p', { tables: [ridesOf(zones, drawnRides(150_000, 400)), zones] });
    const [status] = await run([made]);
    assert.deepEqual(status!.tables, { named: 150_000, zones: 400 });
  });

  test('stay there over a stop, and find the table when the next run has loaded it', async (t) => {
    const { folder, path, within } = await folderOf(t, { 'zones.csv': zonesCsv(300) });
    const made = (pace: 'full' | '100/s') => {
      const zones = zonesOf(csv({ file: path('zones.csv'), pace }));
      return pipeline('p', { tables: [zones, ridesOf(zones)] });
    };
    const { post, running, stop } = await serving(t, folder, [made('100/s')]);
    await post('ride', { n: 1, zone: 299 }, { n: 2, zone: 298 });
    await until('some zones are there', () => (running.status()[0]!.sources[0]!.read ?? 0) > 10);
    const startedMs = performance.now();
    await running.stop();
    assert.ok(performance.now() - startedMs < 5000);
    const { inFlight, balanced } = running.status()[0]!.ledger;
    assert.ok(inFlight >= 2 && balanced, 'the rides, and perhaps zones that came while it stopped');
    await stop();
    await within(async (millrace) => {
      // nor are they processed by a run that cannot load the table
      const idle = await millrace.start([made('full')], { withoutSources: true });
      await idle.done;
      assert.equal(idle.status()[0]!.ledger.inFlight, 2);
      assert.equal(await matched(millrace), 0);
    });
    const again = await serving(t, folder, [made('full')]);
    await again.settled();
    assert.equal(await matched(again.millrace), 2);
  });

  test('do not wait for rows of the table that are dead letters', async (t) => {
    const { run, path, within } = await folderOf(t, { 'zones.csv': `id,name\nx,broken\n${zonesCsv(50).slice(8)}` });
    const zones = zonesOf(csv({ file: path('zones.csv') }));
    const made = pipeline('p', { tables: [zones, ridesOf(zones, drawnRides(51, 51))] });
    const [status] = await run([made]);
    assert.deepEqual([status!.tables, status!.ledger.dead], [{ zones: 50, named: 50 }, 1]);
    await within(async (millrace) => {
      const [letter] = await millrace.deadList();
      const replacement = Buffer.from('50,zone 50');
      assert.equal((await millrace.deadRedrive(made, { ids: [letter!.id] }, { replacement })).stored, 1);
    });
    // a record that came before is not processed anew
    assert.deepEqual((await run([made]))[0]!.tables, { zones: 51, named: 50 });
  });

  test('wait for tables of tables, and for the last windows of a table of windows', async (t) => {
    const { run, path } = await folderOf(t, {
      'zones.csv': zonesCsv(2000),
      'events.csv': `zone,at\n${Array.from({ length: 5000 }, (_, i) => `${i % 2000},${new Date(i * 1000).toISOString()}`).join('\n')}\n`,
    });
    const zone = topic('zone', { id: int(), name: text() }).from(csv({ file: path('zones.csv') }));
    const zones = table('zones', zone, { key: 'id' });
    const event = topic('event', { zone: int(), at: timestamp() }, { time: 'at' }).from(
      csv({ file: path('events.csv') }),
    );
    const busy = stream(
      'busy',
      { name: text(), start: timestamp(), n: long() },
      sql`select z.name, window_start as start, count(*) as n from ${event.tumble('100 seconds')} e
        join ${zones} z on z.id = e.zone group by all`,
    );
    const perMinute = table('busy_rows', busy, { key: ['name', 'start'] });
    const ride = topic('ride', { n: int(), name: text(), at: timestamp() }).from(
      simulate({
        seed: 1,
        count: 5000,
        *rows() {
          for (let n = 0; ; n++) yield { n, name: `zone ${n % 2000}`, at: Math.floor(n / 100) * 100_000 };
        },
      }),
    );
    const counted = stream(
      'counted',
      { n: int(), times: long() },
      sql`select r.n, b.n as times from ${ride} r join ${perMinute} b on b.name = r.name and b.start = r."at"`,
    );
    const made = pipeline('p', { tables: [table('counted', counted, { key: 'n' }), perMinute, zones] });
    const [status] = await run([made]);
    assert.deepEqual(status!.tables, { counted: 5000, busy_rows: 5000, zones: 2000 });
  });
});

describe('a table of another pipeline', limited, () => {
  const parts = (path: (name: string) => string, pace: 'full' | '200/s' = 'full') => {
    const zones = zonesOf(csv({ file: path('zones.csv'), pace }));
    const geo = pipeline('geo', { tables: [zones] });
    const rides = pipeline('rides', { tables: [ridesOf(zones, drawnRides(3000, 20_000))] });
    return { zones, geo, rides };
  };

  test('is looked up as one of its own, and loaded first, whichever of the two is named first', async (t) => {
    for (const isFirst of [true, false]) {
      const { run, path } = await folderOf(t, { 'zones.csv': zonesCsv(20_000) });
      const { geo, rides } = parts(path);
      const states = await run(isFirst ? [geo, rides] : [rides, geo]);
      const status = states.find(({ name }) => name === 'rides')!;
      assert.deepEqual([status.tables, status.ledger.in, status.ledger.balanced], [{ named: 3000 }, 3000, true]);
    }
  });

  test('is used as it is where its pipeline has run before, and must be there', async (t) => {
    const { run, path } = await folderOf(t, { 'zones.csv': zonesCsv(20_000) });
    const { geo, rides } = parts(path);
    assert.deepEqual(await check([rides], {}), []);
    await assert.rejects(run([rides]), /it looks up table 'zones' of another pipeline, which is not there yet/);
    await run([geo]);
    assert.deepEqual((await run([rides]))[0]!.tables, { named: 3000 });
    const other = table('zones', topic('zone', { id: int(), name: text(), area: int().optional() }), { key: 'id' });
    const wider = stream(
      'wider',
      { n: int(), area: int().optional() },
      sql`select r.n, z.area from ${topic('ride', { n: int(), zone: int() })} r join ${other} z on z.id = r.zone`,
    );
    const wrong = pipeline('wrong', { tables: [table('wider', wider, { key: 'n' })] });
    await assert.rejects(run([wrong]), /column 'area', as pipeline 'geo' keeps it, is not there/);
    assert.match((await check([geo, wrong], {}))[0]!.message, /topic 'zone'|table 'zones', which it looks up, is decl/);
  });

  test('is not used where its pipeline does not run and has not loaded it to its end', async (t) => {
    const { folder, path, run } = await folderOf(t, { 'zones.csv': zonesCsv(300) });
    const slow = parts(path, '200/s');
    const { running, stop } = await serving(t, folder, [slow.geo]);
    await until('some zones are there', () => running.status()[0]!.ledger.out > 10);
    await stop();
    await assert.rejects(run([slow.rides]), /table 'zones' of pipeline 'geo' was not loaded to its end/);
    await run([parts(path).geo]);
    assert.equal((await run([slow.rides]))[0]!.ledger.in, 3000);
  });

  test('is written by one pipeline, and shown in charts of that one', async (t) => {
    const { path } = await folderOf(t);
    const { zones, geo } = parts(path);
    assert.match(
      (await check([geo, pipeline('twin', { tables: [zones] })], {}))[0]!.message,
      /table 'zones' is in pipel/,
    );
    assert.throws(
      () => pipeline('rides', { tables: [ridesOf(zones)], charts: [line(zones, { x: 'id', y: 'id' })] }),
      /table 'zones' is shown in a chart, but it is not among the pipeline's tables/,
    );
    await assert.rejects(drive(pipeline('rides', { tables: [ridesOf(zones)] })), /table 'zones' of another pipeline/);
  });

  test('is in the graph of the pipeline that looks it up', async (t) => {
    const { folder, path } = await folderOf(t, { 'zones.csv': zonesCsv(10) });
    const { geo, rides } = parts(path);
    const { backend, running } = await serving(t, folder, [geo, rides]);
    await until('all is there', () => running.status()[1]!.tables.named === 3000 || running.status()[1]!.ledger.in > 0);
    const { nodes, edges } = backend.pipelines().find(({ name }) => name === 'rides')!;
    const ids = nodes.map(({ id }) => id);
    assert.ok(ids.includes('table:zones'));
    for (const { from, to } of edges) assert.ok(ids.includes(from) && ids.includes(to), `${from} to ${to}`);
  });

  test('that cannot be loaded ends a run with --once, with its reason; another run says it and goes on', async (t) => {
    const doomed = simulate({
      seed: 1,
      count: 100,
      rate: '200/s',
      *rows() {
        for (let id = 0; id < 60; id++) yield { id, name: `zone ${id}` };
        throw new Error('out of zones');
      },
    });
    const zones = zonesOf(doomed);
    const geo = pipeline('geo', { tables: [zones] });
    const other = table('other', topic('other', { n: int() }), { key: 'n' });
    const rides = (...sources: SourceDefinition[]) =>
      pipeline('rides', { tables: [ridesOf(zones, ...sources), ...(sources.length === 0 ? [other] : [])] });
    const { within } = await folderOf(t);
    await within(async (millrace) => {
      const running = await millrace.start([rides(drawnRides(5, 5)), geo], { once: true });
      await running.done;
      assert.deepEqual([...running.failures.keys()], ['rides', 'geo']);
      assert.match(
        running.failures.get('rides')!.message,
        /table 'zones' is not loaded, since pipeline 'geo' has failed: the generator failed at record 61: out of zones/,
      );
    });
    const second = await folderOf(t);
    const { running, backend, post } = await serving(t, second.folder, [rides(), geo]);
    await post('ride', { n: 1, zone: 1 });
    await until('the table cannot be loaded', () => running.status()[1]!.health === 'failed');
    const [status] = running.status();
    assert.equal(status!.health, 'degraded');
    assert.match(
      status!.reason!,
      /topic 'ride' waits until table 'zones' is loaded, but pipeline 'geo', which loads it, has/,
    );
    await post('other', { n: 1 });
    await until('what does not wait goes on', async () => running.status()[0]!.ledger.out === 1);
    assert.equal(backend.pipelines()[0]!.nodes.find(({ id }) => id === 'topic:ride')!.lagRecords, 1);
  });

  test('whose pipeline is paused is waited for, and the reason says so', async (t) => {
    const { folder, path } = await folderOf(t, { 'zones.csv': zonesCsv(100) });
    const { zones, geo } = parts(path, '200/s');
    const rides = pipeline('rides', { tables: [ridesOf(zones)] });
    const { running, backend, post, millrace } = await serving(t, folder, [rides, geo]);
    await backend.pause('geo');
    await post('ride', { n: 1, zone: 99 });
    assert.match(running.status()[0]!.reason!, /but pipeline 'geo', which loads it, is paused/);
    assert.equal(running.status()[0]!.health, 'degraded');
    await backend.resume('geo');
    await until('it is loaded', async () => running.status()[0]!.ledger.out === 1);
    assert.equal(await matched(millrace), 1);
  });
});

describe('letters of a topic that waits', limited, () => {
  test('are not sent again before the table is loaded', async (t) => {
    const { folder, path, within, run } = await folderOf(t, {
      'zones.csv': zonesCsv(300),
      'rides.csv': 'n,zone\n1,0\n',
    });
    const made = (pace: 'full' | '100/s') => {
      const zones = zonesOf(csv({ file: path('zones.csv'), pace }));
      const ride = topic('ride', { n: int(), zone: int() }).from(csv({ file: path('rides.csv') }));
      const strict = stream(
        'strict',
        { n: int(), id: int() },
        sql`select r.n, case when z.id is null then error('no zone') else z.id end as id
          from ${ride} r left join ${zones} z on z.id = r.zone`,
      );
      return pipeline('p', { tables: [zones, table('strict', strict, { key: 'n' })] });
    };
    await writeFile(path('rides.csv'), 'n,zone\n1,0\n2,400\n');
    assert.equal((await run([made('full')]))[0]!.ledger.dead, 1);
    // the table grows, and the letter is sent again while it does
    await writeFile(path('zones.csv'), zonesCsv(500));
    const { millrace, running, stop } = await serving(t, folder, [made('100/s')]);
    await until('zones come in', () => running.status()[0]!.sources.some(({ read }) => read > 300 && read < 400));
    const again = () => millrace.deadRedrive(made('100/s'), {});
    await assert.rejects(again(), /topic 'ride' waits until table 'zones' is loaded \(source zone\/csv, /);
    await stop();
    await within(async (alone) => {
      await assert.rejects(alone.deadRedrive(made('full'), {}), /waits until table 'zones' is loaded, which a run/);
    });
    await run([made('full')]);
    await within(async (alone) => {
      assert.deepEqual(await alone.deadRedrive(made('full'), {}), { sent: 1, stored: 1, stillDead: 0 });
    });
  });
});

describe('topics that would wait for each other', () => {
  const mutual = (areFinite: boolean) => {
    const of = (name: string) => (areFinite ? csv({ file: name }) : webhook());
    const [x, y] = [topic('x', { id: int() }).from(of('x')), topic('y', { id: int() }).from(of('y'))];
    const [xs, ys] = [table('xs', x, { key: 'id' }), table('ys', y, { key: 'id' })];
    const inBoth = (name: string, from: typeof x, at: typeof xs) =>
      table(name, stream(name, { id: int() }, sql`select f.id from ${from} f join ${at} t on t.id = f.id`), {
        key: 'id',
      });
    return { xs, ys, ofX: inBoth('of_x', x, ys), ofY: inBoth('of_y', y, xs) };
  };

  test('are refused by name, in one pipeline and over two', async () => {
    const { xs, ys, ofX, ofY } = mutual(true);
    const circle =
      "topics wait for each other: topic 'x' waits for table 'ys', which stream 'of_x' looks up; topic 'y' waits for table 'xs', which stream 'of_y' looks up";
    const one = await check([pipeline('p', { tables: [xs, ys, ofX, ofY] })], {});
    assert.deepEqual(
      one.map(({ code, message }) => [code, message]),
      [['PIPELINE_INVALID', circle]],
    );
    const two = await check([pipeline('p', { tables: [xs, ofX] }), pipeline('q', { tables: [ys, ofY] })], {});
    assert.deepEqual(
      two.map(({ message }) => message),
      [circle],
    );
  });

  test('are well where one of the tables is kept by a pipeline that looks nothing up, or is endless', async () => {
    const { xs, ys, ofX, ofY } = mutual(true);
    const kept = pipeline('kept', { tables: [xs, ys] });
    assert.deepEqual(await check([kept, pipeline('p', { tables: [ofX, ofY] })], {}), []);
    const endless = mutual(false);
    assert.deepEqual(await check([pipeline('p', { tables: Object.values(endless) })], {}), []);
  });
});

test('a table is finite where everything that it depends on has an end', async () => {
  const count = param('count', int());
  const rows = function* () {};
  const of = (...all: SourceDefinition[]) => zonesOf(...all);
  const params = new Map<string, Value>([['count', 5]]);
  const endless = simulate({ seed: 1, rows });
  for (const [made, wanted, values] of [
    [of(csv({ file: 'x' })), true],
    [of(csv({ file: 'x' }), simulate({ seed: 1, rows, count: 3 }), http({ url: 'https://x.org', for: '1 s' })), true],
    [of(), false],
    [of(webhook()), false],
    [of(csv({ file: 'x' }), webhook()), false],
    [of(endless), false],
    [of(http({ url: 'https://x.org' })), false],
    [of(simulate({ seed: 1, rows, count })), false],
    [of(simulate({ seed: 1, rows, count })), true, params],
    // a file is there or the run does not begin; an address may be absent
    [of(csv({ file: 'x' }).or(endless)), true],
    [of(http({ url: 'https://x.org', for: '1 s' }).or(endless)), false],
    [of(csv({ file: param('file', text()) }).or(endless)), false],
  ] as const)
    assert.equal(await isFiniteTable(made, values ?? new Map()), wanted, JSON.stringify(made.from.noun));
  const finite = ridesOf(of(csv({ file: 'x' })), csv({ file: 'y' }));
  assert.equal(await isFiniteTable(finite, params), true);
  assert.equal(await isFiniteTable(ridesOf(of(webhook()), csv({ file: 'y' })), params), false);
});
