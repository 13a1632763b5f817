// A replay keeps its pace by the clock, in small batches.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { virtualClock } from '../../../src/core/clock.ts';
import { MillraceError } from '../../../src/core/errors.ts';
import { int, timestamp } from '../../../src/define/fields.ts';
import { open } from '../../../src/ingest/csv/open.ts';
import { context, memoryFiles } from '../tools.ts';

const fields = { id: int(), at: timestamp() };
const startMs = Date.UTC(2017, 5, 1);

function file(count: number, seconds: (i: number) => number): string {
  const at = (i: number) => new Date(startMs + seconds(i) * 1000).toISOString();
  return `id,at\n${Array.from({ length: count }, (_, i) => `${i},${at(i)}`).join('\n')}\n`;
}

/** Replays a file while the virtual time advances in steps of 5 ms; returns at which millisecond each batch came, and its size. */
async function replay(content: string, pace: unknown, forMs: number): Promise<[number, number][]> {
  const clock = virtualClock(1e12);
  const files = memoryFiles({ 'x.csv': content });
  const stop = new AbortController();
  const source = await open(
    { file: 'x.csv', pace },
    context(fields, { clock, files, time: 'at', signal: stop.signal }),
  );
  const came: [number, number][] = [];
  const reading = (async () => {
    for await (const batch of source.batches()) came.push([clock.elapsed(), batch.rows.length]);
  })();
  for (let ms = 0; ms < forMs; ms += 5) await clock.advance(5);
  stop.abort();
  await reading;
  await source.close();
  return came;
}

const total = (came: [number, number][]) => came.reduce((sum, [, count]) => sum + count, 0);

test('a rate gives so many rows a second, in batches of about 20 ms', async () => {
  const content = file(5000, (i) => i);
  const fast = await replay(content, { rate: '1000/s' }, 2000);
  assert.ok(Math.abs(total(fast) - 2000) <= 25, `${total(fast)} rows`);
  assert.ok(fast.length > 50 && fast.length <= 110, `${fast.length} batches`);
  const slow = await replay(content, '2/s', 2990);
  assert.deepEqual(
    slow.map(([, count]) => count),
    [1, 1, 1, 1, 1, 1],
  );
  assert.deepEqual(
    slow.map(([ms]) => ms),
    [0, 500, 1000, 1500, 2000, 2500],
  );
  assert.equal(total(await replay(content, 7, 10_100)), 71);
});

test('a speed replays by the times of the rows, and rows out of order leave with the one before', async () => {
  const content = file(120, (i) => (i % 10 === 5 ? i - 4 : i));
  const came = await replay(content, { speed: 60 }, 1000);
  // 60 seconds of the file pass in one second
  assert.ok(Math.abs(total(came) - 60) <= 3, `${total(came)} rows`);
  const gap = await replay(
    file(4, (i) => (i < 2 ? i : 600 + i)),
    '60x',
    9900,
  );
  assert.equal(total(gap), 2);
  assert.equal(
    total(
      await replay(
        file(4, (i) => (i < 2 ? i : 600 + i)),
        '60x',
        10_200,
      ),
    ),
    4,
  );
});

test('without a pace all rows leave at once, without the clock', async () => {
  const came = await replay(
    file(25_000, (i) => i),
    'full',
    200,
  );
  assert.deepEqual(
    came.map(([, count]) => count),
    [10_000, 10_000, 5000],
  );
});

test('a consumer that was slow does not get a burst of all that it missed', async () => {
  const clock = virtualClock(0);
  const files = memoryFiles({ 'x.csv': file(50_000, (i) => i) });
  const source = await open({ file: 'x.csv', pace: '100/s' }, context(fields, { clock, files }));
  const batches = source.batches()[Symbol.asyncIterator]();
  await batches.next();
  await clock.advance(60_000);
  const next = await batches.next();
  assert.ok(next.value.rows.length <= 101, `${next.value.rows.length} rows`);
  await source.close();
});

test('a speed without an event time is refused', async () => {
  const files = memoryFiles({ 'x.csv': 'id,at\n' });
  await assert.rejects(
    open({ file: 'x.csv', pace: { speed: 2 } }, context(fields, { files })),
    (error) => error instanceof MillraceError && error.code === 'OPTION_INVALID' && /time/.test(error.message),
  );
});
