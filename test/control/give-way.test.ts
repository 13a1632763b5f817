// A rebuild beside a pipeline that runs rests while records of that wait, and not where it is alone.
import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { closeParts, type Folder } from '../../src/control/folder.ts';
import { Rebuilding } from '../../src/control/rebuild.ts';
import { start } from '../../src/control/start.ts';
import type { Clock } from '../../src/core/clock.ts';
import { int, pipeline, simulate, table, topic } from '../../src/index.ts';
import { atEnd, partsIn, temporary } from './tools.ts';

const count = 30_000;
const f = topic('f', { n: int() }).from(
  simulate({
    seed: 1,
    count,
    rate: '1000000/s',
    *rows() {
      for (let n = 0; ; n++) yield { n };
    },
  }),
);
const made = pipeline('p', { tables: [table('all_', f, { key: 'n' })] });

/** A folder in which the pipeline has run, and a clock whose sleeps take no time but are counted. */
async function ran(t: TestContext) {
  const folder = await partsIn(await temporary(t));
  atEnd(t, () => closeParts(folder));
  const { running } = await start(folder, [made], { once: true });
  await running.done;
  const slept = { ms: 0 };
  const clock: Clock = {
    ...folder.system.clock,
    now: () => folder.system.clock.now(),
    elapsed: () => performance.now() + slept.ms,
    sleep: async (ms) => {
      slept.ms += ms;
    },
  };
  return { folder: { ...folder, system: { ...folder.system, clock } }, slept };
}

async function rebuilding(folder: Folder, waitMs?: () => number): Promise<Rebuilding> {
  const live = (await folder.engine.progress('p'))!;
  return new Rebuilding({
    folder,
    pipeline: made,
    params: new Map(),
    names: undefined,
    progress: () => live,
    ...(waitMs ? { waitMs } : {}),
    exclusive: (work) => work(),
    adopt: (scope, shadow) => folder.engine.adopt(made, scope, shadow),
  });
}

describe('a rebuild', () => {
  for (const [what, waitMs, rests] of [
    ['rests while records wait', () => 10_000, true],
    ['does not rest where none wait', () => 0, false],
    ['does not rest where it is alone', undefined, false],
  ] as const)
    test(what, async (t) => {
      const { folder, slept } = await ran(t);
      const one = await rebuilding(folder, waitMs);
      await one.begin();
      await one.run(new AbortController().signal);
      assert.ok(one.isOver);
      assert.equal(slept.ms > 0, rests, `${slept.ms} ms`);
      assert.equal(await folder.store.count('all_'), count);
    });

  test('goes on as soon as nobody waits any more', async (t) => {
    const { folder, slept } = await ran(t);
    let looks = 0;
    const one = await rebuilding(folder, () => (++looks % 3 === 0 ? 0 : 10_000));
    await one.begin();
    await one.run(new AbortController().signal);
    // each rest is looked at after at most 20 milliseconds
    assert.ok(slept.ms > 0 && slept.ms <= 20 * looks, `${slept.ms} ms, ${looks} looks`);
  });
});
