// Retention and windows: what the log no longer has may still be in the state of a window, and may fail there.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeadLetters } from '../../src/control/dead.ts';
import { encodedRecord } from '../../src/control/edit.ts';
import { TopicWriter } from '../../src/control/feeder.ts';
import { openParts, registerTopics } from '../../src/control/folder.ts';
import { ledgerOf } from '../../src/control/ledger.ts';
import { LetterDesk } from '../../src/control/letters.ts';
import { Records } from '../../src/control/records.ts';
import type { Runner } from '../../src/control/runner.ts';
import { virtualClock } from '../../src/core/clock.ts';
import { memoryFiles } from '../../src/core/memory-files.ts';
import { random } from '../../src/core/random.ts';
import { recordAcceptor } from '../../src/define/accept.ts';
import { int, long, pipeline, sql, stream, table, text, timestamp, topic } from '../../src/index.ts';

const hourMs = 3_600_000;
const reading = topic(
  'reading',
  { n: int(), value: text(), who: text().personal(), at: timestamp() },
  { time: 'at', retain: { age: '1 hour' } },
);
const sums = stream(
  'sums',
  { day: timestamp(), total: long() },
  sql`select window_start as day, (sum(value::int) + 0 * count(who))::bigint as total from ${reading.tumble('1 day')} group by window_start`,
);
const made = pipeline('days', { tables: [table('sums', sums, { key: 'day' })] });

test('a window fails for a record that retention has removed: it is put aside with what is known of it, and can be written anew', async () => {
  const clock = virtualClock(0);
  const absent = () => Promise.reject(new Error('there is no network'));
  const system = { clock, random: random('x'), files: memoryFiles(), fetch: absent, lookup: absent };
  const folder = await openParts({ path: '/r', database: {}, log: '/r/log', registry: ':memory:' }, system);
  const { log } = folder;
  const schemaId = (await registerTopics(folder, made)).get('reading')!;
  await folder.store.prepare(made.name, made.tables);
  const processor = await folder.engine.open(made, new Map());
  const writer = new TopicWriter(reading, schemaId, clock);
  const accept = recordAcceptor(reading.fields);
  const send = async (...records: object[]) => {
    for (const record of records) writer.add(0, accept(record));
    await log.append('reading', 0, writer.take(0)!);
    const next = processor.progress.topics.reading?.[0]?.next ?? 0;
    await processor.step(
      await processor.prepare(await log.read('reading', 0, next, { recordsMax: 100, bytesMax: 1e6 })),
      [],
    );
  };
  await send({ n: 1, value: '1', who: 'a', at: 0 }, { n: 2, value: 'broken', who: 'b', at: 1000 });
  await clock.advance(2 * hourMs);
  await log.retain(() => 2);
  assert.equal(log.range('reading', 0).start, 2);
  await send({ n: 3, value: '3', who: 'c', at: 48 * hourMs });

  const rows = async () => (await folder.store.read('sums')).map(({ total }) => total);
  assert.deepEqual(await rows(), [1]);
  const dead = new DeadLetters(folder);
  const [letter] = await dead.find({});
  assert.deepEqual([letter!.stage, letter!.code, letter!.partition, letter!.offset], ['sums', 'ROW_FAILED', 0, 1]);
  assert.match(letter!.reason, /string '•••' to INT32.*; the log no longer has the bytes .* write the whole record$/);
  assert.deepEqual(JSON.parse(Buffer.from(letter!.bytes).toString()), { value: 'broken', who: 'b' });
  const desk = new LetterDesk(folder, [{ pipeline: made } as Runner], new Records(folder, [made]));
  const shown = await desk.letter(letter!.id, true);
  assert.deepEqual(shown.record, { value: 'broken', who: '•••' });
  assert.deepEqual(JSON.parse(shown.edit!), { n: null, value: 'broken', who: '•••', at: null });
  const counts = () => {
    const { out, dead, balanced } = ledgerOf(made, processor.progress, log, 0);
    return { out, dead, balanced };
  };
  assert.deepEqual(counts(), { out: 2, dead: 1, balanced: true });

  // as it is, nothing can be done with it, and it says so
  assert.deepEqual(await processor.again([letter!]), [letter!.id]);
  assert.equal(await processor.trial(letter!), letter!.reason);
  assert.deepEqual(
    (await dead.find({})).map(({ tries, reason }) => [tries, reason]),
    [[1, letter!.reason]],
  );
  const whole = { n: 2, value: '20', who: 'b', at: new Date(1000) };
  const bytes = encodedRecord({ topic: reading, schemaId, clock }, whole);
  assert.deepEqual(await processor.again([{ ...letter!, bytes }]), []);
  assert.deepEqual([await rows(), counts()], [[21], { out: 3, dead: 0, balanced: true }]);
  processor.close();
  await folder.store.close();
  folder.database.close();
  await log.close();
  await folder.registry.close();
});
