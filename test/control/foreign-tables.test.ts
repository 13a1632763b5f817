// Tables of other pipelines: looked up as one's own, loaded first, and never half there.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { check } from '../../src/control/check.ts';
import type { SourceDefinition } from '../../src/define/source.ts';
import { csv, drive, int, line, pipeline, simulate, sql, stream, table, text, topic } from '../../src/index.ts';
import { folderOf } from './folder-of.ts';
import { serving, until } from './tools.ts';
import { drawnRides, matched, ridesOf, zonesCsv, zonesOf } from './zones.ts';

const limited = { timeout: 120_000 };

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
    const other = table(
      'zones',
      topic('zone', { id: int(), name: text(), area: int().optional() }).from(csv({ file: path('zones.csv') })),
      { key: 'id' },
    );
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
