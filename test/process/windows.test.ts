// Windows of every kind equal a recomputation over all rows at once, however the rows come.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { drive } from '../../src/index.ts';
import { aggregates, type Event, events, place, reference, type Shape, shuffled, split } from './reference.ts';
import { windowed } from './windowed.ts';

let known: Awaited<ReturnType<typeof reference>>;
before(async () => {
  known = await reference();
});
after(() => known.close());

/** What the stream `some` leaves of the events. */
const filtered = (list: readonly Event[]) =>
  list.filter(({ v }) => v > -50).map((event) => ({ ...event, v: event.v * 2 }));

const shapesOf: fc.Arbitrary<Shape[]> = fc.tuple(
  fc.constantFrom(1, 7000, 60_000, 3_600_000).map((size): Shape => ({ kind: 'tumble', size })),
  fc
    .constantFrom([60_000, 20_000], [300_000, 60_000], [10_000, 10_000], [90_000, 30_000])
    .map(([size, every]): Shape => ({ kind: 'hop', size: size!, every: every! })),
  fc.constantFrom(1, 5000, 30_000, 120_000).map((gap): Shape => ({ kind: 'session', gap })),
);

const inOrder = `(hash(string_agg(tag || n::text, '/' order by "at", n)) % 1000003) as a`;

const settings = fc.record({
  list: events(),
  lateness: fc.constantFrom(0, 1, 5000, 180_000),
  jitter: fc.array(fc.nat(1_000_000), { minLength: 1, maxLength: 20 }),
  cuts: fc.array(fc.nat(1000), { maxLength: 4 }),
  aggregate: fc.constantFrom(...Object.values(aggregates), inOrder),
  shapes: shapesOf,
});

/** Every aggregate as a double, so that one declaration fits all. */
const asDouble = (aggregate: string) => aggregate.replace(/^(.*) as a$/, '($1)::double as a');

describe('windows equal a recomputation over all rows', () => {
  for (const partitions of [1, 3]) {
    test(`tumbling, hopping and session, over a topic of ${partitions} and over a stream, shuffled within the lateness`, async () => {
      await fc.assert(
        fc.asyncProperty(settings, async ({ list, lateness, jitter, cuts, aggregate, shapes }) => {
          const computed = asDouble(aggregate);
          const { all, tables, made } = windowed(lateness, shapes, computed, partitions);
          const ordered = shuffled(list, lateness, jitter);
          await using driver = await drive(made);
          for (const part of split(ordered, cuts)) await driver.send(all, part);
          if (partitions === 1) {
            const watermark = Math.max(...list.map(({ at }) => at)) - lateness;
            for (const { made, shape, filtered: isSome } of tables) {
              const placed = place(shape, isSome ? filtered(list) : list).filter(({ we }) => we <= watermark);
              assert.deepEqual(
                await driver.rows(made),
                await known.aggregate(placed, computed),
                `${made.name} before the end`,
              );
            }
          }
          await driver.flush();
          for (const { made, shape, filtered: isSome } of tables) {
            const expected = await known.aggregate(place(shape, isSome ? filtered(list) : list), computed);
            assert.deepEqual(await driver.rows(made), expected, made.name);
          }
          const ledger = driver.ledger();
          assert.deepEqual([ledger.balanced, ledger.in, ledger.late, ledger.out], [true, list.length, 0, list.length]);
        }),
        { numRuns: partitions === 1 ? 20 : 10 },
      );
    });
  }
});
