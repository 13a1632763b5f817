// Which row of a key a table without a version keeps: that of the later record in the log.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { drive, int, pipeline, sql, stream, table, text, topic } from '../../src/index.ts';

const given = topic('given', { k: text(), v: int(), part: text() }, { key: 'part', partitions: 2 });
const parsed = stream(
  'parsed',
  { k: text(), v: int() },
  sql`select k, case when v = 0 then error('zero') else v end as v from ${given}`,
);
const out = table('parsed', parsed, { key: 'k' });
const made = pipeline('p', { tables: [out] });
const at = (k: string, v: number, part = 'a') => ({ k, v, part });

describe('a table without a version', () => {
  test('a letter that is sent again does not replace the row of a later record', async () => {
    for (const parts of [[[at('x', 1), at('x', 0), at('x', 3)]], [[at('x', 1)], [at('x', 0)], [at('x', 3)]]]) {
      await using driver = await drive(made);
      for (const part of parts) await driver.send(given, part);
      assert.equal((await driver.redrive({}, (record) => ({ ...record, v: 2 }))).stored, 1);
      assert.deepEqual(await driver.rows(out), [{ k: 'x', v: 3 }]);
      assert.ok(driver.ledger().balanced);
    }
  });

  test('a letter that is sent again replaces the row of an earlier record', async () => {
    await using driver = await drive(made);
    await driver.send(given, [at('x', 1), at('x', 0)]);
    await driver.redrive({}, (record) => ({ ...record, v: 2 }));
    assert.deepEqual(await driver.rows(out), [{ k: 'x', v: 2 }]);
  });

  test('a letter of a source comes after all records, since it is appended', async () => {
    await using driver = await drive(made);
    await driver.send(given, [at('x', 'one' as never), at('x', 3)]);
    await driver.redrive({}, (record) => ({ ...record, v: 2 }));
    assert.deepEqual(await driver.rows(out), [{ k: 'x', v: 2 }]);
  });

  test('rows of two partitions are ordered by offset, then by partition, whichever comes first', async () => {
    const records = new Map([
      ['a', [at('x', 1, 'a'), at('y', 2, 'a')]], // partition 0
      ['d', [at('x', 3, 'd'), at('z', 4, 'd')]], // partition 1
    ]);
    for (const order of [
      ['a', 'd'],
      ['d', 'a'],
    ]) {
      await using driver = await drive(made);
      for (const part of order) await driver.send(given, records.get(part)!);
      for (const part of order) await driver.send(given, [at(part === 'a' ? 'z' : 'y', 5, part)]);
      assert.deepEqual(await driver.rows(out), [
        { k: 'x', v: 3 },
        { k: 'y', v: 5 },
        { k: 'z', v: 5 },
      ]);
    }
  });
});
