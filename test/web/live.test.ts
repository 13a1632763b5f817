// Live streams over real connections: events, conflation, limits, and what is left when clients vanish.
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { describe, test } from 'node:test';
import { limits } from '../../src/core/limits.ts';
import type { PipelineView, Problem } from '../../src/web/schemas.ts';
import { serve } from '../../src/web/server.ts';
import { fakeBackend } from './backend.ts';
import { start } from './data.ts';
import { advanceUntil, change, connect, listen, ride, sent, told, withServer } from './live-tools.ts';

describe('a live table', () => {
  test('says ready, then sends changed rows as the API gives them', async () => {
    await withServer(async ({ backend, clock, open }) => {
      const client = await open('tables/rides');
      const { headers } = client.response;
      assert.equal(headers['content-type'], 'text/event-stream; charset=utf-8');
      assert.equal(headers['cache-control'], 'no-store');
      assert.equal(headers['x-accel-buffering'], 'no');
      assert.equal(headers['content-encoding'], undefined);
      const ready = (await client.next())!;
      assert.deepEqual([ready.event, ready.data], ['ready', {}]);
      backend.changeTable('rides', change(ride('r1'), ride('r2')));
      await clock.advance(1);
      const rows = (await client.next())!;
      assert.deepEqual([rows.event, rows.data], ['rows', told([sent('r1'), sent('r2')])]);
      assert.match(rows.id!, /^run-\d+$/);
      assert.notEqual(rows.id, ready.id);
    });
  });

  test('sends values of every type without loss', async () => {
    await withServer(async ({ backend, clock, open }) => {
      const client = await open('tables/users');
      await client.next();
      const [first] = await backend.rows('users', { where: { id: { eq: 9_223_372_036_854_775_807n } } });
      backend.changeTable('users', change(first!));
      await clock.advance(1);
      const { rows } = (await client.next())!.data as { rows: Record<string, unknown>[] };
      assert.deepEqual([rows[0]!.id, rows[0]!.photo], ['9223372036854775807', 'AP8A']);
    });
  });

  test('pushes at most every 50 ms, of each key the newest', async () => {
    await withServer(async ({ backend, clock, open }) => {
      const client = await open('tables/rides');
      await client.next();
      backend.changeTable('rides', change(ride('r1', 1)));
      await clock.advance(1);
      assert.deepEqual((await client.next())!.data, told([sent('r1', 1)]));
      backend.changeTable('rides', change(ride('r1', 2)));
      await clock.advance(48);
      backend.changeTable('rides', change(ride('r1', 3), ride('r2', 4)));
      await clock.advance(2);
      assert.deepEqual((await client.next())!.data, told([sent('r1', 3), sent('r2', 4)], [], 3));
      await clock.advance(1000);
      backend.changeTable('rides', change(ride('r9')));
      await clock.advance(1);
      assert.deepEqual((await client.next())!.data, told([sent('r9')]));
    });
  });

  test('is watched once for all its clients, each of which gets what its filter lets through', async () => {
    await withServer(async ({ backend, clock, open }) => {
      const all = await Promise.all([open('tables/rides'), open('tables/rides')]);
      const filtered = await Promise.all([
        open('tables/rides?where.zone=B'),
        open('tables/rides?where.zone.in=B&where.zone.in=C&where.km.gt=1'),
      ]);
      for (const client of [...all, ...filtered]) await client.next();
      assert.equal(backend.watchers(), 1);
      backend.changeTable('rides', change(ride('r1', 2, 'A')));
      await clock.advance(60);
      backend.changeTable('rides', change(ride('r2', 1, 'B'), ride('r3', 2, 'C')));
      await clock.advance(60);
      for (const client of all) {
        assert.deepEqual((await client.next())!.data, told([sent('r1', 2, 'A')]));
        assert.deepEqual((await client.next())!.data, told([sent('r2', 1, 'B'), sent('r3', 2, 'C')]));
      }
      for (const client of filtered) assert.deepEqual((await client.next())!.data, told([], ['r1']));
      assert.deepEqual((await filtered[0]!.next())!.data, told([sent('r2', 1, 'B')], ['r3']));
      assert.deepEqual((await filtered[1]!.next())!.data, told([sent('r3', 2, 'C')], ['r2']));
    });
  });

  test('asks to read again where more changed than an event carries, and where not all that changed is known', async () => {
    await withServer(async ({ backend, clock, open }) => {
      const client = await open('tables/rides');
      await client.next();
      backend.changeTable('rides', { rows: [], removed: [], isPartial: true, count: limits.changeRowsMax + 1 });
      await clock.advance(1);
      const many = (await client.next())!;
      assert.deepEqual([many.event, many.data], ['reset', { reason: 'more rows changed than one event carries' }]);
      await clock.advance(1000);
      backend.changeTable('rides', { rows: [ride('r1')], removed: [], isPartial: true, count: 1 });
      await clock.advance(1);
      assert.deepEqual((await client.next())!.data, told([sent('r1')]));
      const unknown = (await client.next())!;
      assert.deepEqual([unknown.event, unknown.data], ['reset', { reason: 'not all that changed is known' }]);
    });
  });

  test('asks to read again where pushes gather more rows than an event carries', async () => {
    await withServer(async ({ backend, clock, open }) => {
      const client = await open('tables/rides');
      await client.next();
      for (let i = 0; i <= limits.changeRowsMax; i++) backend.changeTable('rides', change(ride(`r${i}`)));
      await clock.advance(1);
      assert.equal((await client.next())!.event, 'reset');
      backend.changeTable('rides', change(ride('r1', 5)));
      await clock.advance(50);
      assert.deepEqual((await client.next())!.data, told([sent('r1', 5)]));
    });
  });

  test('asks to read again once a second at most, and always after the last change that is not known', async () => {
    await withServer(async ({ backend, clock, open }) => {
      const client = await open('tables/rides');
      await client.next();
      const events: string[] = [];
      for (let i = 0; i < 20; i++) {
        backend.changeTable('rides', { ...change(ride('r1', i)), isPartial: true });
        await clock.advance(50);
      }
      await clock.advance(1000);
      backend.changeTable('rides', change(ride('last')));
      await clock.advance(1000);
      for (let isLast = false; !isLast; ) {
        const event = (await client.next())!;
        events.push(event.event);
        isLast = JSON.stringify(event.data).includes('last');
      }
      assert.equal(events.filter((event) => event === 'rows').length, 21);
      assert.equal(events.filter((event) => event === 'reset').length, 2);
      assert.ok(events.lastIndexOf('reset') > 19);
    });
  });
});

describe('a live topic', () => {
  const record = (offset: number) => ({ partition: 0, offset, time: start, key: 'A', value: { id: `r${offset}` } });

  test('sends new records in order, and how many were left out', async () => {
    await withServer(async ({ backend, clock, open }) => {
      const clients = [await open('topics/rides'), await open('topics/rides')];
      for (const client of clients) assert.equal((await client.next())!.event, 'ready');
      assert.equal(backend.watchers(), 1);
      backend.appendTopic('rides', [record(1)], 3);
      backend.appendTopic('rides', [record(2)]);
      await clock.advance(1);
      for (const client of clients)
        assert.deepEqual((await client.next())!.data, { records: [record(1), record(2)], skipped: 3 });
      const many = Array.from({ length: limits.changeRowsMax + 5 }, (_, i) => record(i));
      backend.appendTopic('rides', many.slice(0, 10));
      backend.appendTopic('rides', many.slice(10));
      await clock.advance(50);
      assert.deepEqual((await clients[0]!.next())!.data, { records: many.slice(5), skipped: 5 });
    });
  });

  test('leaves out what is too large, and lets a client go on where it was', async () => {
    await withServer(
      async ({ backend, clock, open }) => {
        const client = await open('topics/rides');
        const { id } = (await client.next())!;
        const large = { ...record(2), value: { id: 'x'.repeat(2000) } };
        backend.appendTopic('rides', [record(1), large, record(3)]);
        await clock.advance(1);
        const data = { records: [record(3)], skipped: 2 };
        assert.deepEqual((await client.next())!.data, data);
        const back = await open('topics/rides', id);
        assert.deepEqual((await back.next())!.data, data);
      },
      { limits: { keptBytesMax: 1000 } },
    );
  });
});

describe('live pipelines', () => {
  test('come at once, and then only when something has changed', async () => {
    let looks = 0;
    let records = 0;
    const { pipelines } = fakeBackend();
    const views = (): PipelineView[] => {
      looks++;
      return pipelines().map((view) => ({ ...view, run: { ...view.run, seconds: looks, records } }));
    };
    await withServer(
      async ({ clock, open }) => {
        const client = await open('pipelines');
        const first = (await client.next())!;
        assert.deepEqual([first.event, first.id], ['pipelines', undefined]);
        await clock.advance(5000);
        assert.equal(looks, 11);
        records = 1;
        await clock.advance(500);
        const second = (await client.next())!.data as { pipelines: PipelineView[] };
        assert.equal(second.pipelines[0]!.run.records, 1);
        const other = await open('pipelines');
        assert.deepEqual((await other.next())!.data, second);
        const before = looks;
        await clock.advance(1000);
        assert.equal(looks, before + 2);
        client.close();
        other.close();
        // nobody looks once nobody is there
        await advanceUntil(clock, 500, () => clock.sleeping === 0);
      },
      {},
      { pipelines: views },
    );
  });
});

describe('the server of live streams', () => {
  test('shows that streams are alive, and what their clients have', async () => {
    await withServer(async ({ backend, clock, open }) => {
      const client = await open('tables/rides?where.id=other');
      const pipelines = await open('pipelines');
      await client.next();
      await pipelines.next();
      backend.changeTable('rides', change(ride('r1')));
      await clock.advance(15_000);
      const alive = (await client.next())!;
      assert.equal(alive.event, ':');
      assert.equal((await pipelines.next())!.event, ':');
      const back = await open('tables/rides', alive.id);
      assert.equal((await back.next())!.event, 'ready');
    });
  });

  test('names the limit where too many streams are open, and serves again when one is closed', async () => {
    await withServer(
      async ({ url, open }) => {
        const clients = [await open('tables/rides'), await open('pipelines')];
        for (const client of clients) await client.next();
        const refused = await connect(`${url}/api/live/topics/rides`);
        assert.equal(refused.statusCode, 503);
        assert.ok(refused.headers['retry-after']);
        const problem = JSON.parse(Buffer.concat(await refused.toArray()).toString()) as Problem;
        assert.deepEqual([problem.code, problem.status], ['RATE_LIMITED', 503]);
        assert.match(problem.title, /^2 live streams/);
        clients[0]!.close();
        for (let status = 503; status !== 200; ) {
          const again = await connect(`${url}/api/live/tables/rides`);
          status = again.statusCode!;
          again.destroy();
        }
      },
      { limits: { clientsMax: 2 } },
    );
  });

  test('refuses what is not there or cannot be understood, and keeps no place for it', async () => {
    await withServer(
      async ({ backend, clock, url, open }) => {
        const cases = [
          ['tables/nothing', 404, 'NOT_FOUND'],
          ['topics/nothing', 404, 'NOT_FOUND'],
          ['tables/rides?where.nothing=1', 400, 'OPTION_INVALID'],
          ['tables/rides?where.km=far', 400, 'OPTION_INVALID'],
          ['tables/rides?where.km.near=1', 400, 'OPTION_INVALID'],
          ['tables/rides?limit=1', 400, 'OPTION_INVALID'],
          ['pipelines?where.a=1', 400, 'OPTION_INVALID'],
        ] as const;
        for (const [path, status, code] of cases) {
          const response = await connect(`${url}/api/live/${path}`);
          const problem = JSON.parse(Buffer.concat(await response.toArray()).toString()) as Problem;
          assert.deepEqual([path, response.statusCode, problem.code], [path, status, code]);
        }
        await advanceUntil(clock, 5000, () => backend.watchers() === 0);
        const client = await open('tables/rides');
        assert.equal((await client.next())!.event, 'ready');
      },
      { limits: { clientsMax: 1 } },
    );
  });

  test('ends all streams when it is closed', async () => {
    await withServer(async ({ backend, open, close }) => {
      const paths = ['tables/rides', 'tables/rides?where.zone=B', 'topics/rides', 'pipelines'];
      const clients = await Promise.all(paths.map((path) => open(path)));
      for (const client of clients) await client.next();
      await close();
      for (const client of clients) assert.equal(await client.next(), undefined);
      assert.equal(backend.watchers(), 0);
    });
  });

  test('has nothing left of 200 clients that vanish, while they connect or are written to', async () => {
    await withServer(
      async ({ backend, clock, url, open }) => {
        const stays = await open('tables/rides');
        await stays.next();
        const paths = ['tables/rides', 'tables/rides?where.zone=A', 'topics/rides', 'pipelines', 'tables/users'];
        const vanish = async (i: number) => {
          const response = await connect(`${url}/api/live/${paths[i % paths.length]}`);
          assert.equal(response.statusCode, 200);
          // some read what comes, some do not; all go without a word
          if (i % 2 === 0) response.resume();
          response.on('error', () => undefined);
          return response;
        };
        const open200 = await Promise.all(Array.from({ length: 200 }, (_, i) => vanish(i)));
        const rows = Array.from({ length: 500 }, (_, i) => ride(`r${i}`, i));
        for (let round = 0; open200.length > 0; round++) {
          backend.changeTable('rides', change(...rows));
          backend.appendTopic('rides', [{ partition: 0, offset: round, time: start, key: null, value: {} }]);
          for (const gone of open200.splice(0, 20)) gone.destroy();
          await clock.advance(50);
        }
        stays.close();
        // connections that end before they have begun
        for (let i = 0; i < 20; i++) {
          const early = request(`${url}/api/live/tables/rides`, { agent: false }).on('error', () => undefined);
          early.end();
          early.destroy();
        }
        await advanceUntil(clock, 5000, () => backend.watchers() === 0);
        // every place is free again
        const all = await Promise.all(Array.from({ length: 201 }, () => connect(`${url}/api/live/pipelines`)));
        assert.ok(all.every((response) => response.statusCode === 200));
        for (const response of all) response.destroy();
      },
      { limits: { clientsMax: 201 } },
    );
  });

  test('is part of the whole server, and takes no HEAD', async () => {
    const backend = fakeBackend();
    const served = await serve(backend, { port: 0 });
    const client = await listen(`${served.url}/api/live/tables/rides`);
    assert.equal((await client.next())!.event, 'ready');
    backend.changeTable('rides', change(ride('r1')));
    assert.deepEqual((await client.next())!.data, told([sent('r1')]));
    const head = await fetch(`${served.url}/api/live/pipelines`, { method: 'HEAD' });
    assert.deepEqual([head.status, head.headers.get('allow')], [405, 'GET, OPTIONS']);
    await served.close();
    assert.equal(await client.next(), undefined);
    assert.equal(backend.watchers(), 0);
  });
});
