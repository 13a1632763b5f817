// Rebuilds that are given up: what they have made is removed, the tables that are there stay, and another one can begin.
import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { closeParts, type Folder } from '../../src/control/folder.ts';
import { open } from '../../src/control/open.ts';
import { Rebuilds } from '../../src/control/rebuilds.ts';
import type { Runner } from '../../src/control/runner.ts';
import { start } from '../../src/control/start.ts';
import { MillraceError } from '../../src/core/errors.ts';
import { int, long, pipeline, simulate, sql, stream, table, text, timestamp, topic } from '../../src/index.ts';
import { atEnd, partsIn, temporary, until } from './tools.ts';

function* rows() {
  for (let n = 0; ; n++) yield { n, k: 'abc'[n % 3]!, at: n * 1000 };
}

const f = topic('f', { n: int(), k: text(), at: timestamp() }, { time: 'at', key: 'k', partitions: 2 }).from(
  simulate({ seed: 1, count: 8000, rate: '1000000/s', rows }),
);
const minutes = stream(
  'minutes',
  { w: timestamp(), k: text(), n: long() },
  sql`select window_start as w, k, count(*) as n from ${f.tumble('1 minute')} group by all`,
);
const made = pipeline('p', {
  tables: [table('counts', minutes, { key: ['w', 'k'] }), table('all_', f, { key: 'n' })],
});

/** A pipeline that runs and has processed all; `hold` keeps its tables from changing places with others until `release`. */
async function running(t: TestContext) {
  const folder = await partsIn(await temporary(t));
  const { running, runners, rebuilds } = await start(folder, [made]);
  const gate = Promise.withResolvers<void>();
  atEnd(t, async () => {
    gate.resolve();
    await running.stop();
    await closeParts(folder);
  });
  const runner = runners[0]!;
  await until('all is processed', () => runner.status().ledger.out === 8000);
  // what a rebuild emits of windows that are open is there before
  await runner.flush();
  return { folder, runner, rebuilds, hold: () => void runner.exclusive(() => gate.promise), release: gate.resolve };
}

/** All that a rebuild leaves behind while it is not over. */
async function leftOf({ database }: Folder): Promise<unknown> {
  const session = await database.session();
  try {
    return await session.rows(`
      select table_name from duckdb_tables() where contains(table_name, '~rebuild')
      union all select name from meta.tables where contains(name, '~rebuild')
      union all select pipeline from meta.progress where contains(pipeline, '~rebuild')
      union all select pipeline from meta.rebuilds`);
  } finally {
    session.close();
  }
}

function countOf(runner: Runner): unknown {
  return runner.status().tables;
}

describe('a rebuild beside its pipeline', () => {
  type Seen = { readonly done: number; readonly turns: number };
  const moments: Readonly<Record<string, (seen: Seen) => boolean>> = {
    'when it has begun': () => true,
    'when it has made some': ({ done }) => done > 0,
    'when it waits for its turn': ({ turns }) => turns > 0,
  };
  for (const [moment, isNow] of Object.entries(moments))
    test(`is given up ${moment}`, async (t) => {
      const { folder, runner, rebuilds, hold, release } = await running(t);
      const before = countOf(runner);
      hold();
      const turns = t.mock.method(runner, 'exclusive').mock;
      await rebuilds.begin(runner, undefined);
      await until(moment, () => isNow({ done: rebuilds.status(runner)!.done, turns: turns.callCount() }));
      await rebuilds.cancel(runner);
      release();
      assert.equal(rebuilds.status(runner), undefined);
      assert.deepEqual(await leftOf(folder), []);
      assert.deepEqual(countOf(runner), before);
      await assert.rejects(rebuilds.cancel(runner), { code: 'NOT_FOUND', place: "pipeline 'p'" });
      await rebuilds.begin(runner, undefined);
      await until('another one is over', () => rebuilds.status(runner) === undefined);
      assert.deepEqual(countOf(runner), before);
      assert.deepEqual(await leftOf(folder), []);
    });

  test('that has failed is given up', async (t) => {
    const { folder, runner } = await running(t);
    const store = { ...folder.store, prepare: () => Promise.reject(new MillraceError('TABLE_CHANGED', 'a column')) };
    const rebuilds = new Rebuilds({ ...folder, store }, [runner]);
    await rebuilds.begin(runner, undefined);
    await until('it has failed', () => rebuilds.status(runner)?.state === 'failed');
    assert.equal(((await leftOf(folder)) as unknown[]).length, 1);
    await rebuilds.cancel(runner);
    assert.equal(rebuilds.status(runner), undefined);
    assert.deepEqual(await leftOf(folder), []);
  });

  test('says so where what it has made cannot be removed, and can be given up again', async (t) => {
    const { folder, runner, hold, release } = await running(t);
    hold();
    let isFull = true;
    const beginRebuild: Folder['engine']['beginRebuild'] = async (name, rebuild) => {
      if (!rebuild && isFull) throw new MillraceError('DISK_FULL', 'no space left');
      return folder.engine.beginRebuild(name, rebuild);
    };
    const rebuilds = new Rebuilds({ ...folder, engine: { ...folder.engine, beginRebuild } }, [runner]);
    await rebuilds.begin(runner, undefined);
    await assert.rejects(rebuilds.cancel(runner), { code: 'DISK_FULL' });
    assert.match(rebuilds.status(runner)!.reason!, /cancelled, but .* no space left/);
    isFull = false;
    await rebuilds.cancel(runner);
    assert.deepEqual(await leftOf(folder), []);
    release();
  });
});

test('a rebuild of a pipeline that does not run is given up', async (t) => {
  const path = await temporary(t);
  const millrace = await open({ folder: path });
  const ran = await millrace.start([made], { once: true });
  await ran.done;
  await millrace.rebuild(made, undefined, { signal: AbortSignal.abort() });
  await assert.rejects(millrace.cancelRebuild('q'), { code: 'NOT_FOUND', remedy: 'Name one that is: p.' });
  await millrace.cancelRebuild('p');
  await assert.rejects(millrace.cancelRebuild('p'), { code: 'NOT_FOUND' });
  await millrace.close();
  const folder = await partsIn(path);
  assert.deepEqual(await leftOf(folder), []);
  await closeParts(folder);
});
