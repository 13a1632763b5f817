// The sources of a topic among its readers: who keeps what they report, who holds them up, and what is left of a reader that fails.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { system } from '../../src/control/system.ts';
import { behindOf, type TopicReader, TopicSources, type TopicSourcesOptions } from '../../src/control/topic-sources.ts';
import { limits } from '../../src/core/limits.ts';
import { memoryFiles } from '../../src/core/memory-files.ts';
import { random } from '../../src/core/random.ts';
import { turn } from '../../src/core/turn.ts';
import { int, simulate, topic } from '../../src/index.ts';
import type { Log } from '../../src/log/log.ts';
import type { SourceReport } from '../../src/process/engine.ts';

type Reader = { -readonly [K in keyof TopicReader]: TopicReader[K] } & { readonly kept: number[]; name: string };

function reader(name: string, how: Partial<Record<'full' | 'paused' | 'failed' | 'holding', boolean>> = {}): Reader {
  const kept: number[] = [];
  return {
    name,
    kept,
    isPaused: how.paused ?? false,
    hasFailed: how.failed ?? false,
    hasEnded: false,
    isHolding: () => how.holding ?? false,
    isFull: () => how.full ?? false,
    moved: () => new Promise(() => undefined),
    report: ({ progress }) => {
      kept.push(progress.next);
    },
    save: async () => undefined,
    saved: async () => true,
  };
}

const report = (next: number): SourceReport => ({
  source: 'rows/csv',
  topic: 'rows',
  progress: { position: undefined, next, read: next, refused: 0 },
  refusals: [],
});

test('the first pipeline that has not failed keeps what is reported; what one had still to save goes to the next, in order', async () => {
  const sources = new TopicSources({ topic: topic('rows', { n: int() }) } as unknown as TopicSourcesOptions);
  const [a, b] = [reader('a'), reader('b')];
  sources.join(a);
  sources.join(b);
  sources.report(report(1));
  sources.report(report(2));
  assert.equal(sources.keeper, a);
  a.hasFailed = true;
  await sources.leave((topic) => (topic === 'rows' ? [report(2)] : []));
  sources.report(report(3));
  assert.deepEqual(
    [a.kept, b.kept],
    [
      [1, 2],
      [2, 3],
    ],
  );
  b.hasFailed = true;
  await sources.leave(() => assert.fail('there is nobody to take it'));
  sources.report(report(4));
  assert.deepEqual([sources.keeper, b.kept.length], [undefined, 2]);
});

test('readers at work hold a topic up where they are full; those that cannot take its records do so only where there is no other', () => {
  const behind = (...readers: Reader[]) => behindOf(readers, 'rows')?.name;
  assert.equal(behind(reader('a'), reader('b', { full: true })), 'b');
  for (const how of ['paused', 'failed', 'holding']) {
    const other = reader('b', { full: true, [how]: true });
    assert.equal(behind(reader('a'), other), undefined, how);
    assert.equal(behind(other), 'b', how);
  }
  assert.equal(behind(reader('a', { holding: true }), reader('b', { paused: true, full: true })), undefined);
});

test('a source waits after a batch while all pipelines that read its topic are paused, and goes on with the first that resumes', async () => {
  const rows = topic('rows', { n: int() }).from(
    simulate({
      seed: 1,
      count: limits.batchRecordsMax * 2,
      rows: function* () {
        for (let n = 0; ; n++) yield { n };
      },
    }),
  );
  const sources = new TopicSources({
    topic: rows,
    schemaId: 1,
    params: new Map(),
    system: { ...system(), files: memoryFiles(), random: random('x') },
    log: { lastSequence: async () => -1, append: async () => 0 } as unknown as Log,
    engine: { sources: async () => ({}) },
    once: true,
  });
  const resumed = Promise.withResolvers<void>();
  const one = { ...reader('a', { paused: true }), moved: () => resumed.promise };
  sources.join(one);
  await sources.open();
  sources.start();
  while (one.kept.length === 0) await turn();
  for (let i = 0; i < 50; i++) await turn();
  assert.equal(one.kept.length, 1);
  one.isPaused = false;
  resumed.resolve();
  await sources.done;
  assert.equal(one.kept.at(-1), limits.batchRecordsMax * 2);
});
