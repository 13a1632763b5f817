// Clients that read slowly or not at all: what waits for them is bounded, and what they missed comes conflated.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { virtualClock } from '../../src/core/clock.ts';
import type { LiveOptions } from '../../src/web/live/options.ts';
import { fakeBackend } from './backend.ts';
import { start } from './data.ts';
import { advanceUntil, connect, LiveClient, type LiveEvent, liveServer } from './live-tools.ts';

const rowBytes = 300_000;
const pushes = 100;
const row = (id: string, version: number) => ({
  id,
  zone: 'A',
  km: version,
  fare: null,
  at: new Date(start),
  driver: 'x'.repeat(rowBytes),
});

type Rows = { rows: { id: string; km: number }[]; count: number };

/** A client that does not read while 30 MB are pushed, and then does. Resolves with all events that it gets. */
async function readLate(options: LiveOptions['limits']): Promise<{ events: LiveEvent[]; unsent: number }> {
  const backend = fakeBackend();
  const clock = virtualClock(start);
  await using server = await liveServer(backend, { clock, limits: options ?? {} });
  const response = await connect(`${server.url}/api/live/tables/rides`);
  response.pause();
  let unsent = 0;
  for (let i = 1; i <= pushes; i++) {
    backend.changeTable('rides', {
      rows: [row('same', i), row(`number ${i}`, i)],
      removed: [],
      isPartial: false,
      count: 2,
    });
    await clock.advance(50);
    unsent = Math.max(unsent, server.unsent());
  }
  using client = new LiveClient(response);
  const events: LiveEvent[] = [];
  let isRead = false;
  while (!isRead) {
    const event = (await client.next())!;
    events.push(event);
    isRead = event.event === 'reset' || (event.data as Rows).rows?.some((one) => one.km === pushes);
  }
  // it is one like the others again
  backend.changeTable('rides', { rows: [row('after', pushes + 1)], removed: [], isPartial: false, count: 1 });
  await clock.advance(50);
  const after = (await client.next())!.data as Rows;
  assert.equal(after.rows[0]!.id, 'after');
  return { events, unsent };
}

test('a client that read slowly gets what it missed in one event, of each key the newest', async () => {
  const { events, unsent } = await readLate({ keptBytesMax: 100e6 });
  const [ready, ...rest] = events;
  assert.equal(ready!.event, 'ready');
  const all = rest.map((event) => event.data as Rows);
  assert.ok(all.length < pushes, `${all.length} events`);
  const missed = all.at(-1)!;
  assert.equal(missed.rows.filter(({ id }) => id === 'same').length, 1);
  assert.equal(missed.rows.find(({ id }) => id === 'same')!.km, pushes);
  assert.equal(missed.count, 2 * (missed.rows.length - 1));
  // nothing is left out and nothing comes twice
  assert.deepEqual(
    all.flatMap(({ rows }) => rows.filter(({ id }) => id !== 'same').map(({ km }) => km)),
    Array.from({ length: pushes }, (_, i) => i + 1),
  );
  assert.ok(unsent <= 256 * 1024 + 2 * (rowBytes + 500), `${unsent} bytes waited`);
});

test('a client that read so slowly that its changes are no longer kept must read again', async () => {
  const { events, unsent } = await readLate({});
  const last = events.at(-1)!;
  assert.equal(last.event, 'reset');
  assert.deepEqual(last.data, { reason: 'more changed than was read in time' });
  assert.ok(unsent <= 256 * 1024 + 2 * (rowBytes + 500), `${unsent} bytes waited`);
});

test('a client that reads nothing for 30 seconds is closed, and others are not', async () => {
  const backend = fakeBackend();
  const clock = virtualClock(start);
  await using server = await liveServer(backend, { clock });
  const stalled = await connect(`${server.url}/api/live/tables/rides`);
  stalled.pause();
  using reads = new LiveClient(await connect(`${server.url}/api/live/tables/rides`));
  await reads.next();
  let version = 0;
  const push = async () => {
    backend.changeTable('rides', { rows: [row('same', ++version)], removed: [], isPartial: false, count: 1 });
    await clock.advance(50);
    while (((await reads.next())!.data as Rows).rows[0]!.km !== version);
  };
  while (server.unsent() <= 256 * 1024) await push();
  const heldMs = clock.elapsed();
  await clock.advance(29_000);
  assert.ok(server.unsent() > 0);
  await clock.advance(6000);
  const closed = once(stalled, 'close');
  stalled.on('error', () => undefined);
  stalled.resume();
  await closed;
  assert.ok(clock.elapsed() - heldMs >= 30_000);
  while ((await reads.next())!.event !== ':');
  backend.changeTable('rides', { rows: [row('same', ++version)], removed: [], isPartial: false, count: 1 });
  await clock.advance(50);
  let last: LiveEvent;
  do last = (await reads.next())!;
  while (last.event === ':');
  assert.equal((last.data as Rows).rows[0]!.km, version);
  reads.close();
  await advanceUntil(clock, 1000, () => backend.watchers() === 0);
});
