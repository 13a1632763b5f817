// Finite tables first: a stream that looks up a table waits until its sources are read to their end, also over restarts.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { check } from '../../src/control/check.ts';
import { isFiniteTable } from '../../src/control/finite.ts';
import type { Value } from '../../src/define/accept.ts';
import type { SourceDefinition } from '../../src/define/source.ts';
import {
  csv,
  http,
  int,
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
import { folderOf } from './folder-of.ts';
import { serving, until } from './tools.ts';
import { drawnRides, matched, ridesOf, zonesCsv, zonesOf } from './zones.ts';

const limited = { timeout: 120_000 };

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

  test('do not find an empty table where its source had no answer, nor wait again for one that had', async (t) => {
    let isThere = false;
    const server = createServer((_request, response) => {
      response.statusCode = isThere ? 200 : 503;
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify([{ id: 1, name: 'zone 1' }]));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => server.close());
    const { folder, run } = await folderOf(t);
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const made = (span: '100 ms' | '1 hour') => {
      const zones = zonesOf(http({ url, allowPrivate: true, every: '50 ms', for: span }));
      return pipeline('p', { tables: [zones, ridesOf(zones, drawnRides(2, 18))] });
    };
    await assert.rejects(run([made('100 ms')]), /source zone\/http: none of its . polls was answered/);
    const { running, view, stop } = await serving(t, folder, [made('100 ms')]);
    await until('the source has ended', () => running.status()[0]!.sources[1]!.state === 'ended');
    const why =
      /topic 'ride' waits until table 'zones' is loaded, but source zone\/http: none of its . polls was answered/;
    await until('it says why it waits', () => why.test(view().reason ?? ''));
    assert.deepEqual([view().status, view().ledger.inFlight], ['degraded', 2]);
    await stop();
    isThere = true;
    assert.deepEqual((await run([made('100 ms')]))[0]!.tables, { zones: 1, named: 1 });
    // now that it was read to its end, an hour of polls holds nothing up
    const again = await serving(t, folder, [made('1 hour')]);
    await again.post('ride', { n: 7, zone: 1 });
    await again.settled();
    assert.equal(await matched(again.millrace), 2);
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
    // a parameter that is not set here
    [of(csv({ file: param('file', text()) })), true],
  ] as const)
    assert.equal(await isFiniteTable(made, values ?? new Map()), wanted, JSON.stringify(made.from.noun));
  const finite = ridesOf(of(csv({ file: 'x' })), csv({ file: 'y' }));
  assert.equal(await isFiniteTable(finite, params), true);
  assert.equal(await isFiniteTable(ridesOf(of(webhook()), csv({ file: 'y' })), params), false);
});
