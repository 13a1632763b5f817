// Tables that keep some of the columns of what feeds them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drive, int, pipeline, table, text, timestamp, topic } from '../../src/index.ts';

const ride = topic(
  'ride',
  { id: int(), zone: text(), note: text().optional(), at: timestamp() },
  { key: 'zone', time: 'at' },
);
const all = table('all_rides', ride, { key: 'id' });
const latest = table('latest', ride, { key: 'zone', version: 'at', columns: ['at', 'zone', 'id'] });

test('a table keeps the columns that it names, in their order; its type has no others', async () => {
  await using driver = await drive(pipeline('columns', { tables: [all, latest] }));
  await driver.send(ride, [
    { id: 1, zone: 'Soho', note: 'first', at: 1000 },
    { id: 2, zone: 'Soho', note: null, at: 3000 },
    { id: 3, zone: 'Soho', note: 'late', at: 2000 },
    { id: 4, zone: 'Bow', note: null, at: 500 },
  ]);
  const rows = await driver.rows(latest);
  assert.deepEqual(
    rows.map((row) =>
      Object.entries(row).map(([name, value]) => [name, value instanceof Date ? value.getTime() : value]),
    ),
    [
      [
        ['at', 500],
        ['zone', 'Bow'],
        ['id', 4],
      ],
      [
        ['at', 3000],
        ['zone', 'Soho'],
        ['id', 2],
      ],
    ],
  );
  // @ts-expect-error note is not kept
  assert.equal(rows[0]?.note, undefined);
  assert.equal((await driver.rows(all)).length, 4);
  assert.deepEqual(Object.keys(latest.fields), ['at', 'zone', 'id']);
  assert.equal(latest.time, 'at');
  assert.equal(driver.ledger().balanced, true);
});
