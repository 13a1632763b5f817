// Records that were forgotten in the log: passed, counted as filtered, and nothing else.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { int, pipeline, table, topic } from '../../src/index.ts';
import { forgottenHeader } from '../../src/log/forgotten.ts';
import { logged } from './logged.ts';

const reading = topic('reading', { id: int(), value: int() }, { key: 'id' });
const made = pipeline('readings', { tables: [table('newest', reading, { key: 'id' })] });

for (const [how, recordsMax] of [
  ['in one micro-batch', 100],
  ['one by one', 1],
] as const)
  test(`a record that was forgotten is filtered, ${how}`, async (t) => {
    const under = await logged(t, made);
    const mark = { [forgottenHeader]: new Uint8Array() };
    await under.appendRaw(reading, 0, null, null, mark);
    await under.append(reading, 0, { id: 1, value: 10 });
    await under.appendRaw(reading, 0, null, null, mark);
    await under.append(reading, 0, { id: 2, value: 20 });
    await under.appendRaw(reading, 0, null, null, mark);
    await under.step(reading, 0, recordsMax);
    assert.deepEqual(under.ledger(), { in: 5, out: 2, filtered: 3, balanced: true });
    assert.deepEqual(await under.rows('newest'), [
      { id: 1, value: 10 },
      { id: 2, value: 20 },
    ]);
    assert.deepEqual(await under.letters(), []);
  });

test('a record without key and value that nobody has forgotten is a dead letter', async (t) => {
  const under = await logged(t, made);
  await under.appendRaw(reading, 0, null, null);
  await under.step(reading);
  assert.deepEqual(under.ledger(), { in: 1, dead: 1, balanced: true });
});
