// The pump and a processor that fails on its way: what is tried again has its effect once.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TopicWriter } from '../../src/control/feeder.ts';
import { type Folder, openParts, registerTopics } from '../../src/control/folder.ts';
import { ledgerOf } from '../../src/control/ledger.ts';
import { Pump } from '../../src/control/pump.ts';
import { system as realSystem } from '../../src/control/system.ts';
import { MillraceError } from '../../src/core/errors.ts';
import { limits } from '../../src/core/limits.ts';
import { memoryFiles } from '../../src/core/memory-files.ts';
import { random } from '../../src/core/random.ts';
import { recordAcceptor } from '../../src/define/accept.ts';
import type { Pipeline } from '../../src/define/pipeline.ts';
import { int, long, pipeline, sql, stream, table, text, timestamp, topic } from '../../src/index.ts';
import type { Log } from '../../src/log/log.ts';
import type { Processor, SourceReport } from '../../src/process/engine.ts';
import { newProgress } from '../../src/process/progress.ts';

const event = topic('event', { n: int(), word: text(), at: timestamp() }, { time: 'at' });
const accept = recordAcceptor(event.fields);
const full = () => new MillraceError('DISK_FULL', 'no space left');

/** Pumps a record for each word and one refusal of a source through a pipeline, in whose folder `spoil` has put a fault. */
async function pumped(
  made: Pipeline,
  words: readonly string[],
  spoil: (folder: Folder & { unsaved(): number }) => () => boolean,
) {
  const system = { ...realSystem(), files: memoryFiles(), random: random('x') };
  const clock = { ...system.clock, sleep: async () => undefined };
  const folder = await openParts({ path: '/pump', database: {}, log: '/pump/log', registry: ':memory:' }, system);
  const schemaIds = await registerTopics(folder, made);
  await folder.store.prepare(made.name, made.tables);
  const processor = await folder.engine.open(made, new Map());
  const writer = new TopicWriter(event, schemaIds.get('event')!, clock);
  for (const [n, word] of words.entries()) writer.add(0, accept({ n, word, at: n * 100 }));
  await folder.log.append('event', 0, writer.take(0)!);
  const { log } = folder;
  let pump: Pump | undefined;
  const hasFailed = spoil({ ...folder, unsaved: () => pump!.unsaved });
  pump = new Pump({ ...system, clock, pipeline: made, processor, log, troubled: () => undefined });
  pump.report(refusal());
  pump.drain();
  await pump.run(new AbortController().signal);
  assert.ok(hasFailed());
  const session = await folder.database.session();
  const letters = (await session.rows('select stage from meta.aside order by stage')).map(([stage]) => stage);
  session.close();
  const ledger = ledgerOf(made, processor.progress, log, pump.unsaved);
  processor.close();
  await folder.store.close();
  folder.database.close();
  await log.close();
  await folder.registry.close();
  return { letters, ledger };
}

function refusal(): SourceReport {
  const error = new MillraceError('RECORD_INVALID', 'no record');
  const refused = { sequence: 0, bytes: Buffer.from('x'), error, place: 'line 1' };
  const progress = { position: undefined, next: 1, read: 1, refused: 1 };
  return { source: 'event/csv', topic: 'event', progress, refusals: [refused] };
}

describe('what sources refused is kept once', () => {
  const places = table('places', topic('place', { word: text() }), { key: 'word' });
  // a join cannot be asked for its bad rows at once, so that the micro-batch is halved until they are found
  const looked = stream(
    'looked',
    { n: int(), number: int() },
    sql`select e.n, e.word::int as number from ${event} e left join ${places} p on p.word = e.word`,
  );
  const joined = pipeline('joined', { tables: [places, table('looked', looked, { key: 'n' })] });

  for (let at = 1; at <= 3; at++)
    test(`where part ${at} of a micro-batch that is halved meets a full disk`, async () => {
      const { letters, ledger } = await pumped(joined, ['0', '1', 'x', '3', '4', '5', '6', '7'], ({ store }) => {
        const { write } = store.sink;
        let writes = 0;
        store.sink.write = async (into, rows) => {
          if (++writes === at) throw full();
          return write(into, rows);
        };
        return () => writes > at;
      });
      assert.deepEqual(letters, ['looked', 'source:event/csv']);
      assert.deepEqual([ledger.in, ledger.out, ledger.dead, ledger.balanced], [9, 7, 2, true]);
    });

  test('where a window that is held fails once more, with its rows stored already', async () => {
    const summed = stream(
      'summed',
      { start: timestamp(), total: long() },
      sql`select window_start as start, sum(word::int) as total from ${event.tumble('20 ms')} group by all`,
    );
    const sums = pipeline('sums', { tables: [table('sums', summed, { key: 'start' })] });
    const { letters, ledger } = await pumped(sums, ['1', 'x', '3'], ({ log }) => {
      const { read } = log;
      let hasFailed = false;
      // the bytes of the row that fails are asked for after the transaction that brought it
      log.read = (topic, partition, offset, most) => {
        if (most.recordsMax > 1 || hasFailed) return read.call(log, topic, partition, offset, most);
        hasFailed = true;
        return Promise.reject(full());
      };
      return () => hasFailed;
    });
    assert.deepEqual(letters, ['source:event/csv', 'summed']);
    assert.deepEqual([ledger.in, ledger.out, ledger.dead, ledger.balanced], [4, 2, 2, true]);
  });
});

test('records of a topic that waits for a table hold up its own sources, and not those of the table', () => {
  const zone = topic('zone', { id: int() });
  const both = pipeline('both', {
    tables: [table('events', event, { key: 'n' }), table('zones', zone, { key: 'id' })],
  });
  const ends: Record<string, number> = { event: 150_000, zone: 10 };
  let isHeld = true;
  const pump = new Pump({
    ...realSystem(),
    pipeline: both,
    processor: { progress: { topics: {} } } as unknown as Processor,
    log: { range: (name: string) => ({ start: 0, end: ends[name]! }) } as unknown as Log,
    isHeld: (name) => isHeld && name === 'event',
    troubled: () => undefined,
  });
  assert.deepEqual([pump.isFull('zone'), pump.isFull('event'), pump.inFlight], [false, true, 150_010]);
  isHeld = false;
  assert.deepEqual([pump.isFull('zone'), pump.isFull('event')], [true, true]);
});

test('refusals that are being stored count all the while, so that no figure goes back', async () => {
  const made = pipeline('kept', { tables: [table('events', event, { key: 'n' })] });
  const figures: number[] = [];
  await pumped(made, ['a', 'b'], (folder) => {
    const { write } = folder.store.sink;
    let writes = 0;
    folder.store.sink.write = async (into, rows) => {
      figures.push(folder.unsaved());
      if (++writes === 1) throw full();
      return write(into, rows);
    };
    return () => writes > 1;
  });
  assert.deepEqual(figures, [1, 1]);
});

/** A pump over a log and a processor that are in the test's hand: of the log only offsets are asked for. */
function pumpOf(
  { start = 0, end = 0, next }: { start?: number; end?: number; next?: number },
  methods: Partial<Processor> = {},
): Pump {
  const progress = newProgress();
  if (next !== undefined) progress.topics.event = [{ base: 0, next, newestMs: undefined }];
  const processor = {
    progress,
    prepare: async () => ({ topic: 'event', partition: 0, count: 1, next: end }),
    tidy: async () => undefined,
    save: async () => undefined,
    flush: async () => undefined,
    ...methods,
  } as unknown as Processor;
  const log = {
    range: () => ({ start, end }),
    read: async () => [{ topic: 'event', partition: 0, baseOffset: start, count: 1 }],
    wait: async () => undefined,
  } as unknown as Log;
  const system = { ...realSystem(), random: random('x') };
  let sleeps = 0;
  const sleep = async () => {
    // without time, what is tried for ever leaves no turn to the test
    if (++sleeps > 20) throw new Error('it tries again for ever');
  };
  const clock = { ...system.clock, sleep };
  const made = pipeline('kept', { tables: [table('events', event, { key: 'n' })] });
  return new Pump({ pipeline: made, processor, log, clock, random: system.random, troubled: () => undefined });
}

const run = (pump: Pump) => {
  pump.drain();
  return pump.run(new AbortController().signal);
};

describe('a pump', () => {
  test('does not pass over records that retention has removed before they were processed', async () => {
    await assert.rejects(run(pumpOf({ start: 5, end: 9, next: 3 })), (error: unknown) => {
      assert.ok(error instanceof MillraceError && error.code === 'OFFSET_OUT_OF_RANGE');
      assert.match(error.message, /records 3 to 4 are no longer in the log/);
      return true;
    });
  });

  test('refuses a log that ends before what was processed', () => {
    assert.throws(() => pumpOf({ end: 4, next: 5 }).checkLog(), { code: 'LOG_DAMAGED' });
    pumpOf({ end: 5, next: 5 }).checkLog();
    pumpOf({ end: 0 }).checkLog();
  });

  test('is full of records and of refusals, each beyond its limit', () => {
    assert.equal(pumpOf({ end: limits.inFlightRecordsMax }).isFull('event'), false);
    assert.equal(pumpOf({ end: limits.inFlightRecordsMax + 1 }).isFull('event'), true);
    const pump = pumpOf({});
    const [one] = refusal().refusals;
    pump.report({ ...refusal(), refusals: Array.from({ length: limits.batchRecordsMax + 1 }, () => one!) });
    assert.equal(pump.isFull('event'), true);
  });

  test('takes no record while it is paused', async () => {
    const stop = new AbortController();
    let steps = 0;
    const step = async () => {
      steps++;
      stop.abort();
      return { out: 1, dead: 0, late: 0 };
    };
    const pump = pumpOf({ end: 1 }, { step });
    await pump.pause();
    const running = pump.run(stop.signal);
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(steps, 0);
    pump.resume();
    await running;
    assert.equal(steps, 1);
  });

  test('ends with an error that does not pass, at its first time', async () => {
    let steps = 0;
    const stop = new AbortController();
    const step = async () => {
      if (++steps > 1) stop.abort();
      throw new MillraceError('TABLES_DAMAGED', 'damaged');
    };
    await assert.rejects(pumpOf({ end: 1 }, { step }).run(stop.signal), { code: 'TABLES_DAMAGED' });
    assert.equal(steps, 1);
  });

  test('keeps the reports of a save that fails, and saves them when it is tried again', async () => {
    const saved: number[] = [];
    let saves = 0;
    const save = async (reports: readonly SourceReport[]) => {
      if (++saves === 1) throw full();
      saved.push(...reports.flatMap(({ refusals }) => refusals.map(({ sequence }) => sequence)));
    };
    const pump = pumpOf({}, { save });
    pump.report(refusal());
    await run(pump);
    assert.deepEqual([saves, saved, pump.unsaved], [2, [0], 0]);
  });

  test('says that reports are saved when they are, and that they are not where it does not run', async () => {
    const pump = pumpOf({});
    assert.equal(await pump.saved(0), true);
    pump.report(refusal());
    assert.equal(await pump.saved(0), false);
    await run(pump);
    assert.equal(await pump.saved(0), true);
  });
});
