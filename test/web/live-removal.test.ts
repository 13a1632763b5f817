// Rows that a commit removes, or that no longer meet a filter: a client that keeps rows by their key never has to read again for them.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { limits } from '../../src/core/limits.ts';
import { change, type LiveClient, partial, removal, ride, sent, told, withServer } from './live-tools.ts';

const data = async (client: LiveClient) => (await client.next())!.data;

describe('a row that is removed', () => {
  test('is told by the columns of its key', async () => {
    await withServer(async ({ backend, clock, open }) => {
      const client = await open('tables/rides');
      await client.next();
      backend.changeTable('rides', { ...change(ride('r1')), removed: [{ id: 'r2' }] });
      await clock.advance(1);
      assert.deepEqual(await data(client), told([sent('r1')], ['r2']));
      backend.changeTable('rides', removal('r1'));
      await clock.advance(50);
      assert.deepEqual(await data(client), told([], ['r1']));
    });
  });

  test('and put again between two pushes, or put and removed, is told once, as it then is', async () => {
    await withServer(async ({ backend, clock, open }) => {
      const client = await open('tables/rides');
      await client.next();
      backend.changeTable('rides', change(ride('back', 1), ride('gone', 1)));
      backend.changeTable('rides', removal('back', 'gone'));
      backend.changeTable('rides', change(ride('back', 2)));
      await clock.advance(1);
      assert.deepEqual(await data(client), told([sent('back', 2)], ['gone'], 5));
    });
  });

  test('in the commit that wrote it is no reason to read again', async () => {
    await withServer(async ({ backend, clock, open }) => {
      const client = await open('tables/rides');
      await client.next();
      // written, removed, and one row written twice: the store tells four writes and two keys
      backend.changeTable('rides', { rows: [ride('r1', 2)], removed: [{ id: 'r2' }], isPartial: false, count: 4 });
      await clock.advance(1);
      assert.deepEqual(await data(client), told([sent('r1', 2)], ['r2']));
      backend.changeTable('rides', change(ride('r3')));
      await clock.advance(1000);
      assert.deepEqual(await data(client), told([sent('r3')]));
    });
  });

  test('is told to a client that comes back, of each key the last state', async () => {
    await withServer(async ({ backend, clock, open }) => {
      const client = await open('tables/rides');
      const { id } = (await client.next())!;
      client.close();
      for (const one of [change(ride('r1'), ride('r2')), removal('r1', 'r2', 'r3'), change(ride('r2', 7))]) {
        backend.changeTable('rides', one);
        await clock.advance(60);
      }
      assert.deepEqual(await data(await open('tables/rides', id)), told([sent('r2', 7)], ['r1', 'r3'], 6));
    });
  });

  test('counts like one that is written against the limits', async () => {
    await withServer(async ({ backend, clock, open }) => {
      const client = await open('tables/rides');
      await client.next();
      const ids = Array.from({ length: limits.changeRowsMax }, (_, i) => `r${i}`);
      backend.changeTable('rides', removal(...ids));
      await clock.advance(1);
      assert.deepEqual(await data(client), told([], ids));
      backend.changeTable('rides', removal(...ids));
      backend.changeTable('rides', change(ride('one more')));
      await clock.advance(50);
      assert.deepEqual((await client.next())!.event, 'reset');
    });
    await withServer(
      async ({ backend, clock, open }) => {
        const client = await open('tables/rides');
        const { id } = (await client.next())!;
        for (const ids of [
          ['r1', 'r2'],
          ['r3', 'r4'],
        ]) {
          backend.changeTable('rides', removal(...ids));
          await clock.advance(60);
        }
        assert.equal((await (await open('tables/rides', id)).next())!.event, 'reset');
      },
      { limits: { keptItemsMax: 3 } },
    );
  });

  test('is told beside what must be read again, so that nothing waits for that', async () => {
    await withServer(async ({ backend, clock, open }) => {
      const client = await open('tables/rides');
      await client.next();
      backend.changeTable('rides', { ...partial, removed: [{ id: 'r1' }] });
      await clock.advance(1);
      assert.deepEqual(await data(client), told([], ['r1']));
      assert.equal((await client.next())!.event, 'reset');
    });
  });
});

describe('for clients with a filter, a row', () => {
  test('that no longer meets it is removed, and one that meets it again is there again', async () => {
    await withServer(async ({ backend, clock, open }) => {
      const client = await open('tables/rides?where.zone=B&where.km.gt=1');
      await client.next();
      const expected: [ReturnType<typeof change>, object][] = [
        [change(ride('r1', 2, 'B')), told([sent('r1', 2, 'B')])],
        [change(ride('r1', 1, 'B')), told([], ['r1'])],
        [change(ride('r1', 3, 'B')), told([sent('r1', 3, 'B')])],
        [change(ride('r1', 3, 'A')), told([], ['r1'])],
        [removal('r1'), told([], ['r1'])],
      ];
      for (const [one, data_] of expected) {
        backend.changeTable('rides', one);
        await clock.advance(60);
        assert.deepEqual(await data(client), data_);
      }
    });
  });

  test('that met it only between two pushes is removed: who read meanwhile may have it', async () => {
    await withServer(async ({ backend, clock, open }) => {
      const client = await open('tables/rides?where.zone=B');
      await client.next();
      backend.changeTable('rides', change(ride('r1', 1, 'B')));
      backend.changeTable('rides', change(ride('r1', 1, 'A')));
      await clock.advance(1);
      assert.deepEqual(await data(client), told([], ['r1'], 2));
    });
  });

  test('that never met it by its key is not told at all', async () => {
    await withServer(async ({ backend, clock, open }) => {
      const client = await open('tables/rides?where.id.in=r1&where.id.in=r2&where.km.gt=1');
      await client.next();
      backend.changeTable('rides', change(ride('r3', 2), ride('r4', 1)));
      backend.changeTable('rides', removal('r5'));
      await clock.advance(60);
      backend.changeTable('rides', change(ride('r1', 2), ride('r2', 1), ride('r6', 2)));
      await clock.advance(60);
      assert.deepEqual(await data(client), told([sent('r1', 2)], ['r2']));
    });
  });
});
