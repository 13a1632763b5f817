// The newest batches in memory take no more of it than they may, however small they are.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { BatchBuilder, heldBytes } from '../../src/log/batch.ts';
import { CacheLimit, TailCache } from '../../src/log/embedded/tail-cache.ts';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

/** Bytes in use, once all that nothing refers to is gone. */
async function usedBytes(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

for (const valueBytes of [10, 80, 700, 3000]) {
  test(`batches of one record of ${valueBytes} bytes`, async () => {
    const bytesMax = 8 * 2 ** 20;
    const limit = new CacheLimit(2 * bytesMax, bytesMax);
    const cache = new TailCache(limit);
    const builder = new BatchBuilder();
    const value = new Uint8Array(valueBytes);
    const before = await usedBytes();
    for (let baseOffset = 0; baseOffset < 40_000; baseOffset++) {
      builder.add(1, null, value);
      cache.add({ ...builder.take(), topic: 'ride', partition: 0, baseOffset }, valueBytes + 64);
    }
    const used = (await usedBytes()) - before;
    assert.ok(cache.bytes <= bytesMax && cache.bytes > bytesMax / 2, `${cache.bytes} counted`);
    assert.ok(used < bytesMax * 1.3, `${used} bytes are held, ${cache.bytes} counted`);
    assert.ok(cache.holds(39_999) && !cache.holds(0));
    assert.equal(limit.bytes, cache.bytes);
  });
}

test('a small batch after a large one does not hold the memory of the large one', () => {
  const builder = new BatchBuilder();
  builder.add(1, null, new Uint8Array(2 ** 20));
  assert.ok(heldBytes(builder.take()) >= 2 ** 20);
  builder.add(1, null, new Uint8Array(80));
  const small = builder.take();
  assert.ok(heldBytes(small) < 2000);
  builder.add(1, null, new Uint8Array(80).fill(7));
  builder.take();
  assert.ok(small.bytes.every((byte) => byte === 0));
});
