// Schemas of topics over time: deleted from the registry, replaced where no record has them, and refused where one does.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { openParts } from '../../src/control/folder.ts';
import { open } from '../../src/control/open.ts';
import { usesOf } from '../../src/control/schema-use.ts';
import { registerSchema } from '../../src/control/schemas.ts';
import { system } from '../../src/control/system.ts';
import { memoryFiles } from '../../src/core/memory-files.ts';
import { double, type Fields, int, text } from '../../src/define/fields.ts';
import { pipeline } from '../../src/define/pipeline.ts';
import { table } from '../../src/define/table.ts';
import { topic } from '../../src/define/topic.ts';
import { csv } from '../../src/ingest/csv/csv.ts';
import { BatchBuilder } from '../../src/log/batch.ts';
import { serving, temporary } from './tools.ts';

const order = topic('orders', { id: text(), count: int() });
const shop = pipeline('shop', { tables: [table('orders', order, { key: 'id' })] });

test('records whose schema was deleted permanently are decoded and processed after a restart', async (t) => {
  const folder = await temporary(t);
  const first = await serving(t, folder, [shop]);
  await first.backend.pause('shop');
  await first.post('orders', { id: 'a', count: 1 }, { id: 'b', count: 2 });
  const { registry } = first.backend;
  await registry.deleteSubject('orders-value');
  await registry.deleteSubject('orders-value', { permanent: true });
  await first.stop();

  const second = await serving(t, folder, [shop]);
  assert.deepEqual(
    (await second.backend.records('orders', { limit: 10 })).records.map((record) => record.value),
    [
      { id: 'a', count: 1 },
      { id: 'b', count: 2 },
    ],
  );
  await second.backend.resume('shop');
  await second.post('orders', { id: 'c', count: 3 });
  await second.settled();
  const { dead, out, balanced } = second.view().ledger;
  assert.deepEqual({ dead, out, balanced }, { dead: 0, out: 3, balanced: true });
});

/** A pipeline with one topic of these fields, and a table of it. */
const of = (fields: Fields) => pipeline('shop', { tables: [table('orders', topic('orders', fields), { key: 'id' })] });
const wrong = of({ id: text(), count: int() });
const right = of({ id: text(), count: text() });

test('the type of a field can be changed as long as no record was stored, which is told, and the table is of the new type', async (t) => {
  const folder = await temporary(t);
  const first = await serving(t, folder, [wrong]);
  await first.stop();
  const notices: string[] = [];
  const millrace = await open({ folder, notice: (notice) => notices.push(notice) });
  const running = await millrace.start([right], { withoutSources: true });
  await running.stop();
  await millrace.close();
  assert.deepEqual(notices, ["topic 'orders': no record has schema version 1: version 2 takes its place"]);
  const third = await serving(t, folder, [right]);
  await third.post('orders', { id: 'a', count: 'two' });
  await third.settled();
  assert.deepEqual((await third.millrace.query('from orders')).rows, [['a', 'two']]);
});

test('a file of which every row was refused for a wrong type is stored once the type is right', async (t) => {
  const folder = await temporary(t);
  const file = join(dirname(folder), 'orders.csv');
  await writeFile(file, 'id,count\na,two\nb,three\n');
  const from = (fields: Fields) =>
    pipeline('shop', { tables: [table('orders', topic('orders', fields).from(csv({ file })), { key: 'id' })] });
  const first = await serving(t, folder, [from({ id: text(), count: int() })], { once: true });
  await first.running.done;
  assert.equal(first.running.status()[0]!.ledger.dead, 2);
  await first.stop();
  const fixed = from({ id: text(), count: text() });
  const second = await serving(t, folder, [fixed]);
  assert.deepEqual(await second.millrace.deadRedrive(fixed, {}), { sent: 2, stored: 2, stillDead: 0 });
  assert.deepEqual((await second.millrace.query('from orders order by id')).rows, [
    ['a', 'two'],
    ['b', 'three'],
  ]);
});

test('a change that the records do not bear is refused with the field, a record that has the old type, and gentle remedies', async (t) => {
  const folder = await temporary(t);
  const first = await serving(t, folder, [wrong]);
  await first.post('orders', { id: 'a', count: 1 }, { id: 'b', count: 2 });
  await first.settled();
  await first.stop();
  await assert.rejects(serving(t, folder, [right]), {
    code: 'SCHEMA_INCOMPATIBLE',
    place: "topic 'orders'",
    message:
      "its fields do not fit the 2 records that it has: field 'count': int cannot be read as string, so version 1's records cannot be read (BACKWARD) (the record at partition 0, offset 0 has version 1)",
    remedy:
      'Put these fields back as they were and add a new .optional() field, or give the changed topic another name. To do without the records: millrace topic delete orders --force.',
  });
  const again = await serving(t, folder, [wrong]);
  assert.deepEqual((await again.millrace.query('select count(*) from orders')).rows, [[2]]);
});

test('a version that another program registered, and no record has, gives way; one that records have is compared with', async () => {
  const places = { path: '/schemas', database: {}, log: '/schemas/log', registry: ':memory:' };
  const folder = await openParts(places, { ...system(), files: memoryFiles() });
  const { registry, log, database } = folder;
  const own = await registerSchema(folder, topic('orders', { id: text(), count: int() }));
  const foreign = JSON.stringify({
    type: 'record',
    name: 'orders',
    namespace: 'millrace',
    fields: [{ name: 'id', type: 'string' }],
  });
  await registry.register('orders-value', foreign);
  const wide = topic('orders', { id: text(), count: int(), price: double() });
  assert.deepEqual((await registerSchema(folder, wide)).replaced, [2, 1]);
  assert.deepEqual(await registry.versions('orders-value'), [3]);

  // a letter has the bytes of its record: it may be sent again
  const session = await database.session();
  const { id } = await registry.version('orders-value', 3);
  await session.run(
    `insert into meta.aside (id, pipeline, kind, stage, code, reason, topic, part, off, bytes, at_ms, tries)
      values (7, 'shop', 'dead', 'orders', 'ROW_FAILED', '', 'orders', 0, 5, $1, 0, 0)`,
    Uint8Array.of(0, 0, 0, 0, id, 2, 97),
  );
  session.close();
  await log.createTopic('orders', { partitions: 1, retention: {} });
  await assert.rejects(registerSchema(folder, topic('orders', { id: text(), count: text() })), {
    code: 'SCHEMA_INCOMPATIBLE',
    message: /dead letter 7 of pipeline 'shop' has version 3/,
  });
  // what the first version said again has the id that it had
  assert.equal(await registry.schema(own.id), (await registry.version('orders-value', 1, { deleted: true })).schema);
  await folder.store.close();
  database.close();
  await log.close();
  await registry.close();
});

test('which schemas the records have is exact, however they lie in partitions and batches', async () => {
  const batches = fc.array(fc.array(fc.constantFrom(-1, 1, 2, 3, 300), { minLength: 1, maxLength: 4 }), {
    maxLength: 6,
  });
  let number = 0;
  const places = { path: '/uses', database: {}, log: '/uses/log', registry: ':memory:' };
  const folder = await openParts(places, { ...system(), files: memoryFiles() });
  const { log } = folder;
  await fc.assert(
    fc.asyncProperty(fc.tuple(batches, batches), fc.subarray([1, 2, 3, 300, 301]), async (partitions, wanted) => {
      const name = `t${++number}`;
      await log.createTopic(name, { partitions: 2, retention: {} });
      for (const [partition, some] of partitions.entries()) {
        for (const ids of some) {
          const builder = new BatchBuilder(64);
          for (const id of ids)
            builder.add(0, null, id < 0 ? Uint8Array.of(9, 0, 0, 0, 1) : Uint8Array.of(0, 0, 0, id >> 8, id & 255, 65));
          await log.append(name, partition, builder.take());
        }
      }
      const there = new Set<number>(partitions.flat(2));
      assert.deepEqual(
        [...(await usesOf(folder, name, wanted)).keys()].sort((a, b) => a - b),
        wanted.filter((id) => there.has(id)),
      );
    }),
    { numRuns: 100 },
  );
  assert.deepEqual(await usesOf(folder, 'nothing', [1]), new Map());
  await folder.store.close();
  folder.database.close();
  await log.close();
  await folder.registry.close();
});

test('a topic without records can get fewer partitions; one with records keeps them', async (t) => {
  const folder = await temporary(t);
  const parted = (partitions: number) =>
    pipeline('shop', { tables: [table('orders', topic('orders', { id: text() }, { partitions }), { key: 'id' })] });
  await (await serving(t, folder, [parted(4)])).stop();
  const second = await serving(t, folder, [parted(2)]);
  assert.equal((await second.backend.topic('orders')).partitions.length, 2);
  await second.post('orders', { id: 'a' });
  await second.settled();
  await second.stop();
  await assert.rejects(serving(t, folder, [parted(1)]), { code: 'OPTION_INVALID', remedy: /millrace topic delete/ });
});
