// Invariants of the whole embedded way that are seen best with its parts in hand: log, engine and store, without sources.
import assert from 'node:assert/strict';
import { copyFile, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { TopicWriter } from '../../src/control/feeder.ts';
import { type Folder, openParts, type Places, registerTopics } from '../../src/control/folder.ts';
import { Pump } from '../../src/control/pump.ts';
import { system as realSystem, type System } from '../../src/control/system.ts';
import { MillraceError } from '../../src/core/errors.ts';
import { memoryFiles } from '../../src/core/memory-files.ts';
import { random } from '../../src/core/random.ts';
import { recordAcceptor } from '../../src/define/accept.ts';
import { int, pipeline, sql, stream, table, text, timestamp, topic } from '../../src/index.ts';
import type { Processor, SourceReport } from '../../src/process/engine.ts';

const event = topic(
  'event',
  { n: int(), word: text(), at: timestamp() },
  { time: 'at', lateness: '10 ms', partitions: 2 },
);
const parsed = stream(
  'parsed',
  { n: int(), number: int() },
  sql`select n, cast(word as integer) as number from ${event}`,
);
const counts = stream(
  'counts',
  { start: timestamp(), seen: int() },
  sql`select window_start as start, count(*)::int as seen from ${event.tumble('20 ms')} group by all`,
);
const numbers = table('numbers', parsed, { key: 'n' });
const made = pipeline('events', { tables: [numbers, table('counts', counts, { key: 'start' })] });

type Event = { n: number; word: string; at: number };
const accept = recordAcceptor(event.fields);
const inMemory: Places = { path: '/invariants', database: {}, log: '/invariants/log', registry: ':memory:' };

/** The parts of a folder, and a pipeline open in it. */
async function opened(
  places = inMemory,
  system: System = { ...realSystem(), files: memoryFiles(), random: random('x') },
) {
  const folder = await openParts(places, system);
  const schemaIds = await registerTopics(folder, made);
  await folder.store.prepare(made.name, made.tables);
  const processor = await folder.engine.open(made, new Map());
  const writer = new TopicWriter(event, schemaIds.get('event')!, system.clock);
  return {
    folder,
    processor,
    async append(partition: number, events: readonly Event[]) {
      for (const one of events) writer.add(partition, accept(one));
      await folder.log.append('event', partition, writer.take(partition)!);
    },
    async close() {
      processor.close();
      await shut(folder);
    },
  };
}

async function shut(folder: Folder): Promise<void> {
  await folder.store.close();
  folder.database.close();
  await folder.log.close();
  await folder.registry.close();
}

/** Processes what is in a partition of the log from where the processor is. */
async function step({ log }: Folder, processor: Processor, partition: number): Promise<void> {
  const from = processor.progress.topics.event?.[partition]?.next ?? 0;
  const batches = await log.read('event', partition, from, { recordsMax: 10_000, bytesMax: 1e7 });
  await processor.step(await processor.prepare(batches), []);
}

const nextOf = (processor: Processor, partition = 0) => processor.progress.topics.event?.[partition]?.next ?? 0;
const stored = async (folder: Folder) => (await folder.store.read('numbers', { limit: 1000 })).map((row) => row.n);

describe('dead letters', () => {
  test('that cannot be written hold the offset, and nothing of their micro-batch is stored', async () => {
    const { folder, processor, append, close } = await opened();
    const session = await folder.database.session();
    await append(0, [
      { n: 1, word: '1', at: 0 },
      { n: 2, word: 'two', at: 0 },
    ]);
    await session.run('alter table meta.aside rename to aside_away');
    await assert.rejects(() => step(folder, processor, 0), MillraceError);
    assert.equal(nextOf(processor), 0);
    assert.deepEqual(await stored(folder), []);
    await session.run('alter table meta.aside_away rename to aside');
    await step(folder, processor, 0);
    assert.equal(nextOf(processor), 2);
    assert.deepEqual(await stored(folder), [1]);
    const letters = await session.rows('select stage, off from meta.aside');
    assert.deepEqual(letters, [['parsed', 1n]]);
    session.close();
    await close();
  });
});

describe('a watermark', () => {
  test('never goes back, whatever the order of times and partitions, and not by a new start', async () => {
    const events = fc.array(fc.record({ partition: fc.nat(1), at: fc.nat(200) }), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(events, fc.nat(11), async (list, restartAt) => {
        const { folder, processor: first, append, close } = await opened();
        let processor = first;
        let before = Number.NEGATIVE_INFINITY;
        for (const [n, { partition, at }] of list.entries()) {
          await append(partition, [{ n, word: '1', at }]);
          await step(folder, processor, partition);
          if (n === restartAt) processor = await folder.engine.open(made, new Map());
          const watermark = processor.progress.watermarks.event ?? Number.NEGATIVE_INFINITY;
          assert.ok(watermark >= before, `${watermark} after ${before}`);
          before = watermark;
        }
        if (processor !== first) processor.close();
        await close();
      }),
      { numRuns: 10 },
    );
  });
});

describe('a commit of the store', () => {
  test('is on disk when it is acknowledged: a copy of the files at that moment has it', async () => {
    const root = await mkdtemp(join(tmpdir(), 'millrace-hollow-'));
    const places = (name: string): Places => ({
      path: join(root, name),
      database: { path: join(root, name, 'tables.duckdb'), tempFolder: join(root, name, 'temp') },
      log: join(root, name, 'log'),
      registry: ':memory:',
    });
    await mkdir(join(root, 'live'));
    const { folder, processor, append, close } = await opened(places('live'), realSystem());
    for (let n = 0; n < 8; n++) {
      await append(0, [{ n, word: String(n), at: n }]);
      await step(folder, processor, 0);
      // what a power cut at this moment would leave
      const name = `copy-${n}`;
      await mkdir(join(root, name));
      for (const file of await readdir(join(root, 'live'))) {
        if (file.startsWith('tables.duckdb')) await copyFile(join(root, 'live', file), join(root, name, file));
      }
      const copy = await opened(places(name), realSystem());
      assert.deepEqual(
        await stored(copy.folder),
        Array.from({ length: n + 1 }, (_, i) => i),
      );
      assert.equal(nextOf(copy.processor), n + 1);
      await copy.close();
    }
    await close();
    await rm(root, { recursive: true });
  });
});

describe('a pump', () => {
  test('processes a single record, and a single refusal, without waiting for others', async () => {
    const { folder, processor, append, close } = await opened();
    const stop = new AbortController();
    const { log, system } = folder;
    const pump = new Pump({ ...system, pipeline: made, processor, log, troubled: (error) => assert.ifError(error) });
    const running = pump.run(stop.signal);
    await append(1, [{ n: 7, word: '7', at: 0 }]);
    await until(() => nextOf(processor, 1) === 1);
    assert.deepEqual(await stored(folder), [7]);
    pump.report(refusal());
    await until(() => processor.progress.refused === 1);
    stop.abort();
    await running;
    await close();
  });
});

function refusal(): SourceReport {
  const error = new MillraceError('RECORD_INVALID', 'no record');
  const refused = { sequence: 0, bytes: Buffer.from('x'), error, place: 'line 1' };
  const progress = { position: undefined, next: 1, read: 1, refused: 1 };
  return { source: 'event/csv', topic: 'event', progress, refusals: [refused] };
}

/** Waits until something holds; the test's own limit ends it where it never does. */
async function until(holds: () => boolean): Promise<void> {
  for (let waits = 0; !holds(); waits++) {
    assert.ok(waits < 1000, 'it did not happen within ten seconds');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
