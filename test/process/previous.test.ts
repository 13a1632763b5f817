// The previous rows of a key, exact in any batching: crossings, three in a row.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { double, drive, int, pipeline, sql, stream, table, text, topic } from '../../src/index.ts';
import { split } from './reference.ts';

const reading = topic('reading', { n: int(), device: text(), v: double() }, { key: 'device', partitions: 2 });
const before = { n: int(), before: double().optional() };

describe('previous', () => {
  const crossing = stream(
    'crossing',
    before,
    sql`select n, previous.v as before from ${reading.previous({ by: ['device'] })} where v > 80 and previous.v <= 80`,
  );
  const steady = stream(
    'steady',
    { n: int() },
    sql`select n from ${reading.previous({ by: ['device'], count: 2 })} r where r.v > 80 and r.previous.v > 80 and previous_2.v > 80`,
  );
  const out = table('crossings', crossing, { key: 'n' });
  const rows = table('steady', steady, { key: 'n' });

  test('is the row before of the same key, one by one and in one batch', async () => {
    const values = [70, 85, 90, 70, 95].map((v, n) => ({ n, device: 'a', v }));
    for (const parts of [values.map((one) => [one]), [values], [values.slice(0, 2), values.slice(2)]]) {
      await using driver = await drive(pipeline('p', { tables: [out] }));
      for (const part of parts) await driver.send(reading, part);
      assert.deepEqual(await driver.rows(out), [
        { n: 1, before: 70 },
        { n: 4, before: 70 },
      ]);
    }
  });

  test('equals a plain recomputation for every split, with restarts', async () => {
    const list = fc.array(fc.record({ device: fc.constantFrom('a', 'c', 'd'), v: fc.constantFrom(70, 80, 81, 90) }), {
      minLength: 1,
      maxLength: 40,
    });
    await fc.assert(
      fc.asyncProperty(list, fc.array(fc.nat(1000), { maxLength: 5 }), fc.boolean(), async (list, cuts, restarts) => {
        const all = list.map((one, n) => ({ ...one, n }));
        await using driver = await drive(pipeline('p', { tables: [out, rows] }));
        for (const part of split(all, cuts)) {
          await driver.send(reading, part);
          if (restarts) await driver.restart();
        }
        const earlier = (n: number) => all.filter((one) => one.n < n && one.device === all[n]!.device).reverse();
        assert.deepEqual(
          await driver.rows(out),
          all
            .filter(({ n, v }) => v > 80 && (earlier(n)[0]?.v ?? 100) <= 80)
            .map(({ n }) => ({ n, before: earlier(n)[0]!.v })),
        );
        assert.deepEqual(
          await driver.rows(rows),
          all
            .filter(
              ({ n, v }) =>
                v > 80 &&
                earlier(n)
                  .slice(0, 2)
                  .filter((one) => one.v > 80).length === 2,
            )
            .map(({ n }) => ({ n })),
        );
        assert.ok(driver.ledger().balanced);
      }),
      { numRuns: 15 },
    );
  });

  test('is the row before by value among those of one record', async () => {
    const parts = stream(
      'parts',
      { device: text(), v: double() },
      sql`select device, v + unnest([3, 1, 2]) as v from ${reading}`,
    );
    const steps = stream(
      'steps',
      { v: double(), before: double().optional() },
      sql`select v, previous.v as before from ${parts.previous({ by: ['device'] })}`,
    );
    const out = table('steps', steps, { key: 'v' });
    await using driver = await drive(pipeline('p', { tables: [out] }));
    await driver.send(reading, [
      { n: 1, device: 'a', v: 0 },
      { n: 2, device: 'a', v: 10 },
    ]);
    await driver.send(reading, [{ n: 3, device: 'a', v: 20 }]);
    assert.deepEqual(
      (await driver.rows(out)).map(({ v, before }) => [v, before]),
      [
        [1, null],
        [2, 1],
        [3, 2],
        [11, 3],
        [12, 11],
        [13, 12],
        [21, 13],
        [22, 21],
        [23, 22],
      ],
    );
  });

  test('does not stand in what * gives, and is refused where the rows of a key have no order', async () => {
    const all = stream(
      'all_',
      reading.fields,
      sql`select * from ${reading.previous({ by: ['device'] })} where previous is null`,
    );
    const firsts = table('firsts', all, { key: 'n' });
    await using driver = await drive(pipeline('p', { tables: [firsts] }));
    await driver.send(reading, [
      { n: 1, device: 'a', v: 1 },
      { n: 2, device: 'a', v: 2 },
    ]);
    assert.deepEqual(await driver.rows(firsts), [{ n: 1, device: 'a', v: 1 }]);
    const wrong = stream('wrong', { n: int() }, sql`select n from ${reading.previous({ by: ['v'] })}`);
    await assert.rejects(drive(pipeline('p', { tables: [table('w', wrong, { key: 'n' })] })), {
      code: 'PIPELINE_INVALID',
    });
  });

  test('takes no letter that is sent again: its turn is over, and the letter stays', async () => {
    const failing = stream(
      'failing',
      { n: int(), before: double().optional() },
      sql`select n, case when v = 0 then error('zero') else previous.v end as before from ${reading.previous({ by: ['device'] })}`,
    );
    const t = table('t', failing, { key: 'n' });
    await using driver = await drive(pipeline('p', { tables: [t] }));
    await driver.send(reading, [
      { n: 1, device: 'a', v: 1 },
      { n: 2, device: 'a', v: 0 },
      { n: 3, device: 'a', v: 3 },
    ]);
    assert.deepEqual(await driver.rows(t), [
      { n: 1, before: null },
      { n: 3, before: 1 },
    ]);
    const { stillDead } = await driver.redrive({}, (record) => ({ ...record, v: 2 }));
    assert.equal(stillDead, 1);
    assert.match((await driver.dead())[0]!.reason, /followed this one/);
    assert.ok(driver.ledger().balanced);
  });
});
