// A client that comes back goes on where it was, or hears that it must read again.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { advanceUntil, change, listen, partial, ride, sent, told, withServer } from './live-tools.ts';

describe('a client that comes back', () => {
  test('gets at once what it missed, of each key the newest, or ready where it missed nothing', async () => {
    await withServer(async ({ backend, clock, open, url }) => {
      const client = await open('tables/rides');
      const { id } = (await client.next())!;
      client.close();
      for (const km of [1, 2]) {
        backend.changeTable('rides', change(ride('r1', km), ride(`other ${km}`)));
        await clock.advance(60);
      }
      const back = await open('tables/rides', id);
      const missed = (await back.next())!;
      assert.deepEqual(missed.data, told([sent('other 1'), sent('r1', 2), sent('other 2')], [], 4));
      const again = await open('tables/rides', missed.id);
      assert.deepEqual(await again.next(), { event: 'ready', id: missed.id, data: {} });
      const byParameter = await listen(`${url}/api/live/tables/rides?lastEventId=${id}`);
      assert.equal((await byParameter.next())!.event, 'rows');
      byParameter.close();
      const byBoth = await open(`tables/rides?lastEventId=${id}`, missed.id);
      assert.equal((await byBoth.next())!.event, 'ready');
      const filtered = await open('tables/rides?where.zone=B', id);
      assert.deepEqual((await filtered.next())!.data, told([], ['other 1', 'r1', 'other 2'], 4));
      const neverThere = await open('tables/rides?where.id=r9', id);
      assert.deepEqual(await neverThere.next(), { event: 'ready', id: missed.id, data: {} });
    });
  });

  test('must read again where that is not known any more', async () => {
    const options = { limits: { keptItemsMax: 3 } };
    await withServer(async ({ backend, clock, open }) => {
      const client = await open('tables/rides');
      const { id: first } = (await client.next())!;
      const ids: string[] = [];
      for (let i = 0; i < 5; i++) {
        backend.changeTable('rides', change(ride(`r${i}`)));
        await clock.advance(50);
        ids.push((await client.next())!.id!);
      }
      const foreign = ids[4]!.replace('run', 'other');
      for (const id of [first!, ids[0]!, foreign, 'run-99999', 'run', `${ids[4]}0`, 'x'.repeat(5000), 'run--1']) {
        const back = await open('tables/rides', id);
        const reset = (await back.next())!;
        assert.equal(reset.event, 'reset', id);
        assert.match((reset.data as { reason: string }).reason, /no longer kept/);
      }
      const back = await open('tables/rides', ids[1]);
      assert.deepEqual((await back.next())!.data, told([2, 3, 4].map((i) => sent(`r${i}`))));
      backend.changeTable('rides', partial);
      await clock.advance(1000);
      const late = await open('tables/rides', ids[4]);
      assert.equal((await late.next())!.event, 'reset');
    }, options);
  });

  test('finds its table still watched 5 seconds after the last client has left, whoever left before', async () => {
    await withServer(async ({ backend, clock, open }) => {
      const visit = async () => {
        const client = await open('tables/rides');
        await client.next();
        const before = clock.sleeping;
        client.close();
        await advanceUntil(clock, 0, () => clock.sleeping > before);
      };
      const stays = await open('pipelines');
      await stays.next();
      await visit();
      await clock.advance(4000);
      await visit();
      await clock.advance(4000);
      assert.equal(backend.watchers(), 1);
      await clock.advance(1000);
      assert.equal(backend.watchers(), 0);
    });
  });

  test('is not taken for one that saw what happened while nobody watched', async () => {
    await withServer(async ({ backend, clock, open }) => {
      const client = await open('tables/rides');
      const { id } = (await client.next())!;
      client.close();
      await advanceUntil(clock, 0, () => clock.sleeping > 1);
      await clock.advance(4999);
      assert.equal(backend.watchers(), 1);
      await clock.advance(1);
      assert.equal(backend.watchers(), 0);
      const other = await open('tables/rides');
      await other.next();
      backend.changeTable('rides', change(ride('r1')));
      await clock.advance(1);
      const back = await open('tables/rides', id);
      assert.equal((await back.next())!.event, 'reset');
    });
  });
});
