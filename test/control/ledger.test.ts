// The ledger can be red: each of its terms, when it is wrong by one, and each part of a running pipeline, when it loses one record.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openParts, registerTopics } from '../../src/control/folder.ts';
import { ledgerOf } from '../../src/control/ledger.ts';
import { Runner } from '../../src/control/runner.ts';
import { system as realSystem } from '../../src/control/system.ts';
import { TopicSources } from '../../src/control/topic-sources.ts';
import { memoryFiles } from '../../src/core/memory-files.ts';
import { random } from '../../src/core/random.ts';
import { int, pipeline, simulate, sql, stream, table, text, topic } from '../../src/index.ts';
import { firstRecords } from '../../src/log/batch.ts';
import type { Log } from '../../src/log/log.ts';
import type { RowSet } from '../../src/process/database.ts';
import type { Processor, SourceReport } from '../../src/process/engine.ts';
import { copyProgress, newProgress, type Progress } from '../../src/process/progress.ts';

const a = topic('a', { n: int() }, { partitions: 2 });
const b = topic('b', { n: int() });
const two = pipeline('two', { tables: [table('a', a, { key: 'n' }), table('b', b, { key: 'n' })] });

/** A log that has these offsets, by `topic/partition`: nothing else of it is asked for. */
function logOf(ranges: Readonly<Record<string, readonly [number, number]>>): Log {
  const range = (topic: string, partition: number) => {
    const [start, end] = ranges[`${topic}/${partition}`]!;
    return { start, end };
  };
  return { range } as unknown as Log;
}

/**
 * A pipeline that has taken 26 of 30 records since its first start (retention has removed some of them), with 3 refusals of a source that
 * are saved and 2 that are not, and 5 records of a topic that it no longer has.
 */
function sound(): { progress: Progress; ranges: Record<string, [number, number]>; unsaved: number } {
  const progress = newProgress();
  progress.topics.a = [
    { base: 10, next: 20, newestMs: undefined },
    { base: 0, next: 7, newestMs: undefined },
  ];
  progress.topics.b = [{ base: 3, next: 12, newestMs: undefined }];
  progress.topics.gone = [{ base: 2, next: 7, newestMs: undefined }];
  progress.consumed = 31;
  Object.assign(progress.fates, { out: 14, filtered: 8, deduplicated: 4, late: 3, dead: 2 });
  progress.refused = 3;
  progress.sources['a/csv'] = { read: 20, refused: 3 };
  progress.sources['b/csv'] = { read: 14, refused: 0 };
  progress.sources['gone/csv'] = { read: 900, refused: 0 };
  return { progress, ranges: { 'a/0': [15, 22], 'a/1': [0, 8], 'b/0': [9, 13] }, unsaved: 2 };
}

/** The ledger of a sound pipeline in which something was changed. */
function ledgerWith(change: (of: ReturnType<typeof sound>) => void) {
  const of = sound();
  change(of);
  return ledgerOf(two, of.progress, logOf(of.ranges), of.unsaved);
}

/** As `sound`, with everything processed and saved: then what the sources have read must have arrived. */
function atRest(of: ReturnType<typeof sound>): void {
  of.ranges['a/0'] = [15, 20];
  of.ranges['a/1'] = [0, 7];
  of.ranges['b/0'] = [9, 12];
  of.unsaved = 0;
  of.progress.sources['a/csv']!.read = 20;
  of.progress.sources['b/csv']!.read = 9;
}

describe('the ledger', () => {
  test('is the sum of what came and of what became of it, also of topics that are gone', () => {
    assert.deepEqual(
      ledgerWith(() => undefined),
      { in: 40, out: 14, filtered: 8, deduplicated: 4, late: 3, dead: 7, inFlight: 4, balanced: true },
    );
    assert.deepEqual(ledgerWith(atRest), {
      in: 34,
      out: 14,
      filtered: 8,
      deduplicated: 4,
      late: 3,
      dead: 5,
      inFlight: 0,
      balanced: true,
    });
    const fresh = ledgerOf(two, newProgress(), logOf({ 'a/0': [5, 9], 'a/1': [0, 0], 'b/0': [0, 1] }), 0);
    assert.deepEqual([fresh.in, fresh.inFlight, fresh.balanced], [5, 5, true]);
  });

  for (const fate of ['out', 'filtered', 'deduplicated', 'late', 'dead'] as const)
    for (const by of [-1, 1])
      test(`is red where one record ${by < 0 ? 'less' : 'more'} is counted as ${fate}`, () => {
        const { balanced } = ledgerWith(({ progress }) => {
          progress.fates[fate] += by;
        });
        assert.equal(balanced, false);
      });

  test('is red where the engine has counted other records than the offsets that it passed', () => {
    for (const by of [-1, 1]) {
      const { balanced } = ledgerWith(({ progress }) => {
        progress.consumed += by;
      });
      assert.equal(balanced, false, String(by));
    }
  });

  test('is red where an offset has passed a record that has no fate, in any partition of any topic', () => {
    for (const [name, partition] of [
      ['a', 0],
      ['a', 1],
      ['b', 0],
      ['gone', 0],
    ] as const) {
      const skipped = ledgerWith(({ progress }) => {
        progress.topics[name]![partition]!.next++;
      });
      assert.equal(skipped.balanced, false, `${name}/${partition}`);
      const skippedAndCounted = ledgerWith(({ progress }) => {
        progress.topics[name]![partition]!.next++;
        progress.consumed++;
      });
      assert.equal(skippedAndCounted.balanced, false, `${name}/${partition}, counted`);
    }
  });

  test('is red where a fate was counted twice, and another one not at all, of records that were passed', () => {
    const { balanced } = ledgerWith(({ progress }) => {
      progress.fates.out++;
      progress.consumed++;
    });
    assert.equal(balanced, false);
  });

  test('is red where sources have read more than has arrived, once nothing is on its way', () => {
    const more = (of: ReturnType<typeof sound>, by = 1) => {
      atRest(of);
      of.progress.sources['b/csv']!.read += by;
    };
    assert.equal(ledgerWith(more).balanced, false);
    const onItsWay = (of: ReturnType<typeof sound>) => {
      more(of, 3);
      of.ranges['b/0'] = [9, 13];
    };
    assert.equal(ledgerWith(onItsWay).balanced, true);
    const unsaved = (of: ReturnType<typeof sound>) => {
      more(of, 3);
      of.unsaved = 1;
    };
    assert.equal(ledgerWith(unsaved).balanced, true);
  });

  test('is red where a table has other rows than it has counted, and names it', () => {
    const { progress, ranges, unsaved } = sound();
    const tally = (table: string, rows: number) => ({ table, rows, counted: 3 });
    const ledger = (...tallies: ReturnType<typeof tally>[]) => ledgerOf(two, progress, logOf(ranges), unsaved, tallies);
    assert.deepEqual(ledger(tally('a', 3), tally('b', 3)), ledger());
    for (const rows of [2, 4]) {
      const { balanced, wrongTables } = ledger(tally('a', 3), tally('b', rows));
      assert.deepEqual([balanced, wrongTables], [false, [tally('b', rows)]]);
    }
  });

  test('is red where a refusal that a source has counted lies nowhere', () => {
    const { balanced } = ledgerWith((of) => {
      atRest(of);
      of.progress.refused--;
    });
    assert.equal(balanced, false);
  });
});

const numbers = topic('numbers', { n: int(), word: text() }).from(
  simulate({
    // the last two are no records
    rows: function* () {
      for (let n = 0; n < 10; n++) yield n < 8 ? { n, word: String(n) } : { n: 'x' };
    },
    seed: 1,
    count: 10,
  }),
);
const even = stream('even', { n: int() }, sql`select n from ${numbers} where n % 2 = 0`);
const made = pipeline('made', { tables: [table('even', even, { key: 'n' })] });

type Spoiled = {
  log?: (log: Log) => Log;
  processor?: (processor: Processor) => Processor;
  /** The rows of a micro-batch on their way to a table. */
  rows?: (rows: RowSet) => RowSet;
};

/** Runs the pipeline to its end with parts that are spoiled; resolves with its status then. */
async function ran({ log: spoilLog, processor: spoilProcessor, rows: spoilRows }: Spoiled) {
  const system = { ...realSystem(), files: memoryFiles(), random: random('x') };
  const folder = await openParts({ path: '/red', database: {}, log: '/red/log', registry: ':memory:' }, system);
  const schemaIds = await registerTopics(folder, made);
  await folder.store.prepare(made.name, made.tables);
  const { sink } = folder.store;
  const { write } = sink;
  if (spoilRows) sink.write = (table, rows) => write(table, spoilRows(rows));
  const processor = await folder.engine.open(made, new Map());
  const log = spoilLog?.(folder.log) ?? folder.log;
  const params = new Map();
  const sources = new TopicSources({
    ...folder,
    log,
    topic: numbers,
    schemaId: schemaIds.get(numbers.name)!,
    params,
    once: true,
  });
  const runner = new Runner({
    ...folder,
    pipeline: made,
    params,
    log,
    processor: spoilProcessor?.(processor) ?? processor,
    schemaIds,
    sources: [sources],
    once: true,
    withoutSources: false,
    isPaused: false,
    keepPaused: async () => undefined,
  });
  await sources.open();
  sources.start();
  runner.start();
  await runner.done;
  const status = runner.status();
  processor.close();
  await folder.store.close();
  folder.database.close();
  await folder.log.close();
  await folder.registry.close();
  assert.equal(runner.failure, undefined);
  return status;
}

/** A processor with other methods in place of some of its own. */
function changed(processor: Processor, methods: Partial<Processor>): Processor {
  return new Proxy(processor, {
    get(target, name) {
      const own = methods[name as keyof Processor];
      if (own !== undefined) return own;
      const value = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** Reports without their last refusal. */
const withoutLast = (reports: readonly SourceReport[]) =>
  reports.map((one) => ({ ...one, refusals: one.refusals.slice(0, -1) }));

describe('a pipeline of which one part loses one record', () => {
  test('has a green ledger where none does', async () => {
    const { ledger, health } = await ran({});
    assert.deepEqual(ledger, {
      in: 10,
      out: 4,
      filtered: 4,
      deduplicated: 0,
      late: 0,
      dead: 2,
      inFlight: 0,
      balanced: true,
    });
    assert.equal(health, 'stopped');
  });

  const lossy: Record<string, Spoiled> = {
    'the engine, which passes a record and forgets its row': {
      processor: (processor) =>
        changed(processor, {
          prepare: (batches) => {
            // the offset behind them is that of all, their rows are one less
            const last = batches.at(-1)!;
            const whole = batches.reduce((sum, one) => sum + one.count, 0);
            const cut = firstRecords(batches, whole - 1);
            return processor.prepare(cut).then((prepared) => {
              const passed = prepared as { next: number; count: number };
              passed.next = last.baseOffset + last.count;
              passed.count = whole;
              return prepared;
            });
          },
        }),
    },
    'the log, which says that a record is durable and has left it out': {
      log: (log) => {
        let isLost = false;
        return new Proxy(log, {
          get(target, name) {
            const value = Reflect.get(target, name);
            if (name !== 'append') return typeof value === 'function' ? value.bind(target) : value;
            const append: Log['append'] = (topic, partition, batch, producer) => {
              const kept = isLost ? batch : firstRecords([batch], batch.count - 1)[0]!;
              isLost = true;
              return target.append(topic, partition, kept, producer);
            };
            return append;
          },
        });
      },
    },
    'the way of the reports, on which a refusal is lost': {
      processor: (processor) =>
        changed(processor, {
          step: (prepared, reports, events) => processor.step(prepared, withoutLast(reports), events),
          save: (reports) => processor.save(withoutLast(reports)),
        }),
    },
    'the way to a table, on which a row is lost': {
      rows: (rows) => ({ ...rows, relation: `(select *, rowid from ${rows.relation} where n <> 2)` }),
    },
    'the processor, whose committed progress misses a fate': {
      processor: (processor) =>
        changed(processor, {
          get progress() {
            const progress = copyProgress(processor.progress);
            if (progress.fates.filtered > 0) progress.fates.filtered--;
            return progress;
          },
        }),
    },
  };
  for (const [part, spoiled] of Object.entries(lossy))
    test(`is told by the ledger, and by its status: ${part}`, async () => {
      const { ledger, reason } = await ran(spoiled);
      assert.equal(ledger.balanced, false);
      assert.match(reason!, /the ledger does not balance/);
    });
});
