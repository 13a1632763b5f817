// Letters of a source that come back through the log: each has its effect once, whatever a crash repeats; and what the log holds that is no record.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TopicWriter } from '../../src/control/feeder.ts';
import { openParts, registerTopics } from '../../src/control/folder.ts';
import { ledgerOf } from '../../src/control/ledger.ts';
import { system as realSystem } from '../../src/control/system.ts';
import { MillraceError } from '../../src/core/errors.ts';
import { memoryFiles } from '../../src/core/memory-files.ts';
import { random } from '../../src/core/random.ts';
import { recordAcceptor, type Value } from '../../src/define/accept.ts';
import { int, long, pipeline, sql, stream, table, timestamp, topic } from '../../src/index.ts';
import { BatchBuilder } from '../../src/log/batch.ts';
import { againHeader, type SourceReport } from '../../src/process/engine.ts';

const event = topic('event', { n: int(), at: timestamp() }, { time: 'at' });
const minutes = stream(
  'minutes',
  { start: timestamp(), seen: long() },
  sql`select window_start as start, count(*) as seen from ${event.tumble('1 minute')} group by window_start`,
);
const made = pipeline('events', {
  tables: [table('events', event, { key: 'n' }), table('minutes', minutes, { key: 'start' })],
});
const accept = recordAcceptor(event.fields);

/** The pipeline over a log in memory, with one letter of its source. */
async function opened() {
  const system = { ...realSystem(), files: memoryFiles(), random: random('x') };
  const folder = await openParts({ path: '/again', database: {}, log: '/again/log', registry: ':memory:' }, system);
  const schemaIds = await registerTopics(folder, made);
  await folder.store.prepare(made.name, made.tables);
  const writer = new TopicWriter(event, schemaIds.get('event')!, system.clock);
  let processor = await folder.engine.open(made, new Map());
  const error = new MillraceError('RECORD_INVALID', 'no record');
  const refused = { sequence: 0, bytes: Buffer.from('x'), error, place: 'line 1' };
  const progress = { position: undefined, next: 1, read: 1, refused: 1 };
  const report: SourceReport = { source: 'event/csv', topic: 'event', progress, refusals: [refused] };
  await processor.save([report]);
  const session = await folder.database.session();
  const [[id]] = (await session.rows('select id from meta.aside')) as [[bigint]];
  return {
    /** Appends records, the letter where `isLetter`. */
    async append(...rows: readonly { n: number; at: number; isLetter?: boolean }[]) {
      for (const { isLetter, ...record } of rows) {
        const row: Value[] = accept(record);
        writer.add(0, row, isLetter ? { [againHeader]: Buffer.from(String(id)) } : undefined);
      }
      await folder.log.append('event', 0, writer.take(0)!);
    },
    /** Appends a value that is no record. */
    async appendBytes(value: Uint8Array) {
      const builder = new BatchBuilder();
      builder.add(0, null, value);
      await folder.log.append('event', 0, builder.take());
    },
    async step() {
      const from = processor.progress.topics.event?.[0]?.next ?? 0;
      const batches = await folder.log.read('event', 0, from, { recordsMax: 10_000, bytesMax: 1e7 });
      await processor.step(await processor.prepare(batches), []);
    },
    /** Prepares what is in the log from an offset on, to be stepped later. */
    async prepare(from: number) {
      const batches = await folder.log.read('event', 0, from, { recordsMax: 10_000, bytesMax: 1e7 });
      const prepared = await processor.prepare(batches);
      return () => processor.step(prepared, []);
    },
    async restart() {
      processor.close();
      processor = await folder.engine.open(made, new Map());
    },
    flush: () => processor.flush(),
    ledger() {
      const { in: came, out, deduplicated, late, dead, balanced } = ledgerOf(made, processor.progress, folder.log, 0);
      return { in: came, out, deduplicated, late, dead, balanced };
    },
    letters: async () => Number((await session.rows('select count(*) from meta.aside'))[0]![0]),
    rows: async (name: string) => folder.store.read(name, { limit: 100 }),
    async close() {
      session.close();
      processor.close();
      await folder.store.close();
      folder.database.close();
      await folder.log.close();
      await folder.registry.close();
    },
  };
}

describe('a letter of a source that is sent again', () => {
  test('leaves the letters with the record that it became, and counts as that alone', async () => {
    const under = await opened();
    assert.deepEqual(under.ledger(), { in: 1, out: 0, deduplicated: 0, late: 0, dead: 1, balanced: true });
    await under.append({ n: 1, at: 0, isLetter: true });
    await under.step();
    assert.deepEqual(under.ledger(), { in: 1, out: 1, deduplicated: 0, late: 0, dead: 0, balanced: true });
    assert.equal(await under.letters(), 0);
    await under.close();
  });

  for (const [where, isApart] of [
    ['in one micro-batch', false],
    ['in another one, after a restart', true],
  ] as const)
    test(`has its effect once where a crash has repeated it ${where}`, async () => {
      const under = await opened();
      await under.append({ n: 1, at: 0, isLetter: true });
      if (isApart) {
        await under.step();
        await under.restart();
      }
      await under.append({ n: 2, at: 0, isLetter: true });
      await under.step();
      assert.deepEqual(under.ledger(), { in: 2, out: 1, deduplicated: 1, late: 0, dead: 0, balanced: true });
      assert.deepEqual(
        (await under.rows('events')).map(({ n }) => n),
        [1],
      );
      await under.close();
    });

  test('is never late: it corrects the window that its time lies in', async () => {
    const under = await opened();
    await under.append({ n: 1, at: 0 }, { n: 2, at: 600_000 });
    await under.step();
    await under.append({ n: 3, at: 1, isLetter: true });
    await under.step();
    await under.flush();
    assert.deepEqual(
      (await under.rows('minutes')).map(({ seen }) => Number(seen)),
      [2, 1],
    );
    assert.deepEqual(under.ledger(), { in: 3, out: 3, deduplicated: 0, late: 0, dead: 0, balanced: true });
    await under.close();
  });
});

test('a record is late behind the micro-batch before its own, also where that was not processed when its own was prepared', async () => {
  const under = await opened();
  await under.append({ n: 1, at: 0 }, { n: 2, at: 600_000 });
  const first = await under.prepare(0);
  await under.append({ n: 3, at: 1 });
  const second = await under.prepare(2);
  await first();
  await second();
  assert.deepEqual(under.ledger(), { in: 4, out: 2, deduplicated: 0, late: 1, dead: 1, balanced: true });
  await under.flush();
  assert.deepEqual(
    (await under.rows('minutes')).map(({ seen }) => Number(seen)),
    [1, 1],
  );
  assert.equal(await under.letters(), 2);
  await under.close();
});

test('the watermark closes windows without a flush, and a restart knows it', async () => {
  const under = await opened();
  await under.append({ n: 1, at: 0 }, { n: 2, at: 600_000 });
  await under.step();
  const seen = async () => (await under.rows('minutes')).map((row) => Number(row.seen));
  assert.deepEqual(await seen(), [1]);
  await under.restart();
  await under.append({ n: 3, at: 1 });
  await under.step();
  assert.deepEqual(under.ledger(), { in: 4, out: 2, deduplicated: 0, late: 1, dead: 1, balanced: true });
  assert.deepEqual(await seen(), [1]);
  await under.close();
});

test('a record that cannot be decoded is dead, and counts', async () => {
  const under = await opened();
  await under.append({ n: 1, at: 0 });
  await under.appendBytes(Buffer.from('no record'));
  await under.append({ n: 2, at: 0 });
  await under.step();
  assert.deepEqual(under.ledger(), { in: 4, out: 2, deduplicated: 0, late: 0, dead: 2, balanced: true });
  assert.equal(await under.letters(), 2);
  await under.close();
});
