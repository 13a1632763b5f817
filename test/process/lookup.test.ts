// Joins with a table of the same pipeline, lists that become rows, filters: what becomes of each record is in the ledger.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  csv,
  double,
  drive,
  int,
  list,
  long,
  pipeline,
  sql,
  stream,
  table,
  text,
  timestamp,
  topic,
} from '../../src/index.ts';

// a source with an end makes the table finite: it is looked up as it is (test/process/joins.test.ts has those without an end)
const zone = topic('zone', { id: int(), name: text() }, { key: 'id' }).from(csv({ file: 'zones.csv' }));
const zones = table('zones', zone, { key: 'id' });
const ride = topic(
  'ride',
  { n: int(), zone: int(), fare: double(), tags: list(text()), at: timestamp() },
  { time: 'at' },
);
const ledgerOf = (driver: { ledger(): object }) => driver.ledger() as Record<string, unknown>;

describe('a lookup', () => {
  const named = stream(
    'named',
    { n: int(), name: text() },
    sql`select r.n, z.name from ${ride} r join ${zones} z on z.id = r.zone`,
  );
  const left = stream(
    'left_named',
    { n: int(), name: text().optional() },
    sql`select r.n, z.name from ${ride} r left join ${zones} z on z.id = r.zone`,
  );
  const tables = { named: table('named', named, { key: 'n' }), left: table('left_named', left, { key: 'n' }) };
  const rides = (...numbers: [number, number][]) => numbers.map(([n, zone]) => ({ n, zone, fare: 1, tags: [], at: n }));

  test('joins a record with the rows that the table has at that time; one without a partner is filtered', async () => {
    await using driver = await drive(pipeline('lookup', { tables: [zones, tables.named] }));
    await driver.send(ride, rides([1, 7]));
    await driver.send(zone, [
      { id: 7, name: 'Soho' },
      { id: 8, name: 'Bow' },
    ]);
    await driver.send(ride, rides([2, 7], [3, 8], [4, 9]));
    await driver.send(zone, [{ id: 7, name: 'Mayfair' }]);
    await driver.send(ride, rides([5, 7]));
    assert.deepEqual(await driver.rows(tables.named), [
      { n: 2, name: 'Soho' },
      { n: 3, name: 'Bow' },
      { n: 5, name: 'Mayfair' },
    ]);
    const { in: arrived, out, filtered, balanced } = driver.ledger();
    assert.deepEqual({ arrived, out, filtered, balanced }, { arrived: 8, out: 6, filtered: 2, balanced: true });
    assert.deepEqual(
      driver.stages().map(({ name, in: rowsIn, out, filtered }) => [name, rowsIn, out, filtered]),
      [
        ['named', 5, 3, 2],
        ['zones', 3, 3, 0],
        ['named', 3, 3, 0],
      ],
    );
  });

  test('of the left kind keeps every record, with null where there is no partner', async () => {
    await using driver = await drive(pipeline('lookup', { tables: [zones, tables.left] }));
    await driver.send(zone, [{ id: 7, name: 'Soho' }]);
    await driver.send(ride, rides([1, 7], [2, 9]));
    assert.deepEqual(await driver.rows(tables.left), [
      { n: 1, name: 'Soho' },
      { n: 2, name: null },
    ]);
    assert.equal(ledgerOf(driver).filtered, 0);
  });

  test('stands inside a window too', async () => {
    const summed = stream(
      'summed',
      { name: text(), minute: timestamp(), n: long() },
      sql`select z.name, window_start as minute, count(*) as n from ${ride.tumble('1 minute')} r join ${zones} z on z.id = r.zone group by all`,
    );
    const rows = table('summed', summed, { key: ['name', 'minute'] });
    await using driver = await drive(pipeline('lookup', { tables: [zones, rows] }));
    await driver.send(zone, [{ id: 7, name: 'Soho' }]);
    await driver.send(ride, rides([1, 7], [2, 7], [3, 9]));
    await driver.flush();
    assert.deepEqual(await driver.rows(rows), [{ name: 'Soho', minute: new Date(0), n: 2 }]);
    assert.ok(driver.ledger().balanced);
  });
});

test('a table that is called as the stream which feeds it is looked up as the table, whole', async () => {
  // the stream is computed in the transaction, since it looks up a table itself
  const place = topic('place', { id: int(), zone: int() }).from(csv({ file: 'places.csv' }));
  const known = stream(
    'known',
    { id: int(), name: text() },
    sql`select p.id, z.name from ${place} p join ${zones} z on z.id = p.zone`,
  );
  const knownPlaces = table('known', known, { key: 'id' });
  const named = stream(
    'named',
    { n: int(), name: text() },
    sql`select r.n, k.name from ${ride} r join ${knownPlaces} k on k.id = r.zone`,
  );
  const rows = table('named', named, { key: 'n' });
  await using driver = await drive(pipeline('lookup', { tables: [rows, knownPlaces, zones] }));
  await driver.send(zone, [{ id: 7, name: 'Soho' }]);
  await driver.send(place, [{ id: 1, zone: 7 }]);
  await driver.send(place, [{ id: 2, zone: 7 }]);
  await driver.send(ride, [
    { n: 1, zone: 1, fare: 1, tags: [], at: 1 },
    { n: 2, zone: 2, fare: 1, tags: [], at: 2 },
  ]);
  assert.deepEqual(await driver.rows(rows), [
    { n: 1, name: 'Soho' },
    { n: 2, name: 'Soho' },
  ]);
});

describe('a filter', () => {
  test('holds for every batch, whatever the values were when it was planned: in a stream, in a window, over a table', async () => {
    const few = table('few', stream('few', { n: int() }, sql`select n from ${ride} where fare > 0`), { key: 'n' });
    const minutes = table(
      'minutes',
      stream(
        'minutes',
        { minute: timestamp(), n: long() },
        sql`select window_start as minute, count(*) as n from ${ride.tumble('1 minute')} where fare > 0 group by window_start`,
      ),
      { key: 'minute' },
    );
    const known = table(
      'known',
      stream('known', { n: int() }, sql`select r.n from ${ride} r join ${zones} z on z.id = r.zone where z.id < 50`),
      { key: 'n' },
    );
    await using driver = await drive(pipeline('filters', { tables: [zones, few, minutes, known] }));
    const one = (n: number, fare: number, zone: number) => ({ n, zone, fare, tags: [], at: n * 60_000 });
    await driver.send(zone, [{ id: 7, name: 'Soho' }]);
    for (const [n, fare, id] of [
      [0, 1, 7],
      [1, -1, 7],
      [2, 2, 100],
      [3, -2, 100],
      [4, 3, 7],
    ] as const) {
      await driver.send(ride, [one(n, fare, id)]);
      await driver.send(zone, [{ id: 100, name: 'Far' }]);
    }
    await driver.flush();
    assert.deepEqual(
      (await driver.rows(few)).map(({ n }) => n),
      [0, 2, 4],
    );
    assert.deepEqual(
      (await driver.rows(minutes)).map(({ minute }) => minute.getTime() / 60_000),
      [0, 2, 4],
    );
    assert.deepEqual(
      (await driver.rows(known)).map(({ n }) => n),
      [0, 1, 4],
    );
  });
});

describe('the ledger', () => {
  const tagged = stream(
    'tagged',
    { n: int(), tag: text() },
    sql`select n, unnest(tags) as tag from ${ride} where fare > 0`,
  );
  const tags = table('tags', tagged, { key: ['n', 'tag'] });
  const dear = table('dear', stream('dear', { n: int() }, sql`select n from ${ride} where fare >= 10`), { key: 'n' });
  const failing = table(
    'failing',
    stream('failing', { n: int(), i: int() }, sql`select n, cast(tags[1] as integer) as i from ${ride} where fare = 5`),
    { key: 'n' },
  );
  const one = (n: number, fare: number, ...tags: string[]) => ({ n, zone: 1, fare, tags, at: n });

  test('counts a record once, however many rows it became', async () => {
    await using driver = await drive(pipeline('tags', { tables: [tags] }));
    await driver.send(ride, [one(1, 1, 'a', 'b', 'c'), one(2, 0, 'a'), one(3, 1), one(4, 1, 'a')]);
    assert.equal((await driver.rows(tags)).length, 4);
    const { in: arrived, out, filtered, balanced } = driver.ledger();
    assert.deepEqual({ arrived, out, filtered, balanced }, { arrived: 4, out: 2, filtered: 2, balanced: true });
    assert.deepEqual(driver.stages()[0], {
      noun: 'stream',
      name: 'tagged',
      in: 4,
      out: 4,
      filtered: 2,
      deduplicated: 0,
      late: 0,
      dead: 0,
      retracted: 0,
      replaced: 0,
      expired: 0,
    });
  });

  test('counts as filtered what no table took, over several streams', async () => {
    await using driver = await drive(pipeline('several', { tables: [tags, dear] }));
    await driver.send(ride, [one(1, 10), one(2, 1, 'a'), one(3, 0), one(4, 20, 'b')]);
    const { out, filtered, balanced } = driver.ledger();
    assert.deepEqual({ out, filtered, balanced }, { out: 3, filtered: 1, balanced: true });
  });

  test('sums up filtered, out and dead in one batch', async () => {
    await using driver = await drive(pipeline('sums', { tables: [failing] }));
    await driver.send(ride, [one(1, 5, '7'), one(2, 5, 'x'), one(3, 0), one(4, 5, '8'), one(5, 5, '')]);
    await driver.send(ride, [{ n: 'no' }] as never);
    assert.deepEqual(await driver.rows(failing), [
      { n: 1, i: 7 },
      { n: 4, i: 8 },
    ]);
    assert.deepEqual(driver.ledger(), {
      in: 6,
      out: 2,
      filtered: 1,
      deduplicated: 0,
      late: 0,
      dead: 3,
      inFlight: 0,
      balanced: true,
    });
  });
});
