// Windows that are still open: given after quiet time or with every change, carried over a restart, fixed by what is sent again.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { drive } from '../../src/index.ts';
import { aggregates, events, place, reference, type Shape, shuffled, split } from './reference.ts';
import { windowed } from './windowed.ts';

let known: Awaited<ReturnType<typeof reference>>;
before(async () => {
  known = await reference();
});
after(() => known.close());

const sum = '(sum(v))::double as a';
const shapes: Shape[] = [
  { kind: 'tumble', size: 60_000 },
  { kind: 'hop', size: 90_000, every: 30_000 },
];
const event = (n: number, at: number, k = 'a') => ({ n, k, v: 1, tag: 'x', at });

describe('open windows', () => {
  test("with emit: 'change' show what has come so far, after every batch", async () => {
    const jitter = fc.array(fc.nat(100_000), { minLength: 1, maxLength: 10 });
    const cuts = fc.array(fc.nat(1000), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(events(30), jitter, cuts, async (list, jitter, cuts) => {
        const { all, tables, made } = windowed(20_000, shapes, sum, 1, 'change');
        await using driver = await drive(made);
        let sent: typeof list = [];
        for (const part of split(shuffled(list, 20_000, jitter), cuts)) {
          await driver.send(all, part);
          sent = [...sent, ...part];
          for (const { made, shape, filtered } of tables) {
            const some = filtered ? sent.filter(({ v }) => v > -50).map((one) => ({ ...one, v: one.v * 2 })) : sent;
            assert.deepEqual(await driver.rows(made), await known.aggregate(place(shape, some), sum), made.name);
          }
        }
      }),
      { numRuns: 8 },
    );
  });

  test('are given after two seconds without a record, and given again when more comes', async () => {
    const { all, tables, made } = windowed(0, [...shapes, { kind: 'session', gap: 60_000 }], aggregates.count);
    await using driver = await drive(made, { startMs: Date.UTC(2026, 0, 1) });
    const sent = [event(0, 1000), event(1, 2000, 'b')];
    const expect = async (list: typeof sent, sessions = list) => {
      for (const { made, shape, filtered } of tables) {
        const rows = place(shape, shape.kind === 'session' ? sessions : list);
        if (!filtered)
          assert.deepEqual(await driver.rows(made), await known.aggregate(rows, aggregates.count), made.name);
      }
    };
    await driver.send(all, sent);
    await driver.advance('1999 ms');
    await expect([]);
    await driver.advance('1 ms');
    await expect(sent);
    await driver.send(all, [event(2, 30_000)]);
    // a session that was given early follows at once: its row may now be another one
    await expect(sent, [...sent, event(2, 30_000)]);
    await driver.advance('10 s');
    await expect([...sent, event(2, 30_000)]);
    await driver.send(all, [event(3, 200_000)]);
    await driver.flush();
    await expect([...sent, event(2, 30_000), event(3, 200_000)]);
  });

  test('survive a restart in the middle', async () => {
    const cuts = fc.array(fc.nat(1000), { maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(events(40), cuts, fc.boolean(), async (list, cuts, flushes) => {
        const some: Shape[] = [...shapes, { kind: 'session', gap: 30_000 }];
        const { all, tables, made } = windowed(5000, some, sum, 2);
        await using driver = await drive(made);
        for (const part of split(shuffled(list, 5000, [3, 4999, 1000]), cuts)) {
          await driver.send(all, part);
          if (flushes) await driver.flush();
          await driver.restart();
        }
        await driver.flush();
        for (const { made, shape, filtered } of tables) {
          if (!filtered)
            assert.deepEqual(await driver.rows(made), await known.aggregate(place(shape, list), sum), made.name);
        }
        assert.equal(driver.ledger().late, 0);
        assert.ok(driver.ledger().balanced);
      }),
      { numRuns: 8 },
    );
  });

  test('a record that is late for several windows counts once, and is out when all of them have taken it', async () => {
    const { all, tables, made } = windowed(0, shapes, aggregates.count);
    await using driver = await drive(made);
    await driver.send(all, [event(0, 1_000_000), event(1, 5000)]);
    assert.equal(driver.ledger().late, 1);
    const letters = await driver.dead({ kind: 'late' });
    assert.equal(letters.length, 4);
    assert.deepEqual(letters[0]!.record, { n: 1, k: 'a', v: 1, tag: 'x', at: new Date(5000) });
    assert.match(letters[0]!.reason, /it came 16m 35s behind/);
    await driver.redrive({ ids: [letters[0]!.id] });
    assert.equal(driver.ledger().late, 1);
    await driver.redrive({ kind: 'late' });
    assert.deepEqual([driver.ledger().late, driver.ledger().out, driver.ledger().balanced], [0, 2, true]);
    await driver.flush();
    for (const { made, shape } of tables) {
      const expected = await known.aggregate(place(shape, [event(0, 1_000_000), event(1, 5000)]), aggregates.count);
      assert.deepEqual(await driver.rows(made), expected);
    }
  });
});
