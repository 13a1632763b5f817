// A table has the rows that it has counted: out − replaced − retracted − expired; where it has others, the ledger is red.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { closeParts, openParts } from '../../src/control/folder.ts';
import { open } from '../../src/control/open.ts';
import { system } from '../../src/control/system.ts';
import {
  type Driver,
  drive,
  int,
  long,
  pipeline,
  place,
  sql,
  stream,
  table,
  timestamp,
  topic,
} from '../../src/index.ts';
import type { Session } from '../../src/process/database.ts';
import type { Progress } from '../../src/process/progress.ts';
import { serving, temporary, until } from './tools.ts';

const event = topic('event', { id: int(), v: int(), at: timestamp() }, { time: 'at' });
const at = (id: number, v: number, second = 1) => ({ id, v, at: second * 1000 });
const latest = table('latest', event, { key: 'id' });
const greatest = table('greatest', event, { key: 'id', version: 'v' });
const kept = table('kept', event, { key: 'id', keep: '1 minute' });
const lines = table('lines', event, { key: place() });
const minutes = stream(
  'minutes',
  { w: timestamp(), n: long() },
  sql`select window_start as w, count(*) as n from ${event.tumble('1 minute')} group by all having sum(v) > 0`,
);
const perMinute = table('per_minute', minutes, { key: 'w' });
const made = pipeline('counted', { tables: [latest, greatest, kept, lines, perMinute] });

/** `out`, `replaced`, `retracted` and `expired` of a table. */
function countsOf(driver: Driver, { name }: { readonly name: string }): number[] {
  const { out, replaced, retracted, expired } = driver
    .stages()
    .find((stage) => stage.noun === 'table' && stage.name === name)!;
  return [out, replaced, retracted, expired];
}

describe('what became of the rows of a table', () => {
  test('is counted: those of a newer row, of a newer version, of a window, and of a time', async () => {
    await using driver = await drive(made, { startMs: 1_000_000 });
    await driver.send(event, [at(1, 5), at(1, 3), at(2, 1)]);
    assert.deepEqual(
      [countsOf(driver, latest), countsOf(driver, greatest)],
      [
        [3, 1, 0, 0],
        [3, 1, 0, 0],
      ],
    );
    // against what is there: one row takes a place, one loses; the window has nothing left to emit
    await driver.flush();
    await driver.send(event, [at(1, 4), at(2, -20)]);
    await driver.flush();
    assert.deepEqual(
      [countsOf(driver, latest), countsOf(driver, greatest)],
      [
        [5, 3, 0, 0],
        [5, 3, 0, 0],
      ],
    );
    assert.deepEqual(countsOf(driver, perMinute), [1, 0, 1, 0]);
    await driver.send(event, [at(3, 1, 100)]);
    await driver.flush();
    assert.deepEqual(countsOf(driver, kept), [6, 3, 0, 2]);
    assert.deepEqual(countsOf(driver, lines), [6, 0, 0, 0]);
    await driver.send(event, [at(3, 1, 101)]);
    await driver.flush();
    // the row of the window is written anew
    assert.deepEqual(countsOf(driver, perMinute), [3, 1, 1, 0]);
    assert.ok(driver.ledger().balanced);
    await driver.restart();
    await driver.rebuild();
    assert.ok(driver.ledger().balanced);
    await driver.rebuild('latest', 'lines');
    await driver.send(event, [at(3, 1, 101)]);
    const sums = [latest, greatest, kept, lines, perMinute].map((one) => {
      const [out, ...gone] = countsOf(driver, one) as [number, ...number[]];
      return out - gone.reduce((sum, count) => sum + count, 0);
    });
    const rows = [latest, greatest, kept, lines, perMinute].map((one) => driver.rows(one as typeof latest));
    assert.deepEqual(
      (await Promise.all(rows)).map(({ length }) => length),
      sums,
    );
    assert.ok(driver.ledger().balanced);
  });

  test('is counted of a row that a letter brings, and of one that lies behind that of a later record', async () => {
    const parsed = stream(
      'parsed',
      { id: int(), v: int() },
      sql`select id, case when v = 0 then error('no') else v end as v from ${event}`,
    );
    const values = table('parsed', parsed, { key: 'id' });
    await using driver = await drive(pipeline('letters', { tables: [values] }));
    await driver.send(event, [at(1, 1), at(1, 0), at(2, 0), at(1, 3)]);
    assert.deepEqual(countsOf(driver, values), [2, 1, 0, 0]);
    await driver.redrive({}, (record) => ({ ...record, v: 2 }));
    assert.deepEqual(countsOf(driver, values), [4, 2, 0, 0]);
    assert.ok(driver.ledger().balanced);
  });
});

/** A folder in which the pipeline has run. */
async function used(t: TestContext): Promise<string> {
  const folder = await temporary(t);
  const { post, settled, running } = await serving(t, folder, [made]);
  await post('event', at(1, 1), at(1, 2), at(2, 1, 2));
  await settled();
  await post('event', at(1, 3, 3));
  await settled();
  await running.stop();
  return folder;
}

/** Does something in the database of a folder that nothing runs in. */
async function within(folder: string, work: (session: Session) => Promise<void>): Promise<void> {
  const places = { path: folder, database: { path: join(folder, 'tables.duckdb') }, log: join(folder, 'log') };
  const parts = await openParts({ ...places, registry: join(folder, 'registry.db') }, system());
  const session = await parts.database.session();
  await work(session);
  session.close();
  await closeParts(parts);
}

/** Changes what the pipeline has counted. */
const recount = (folder: string, change: (stages: Record<string, Record<string, unknown>>) => void) =>
  within(folder, async (session) => {
    const [[state]] = (await session.rows("select state from meta.progress where pipeline = 'counted'")) as [[string]];
    const progress = JSON.parse(state) as Progress;
    change(progress.stages);
    await session.run("update meta.progress set state = $1 where pipeline = 'counted'", JSON.stringify(progress));
  });

/** The ledger after one more record, and the counts of the tables. */
async function goneOn(t: TestContext, folder: string) {
  const { node, post, settled, running, view, stop } = await serving(t, folder, [made]);
  await post('event', at(7, 1, 4));
  await settled();
  await until('the rows are counted', () => node('table:lines').rows !== undefined);
  await running.stop();
  const { ledger, reason } = view();
  const counts = made.tables.map(({ name }) => {
    const { out, replaced, expired, rows } = node(`table:${name}`);
    return [name, rows, out, replaced, expired];
  });
  await stop();
  return { ledger, reason, counts };
}

const sound = [
  ['latest', 3, 5, 2, 0],
  ['greatest', 3, 5, 2, 0],
  ['kept', 3, 5, 2, 0],
  ['lines', 5, 5, 0, 0],
];

describe('the ledger of a data folder', () => {
  test('is green after a restart', async (t) => {
    const { ledger, counts } = await goneOn(t, await used(t));
    assert.deepEqual([ledger.balanced, ledger.wrongTables], [true, undefined]);
    assert.deepEqual(counts.slice(0, 4), sound);
  });

  for (const [what, statement, rows] of [
    ['has lost a row', 'delete from store.latest where id = 2', 2],
    [
      'has a row that no record brought',
      'insert into store.latest select 9, v, "at", 0, 0 from store.latest limit 1',
      4,
    ],
  ] as const)
    test(`is red where a table ${what}, and says so, until the table is made again`, async (t) => {
      const folder = await used(t);
      await within(folder, async (session) => {
        assert.equal(await session.run(statement), 1);
      });
      const { ledger, reason } = await goneOn(t, folder);
      assert.deepEqual([ledger.balanced, ledger.wrongTables], [false, [{ table: 'latest', rows, counted: 3 }]]);
      assert.match(
        reason!,
        new RegExp(`the ledger does not balance; table latest has ${rows} rows, and 3 by its counts`),
      );
      const millrace = await open({ folder });
      await millrace.rebuild(made, ['latest']);
      await millrace.close();
      assert.equal((await goneOn(t, folder)).ledger.balanced, true);
    });

  for (const name of ['out', 'replaced', 'retracted', 'expired'])
    test(`is red where ${name} was counted once more`, async (t) => {
      const folder = await used(t);
      await recount(folder, (stages) => {
        (stages['table latest']![name] as number)++;
      });
      const { ledger } = await goneOn(t, folder);
      const counted = name === 'out' ? 4 : 2;
      assert.deepEqual([ledger.balanced, ledger.wrongTables], [false, [{ table: 'latest', rows: 3, counted }]]);
    });

  test('begins with the rows that are there, where an earlier version has counted no more of them', async (t) => {
    const folder = await used(t);
    await recount(folder, (stages) => {
      for (const counts of Object.values(stages)) {
        delete counts.replaced;
        delete counts.expired;
      }
      // one that was dropped and made anew, and one of which nothing was counted
      stages['table greatest']!.out = 1;
      delete stages['table kept'];
    });
    const { ledger, counts } = await goneOn(t, folder);
    assert.equal(ledger.balanced, true);
    const [all, , , lines] = sound;
    assert.deepEqual(counts.slice(0, 4), [all, ['greatest', 3, 3, 0, 0], ['kept', 3, 3, 0, 0], lines]);
  });

  test('is green after a table was dropped, and the letters that it put aside stay', async (t) => {
    const folder = await temporary(t);
    const unique = table('unique_values', event, { key: 'id', unique: ['v'] });
    const one = pipeline('counted', { tables: [unique] });
    const first = await serving(t, folder, [one]);
    await first.post('event', at(1, 1), at(1, 2), at(2, 2));
    await first.settled();
    await first.stop();
    const millrace = await open({ folder });
    await millrace.remove({ noun: 'table', name: 'unique_values' }, { force: true });
    await millrace.close();
    const { post, settled, node, view, running } = await serving(t, folder, [
      pipeline('counted', {
        tables: [table('unique_values', event, { key: 'id', unique: ['v'], from: 'now' })],
      }),
    ]);
    await post('event', at(3, 3), at(3, 4));
    await settled();
    await running.stop();
    const { in: into, out, replaced, dead, rows } = node('table:unique_values');
    assert.deepEqual([into, out, replaced, dead, rows], [3, 2, 1, 1, 1]);
    assert.deepEqual([view().ledger.balanced, view().ledger.dead], [true, 1]);
  });
});

describe('a table by place whose records come once more', () => {
  const two = topic('two', { n: int() }, { partitions: 2 });
  const numbers = table('numbers', two, { key: place() });
  const only = pipeline('again', { tables: [numbers] });
  const rowsOf = async (folder: string) => {
    const millrace = await open({ folder });
    const { rows } = await millrace.query('select _partition, _offset, n from numbers order by all');
    await millrace.close();
    return rows;
  };
  const run = async (t: TestContext, folder: string, ...ns: number[]) => {
    const { post, settled, running, node, view, stop } = await serving(t, folder, [only]);
    for (const n of ns) await post('two', { n });
    await settled();
    await running.stop();
    const { out, replaced } = node('table:numbers');
    const { balanced } = view().ledger;
    await stop();
    return { out, replaced, balanced };
  };

  test('since its pipeline was removed without it, has each once', async (t) => {
    const folder = await temporary(t);
    assert.deepEqual(await run(t, folder, 1, 2, 3), { out: 3, replaced: 0, balanced: true });
    const before = await rowsOf(folder);
    const millrace = await open({ folder });
    await millrace.remove({ noun: 'pipeline', name: 'again', keepTables: true });
    await millrace.close();
    assert.deepEqual(await run(t, folder), { out: 6, replaced: 3, balanced: true });
    assert.deepEqual(await rowsOf(folder), before);
    assert.equal((await run(t, folder, 4, 5)).balanced, true);
    assert.equal((await rowsOf(folder)).length, 5);
  });

  test('under the places of others, since its topic was deleted, has the new ones there', async (t) => {
    const folder = await temporary(t);
    await run(t, folder, 1, 2, 3, 4);
    const millrace = await open({ folder });
    await millrace.remove({ noun: 'topic', name: 'two' }, { force: true });
    await millrace.close();
    assert.deepEqual(await run(t, folder, 5, 6), { out: 6, replaced: 2, balanced: true });
    const places = (await rowsOf(folder)).map(([partition, offset]) => `${partition}/${offset}`);
    assert.deepEqual([places.length, new Set(places).size], [4, 4]);
    assert.equal((await run(t, folder, 7, 8, 9)).balanced, true);
    assert.deepEqual((await rowsOf(folder)).map(([, , n]) => Number(n)).sort(), [5, 6, 7, 8, 9]);
  });
});
