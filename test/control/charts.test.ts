// What charts show, kind by kind: their columns, what is cut or left out and said so, and rows that are not there.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { chartData, chartViews } from '../../src/control/charts.ts';
import { area, bar, grid, heatmap, histogram, line, map, number, pipeline, scatter, share } from '../../src/index.ts';
import { charted, dataOf, each, hourMs, newest, ride, rides, start, timeless } from './chart-store.ts';

const iso = (hours: number) => new Date(start + hours * hourMs).toISOString();
const many = (count: number, more: (id: number) => object = () => ({})) =>
  Array.from({ length: count }, (_, id) => ride(id, { ...more(id) }));
const total = (rows: readonly (readonly unknown[])[], at: number) =>
  rows.reduce((sum, row) => sum + Number(row[at]), 0);

describe('charts as they are declared', () => {
  const views = chartViews(
    pipeline('p', {
      tables: [rides, timeless],
      charts: [
        bar(rides, { title: 'Rides by zone!', x: 'zone' }),
        bar(rides, { title: 'rides, by zone', x: 'zone' }),
        line(rides, { x: 'at', y: 'km', by: 'zone' }),
        heatmap(timeless, { x: 'seats', y: 'zone', value: 'km' }),
        share(rides, { title: '…', by: 'zone' }),
        map(rides, { latitude: 'latitude', longitude: 'longitude', color: 'km' }),
      ],
    }),
  );

  test('have ids of their titles, each once, and titles in words where none was given', () => {
    assert.deepEqual(
      views.map(({ id, title }) => [id, title]),
      [
        ['rides-by-zone', 'Rides by zone!'],
        ['rides-by-zone-2', 'rides, by zone'],
        ['km-by-at-and-zone', 'Km by at and zone'],
        ['mean-km-by-seats-and-zone', 'Mean km by seats and zone'],
        ['chart', '…'],
        ['rides-on-the-map-by-km', 'Rides on the map by km'],
      ],
    );
  });

  test('name their table, its time and its columns', () => {
    assert.deepEqual([views[0]!.time, views[3]!.time], ['at', undefined]);
    assert.deepEqual(views[3]!.options, { x: 'seats', y: 'zone', value: 'km' });
    assert.deepEqual(views[0]!.columns[1], { name: 'zone', type: 'text', isOptional: true, isPersonal: false });
  });

  test('that are not there are refused with those that are', async (t) => {
    const { store, pipeline } = await charted(t, [bar(rides, { title: 'one', x: 'zone' })], []);
    await assert.rejects(chartData(store, pipeline, 'two', { where: {} }), {
      code: 'NOT_FOUND',
      remedy: 'Ask for one of: one.',
    });
  });
});

describe('a line', () => {
  test('has a point for each x, the last row of each by default', async (t) => {
    const rows = [ride(1, { hours: 1, km: 5 }), ride(2, { hours: 2, km: 7 }), ride(3, { hours: 3, km: null })];
    assert.deepEqual(await dataOf(t, line(rides, { x: 'at', y: 'km' }), rows), {
      columns: ['at', 'km'],
      rows: [
        [iso(1), 5],
        [iso(2), 7],
      ],
      isTruncated: false,
    });
  });

  test('cut by a span counts, with a zero where there is nothing', async (t) => {
    const rows = [ride(1, { hours: 0 }), ride(2, { hours: 0.5 }), ride(3, { hours: 3 })];
    const { rows: points, facts } = await dataOf(t, line(timeless, { x: 'at', every: 'hour' }), rows);
    assert.deepEqual(points, [
      [iso(0), 2],
      [iso(1), 0],
      [iso(2), 0],
      [iso(3), 1],
    ]);
    assert.deepEqual(facts, { every: 'hour' });
    const byDay = await dataOf(t, line(timeless, { x: 'day', every: 'month' }), rows);
    assert.deepEqual(byDay.rows, [['2017-06-01T00:00:00.000Z', 3]]);
  });

  test('with more points than a screen has takes a wider span, and says so', async (t) => {
    const rows = many(5000);
    const { rows: points, note } = await dataOf(t, line(rides, { x: 'at', y: 'km', aggregate: 'max' }), rows);
    assert.ok(points.length <= 2000 && points.length > 500, String(points.length));
    assert.match(note!, /one value for each 3 hours/);
    assert.deepEqual(points.at(-1), [iso(4998), 4999]);
    const numbers = await dataOf(t, line(rides, { x: 'id' }), rows);
    assert.equal(total(numbers.rows, 1), 5000);
    assert.match(numbers.note!, /each 5$/);
  });

  test('shows the 12 series with the most rows, and says of how many; an area adds up the others', async (t) => {
    const rows = many(105, (id) => ({ zone: `zone ${id % 14}`, hours: Math.floor(id / 14) }));
    const lines = await dataOf(t, line(rides, { x: 'at', y: 'km', by: 'zone' }), rows);
    assert.deepEqual(lines.columns, ['at', 'zone', 'km']);
    assert.equal(new Set(lines.rows.map(([, zone]) => zone)).size, 12);
    assert.match(lines.note!, /the 12 with the most rows of 14 values of zone/);
    assert.equal(lines.isTruncated, true);
    const stacked = await dataOf(t, area(rides, { x: 'at', every: 'day', by: 'zone' }), rows);
    assert.deepEqual(stacked.rows.at(-1)!.slice(1), [{ others: 2 }, 14]);
    assert.equal(total(stacked.rows, 2), 105);
    assert.match(stacked.note!, /the others added up/);
  });

  test('cuts time as it suits the rows where it is told to', async (t) => {
    for (const [count, step] of [
      [6, 0.25],
      [300, 0.5],
      [300, 24],
    ] as const) {
      const rows = many(count, (id) => ({ hours: id * step }));
      const { rows: points, facts, isTruncated } = await dataOf(t, line(timeless, { x: 'at', every: 'auto' }), rows);
      assert.equal(isTruncated, false);
      assert.ok(points.length <= 36 && points.length >= 5, `${points.length} points of ${count} every ${step} h`);
      assert.equal(total(points, 1), count);
      assert.notEqual(facts?.every, undefined);
    }
    const none = await dataOf(t, line(timeless, { x: 'at', every: 'auto' }), []);
    assert.deepEqual(none.rows, []);
  });

  test('tells which of its counts are of a part of a span: the newest row lies within the last, a range begins within the first', async (t) => {
    const rows = many(9, (id) => ({ hours: id / 2 + 0.25 }));
    const chart = line(rides, { x: 'at', every: 'hour' });
    const all = await dataOf(t, chart, rows);
    assert.deepEqual(all.facts, { every: 'hour', partial: { last: true } });
    assert.equal(all.note, 'the last span is not over yet');
    const range = await dataOf(t, chart, rows, { from: start + 1.1 * hourMs, where: {} });
    assert.deepEqual(range.facts?.partial, { first: true, last: true });
    const exact = await dataOf(t, chart, rows, { from: start + hourMs, where: {} });
    assert.deepEqual(exact.facts?.partial, { last: true });
    const bars = await dataOf(t, bar(rides, { x: 'at', every: 'hour' }), rows);
    assert.deepEqual(bars.facts?.partial, { last: true });
    const figure = await dataOf(
      t,
      number(rides, {}),
      many(1000, (id) => ({ hours: id / 100 })),
    );
    assert.deepEqual(figure.facts?.partial, { last: true });
  });

  test('takes the last span for whole where rows stand at the beginnings of spans, and where its last row is what it shows', async (t) => {
    const whole = await dataOf(t, line(rides, { x: 'at', every: 'hour' }), many(4));
    assert.deepEqual(whole.facts, { every: 'hour' });
    const within = many(4, (id) => ({ hours: id + 0.5 }));
    const last = await dataOf(t, line(rides, { x: 'at', every: 'hour', y: 'km' }), within);
    assert.deepEqual(last.facts, { every: 'hour' });
    const mean = await dataOf(t, line(rides, { x: 'at', every: 'hour', y: 'km', aggregate: 'mean' }), within);
    assert.deepEqual(mean.facts?.partial, { last: true });
    const begun = many(25, (id) => ({ hours: id / 6 }));
    assert.deepEqual((await dataOf(t, line(rides, { x: 'at', every: 'hour' }), begun)).facts?.partial, { last: true });
    const noTime = await dataOf(t, line(timeless, { x: 'at', every: 'hour' }), within);
    assert.deepEqual(noTime.facts, { every: 'hour' });
  });

  test('of several series has a zero in each where nothing is counted', async (t) => {
    const rows = [ride(1, { hours: 0 }), ride(2, { hours: 0, zone: 'B' }), ride(3, { hours: 2 })];
    const { rows: points } = await dataOf(t, line(timeless, { x: 'at', every: 'hour', by: 'zone' }), rows);
    assert.deepEqual(points, [
      [iso(0), 'A', 1],
      [iso(0), 'B', 1],
      [iso(1), 'A', 0],
      [iso(1), 'B', 0],
      [iso(2), 'A', 1],
      [iso(2), 'B', 0],
    ]);
  });

  test('keeps a missing value of its series apart from the others', async (t) => {
    const { rows } = await dataOf(t, line(rides, { x: 'seats', by: 'zone' }), [
      ride(0),
      ride(3, { zone: null }),
      ride(1),
    ]);
    assert.deepEqual(rows, [
      [0, 'A', 1],
      [0, null, 1],
      [1, 'A', 1],
    ]);
  });
});

describe('bars', () => {
  test('of texts begin with the greatest, those of numbers with the least', async (t) => {
    const rows = many(10, (id) => ({ zone: id < 6 ? 'B' : id < 9 ? null : 'C' }));
    assert.deepEqual((await dataOf(t, bar(rides, { x: 'zone' }), rows)).rows, [
      ['B', 6],
      [null, 3],
      ['C', 1],
    ]);
    assert.deepEqual((await dataOf(t, bar(rides, { x: 'seats', y: 'km', aggregate: 'mean' }), rows)).rows, [
      [0, 4.5],
      [1, 4],
      [2, 5],
    ]);
  });

  test('are 50 at most: the largest texts, wider spans of times, pieces of numbers', async (t) => {
    const rows = many(500, (id) => ({ zone: `z${id % 60}`, seats: id }));
    const texts = await dataOf(t, bar(rides, { x: 'zone' }), rows);
    assert.equal(texts.rows.length, 50);
    assert.match(texts.note!, /the 50 largest of 60/);
    assert.equal(texts.rows[0]![1], 9);
    for (const chart of [bar(rides, { x: 'at' }), bar(rides, { x: 'seats' })]) {
      const { rows: bars, note } = await dataOf(t, chart, rows);
      assert.ok(bars.length <= 50 && bars.length >= 10, String(bars.length));
      assert.equal(total(bars, 1), 500);
      assert.match(note!, /one value for each/);
    }
  });

  test('are stacked by a column, in the order of its values', async (t) => {
    const rows = many(12, (id) => ({ zone: id % 4 === 0 ? 'B' : 'A' }));
    assert.deepEqual((await dataOf(t, bar(rides, { x: 'seats', by: 'zone' }), rows)).rows.slice(0, 3), [
      [0, 'A', 3],
      [0, 'B', 1],
      [1, 'A', 3],
    ]);
  });
});

describe('parts and pairs', () => {
  test('a share has eight parts and the others, which add up to all', async (t) => {
    const rows = many(78, (id) => ({ zone: `z${Math.floor((Math.sqrt(8 * id + 1) - 1) / 2)}` }));
    const { rows: parts, note } = await dataOf(t, share(rides, { by: 'zone' }), rows);
    assert.equal(parts.length, 9);
    assert.deepEqual(parts[0], ['z11', 12]);
    assert.deepEqual(parts[8], [{ others: 4 }, 10]);
    assert.equal(total(parts, 1), 78);
    assert.match(note!, /8 largest of 12/);
  });

  test('a histogram has bins with round edges that hold every row', async (t) => {
    const { rows: bins } = await dataOf(t, histogram(rides, { value: 'km', bins: 10 }), many(100));
    assert.deepEqual(bins[0], [0, 10, 10]);
    assert.deepEqual(bins.at(-1), [90, 100, 10]);
    const single = await dataOf(t, histogram(rides, { value: 'km' }), [ride(5), ride(6, { km: 5 })]);
    assert.equal(total(single.rows, 2), 2);
    const none = await dataOf(t, histogram(rides, { value: 'km' }), [ride(5, { km: null }), ride(6, { km: 'NaN' })]);
    assert.deepEqual(none.rows, []);
  });

  test('a histogram counts what lies far out at its ends', async (t) => {
    const rows = many(1000, (id) => ({ km: id === 0 ? -1e9 : id > 997 ? 1e6 * id : id / 100 }));
    const { rows: bins, note, facts } = await dataOf(t, histogram(rides, { value: 'km', bins: 20, unit: 'km' }), rows);
    assert.ok(bins.length <= 24, String(bins.length));
    assert.equal(bins[0]![0], null);
    assert.equal(bins.at(-1)![1], null);
    assert.equal(total(bins, 2), 1000);
    assert.equal(note, 'from −1,000,000,000 to 999,000,000 km; what lies far out is counted at the ends');
    assert.deepEqual(facts, { least: -1e9, most: 999e6 });
  });

  test('a heat map has 60 columns and 40 rows at most', async (t) => {
    const rows = many(3000, (id) => ({ zone: `z${id % 70}`, seats: Math.floor(id / 70) }));
    const { rows: cells, columns, note } = await dataOf(t, heatmap(rides, { x: 'at', y: 'zone', value: 'km' }), rows);
    assert.deepEqual(columns, ['at', 'zone', 'mean of km']);
    assert.ok(new Set(cells.map(([x]) => x)).size <= 60);
    assert.equal(new Set(cells.map(([, y]) => y)).size, 40);
    assert.match(note!, /40 of 70 values of zone, those with the most rows/);
    const small = await dataOf(t, heatmap(rides, { x: 'seats', y: 'zone' }), many(4));
    assert.deepEqual(small.rows, [
      [0, 'A', 2],
      [1, 'A', 1],
      [2, 'A', 1],
    ]);
  });

  test('a scatter shows a sample that stays, and the trend of all rows', async (t) => {
    const rows = many(6000, (id) => ({ km: 2 * id + 1 }));
    const chart = scatter(rides, { x: 'id', y: 'km', by: 'zone', trend: true });
    const first = await dataOf(t, chart, rows);
    assert.equal(first.rows.length, 5000);
    assert.match(first.note!, /^5,000 points of 6,000$/);
    const { slope, intercept, r, rows: count } = first.facts as Record<string, number>;
    assert.deepEqual(
      [slope, intercept, r, count].map((one) => Math.round(one! * 1e6) / 1e6),
      [2, 1, 1, 6000],
    );
    assert.deepEqual(await dataOf(t, chart, rows), first);
    const flat = await dataOf(t, chart, [ride(1), ride(2, { km: null })]);
    assert.deepEqual(flat.facts, { rows: 1 });
  });
});

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

describe('which rows', () => {
  const rows = many(10, (id) => ({ zone: id % 2 ? 'odd' : "e'ven" }));

  test('a range of time and conditions leave rows out', async (t) => {
    const { store, pipeline } = await charted(t, [bar(rides, { title: 'zones', x: 'zone' })], rows);
    const show = async (request: object) => (await chartData(store, pipeline, 'zones', { where: {}, ...request })).rows;
    assert.deepEqual(await show({ from: start + hourMs, to: start + 4 * hourMs }), [
      ['odd', 2],
      ["e'ven", 1],
    ]);
    assert.deepEqual(await show({ where: { zone: { eq: "e'ven" }, km: { gte: '4' } } }), [["e'ven", 3]]);
    assert.deepEqual(await show({ from: start + 1e12 }), []);
    await assert.rejects(show({ where: { km: { gt: 'far' } } }), { code: 'OPTION_INVALID' });
    await assert.rejects(show({ where: { nothing: { eq: 1 } } }), { code: 'NOT_FOUND' });
  });

  test('a range means nothing to a table without a time', async (t) => {
    const data = await dataOf(t, bar(timeless, { x: 'zone' }), rows, { from: start + 1e12 });
    assert.equal(total(data.rows, 1), 10);
  });

  test('every kind draws an empty table', async (t) => {
    const charts = [
      line(rides, { x: 'at', y: 'km', by: 'zone', every: 'hour' }),
      area(rides, { x: 'id' }),
      bar(rides, { x: 'at' }),
      share(rides, { by: 'zone' }),
      scatter(rides, { x: 'km', y: 'id', trend: true }),
      histogram(rides, { value: 'km' }),
      heatmap(rides, { x: 'at', y: 'zone' }),
      map(rides, { latitude: 'latitude', longitude: 'longitude' }),
      map(rides, { country: 'zone' }),
      number(rides, {}),
      grid(rides),
      grid(rides, { by: 'zone' }),
    ];
    const { store, pipeline } = await charted(t, charts, []);
    for (const view of chartViews(pipeline)) {
      const { rows: shown } = await chartData(store, pipeline, view.id, { where: {} });
      assert.deepEqual(shown, view.kind === 'number' ? [[null, 0]] : [], view.id);
    }
  });
});
