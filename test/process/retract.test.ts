// What a window emitted and no longer emits is retracted: from tables, through the streams over it, by the counts.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  double,
  drive,
  int,
  long,
  pipeline,
  type Sql,
  sql,
  stream,
  table,
  text,
  timestamp,
  topic,
} from '../../src/index.ts';

const fields = { id: int(), k: text(), v: double(), at: timestamp() };

/** A table over one windowed stream. */
const windowed = (key: string[], declared: object, query: Sql, options: object = {}) => {
  const stream_ = stream('s', declared as typeof fields, query, options);
  return table('t', stream_, { key: key as 'id'[] });
};

describe('what a window no longer emits is retracted from its table', () => {
  const f = topic('f', fields, { time: 'at' });
  const winner = { w: timestamp(), k: text() };
  const cases: [string, ReturnType<typeof windowed>][] = [
    [
      'the winner of arg_max',
      windowed(
        ['w', 'k'],
        winner,
        sql`select window_start as w, arg_max(k, id) as k from ${f.tumble('1 minute')} group by window_start`,
      ),
    ],
    [
      'the winner of QUALIFY',
      windowed(
        ['w', 'k'],
        winner,
        sql`select window_start as w, k from ${f.tumble('1 minute')} qualify row_number() over (partition by window_start order by id desc) = 1`,
      ),
    ],
    [
      'the winner of DISTINCT ON',
      windowed(
        ['w', 'k'],
        winner,
        sql`select distinct on (window_start) window_start as w, max(k) over (partition by window_start) as k from ${f.tumble('1 minute')}`,
      ),
    ],
  ];
  for (const [name, out] of cases) {
    test(`${name}, when another one takes its place after the window was emitted early`, async () => {
      await using driver = await drive(pipeline('p', { tables: [out] }));
      await driver.send(f, [{ id: 1, k: 'a', v: 1, at: 1000 }]);
      await driver.advance('3 s');
      assert.deepEqual(await driver.rows(out), [{ w: new Date(0), k: 'a' }]);
      await driver.send(f, [
        { id: 2, k: 'b', v: 1, at: 2000 },
        { id: 3, k: 'c', v: 1, at: 70_000 },
      ]);
      assert.deepEqual(await driver.rows(out), [{ w: new Date(0), k: 'b' }]);
      await driver.flush();
      assert.deepEqual(await driver.rows(out), [
        { w: new Date(0), k: 'b' },
        { w: new Date(60_000), k: 'c' },
      ]);
      assert.ok(driver.ledger().balanced);
      const [s, t] = driver.stages();
      assert.deepEqual([s!.out, s!.retracted, t!.out, t!.retracted], [3, 1, 3, 1]);
    });
  }

  for (const view of ['tumble', 'hop', 'session'] as const)
    test(`what HAVING lets through no longer, of ${view}`, async () => {
      const rows =
        view === 'tumble'
          ? f.tumble('1 minute')
          : view === 'hop'
            ? f.hop('1 minute', { every: '30 s' })
            : f.session('1 minute', { by: ['k'] });
      const out = windowed(
        ['w', 'k'],
        winner,
        sql`select window_start as w, k from ${rows} group by k, window_start having sum(v) > 0`,
      );
      await using driver = await drive(pipeline('p', { tables: [out] }));
      await driver.send(f, [{ id: 1, k: 'a', v: 5, at: 30_000 }]);
      await driver.advance('3 s');
      assert.equal((await driver.rows(out)).length, view === 'hop' ? 2 : 1);
      await driver.send(f, [{ id: 2, k: 'a', v: -5, at: 31_000 }]);
      await driver.advance('3 s');
      assert.deepEqual(await driver.rows(out), []);
      await driver.send(f, [{ id: 3, k: 'b', v: 1, at: 600_000 }]);
      assert.deepEqual(await driver.rows(out), []);
    });

  test("with emit: 'change', in the batch that changes it", async () => {
    for (const view of [f.tumble('1 minute'), f.session('1 minute', { by: ['k'] })]) {
      const out = windowed(
        ['w', 'k'],
        winner,
        sql`select window_start as w, k from ${view} group by k, window_start having avg(v) < 10`,
        { emit: 'change' },
      );
      await using driver = await drive(pipeline('p', { tables: [out] }));
      await driver.send(f, [{ id: 1, k: 'a', v: 5, at: 1000 }]);
      assert.deepEqual(await driver.rows(out), [{ w: new Date(view.window?.kind === 'session' ? 1000 : 0), k: 'a' }]);
      await driver.send(f, [{ id: 2, k: 'a', v: 50, at: 2000 }]);
      assert.deepEqual(await driver.rows(out), []);
    }
  });

  test('when a dead letter that is sent again changes the winner of a closed window', async () => {
    const late = topic('late', fields, { time: 'at' });
    const out = windowed(
      ['w', 'k'],
      winner,
      sql`select window_start as w, arg_max(k, id) as k from ${late.tumble('1 minute')} group by window_start`,
    );
    await using driver = await drive(pipeline('p', { tables: [out] }));
    await driver.send(late, [
      { id: 1, k: 'a', v: 1, at: 1000 },
      { id: 3, k: 'c', v: 1, at: 70_000 },
      { id: 2, k: 'b', v: 1, at: 2000 },
    ]);
    assert.deepEqual(await driver.rows(out), [{ w: new Date(0), k: 'a' }]);
    await driver.redrive({ kind: 'late' });
    assert.deepEqual(await driver.rows(out), [{ w: new Date(0), k: 'b' }]);
  });

  test('to what an older window has, where windows share a key', async () => {
    const latest = stream(
      'latest',
      { k: text(), w: timestamp(), n: long() },
      sql`select k, window_start as w, count(*) as n from ${f.tumble('1 minute')} group by all having sum(v) > 0`,
    );
    const out = table('latest', latest, { key: 'k' });
    await using driver = await drive(pipeline('p', { tables: [out] }));
    await driver.send(f, [
      { id: 1, k: 'a', v: 1, at: 1000 },
      { id: 2, k: 'a', v: 1, at: 61_000 },
    ]);
    await driver.flush();
    assert.deepEqual(await driver.rows(out), [{ k: 'a', w: new Date(60_000), n: 1 }]);
    await driver.send(f, [{ id: 3, k: 'a', v: -1, at: 62_000 }]);
    await driver.flush();
    assert.deepEqual(await driver.rows(out), [{ k: 'a', w: new Date(0), n: 1 }]);
    // a day and more later the first window is forgotten, but what the table would show is not
    await driver.send(f, [{ id: 4, k: 'b', v: 1, at: 3 * 86_400_000 }]);
    await driver.send(f, [{ id: 5, k: 'a', v: 1, at: 3 * 86_400_000 }]);
    await driver.flush();
    assert.deepEqual((await driver.rows(out, { k: 'a' }))[0]?.n, 1);
    await driver.send(f, [{ id: 6, k: 'a', v: -5, at: 3 * 86_400_000 + 1 }]);
    await driver.flush();
    assert.deepEqual(await driver.rows(out, { k: 'a' }), [{ k: 'a', w: new Date(0), n: 1 }]);
  });
});

describe('streams over windows', () => {
  const f = topic('f', fields, { time: 'at' });
  const counted = stream(
    'counted',
    { w: timestamp(), n: long() },
    sql`select window_start as w, count(*) as n from ${f.tumble('1 minute')} group by window_start`,
    { time: 'w' },
  );

  test('retract what they made of a retracted row: an alert that is over is gone', async () => {
    const alert = stream('alert', { w: timestamp(), n: long() }, sql`select w, n from ${counted} where n < 2`);
    const named = stream('named', { w: timestamp(), s: text() }, sql`select w, 'few: ' || n as s from ${alert}`);
    const alerts = table('alerts', alert, { key: 'w' });
    const names = table('names', named, { key: 'w' });
    await using driver = await drive(pipeline('p', { tables: [alerts, names] }));
    await driver.send(f, [{ id: 1, k: 'a', v: 1, at: 1000 }]);
    await driver.advance('3 s');
    assert.deepEqual(await driver.rows(names), [{ w: new Date(0), s: 'few: 1' }]);
    await driver.send(f, [{ id: 2, k: 'a', v: 1, at: 2000 }]);
    await driver.advance('3 s');
    assert.deepEqual([await driver.rows(alerts), await driver.rows(names)], [[], []]);
    assert.deepEqual(
      driver.stages().map(({ name, out, retracted }) => [name, out, retracted]),
      [
        ['counted', 2, 1],
        ['alert', 1, 1],
        ['named', 1, 1],
        ['alerts', 1, 1],
        ['names', 1, 1],
      ],
    );
  });

  test('retract what they made of one window, and keep what they made of the others', async () => {
    const few = stream('few', { w: timestamp(), n: long() }, sql`select w, n from ${counted} where n < 2`);
    const named = stream('named', { w: timestamp(), s: text() }, sql`select w, 'few: ' || n as s from ${few}`);
    // one row of all windows, so that the table asks for those that hold
    const last = stream('last', { k: text(), w: timestamp() }, sql`select 'k' as k, w from ${named}`);
    const lasts = table('lasts', last, { key: 'k' });
    await using driver = await drive(pipeline('p', { tables: [lasts] }));
    const at = (minute: number) => ({ id: 1, k: 'a', v: 1, at: minute * 60_000 });
    const newest = async () => (await driver.rows(lasts)).map(({ w }) => w.getTime() / 60_000);
    // each is emitted by itself
    for (const minute of [0, 1, 2, 3]) await driver.send(f, [at(minute)]);
    assert.deepEqual(await newest(), [2]);
    // the newest row goes, and later the one before it
    for (const [minute, left] of [
      [2, 1],
      [1, 0],
    ] as const) {
      await driver.send(f, [at(minute)]);
      await driver.redrive({ kind: 'late' });
      assert.deepEqual(await newest(), [left]);
    }
  });

  test('may be windowed again: hours of minutes follow each correction', async () => {
    const hours = stream(
      'hours',
      { h: timestamp(), minutes: long(), most: long() },
      sql`select window_start as h, count(*) as minutes, max(n) as most from ${counted.tumble('1 hour')} group by window_start`,
    );
    const out = table('hours', hours, { key: 'h' });
    await using driver = await drive(pipeline('p', { tables: [out] }));
    const at = (minute: number) => ({ id: minute, k: 'a', v: 1, at: minute * 60_000 });
    await driver.send(f, [at(0), at(1), at(1), at(59), at(61), at(130)]);
    // minutes are complete up to 130, so that hours are up to 120
    assert.deepEqual(await driver.rows(out), [
      { h: new Date(0), minutes: 3, most: 2 },
      { h: new Date(3_600_000), minutes: 1, most: 1 },
    ]);
    await driver.flush();
    assert.deepEqual(
      (await driver.rows(out)).map(({ h, minutes, most }) => [h.getTime() / 60_000, minutes, most]),
      [
        [0, 3, 2],
        [60, 1, 1],
        [120, 1, 1],
      ],
    );
    await driver.send(f, [at(1)]);
    await driver.redrive({ kind: 'late' });
    assert.deepEqual(await driver.rows(out, { h: new Date(0) }), [{ h: new Date(0), minutes: 3, most: 3 }]);
    assert.ok(driver.ledger().balanced);
  });

  test('may be over sessions', async () => {
    const sessions = stream(
      'sessions',
      { k: text(), w: timestamp(), n: long() },
      sql`select k, window_start as w, count(*) as n from ${f.session('1 minute', { by: ['k'] })} group by k, window_start`,
    );
    const long_ = table('long_', stream('long_', sessions.fields, sql`select * from ${sessions} where n > 1`), {
      key: ['k', 'w'],
    });
    await using driver = await drive(pipeline('p', { tables: [long_] }));
    await driver.send(f, [
      { id: 1, k: 'a', v: 1, at: 10_000 },
      { id: 2, k: 'a', v: 1, at: 20_000 },
      { id: 3, k: 'b', v: 1, at: 100_000 },
      { id: 4, k: 'b', v: 1, at: 190_000 },
    ]);
    await driver.flush();
    assert.deepEqual(await driver.rows(long_), [{ k: 'a', w: new Date(10_000), n: 2 }]);
    // it begins earlier and joins two sessions of b
    await driver.send(f, [
      { id: 5, k: 'a', v: 1, at: 5000 },
      { id: 6, k: 'b', v: 1, at: 140_000 },
    ]);
    await driver.redrive({ kind: 'late' });
    await driver.flush();
    assert.deepEqual(await driver.rows(long_), [
      { k: 'a', w: new Date(5000), n: 3 },
      { k: 'b', w: new Date(100_000), n: 3 },
    ]);
  });
});

describe('what is retracted in the transaction that forgets old windows', () => {
  test('is retracted from the streams over it as well', async () => {
    const f = topic('f', fields, { time: 'at' });
    const counted = stream(
      'counted',
      { w: timestamp(), n: long() },
      sql`select window_start as w, count(*) as n from ${f.tumble('1 minute')} group by window_start`,
    );
    const named = stream('named', { w: timestamp(), n: long() }, sql`select w, n from ${counted}`);
    const out = table('named', named, { key: ['w', 'n'] });
    await using driver = await drive(pipeline('p', { tables: [out] }));
    await driver.send(f, [{ id: 1, k: 'a', v: 1, at: 3_590_000 }]);
    await driver.flush();
    // the hour is over, and with it the minute that was emitted early
    await driver.send(f, [
      { id: 2, k: 'a', v: 1, at: 3_595_000 },
      { id: 3, k: 'a', v: 1, at: 3_600_000 },
    ]);
    await driver.flush();
    assert.deepEqual(await driver.rows(out), [
      { w: new Date(3_540_000), n: 2 },
      { w: new Date(3_600_000), n: 1 },
    ]);
  });
});

test('a session that is forgotten stays in a table where sessions share keys', async () => {
  const f = topic('f', fields, { time: 'at' });
  const sessions = stream(
    'sessions',
    { k: text(), w: timestamp(), n: long() },
    sql`select k, window_start as w, count(*) as n from ${f.session('1 minute', { by: ['k'] })} group by k, window_start`,
  );
  const byStart = table('by_start', sessions, { key: 'w' });
  await using driver = await drive(pipeline('p', { tables: [byStart] }));
  await driver.send(f, [{ id: 1, k: 'a', v: 1, at: 0 }]);
  const later = 2 * 86_400_000;
  await driver.send(f, [{ id: 2, k: 'b', v: 1, at: later }]);
  await driver.send(f, [{ id: 3, k: 'a', v: 1, at: later + 1 }]);
  await driver.flush();
  assert.deepEqual(
    (await driver.rows(byStart)).map(({ k, w }) => [k, w.getTime()]),
    [
      ['a', 0],
      ['b', later],
      ['a', later + 1],
    ],
  );
});
