// Streams, windows and tables are made again from the log, beside those that are there, and put in their place in one step.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { drive, int, long, pipeline, sql, stream, table, text, timestamp, topic } from '../../src/index.ts';

const f = topic('f', { n: int(), k: text(), v: int(), at: timestamp() }, { time: 'at', key: 'k', partitions: 2 });
const rows = (count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => {
    const n = from + i;
    return { n, k: 'acd'[n % 3]!, v: n % 7, at: n * 1000 };
  });
const minutesBy = (sum: string) =>
  stream(
    'minutes',
    { w: timestamp(), k: text(), n: long() },
    sum === 'count'
      ? sql`select window_start as w, k, count(v) as n from ${f.tumble('1 minute')} group by all`
      : sql`select window_start as w, k, sum(v)::bigint as n from ${f.tumble('1 minute')} group by all`,
  );
const made = (sum: string, least = 3) => {
  const minutes = minutesBy(sum);
  const alerts = stream(
    'alerts',
    minutes.fields,
    sql`select * from ${minutes} where n > ${least === 3 ? sql`3` : sql`8`}`,
  );
  const large = stream(
    'large',
    { n: int(), v: int() },
    sql`select n, v from ${f} where v > ${least === 3 ? sql`3` : sql`4`}`,
  );
  const tables = {
    minutes: table('minutes', minutes, { key: ['w', 'k'] }),
    alerts: table('alerts', alerts, { key: ['w', 'k'] }),
    large: table('large', large, { key: 'n' }),
    all: table('all_', f, { key: 'n' }),
  };
  return { tables, pipeline: pipeline('p', { tables: Object.values(tables) }) };
};

/** The tables of a run from the beginning. */
async function clean(of: ReturnType<typeof made>, parts: ReturnType<typeof rows>[]): Promise<unknown[]> {
  await using driver = await drive(of.pipeline);
  for (const part of parts) await driver.send(f, part);
  await driver.flush();
  return Promise.all(Object.values(of.tables).map((one) => driver.rows(one as never)));
}

describe('rebuild', () => {
  const before = made('count');
  const after = made('sum', 8);

  test('makes all again by the changed queries; what comes then goes on from there', async () => {
    await using driver = await drive(before.pipeline);
    await driver.send(f, rows(150));
    await driver.send(f, rows(50, 150));
    await driver.restart(after.pipeline);
    await driver.rebuild();
    const tables = () => Promise.all(Object.values(after.tables).map((one) => driver.rows(one as never)));
    assert.deepEqual(await tables(), await clean(after, [rows(200)]));
    assert.ok(driver.ledger().balanced);
    await driver.send(f, rows(100, 200));
    await driver.restart();
    await driver.send(f, rows(100, 300));
    await driver.flush();
    assert.deepEqual(await tables(), await clean(after, [rows(400)]));
    const { in: arrived, out, balanced } = driver.ledger();
    assert.deepEqual([arrived, out, balanced], [400, 400, true]);
  });

  test('makes a stream again with all that follows from it, and nothing else', async () => {
    await using driver = await drive(before.pipeline);
    await driver.send(f, rows(200));
    await driver.restart(after.pipeline);
    await driver.rebuild('minutes');
    await driver.flush();
    const [minutes, alerts] = await clean(after, [rows(200)]);
    const [, , large] = await clean(before, [rows(200)]);
    assert.deepEqual(await driver.rows(after.tables.minutes), minutes);
    assert.deepEqual(await driver.rows(after.tables.alerts), alerts);
    assert.deepEqual(await driver.rows(after.tables.large), large);
    assert.ok(driver.ledger().balanced);
    await driver.send(f, rows(100, 200));
    await driver.flush();
    assert.deepEqual(await driver.rows(after.tables.alerts), (await clean(after, [rows(300)]))[1]);
  });

  test('gives a new table the records that its topic has, unless it says that it begins now', async () => {
    await using driver = await drive(pipeline('p', { tables: [before.tables.all] }));
    await driver.send(f, rows(100));
    const late = table('late', before.tables.large.from, { key: 'n', from: 'now' });
    await driver.restart(pipeline('p', { tables: [before.tables.all, before.tables.minutes, late] }));
    await driver.flush();
    assert.deepEqual(await driver.rows(before.tables.minutes), (await clean(before, [rows(100)]))[0]);
    assert.deepEqual(await driver.rows(late), []);
    await driver.send(f, rows(20, 100));
    await driver.flush();
    assert.deepEqual(await driver.rows(before.tables.minutes), (await clean(before, [rows(120)]))[0]);
    assert.equal((await driver.rows(late)).length, rows(20, 100).filter(({ v }) => v > 3).length);
    assert.ok(driver.ledger().balanced);
  });

  test('takes the dead letters of what it makes again with it', async () => {
    const query = (isStrict: boolean) =>
      stream(
        'strict',
        { n: int(), v: int() },
        isStrict
          ? sql`select n, case when v = 3 then error('three') else v end as v from ${f}`
          : sql`select n, case when v = 5 then error('five') else v end as v from ${f}`,
      );
    const of = (isStrict: boolean) => {
      const strict = table('strict', query(isStrict), { key: 'n' });
      return { strict, pipeline: pipeline('p', { tables: [strict, before.tables.minutes] }) };
    };
    await using driver = await drive(of(true).pipeline);
    await driver.send(f, rows(70));
    assert.equal(driver.ledger().dead, 10);
    await driver.restart(of(false).pipeline);
    await driver.rebuild('strict');
    const letters = await driver.dead();
    assert.deepEqual([letters.length, driver.ledger().dead, driver.ledger().balanced], [10, 10, true]);
    assert.ok(letters.every(({ reason }) => reason.includes('five')));
    await driver.rebuild();
    assert.deepEqual([driver.ledger().dead, driver.ledger().balanced], [10, true]);
  });

  test('names what there is where the name is wrong', async () => {
    await using driver = await drive(before.pipeline);
    await assert.rejects(driver.rebuild('minute'), { code: 'NOT_FOUND', remedy: "Perhaps you mean 'minutes'." });
  });
});
