// What windows forget, a day of event time after they were closed, and what they do not.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { drive, int, long, pipeline, sql, stream, table, text, timestamp, topic } from '../../src/index.ts';
import { logged } from './logged.ts';

const hour = 3_600_000;
const f = topic('f', { n: int(), k: text(), at: timestamp() }, { time: 'at' });
const counts = { w: timestamp(), c: long() };
const minutes = stream(
  'minutes',
  counts,
  sql`select window_start as w, count(*) as c from ${f.tumble('1 minute')} group by window_start`,
  { time: 'w' },
);
const busy = stream('busy', counts, sql`select w, c from ${minutes} where c > 0`);
const hours = stream(
  'hours',
  counts,
  sql`select window_start as w, count(*) as c from ${minutes.tumble('1 hour')} group by window_start`,
);
const sessions = stream(
  'sessions',
  { k: text(), ...counts },
  sql`select k, window_start as w, count(*) as c from ${f.session('1 minute', { by: ['k'] })} group by k, window_start`,
);
const near = stream(
  'near',
  { n: int(), other: int() },
  sql`select a.n, b.n as other from ${f} a join ${f.within('1 minute')} b on b.k = a.k`,
);
const tables = {
  minutes: table('minutes', minutes, { key: 'w' }),
  busy: table('busy', busy, { key: 'w' }),
  hours: table('hours', hours, { key: 'w' }),
  sessions: table('sessions', sessions, { key: ['k', 'w'] }),
  near: table('near', near, { key: ['n', 'other'] }),
};
const made = pipeline('p', { tables: Object.values(tables) });
const at = (n: number, ms: number, k = 'a') => ({ n, k, at: ms });

describe('after more than a day', () => {
  test('neither the rows of windows are kept, nor those of the other side, nor what was emitted', async (t) => {
    const under = await logged(t, made);
    const send = async (...records: object[]) => {
      await under.append(f, 0, ...records);
      await under.step(f);
    };
    const session = await under.folder.database.session();
    await send(at(1, 0), at(2, 1), at(3, 2 * hour));
    const relations = ['minutes', 'hours', 'sessions', 'near', 'near/within 60000 60000/f'];
    const emitted = ['minutes', 'busy', 'hours', 'sessions'].map((name) => `${name}/emitted`);
    const counted = [...relations, ...emitted].map((name) => `select '${name}', count(*) from state."p/${name}"`);
    const countsOf = () => session.rows(counted.join(' union all '));
    assert.ok((await countsOf()).every(([, count]) => Number(count) > 0));
    await send(at(4, 50 * hour));
    await send(at(5, 80 * hour));
    await send(at(6, 110 * hour));
    // what is left is of the rows of the last day and of those that came after
    for (const [name, count] of await countsOf()) assert.ok(Number(count) <= 3, `${name}: ${count}`);
    assert.equal((await under.rows('minutes')).length, 4);
    session.close();
  });

  test('a late record is too late to be sent again, and the window stays as it is', async () => {
    for (const view of [f.tumble('1 minute'), f.hop('1 minute', { every: '30 s' })]) {
      const counted = stream('counted', counts, sql`select window_start as w, count(*) as c from ${view} group by 1`);
      const out = table('out', counted, { key: 'w' });
      await using driver = await drive(pipeline('p', { tables: [out] }));
      await driver.send(f, [at(1, 0), at(2, 31_000), at(3, 48 * hour), at(4, 10)]);
      const before = await driver.rows(out);
      assert.equal((await driver.redrive({ kind: 'late' })).stillDead, 1);
      assert.match((await driver.dead())[0]!.reason, /more than a day/);
      assert.deepEqual(await driver.rows(out), before);
    }
  });

  test('a record is too late where one of its windows is forgotten, though others are not', async () => {
    const view = f.hop('1 hour', { every: '30 minutes' });
    const counted = stream('counted', counts, sql`select window_start as w, count(*) as c from ${view} group by 1`);
    const out = table('out', counted, { key: 'w' });
    await using driver = await drive(pipeline('p', { tables: [out] }));
    // all before the 20th minute is forgotten then
    await driver.send(f, [at(1, 10 * 60_000), at(2, 35 * 60_000), at(3, 25 * hour + 20 * 60_000), at(4, 35 * 60_000)]);
    const before = await driver.rows(out);
    assert.equal((await driver.redrive({ kind: 'late' })).stillDead, 1);
    assert.deepEqual(await driver.rows(out), before);
  });
});

test('within a day a late record is sent again to a window that still has its rows', async () => {
  for (const view of [f.tumble('1 minute'), f.session('1 minute', { by: ['k'] })]) {
    const by = view.window?.kind === 'session' ? sql`k, window_start` : sql`window_start`;
    const counted = stream('counted', counts, sql`select window_start as w, count(*) as c from ${view} group by ${by}`);
    const out = table('out', counted, { key: 'w' });
    await using driver = await drive(pipeline('p', { tables: [out] }));
    await driver.send(f, [at(1, 0), at(2, 23 * hour, 'b'), at(3, 10)]);
    assert.equal((await driver.redrive({ kind: 'late' })).stored, 1);
    assert.deepEqual((await driver.rows(out))[0], { w: new Date(0), c: 2 });
  }
});
