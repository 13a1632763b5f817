// millrace rebuild: what it asks for, what it says while it waits, and how one that was begun is given up.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MillraceError } from '../../src/core/errors.ts';
import { cli, rides } from './fake.ts';

/** A folder that is there: what is in it the stand-in says. */
const environment = { MILLRACE_DATA: import.meta.dirname };
const loading = { environment, control: { loadPipeline: async () => rides } };

describe('millrace rebuild', () => {
  test('makes all of a pipeline again, or what is named', async () => {
    const all = await cli(['rebuild', 'rides'], loading);
    assert.deepEqual(all.calls[1], ['rebuild', 'rides', undefined]);
    assert.match(all.out, /rides.*: made again from 1,000 records/);
    const some = await cli(['rebuild', 'rides', 'zones'], loading);
    assert.deepEqual(some.calls[1], ['rebuild', 'rides', ['zones']]);
  });

  test('says once what it waits for', async () => {
    const waiting = {
      state: 'waiting',
      done: 10,
      total: 1000,
      reason: 'no space left on the disk that holds the tables',
      remedy: 'Free some space.',
    } as const;
    const { error } = await cli(['rebuild', 'rides', '--json'], {
      ...loading,
      millrace: {
        rebuild: async (_pipeline, _names, options) => {
          for (const status of [waiting, waiting, { ...waiting, state: 'running' as const }]) options?.told?.(status);
          return { state: 'running', done: 1000, total: 1000 };
        },
      },
    });
    assert.equal(
      error,
      'it waits and tries again: no space left on the disk that holds the tables. Free some space.\n',
    );
  });

  test('gives up what was begun', async () => {
    const { code, out, calls } = await cli(['rebuild', 'rides', '--cancel'], { environment });
    assert.deepEqual([code, calls[1]], [0, ['cancelRebuild', 'rides']]);
    assert.match(out, /rides: the rebuild is given up, the tables are as they were/);
    const json = await cli(['rebuild', 'rides', '--cancel', '--json'], { environment });
    assert.deepEqual(JSON.parse(json.out), { pipeline: 'rides', cancelled: true });
  });

  for (const [words, what] of [
    [['zones'], 'names of streams and tables'],
    [['--partial'], '--partial'],
    [['--file', 'rides.ts'], '--file'],
    [['--set', 'a=1'], '--set'],
  ] as const)
    test(`gives up the whole of it: --cancel takes no ${what}`, async () => {
      const { code, error, calls } = await cli(['rebuild', 'rides', ...words, '--cancel'], { environment });
      assert.deepEqual([code, calls], [2, []]);
      assert.match(error, new RegExp(`takes no ${what}`));
      assert.match(error, /Run: millrace rebuild rides --cancel/);
    });

  test('names what the process can be asked that has the data folder', async () => {
    const open = () => Promise.reject(new MillraceError('DATA_IN_USE', 'another process uses this data folder'));
    const begun = await cli(['rebuild', 'rides'], { environment, control: { open } });
    assert.match(begun.error, /"Rebuild…" in its console or POST \/api\/pipelines\/rides\/rebuild/);
    const cancelled = await cli(['rebuild', 'rides', '--cancel'], { environment, control: { open } });
    assert.match(cancelled.error, /"Cancel…" in its console or DELETE \/api\/pipelines\/rides\/rebuild/);
  });
});
