// The change feed of the DuckDB store: it costs nothing unwatched, and tells what a whole pipeline commits.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TopicWriter } from '../../src/control/feeder.ts';
import { openParts, registerTopics } from '../../src/control/folder.ts';
import { virtualClock } from '../../src/core/clock.ts';
import { memoryFiles } from '../../src/core/memory-files.ts';
import { random } from '../../src/core/random.ts';
import { recordAcceptor } from '../../src/define/accept.ts';
import type { Table } from '../../src/define/table.ts';
import { int, pipeline, sql, stream, table, text, topic } from '../../src/index.ts';
import { DuckDatabase, type DuckSession } from '../../src/process/duckdb/database.ts';
import { duckStore } from '../../src/store/duckdb/duckdb.ts';
import type { TableChange } from '../../src/store/store.ts';

const events = topic('events', { id: int(), word: text() });
const numbers = stream('numbers', { id: int(), n: int() }, sql`select id, cast(word as integer) as n from ${events}`);
const byId = table('by_id', numbers, { key: 'id' });
const once = table('once', numbers, { key: 'id', unique: ['n'] });

test('while nobody watches a table, its commits run no statement more', async () => {
  const database = await DuckDatabase.open();
  const session = await database.session();
  const store = await duckStore({ session: await database.session(), now: Date.now });
  await store.prepare('p', [byId as Table]);

  await session.run('create temp table given (id integer, n integer)');
  await session.run('insert into given values (1, 1), (2, 2)');
  const write = async (): Promise<string[]> => {
    const statements: string[] = [];
    const note = (sql: string) => statements.push(sql);
    const spied = Object.create(session, {
      run: { value: (sql: string) => note(sql) && session.run(sql) },
      rows: { value: (sql: string) => note(sql) && session.rows(sql) },
    }) as DuckSession;
    await session.transaction(() =>
      store.sink.write(byId as Table, { session: spied, relation: 'temp.main.given', count: 2 }),
    );
    store.sink.settled(spied, true);
    return statements;
  };
  const before = await write();
  const told: TableChange[] = [];
  const unwatch = store.watch('by_id', (change) => told.push(change));
  assert.equal((await write()).length, before.length + 1);
  assert.equal(told.length, 1);
  unwatch();
  assert.deepEqual(await write(), before);
  await store.close();
  session.close();
  database.close();
});

test('a micro-batch with bad rows is told once, without them, as the table then is', async () => {
  const made = pipeline('watched', { tables: [byId, once] });
  const system = {
    clock: virtualClock(0),
    random: random(1),
    files: memoryFiles(),
    fetch: globalThis.fetch,
    lookup: () => Promise.reject(new Error('no network')),
  };
  const parts = await openParts({ path: '/data', database: {}, log: '/data/log', registry: ':memory:' }, system);
  const ids = await registerTopics(parts, made);
  await parts.store.prepare(made.name, made.tables);
  const processor = await parts.engine.open(made, new Map());
  const told: TableChange[] = [];
  parts.store.watch('by_id', (change) => told.push(change));
  const writer = new TopicWriter(events, ids.get('events')!, system.clock);
  const accept = recordAcceptor(events.fields);
  // one fails before its transaction, one when the first table has its rows already
  for (const [id, word] of ['10', 'eleven', '12', '12'].entries()) writer.add(0, accept({ id, word }));
  const appended = parts.log.append('events', 0, writer.take(0)!);
  for (let isDone = false; !isDone; ) {
    void appended.then(() => (isDone = true));
    await system.clock.advance(10);
  }
  const batches = await parts.log.read('events', 0, 0, { recordsMax: 10, bytesMax: 1e6 });
  await processor.step(await processor.prepare(batches), []);
  assert.deepEqual(told, [
    {
      rows: [
        { id: 0, n: 10 },
        { id: 2, n: 12 },
      ],
      removed: [],
      isPartial: false,
      count: 2,
    },
  ]);
  assert.deepEqual(await parts.store.read('by_id'), told[0]?.rows);
  processor.close();
  await parts.store.close();
  parts.database.close();
  await parts.log.close();
  await parts.registry.close();
});
