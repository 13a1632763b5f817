// What maps, numbers, grids and weighted means show.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bar, grid, heatmap, line, map, number } from '../../src/index.ts';
import { dataOf, each, hourMs, newest, ride, rides, start, timeless } from './chart-store.ts';

const iso = (hours: number) => new Date(start + hours * hourMs).toISOString();
const many = (count: number, more: (id: number) => object = () => ({})) =>
  Array.from({ length: count }, (_, id) => ride(id, { ...more(id) }));

describe('places and figures', () => {
  test('a map has points with what is asked for, or countries with their rows', async (t) => {
    const rows = [ride(1, { latitude: null }), ride(2), ride(3, { zone: 'B' })];
    const points = await dataOf(
      t,
      map(rides, { latitude: 'latitude', longitude: 'longitude', color: 'km', columns: ['zone', 'at'] }),
      rows,
    );
    assert.deepEqual(points.columns, ['latitude', 'longitude', 'km', 'zone', 'at']);
    assert.deepEqual(points.rows[0], [40, -74, 3, 'B', iso(3)]);
    assert.equal(points.rows.length, 2);
    const countries = await dataOf(t, map(rides, { country: 'zone', value: 'km', aggregate: 'mean' }), rows);
    assert.deepEqual(countries.rows, [
      ['B', 3],
      ['A', 1.5],
    ]);
  });

  test('a number has its value first, then its course where there is a time', async (t) => {
    const { columns, rows } = await dataOf(t, number(rides, { value: 'km', aggregate: 'mean' }), many(3));
    assert.deepEqual(columns, ['at', 'mean of km']);
    assert.deepEqual(rows, [
      [null, 1],
      [iso(0), 0],
      [iso(1), 1],
      [iso(2), 2],
    ]);
    assert.deepEqual((await dataOf(t, number(timeless, {}), many(3))).rows, [[null, 3]]);
    assert.deepEqual((await dataOf(t, number(timeless, { value: 'km' }), [])).rows, [[null, null]]);
    const holes = await dataOf(
      t,
      number(rides, {}),
      many(100, (id) => ({ hours: id < 50 ? id : id + 200 })),
    );
    assert.ok(holes.rows.filter(([, value]) => value === 0).length > 10, 'spans without rows are zeros');
    const long = await dataOf(t, number(rides, {}), many(1000));
    assert.ok(long.rows.length <= 62 && long.rows.length > 20, String(long.rows.length));
  });

  test('a number over rows of which only the newest are kept has no course: their times are no history', async (t) => {
    const rows = [ride(1, { hours: 1 }), ride(2, { hours: 2 }), ride(3, { hours: 90 })];
    const { columns, rows: shown, note } = await dataOf(t, number(newest, {}), rows);
    assert.deepEqual([columns, shown, note], [['at', 'rows'], [[null, 3]], undefined]);
    // where each record stays, the same times are one
    const placed = await dataOf(
      t,
      number(each, {}),
      rows.map((row, _offset) => ({ ...row, _partition: 0, _offset })),
    );
    assert.ok(placed.rows.length > 3, `${placed.rows.length} rows`);
    assert.deepEqual(placed.rows[0], [null, 3]);
  });

  test('a mean of means is weighted by what it is asked for, wherever one is drawn', async (t) => {
    // means (km) of so many records (seats): zone A has 1 of 10 and 9 of 20, B one of 3
    const rows = [
      ride(1, { km: 10, seats: 1 }),
      ride(2, { km: 20, seats: 9 }),
      ride(3, { km: 3, seats: 1, zone: 'B' }),
      ride(4, { km: null, seats: 100 }),
      ride(5, { km: 1_000, seats: 0 }),
    ];
    const mean = { aggregate: 'mean', weight: 'seats' } as const;
    const of = async (chart: Parameters<typeof dataOf>[1]) => (await dataOf(t, chart, rows)).rows;
    const [a, all] = [(10 + 180) / 10, (10 + 180 + 3) / 11];
    assert.deepEqual(await of(bar(rides, { x: 'zone', y: 'km', ...mean })), [
      ['A', a],
      ['B', 3],
    ]);
    assert.deepEqual(await of(line(rides, { x: 'at', every: 'day', y: 'km', by: 'zone', ...mean })), [
      [iso(0), 'A', a],
      [iso(0), 'B', 3],
    ]);
    assert.deepEqual(await of(heatmap(rides, { x: 'at', every: 'day', y: 'zone', value: 'km', weight: 'seats' })), [
      [iso(0), 'A', a],
      [iso(0), 'B', 3],
    ]);
    assert.deepEqual(
      await of(grid(rides, { by: 'zone', value: 'km', ...mean })),
      await of(map(rides, { country: 'zone', value: 'km', ...mean })),
    );
    assert.deepEqual((await of(number(timeless, { value: 'km', ...mean })))[0], [null, all]);
    assert.deepEqual((await of(number(timeless, { value: 'km', aggregate: 'mean' })))[0], [null, 1_033 / 4]);
  });

  test('series of a weighted mean are those with the most weight', async (t) => {
    const rows = Array.from({ length: 14 }, (_, id) => ride(id, { zone: `z${id}`, seats: id + 1 }));
    const chart = line(rides, { x: 'at', y: 'km', by: 'zone', aggregate: 'mean', weight: 'seats' });
    const { note, rows: shown } = await dataOf(t, chart, rows);
    assert.equal(note, 'the 12 with the most seats of 14 values of zone');
    assert.ok(!shown.some(([, zone]) => zone === 'z0' || zone === 'z1'));
  });

  test('a grid has the newest rows, by time or as they were written', async (t) => {
    const rows = [ride(1, { hours: 5 }), ride(2, { hours: 9 }), ride(3, { hours: 1 })];
    const newest = await dataOf(t, grid(rides, { columns: ['id', 'day'], limit: 2 }), rows);
    assert.deepEqual(newest.rows, [
      [2, '2017-06-01'],
      [1, '2017-06-01'],
    ]);
    assert.equal(newest.isTruncated, true);
    const written = await dataOf(t, grid(timeless, { columns: ['id'] }), rows);
    assert.deepEqual(written.rows, [[3], [2], [1]]);
  });

  test('a grid by a column counts', async (t) => {
    const rows = [ride(1), ride(2, { zone: 'B' }), ride(3, { zone: 'B', hours: 24 * 300 })];
    assert.deepEqual((await dataOf(t, grid(timeless, { by: 'zone' }), rows)).rows, [
      ['B', 2],
      ['A', 1],
    ]);
    const months = await dataOf(t, grid(timeless, { by: 'at', every: 'auto', limit: 2 }), rows);
    assert.deepEqual([months.rows.length, months.isTruncated], [2, false]);
    assert.deepEqual((await dataOf(t, grid(timeless, { by: 'at', every: 'year' }), rows)).rows, [
      ['2018-01-01T00:00:00.000Z', 1],
      ['2017-01-01T00:00:00.000Z', 2],
    ]);
  });
});
