// Rows without a value where a key is asked for: they are those of one key, as null is for GROUP BY, and are not lost.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { drive, int, pipeline, sql, stream, table, text, timestamp, topic } from '../../src/index.ts';
import { split } from './reference.ts';

const f = topic('f', { n: int(), k: text().optional(), at: timestamp() }, { time: 'at' });
const at = (n: number, k: string | null) => ({ n, k, at: n });
const rows = [at(1, null), at(2, 'a'), at(3, null), at(4, null), at(5, 'a')];
const cuts = [[], [1], [2], [3], [1, 2, 3, 4]];

describe('rows without a key are those of one key', () => {
  test('for previous(), in one micro-batch as in several', async () => {
    const deltas = stream(
      'deltas',
      { n: int(), before: int().optional() },
      sql`select n, previous.n as before from ${f.previous({ by: ['k'] })}`,
    );
    const out = table('deltas', deltas, { key: 'n' });
    for (const cut of cuts) {
      await using driver = await drive(pipeline('p', { tables: [out] }));
      for (const part of split(rows, cut)) await driver.send(f, part);
      assert.deepEqual(
        (await driver.rows(out)).map(({ before }) => before),
        [null, null, 1, 3, 2],
        `cut at ${cut}`,
      );
    }
  });

  test('for dedupe(), in one micro-batch as in several', async () => {
    const once = stream('once', { n: int() }, sql`select n from ${f.dedupe({ by: ['k'], within: '1 minute' })}`);
    const out = table('once', once, { key: 'n' });
    for (const cut of cuts) {
      await using driver = await drive(pipeline('p', { tables: [out] }));
      for (const part of split(rows, cut)) await driver.send(f, part);
      assert.deepEqual(
        (await driver.rows(out)).map(({ n }) => n),
        [1, 2],
        `cut at ${cut}`,
      );
    }
  });
});
