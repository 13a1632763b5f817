// The suite that every store passes for what charts are drawn from: groups, spans, aggregates, samples, and values that cannot get into the SQL.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Table } from '../../src/define/table.ts';
import { date, double, int, long, oneOf, table, text, timestamp, topic } from '../../src/index.ts';
import type { Store, SummaryOptions } from '../../src/store/store.ts';
import { rejects } from './registry.ts';
import type { StoreUnderTest } from './store.ts';

const fields = {
  id: int(),
  zone: text().optional(),
  kind: oneOf('a', 'b'),
  fare: double().optional(),
  big: long(),
  day: date(),
  at: timestamp(),
};
const rides = table('rides', topic('from', fields, { time: 'at' }), { key: 'id' });
const base = Date.UTC(2017, 5, 1);
const hourMs = 3_600_000;
const ride = (id: number, more: object = {}) => ({
  id,
  zone: 'A',
  kind: 'a',
  fare: id,
  big: id,
  day: '2017-06-01',
  at: new Date(base + id * hourMs).toISOString(),
  ...more,
});

/** Runs the suite. */
export function testSummaries(title: string, make: () => Promise<StoreUnderTest>): void {
  const on = (
    what: string,
    records: readonly object[],
    run: (
      summary: (options: SummaryOptions) => Promise<unknown[][]>,
      store: Store,
      write: (table: Table, records: readonly object[]) => Promise<void>,
    ) => Promise<void>,
  ) =>
    test(`${title}: ${what}`, async () => {
      const under = await make();
      const write = (table: Table, rows: readonly object[]) =>
        under.transaction(async () => {
          await under.store.sink.write(table, await under.batch(table, rows));
        });
      try {
        await under.prepare('p', [rides]);
        if (records.length > 0) await write(rides, records);
        await run((options) => under.store.summarise('rides', options), under.store, write);
      } finally {
        await under.close();
      }
    });

  on(
    'groups by a column and computes each aggregate; what is missing or not finite does not count',
    [
      ride(1),
      ride(2, { fare: null }),
      ride(3, { zone: null, fare: 'NaN' }),
      ride(4, { fare: 'Infinity' }),
      ride(5, { zone: 'B', fare: -2.5 }),
    ],
    async (summary) => {
      const of = (aggregate: 'sum' | 'mean' | 'min' | 'max' | 'distinct') => ({ aggregate, column: 'fare' }) as const;
      assert.deepEqual(
        await summary({
          by: [{ column: 'zone' }],
          values: [
            { aggregate: 'count' },
            of('sum'),
            of('mean'),
            of('min'),
            of('max'),
            { aggregate: 'last', column: 'fare', by: 'at' },
          ],
        }),
        [
          ['A', 3, 1, 1, 1, 1, 1],
          ['B', 1, -2.5, -2.5, -2.5, -2.5, -2.5],
          [null, 1, null, null, null, null, null],
        ],
      );
      assert.deepEqual(
        await summary({
          values: [
            { aggregate: 'count', column: 'fare' },
            { aggregate: 'distinct', column: 'zone' },
            { aggregate: 'max', column: 'at' },
            { aggregate: 'min', column: 'day' },
          ],
        }),
        [[4, 2, new Date(base + 5 * hourMs), '2017-06-01']],
      );
    },
  );

  on(
    'weights a mean by a column; rows without a weight above zero do not count',
    [
      ride(1, { fare: 10 }),
      ride(3, { fare: 20 }),
      ride(4, { fare: null }),
      ride(5, { zone: 'B', fare: 7 }),
      ride(0, { fare: 1_000 }),
      ride(-2, { fare: 1_000 }),
    ],
    async (summary) => {
      const value = { aggregate: 'mean', column: 'fare', weight: 'id' } as const;
      assert.deepEqual(await summary({ by: [{ column: 'zone' }], values: [value] }), [
        ['A', 70 / 4],
        ['B', 7],
      ]);
      assert.deepEqual(await summary({ where: { id: { lte: '0' } }, values: [value] }), [[null]]);
      await rejects('OPTION_INVALID', () => summary({ values: [{ ...value, weight: 'zone' }] }), /zone/);
      await rejects('NOT_FOUND', () => summary({ values: [{ ...value, weight: 'ids' }] }), /ids/);
    },
  );

  on('cuts times into spans of UTC', [ride(0), ride(23), ride(24), ride(24 * 40), ride(24 * 250)], async (summary) => {
    const counts = async (every: NonNullable<NonNullable<SummaryOptions['by']>[number]['every']>) =>
      (await summary({ by: [{ column: 'at', every }], values: [{ aggregate: 'count' }] })).map(([at, count]) => [
        (at as Date).toISOString().slice(0, 16),
        count,
      ]);
    assert.deepEqual(await counts('year'), [
      ['2017-01-01T00:00', 4],
      ['2018-01-01T00:00', 1],
    ]);
    assert.deepEqual(await counts('month'), [
      ['2017-06-01T00:00', 3],
      ['2017-07-01T00:00', 1],
      ['2018-02-01T00:00', 1],
    ]);
    assert.deepEqual((await counts('day')).slice(0, 2), [
      ['2017-06-01T00:00', 2],
      ['2017-06-02T00:00', 1],
    ]);
    assert.deepEqual((await counts({ width: 6 * hourMs })).slice(0, 3), [
      ['2017-06-01T00:00', 1],
      ['2017-06-01T18:00', 1],
      ['2017-06-02T00:00', 1],
    ]);
    assert.equal((await counts('minute')).length, 5);
    const days = await summary({ by: [{ column: 'day', every: 'year' }], values: [{ aggregate: 'count' }] });
    assert.deepEqual(days, [[new Date('2017-01-01T00:00:00Z'), 5]]);
  });

  on(
    'cuts numbers into pieces of a width, also below zero and before 1970',
    [-0.31, -0.3, -0.05, 0, 0.1, 0.29999, 0.3].map((fare, id) =>
      ride(id, { fare, at: new Date(-1 - id).toISOString() }),
    ),
    async (summary) => {
      assert.deepEqual(
        await summary({
          by: [{ column: 'fare', every: { width: 0.1, from: -0.4 } }],
          values: [{ aggregate: 'count' }],
        }),
        [
          [-0.4, 1],
          [-0.3, 1],
          [-0.1, 1],
          [0, 1],
          [0.1, 1],
          [0.2, 1],
          [0.3, 1],
        ],
      );
      assert.deepEqual(
        await summary({ by: [{ column: 'at', every: { width: 1000 } }], values: [{ aggregate: 'count' }] }),
        [[new Date(-1000), 7]],
      );
    },
  );

  on(
    'names only some values, and makes one group of all others',
    [ride(1), ride(2), ride(3, { zone: 'B' }), ride(4, { zone: 'C' }), ride(5, { zone: null })],
    async (summary) => {
      const zones = async (...among: (string | null)[]) =>
        summary({
          by: [{ column: 'zone', among }],
          values: [{ aggregate: 'count' }],
          order: [{ at: 1, descending: true }],
        });
      assert.deepEqual(await zones('A', 'B'), [
        ['A', 2],
        [undefined, 2],
        ['B', 1],
      ]);
      assert.deepEqual(await zones(null), [
        [undefined, 4],
        [null, 1],
      ]);
      assert.deepEqual(await zones("'; drop table rides; --"), [[undefined, 5]]);
    },
  );

  on(
    'finds the least squares line over all rows',
    [0, 1, 2, 3].map((id) => ride(id, { fare: 3 * id - 2, big: id })),
    async (summary, _store, write) => {
      const line = () =>
        summary({
          values: (['slope', 'intercept', 'correlation'] as const).map((aggregate) => ({
            aggregate,
            column: 'fare',
            against: 'big',
          })),
        });
      const [slope, intercept, r] = ((await line())[0] as number[]).map((value) => Math.round(value * 1e9) / 1e9);
      assert.deepEqual([slope, intercept, r], [3, -2, 1]);
      await write(
        rides,
        [0, 1, 2, 3].map((id) => ride(id, { big: 7 })),
      );
      assert.deepEqual(await line(), [[null, null, null]], 'all x are equal: there is no line');
    },
  );

  on(
    'takes conditions, a range of time and an order, every value bound',
    [1, 2, 3, 4, 5].map((id) => ride(id, { zone: id === 3 ? "o'clock" : 'A', fare: id === 4 ? null : id })),
    async (summary, store) => {
      const within = { column: 'at', from: new Date(base + 2 * hourMs), to: new Date(base + 5 * hourMs) };
      const ids = (options: Omit<SummaryOptions, 'values' | 'by'>) =>
        summary({ by: [{ column: 'id' }], values: [], ...options }).then((rows) => rows.flat());
      assert.deepEqual(await ids({ within }), [2, 3, 4]);
      assert.deepEqual(await ids({ within, present: ['fare'] }), [2, 3]);
      assert.deepEqual(await ids({ where: { zone: { eq: "o'clock" } } }), [3]);
      assert.deepEqual(await ids({ where: { id: { in: ['1', '5'] } } }), [1, 5]);
      assert.deepEqual(await ids({ order: [{ at: 0, descending: true }], limit: 2 }), [5, 4]);
      await rejects('OPTION_INVALID', () => ids({ where: { id: { eq: 'many' } } }), /many/);
      await rejects('OPTION_INVALID', () => ids({ order: [{ at: 9 }] }));
      await rejects('OPTION_INVALID', () => ids({ within: { column: 'day', from: new Date(0) } }));
      await rejects('OPTION_INVALID', () => summary({ by: [{ column: 'zone', every: 'day' }], values: [] }));
      await rejects('OPTION_INVALID', () => summary({ values: [{ aggregate: 'mean', column: 'zone' }] }));
      await rejects('NOT_FOUND', () => summary({ by: [{ column: 'id" or 1=1 --' }], values: [] }));
      await rejects('NOT_FOUND', () => store.summarise('nothing', { values: [{ aggregate: 'count' }] }));
      await rejects('QUERY_LIMIT', () => ids({ limit: 1e9 }));
      // the conversion that failed left nothing behind
      assert.deepEqual(await summary({ values: [{ aggregate: 'count' }] }), [[5]]);
    },
  );

  on(
    'gives the newest rows by time, or as they were written, and a sample that is the same each time',
    Array.from({ length: 200 }, (_, i) => ride(i, { at: new Date(base - i * hourMs).toISOString() })),
    async (_summary, store, write) => {
      const take = async (of: 'newest' | 'everywhere', limit: number, time?: string) =>
        (await store.sample('rides', { columns: ['id'], of, limit, ...(time ? { time } : {}) })).flat() as number[];
      assert.deepEqual(await take('newest', 3, 'at'), [0, 1, 2]);
      await write(rides, [ride(7, { at: new Date(base - 1e9).toISOString() })]);
      assert.equal((await take('newest', 1))[0], 7);
      const some = await take('everywhere', 20);
      assert.deepEqual(await take('everywhere', 20), some);
      assert.ok(some.some((id) => id < 100) && some.some((id) => id >= 100), String(some));
      await write(rides, [ride(1000)]);
      const after = await take('everywhere', 20);
      assert.ok(some.filter((id) => after.includes(id)).length >= 19, 'one new row moved more than one of the sample');
      await rejects('QUERY_LIMIT', () => take('newest', 0));
      await rejects('NOT_FOUND', () => store.sample('rides', { columns: ['nothing'], of: 'newest', limit: 1 }));
    },
  );

  on(
    'gives quantiles and the number of values about, and one piece for all that lies beyond the ends',
    Array.from({ length: 1000 }, (_, i) => ride(i, { fare: i === 0 ? -1e6 : i === 999 ? 1e6 : i, zone: `z${i % 50}` })),
    async (summary) => {
      const [[low, high, zones]] = (await summary({
        values: [
          { aggregate: 'quantile', column: 'fare', share: 0.01 },
          { aggregate: 'quantile', column: 'fare', share: 0.99 },
          { aggregate: 'estimate', column: 'zone' },
        ],
      })) as [[number, number, number]];
      assert.ok(Math.abs(low - 10) < 5 && Math.abs(high - 990) < 5, `${low} to ${high}`);
      assert.ok(Math.abs(zones - 50) <= 5, String(zones));
      const pieces = await summary({
        by: [{ column: 'fare', every: { width: 500, from: 0, to: 1000 } }],
        values: [{ aggregate: 'count' }],
      });
      assert.deepEqual(pieces, [
        [-500, 1],
        [0, 499],
        [500, 499],
        [1000, 1],
      ]);
      await rejects('OPTION_INVALID', () =>
        summary({ values: [{ aggregate: 'quantile', column: 'zone', share: 0.5 }] }),
      );
    },
  );

  on('answers several at once', [ride(1), ride(2)], async (summary, store) => {
    const all = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        i % 2 === 0
          ? summary({ values: [{ aggregate: 'count' }] })
          : store.read('rides', { limit: 1 }).then((rows) => [[rows.length]]),
      ),
    );
    assert.deepEqual(
      all,
      all.map((_, i) => [[i % 2 === 0 ? 2 : 1]]),
    );
  });
}
