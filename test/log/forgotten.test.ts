// Which records were forgotten in the log: those that say so and hold nothing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BatchBuilder, sliceBatch } from '../../src/log/batch.ts';
import { forgottenHeader, isForgotten } from '../../src/log/forgotten.ts';

test('a record is forgotten that has the header and neither key nor value', () => {
  const [key, value, mark] = [Buffer.from('k'), Buffer.from('v'), { [forgottenHeader]: new Uint8Array() }];
  const builder = new BatchBuilder();
  builder.add(0, key, value, mark);
  builder.add(0, null, null, mark);
  builder.add(0, null, null, {});
  builder.add(0, null, null, { other: Buffer.from(forgottenHeader) });
  builder.add(0, key, null, mark);
  builder.add(0, null, value, mark);
  builder.add(0, null, null, { other: value, [forgottenHeader]: Buffer.from('2026-11-22') });
  const batch = builder.take();
  const forgotten = (of: typeof batch) =>
    Array.from({ length: of.count }, (_, i) => i).filter((i) => isForgotten(of, i));
  assert.deepEqual(forgotten(batch), [1, 6]);
  assert.deepEqual(forgotten(sliceBatch(batch, 1, 4)), [0]);
});
