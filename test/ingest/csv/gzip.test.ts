// A CSV file that is compressed by gzip: read as the text that it was made of, from any place, in constant memory.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { open } from '../../../src/ingest/csv/open.ts';
import { context, gather, memoryFiles } from '../tools.ts';
import { abc, fails, places, read } from './shared.ts';

const row = (i: number) => (i % 7 === 3 ? `${i},x` : `${i},"y""\n",é${i * 7919}`);
const rows = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `${row(from + i)}\n`).join('');
const content = `a,b,c\n${rows(0, 60_000)}`;
const packed = gzipSync(content);

describe('csv reads gzip', () => {
  test('as the text that it was made of, in one member or in many, whatever a read returns', async () => {
    const plain = await read(content, abc);
    assert.equal(plain.rows.length + plain.refusals.length, 60_000);
    const members = Buffer.concat(content.match(/.{1,100000}/gs)!.map((part) => gzipSync(part)));
    for (const [bytes, chunkBytes] of [[packed], [packed, 1000], [members]] as const) {
      const all = await read(bytes, abc, {}, {}, chunkBytes);
      assert.deepEqual(all.rows, plain.rows);
      assert.deepEqual(all.sequences, plain.sequences);
      assert.deepEqual(places(all), places(plain));
      assert.deepEqual(all.last, { ...plain.last });
    }
  });

  test('from any place, with the same rows and numbers', async () => {
    const whole = await read(content, abc);
    for (let i = 0; i < whole.batches.length; i++) {
      const { position } = whole.batches[i]!;
      const rest = await read(packed, abc, {}, { position, nextSequence: 77_777 });
      assert.deepEqual(
        rest.rows,
        whole.batches.slice(i + 1).flatMap((batch) => batch.rows),
      );
      assert.deepEqual(
        rest.sequences,
        whole.batches.slice(i + 1).flatMap((batch) => batch.sequences),
      );
    }
  });

  test('and says how much of the compressed bytes is read', async () => {
    const { batches } = await read(packed, abc, {}, {}, 5000);
    const progress = batches.map((batch) => batch.progress!);
    assert.deepEqual(
      progress,
      progress.toSorted((a, b) => a - b),
    );
    assert.ok(progress[0]! < 0.9 && progress.at(-1) === 1, progress.join());
  });

  test('with what was added to it, and not where it is another one or shorter', async () => {
    const first = await read(packed, abc);
    const grown = await read(
      Buffer.concat([packed, gzipSync(rows(60_000, 60_003))]),
      abc,
      {},
      { position: first.last },
    );
    assert.deepEqual([grown.rows.length, grown.refusals.length], [2, 1]);
    const changed = (now: string) => read(gzipSync(now), abc, {}, { position: first.last });
    await assert.rejects(changed(content.slice(0, -10)), fails('SOURCE_CHANGED', /shorter/));
    await assert.rejects(changed(`a,c,b\n${content.slice(6)}`), fails('SOURCE_CHANGED', /begins differently/));
  });

  test('up to where it is damaged or ends, and says so', async () => {
    const cut = packed.subarray(0, packed.length >> 1);
    const damaged = Buffer.from(packed);
    damaged.fill(0, packed.length >> 1, (packed.length >> 1) + 2000);
    for (const bytes of [cut, damaged]) {
      const source = await open({ file: 'x.csv' }, context(abc, { files: memoryFiles({ 'x.csv': bytes }) }));
      let count = 0;
      const reading = (async () => {
        for await (const batch of source.batches()) count += batch.rows.length;
      })();
      await assert.rejects(reading, fails('SOURCE_REFUSED', /gzip and cannot be unpacked.*fetch it again/));
      assert.ok(count > 1000, `${count} rows`);
      await source.close();
    }
    const twice = gzipSync(packed);
    await assert.rejects(read(twice, abc), fails('SOURCE_REFUSED', /compressed by gzip, not CSV/));
  });

  test('in constant memory', async () => {
    const large = gzipSync(`a,b,c\n${'some text,that is very much,alike\n'.repeat(1_500_000)}`);
    const source = await open({ file: 'x.csv' }, context(abc, { files: memoryFiles({ 'x.csv': large }) }));
    let most = 0;
    let count = 0;
    const before = process.memoryUsage().arrayBuffers;
    for await (const batch of source.batches()) {
      count += batch.rows.length;
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    }
    await source.close();
    assert.equal(count, 1_500_000);
    assert.ok(most < 20 * 2 ** 20, `${most} bytes`);
  });

  test('and stops in the middle of it', async () => {
    const source = await open({ file: 'x.csv' }, context(abc, { files: memoryFiles({ 'x.csv': packed }) }));
    assert.equal((await gather(source, 1)).batches.length, 1);
    await source.close();
  });
});
