// Live streams whose push fails: their clients are told, the others go on, and the process does too.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { open } from '../../src/control/open.ts';
import { limits } from '../../src/core/limits.ts';
import { int, json, pipeline, table, topic } from '../../src/index.ts';
import type { TopicRecord } from '../../src/web/schemas.ts';
import { serve } from '../../src/web/server.ts';
import { fakeBackend } from './backend.ts';
import { start } from './data.ts';
import { advanceUntil, change, listen, ride, sent, told, withServer } from './live-tools.ts';

/** A value that is too deep for what calls itself. */
const deep: unknown = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000));
const failed = /^what changed could not be sent: Maximum call stack/;
const reasonOf = (data: unknown) => (data as { reason: string }).reason;

describe('a push that fails', () => {
  test('is told to the clients of a table, who hear of what comes after it', async () => {
    await withServer(async ({ backend, clock, open }) => {
      const client = await open('tables/rides');
      await client.next();
      backend.changeTable('rides', change({ ...ride('r1'), driver: deep }));
      await clock.advance(1);
      await advanceUntil(clock, 50, () => client.waiting > 0);
      const { event, data } = (await client.next())!;
      assert.equal(event, 'reset');
      assert.match(reasonOf(data), failed);
      backend.changeTable('rides', change(ride('r2')));
      await advanceUntil(clock, 50, () => client.waiting > 0);
      assert.deepEqual((await client.next())!.data, told([sent('r2')]));
    });
  });

  test('is told to the clients of a topic', async () => {
    await withServer(async ({ backend, clock, open }) => {
      const client = await open('topics/rides');
      await client.next();
      const record = (value: Record<string, unknown>): TopicRecord => ({
        partition: 0,
        offset: 1,
        time: start,
        key: 'k',
        value,
      });
      backend.appendTopic('rides', [record({ deep })]);
      await advanceUntil(clock, 50, () => client.waiting > 0);
      assert.match(reasonOf((await client.next())!.data), failed);
      backend.appendTopic('rides', [record({ id: 'r1' })]);
      await advanceUntil(clock, 50, () => client.waiting > 0);
      assert.equal((await client.next())!.event, 'records');
    });
  });

  test('for a filter resets those who have it, and not the others', async () => {
    await withServer(async ({ backend, clock, open }) => {
      const all = await open('tables/rides');
      const some = await open('tables/rides?where.zone.like=A%25');
      await all.next();
      await some.next();
      // a text that is none: the filter cannot look at it
      backend.changeTable('rides', change({ ...ride('r1'), zone: 7 }));
      await advanceUntil(clock, 50, () => all.waiting > 0 && some.waiting > 0);
      assert.equal((await all.next())!.event, 'rows');
      const { event, data } = (await some.next())!;
      assert.equal(event, 'reset');
      assert.match(reasonOf(data), /^what changed could not be sent/);
    });
  });

  test('by a key that cannot be read is no error of what stores', async () => {
    await withServer(async ({ backend, clock, open }) => {
      const client = await open('tables/rides');
      await client.next();
      assert.doesNotThrow(() => backend.changeTable('rides', change({ ...ride('r1'), id: deep })));
      await advanceUntil(clock, 50, () => client.waiting > 0);
      assert.match(reasonOf((await client.next())!.data), failed);
    });
  });

  test('of the pipelines ends their streams, and who comes anew is answered with the error', async () => {
    const fake = fakeBackend();
    let isBroken = false;
    const pipelines = () => {
      if (isBroken) throw new Error('broken');
      return fake.pipelines();
    };
    await withServer(
      async ({ clock, open, url }) => {
        const client = await open('pipelines');
        assert.equal((await client.next())!.event, 'pipelines');
        isBroken = true;
        let isEnded = false;
        client.response.on('close', () => {
          isEnded = true;
        });
        await advanceUntil(clock, 500, () => isEnded);
        assert.equal((await fetch(`${url}/api/live/pipelines`)).status, 500);
        isBroken = false;
        assert.equal((await (await open('pipelines')).next())!.event, 'pipelines');
      },
      {},
      { pipelines },
    );
  });
});

test('deep JSON is rejected beside records that are stored, and nobody who watches loses the stream', async () => {
  const things = topic('things', { id: int(), any: json() });
  const folder = await mkdtemp(join(tmpdir(), 'millrace-deep-'));
  const millrace = await open({ folder: join(folder, 'data') });
  const running = await millrace.start([pipeline('things', { tables: [table('thing', things, { key: 'id' })] })]);
  const served = await serve(millrace.backend(running), { port: 0 });
  using client = await listen(`${served.url}/api/live/tables/thing`);
  assert.equal((await client.next())!.event, 'ready');
  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
  const record = (id: number, depth: number) => `{"id":${id},"any":${nested(depth)}}`;
  const post = async (body: string, type = 'application/json') => {
    const headers = { 'content-type': type };
    const answer = await fetch(`${served.url}/api/topics/things/records`, { method: 'POST', headers, body });
    return {
      status: answer.status,
      ...((await answer.json()) as {
        accepted: number;
        rejected: { index: number; reason: string; remedy: string; code: string }[];
      }),
    };
  };
  const { jsonDepthMax } = limits;
  const some = [jsonDepthMax, jsonDepthMax + 1, 4300, 1, 100_000, 2_000_000, 2].map((depth, id) => record(id, depth));
  for (const { accepted, rejected } of [
    await post(`[${some.join(', ')}]`),
    await post(some.join('\n'), 'application/x-ndjson'),
  ]) {
    assert.equal(accepted, 3);
    assert.deepEqual(
      rejected.map(({ index, code }) => [index, code]),
      [
        [1, 'RECORD_INVALID'],
        [2, 'RECORD_INVALID'],
        [4, 'RECORD_MALFORMED'],
        [5, 'RECORD_MALFORMED'],
      ],
    );
    for (const { reason, remedy } of rejected) {
      assert.match(reason, /nested (at most 100|more than 1000) deep/);
      assert.match(remedy, /Nest it less/);
    }
  }
  assert.equal((await post(nested(8_000_000))).status, 400);
  assert.equal((await post(`{"a":${nested(1_000_000)}}`)).status, 400);
  const event = (await client.next())!;
  assert.equal(event.event, 'rows');
  const query = await fetch(`${served.url}/api/query`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: `{"sql":${nested(1_000_000)}}`,
  });
  assert.equal(query.status, 400);
  await served.close();
  await running.stop(5000);
  await millrace.close();
  await rm(folder, { recursive: true });
});
