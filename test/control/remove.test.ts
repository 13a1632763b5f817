// Topics, tables and pipelines that are removed: exactly they go, also where the process is killed in between, and the rest stays.
import assert from 'node:assert/strict';
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { closeParts, openParts } from '../../src/control/folder.ts';
import { remember } from '../../src/control/known.ts';
import { open } from '../../src/control/open.ts';
import { outlook } from '../../src/control/outlook.ts';
import { system } from '../../src/control/system.ts';
import type { Files } from '../../src/core/files.ts';
import { type Fields, int, long, pipeline, sql, stream, table, text, timestamp, topic } from '../../src/index.ts';
import { csv } from '../../src/ingest/csv/csv.ts';
import { type Serving, serving, temporary, until } from './tools.ts';

const fields = { id: text(), at: timestamp(), word: text() };

/** Two topics: orders from a file, with a window and a stream that fails for some words; and visits. */
function shop(file: string | undefined, more: Fields = {}) {
  const posted = topic('orders', { ...fields, ...more }, { time: 'at' });
  const order = file === undefined ? posted : posted.from(csv({ file }));
  const visit = topic('visits', fields, { time: 'at' });
  const number = stream('numbers', { id: text(), n: int() }, sql`select id, cast(word as integer) as n from ${order}`);
  const counted = (name: string, of: typeof visit) =>
    stream(
      name,
      { w: timestamp(), n: long() },
      sql`select window_start as w, count(*) as n from ${of.tumble('1 hour')} group by window_start`,
    );
  return pipeline('shop', {
    tables: [
      table('numbers', number, { key: 'id' }),
      table('per_hour', counted('order_hours', order as typeof visit), { key: 'w' }),
      table('visits_per_hour', counted('visit_hours', visit), { key: 'w' }),
    ],
  });
}

/** Another pipeline over the visits, whose name begins as that of the shop. */
const visit = topic('visits', fields, { time: 'at' });
const visitHours = stream(
  'visit_hours',
  { w: timestamp(), n: long() },
  sql`select window_start as w, count(*) as n from ${visit.tumble('1 hour')} group by window_start`,
);
const other = pipeline('shop-two', {
  tables: [table('visitors', visit, { key: 'id' }), table('visitors_per_hour', visitHours, { key: 'w' })],
});

/** A folder in which the shop has run over two rows of a file, one of which fails, and a posted one. */
async function used(t: TestContext): Promise<{ folder: string; file: string }> {
  const folder = await temporary(t);
  const file = join(dirname(folder), 'orders.csv');
  await writeFile(file, 'id,at,word\na,1970-01-01T00:00:01Z,1\nb,1970-01-01T00:00:02Z,two\nc,never,3\n');
  const first = await serving(t, folder, [shop(file)]);
  const body = Buffer.from('same');
  const posted = { records: [{ id: 'd', at: 3000, word: '4' }], body, idempotencyKey: 'key' };
  await ledgerOf(first);
  await first.backend.post('orders', posted);
  await first.post('visits', { id: 'v', at: 1000, word: '' });
  await first.settled();
  assert.deepEqual([first.view().ledger.dead, first.view().ledger.balanced], [2, true]);
  await first.stop();
  return { folder, file };
}

/** What the parts of a folder have that is of a topic. */
async function tracesOf(folder: string, name: string): Promise<unknown> {
  const millrace = await open({ folder });
  try {
    const letters = (await millrace.deadList()).filter((letter) => letter.topic === name);
    const topics = (await millrace.topics()).filter((one) => one.name === name);
    return { letters, topics, folders: (await readdir(join(folder, 'log'))).filter((one) => one === name) };
  } finally {
    await millrace.close();
  }
}

const nothing = { letters: [], topics: [], folders: [] };

async function ledgerOf({ running, view, settled }: Serving) {
  await until('the sources are read', () => running.status()[0]!.sources.every(({ state }) => state === 'ended'));
  await settled();
  const { in: arrived, out, dead, inFlight, balanced } = view().ledger;
  return { in: arrived, out, dead, inFlight, balanced };
}

test('a topic that is read is not deleted unless that is forced; then it can be declared anew, and its sources are read again', async (t) => {
  const { folder, file } = await used(t);
  const millrace = await open({ folder });
  const planned = await millrace.removal({ noun: 'topic', name: 'orders' });
  assert.deepEqual(
    { ...planned, bytes: 0 },
    { noun: 'topic', name: 'orders', records: 3, bytes: 0, letters: 2, subjects: ['orders-value'], usedBy: ['shop'] },
  );
  await assert.rejects(millrace.remove({ noun: 'topic', name: 'orders' }), {
    code: 'STILL_USED',
    message: "pipeline 'shop' still reads it",
    remedy: /millrace pipeline remove shop\. With --force/,
  });
  assert.deepEqual(await millrace.removal({ noun: 'topic', name: 'orders' }), planned);
  assert.deepEqual(await millrace.remove({ noun: 'topic', name: 'orders' }, { force: true }), planned);
  await assert.rejects(millrace.removal({ noun: 'topic', name: 'orders' }), { code: 'NOT_FOUND' });
  assert.deepEqual((await millrace.query('select count(*) from numbers')).rows, [[2]]);
  await millrace.close();
  assert.deepEqual(await tracesOf(folder, 'orders'), nothing);

  // another field that is not optional: it would be refused by the records that are gone
  await writeFile(file, 'id,at,word,price\ne,1970-01-01T00:00:09Z,5,7\n');
  const again = await serving(t, folder, [shop(file, { price: int() })]);
  await ledgerOf(again);
  const posted = { records: [{ id: 'f', at: 4000, word: '6', price: 1 }], body: Buffer.from('other') };
  const answer = await again.backend.post('orders', { ...posted, idempotencyKey: 'key' });
  assert.equal(answer.accepted, 1);
  // one visit and three orders were processed, of which one lay aside and is gone; two are new
  assert.deepEqual(await ledgerOf(again), { in: 5, out: 5, dead: 0, inFlight: 0, balanced: true });
  assert.deepEqual((await again.millrace.query('select id, n from numbers order by id')).rows, [
    ['a', 1],
    ['d', 4],
    ['e', 5],
    ['f', 6],
  ]);
  await again.post('visits', { id: 'w', at: 2000, word: '' });
  await again.settled();
  await again.running.stop();
  // the window has forgotten the orders that are gone, and no visit
  assert.deepEqual((await again.millrace.query('select n from per_hour')).rows, [[2]]);
  assert.deepEqual((await again.millrace.query('select n from visits_per_hour')).rows, [[2]]);
});

test('a deletion that is cut short anywhere is finished when the folder is opened, and a start meets no half of it', async (t) => {
  const { folder: template } = await used(t);
  let operations = 0;
  for (let isDone = false; !isDone; operations++) {
    const folder = `${template}-${operations}`;
    await cp(template, folder, { recursive: true });
    const millrace = await open({ folder }, { ...system(), files: failing(system().files, operations) });
    isDone = await millrace.remove({ noun: 'topic', name: 'orders' }, { force: true }).then(
      () => true,
      () => false,
    );
    await millrace.close().catch(() => undefined);
    const changes = await outlook([shop(undefined)], {}, folder);
    assert.equal(changes.find(({ noun, name }) => noun === 'topic' && name === 'orders')?.effect, 'new');
    const again = await serving(t, folder, [shop(undefined)]);
    assert.equal((await again.backend.topic('orders')).records, 0, `after ${operations} operations`);
    assert.deepEqual(await again.backend.registry.versions('orders-value', { deleted: true }), [1, 2]);
    const posted = { records: [{ id: 'd', at: 3000, word: '4' }], body: Buffer.from('same'), idempotencyKey: 'key' };
    assert.equal((await again.backend.post('orders', posted)).isRepeated ?? false, false);
    assert.deepEqual(await ledgerOf(again), { in: 4, out: 4, dead: 0, inFlight: 0, balanced: true });
    await again.stop();
  }
  assert.ok(operations > 5, `${operations} operations`);
});

/** Files of which any that changes something fails after so many of these. */
function failing(files: Files, operations: number): Files {
  let left = Number.POSITIVE_INFINITY;
  const counted = async <T>(path: string, work: () => Promise<T>): Promise<T> => {
    // what the deletion does begins with the look whether there is something to delete
    if (left === Number.POSITIVE_INFINITY && !path.endsWith('control.db')) return work();
    left = Math.min(left, operations + 1) - 1;
    if (left < 0) throw Object.assign(new Error('EIO'), { code: 'EIO' });
    return work();
  };
  return {
    ...files,
    exists: (path) => counted(path, () => files.exists(path)),
    remove: (path) => counted(path, () => files.remove(path)),
    removeFolder: (path) => counted(path, () => files.removeFolder(path)),
    syncFolder: (path) => counted(path, () => files.syncFolder(path)),
  };
}

test('a topic that no pipeline reads any more is deleted without force, and the ledger of those that read it stays balanced', async (t) => {
  const { folder, file } = await used(t);
  const visits = pipeline('shop', {
    tables: shop(file).tables.filter(({ name }) => name === 'visits_per_hour'),
  });
  const second = await serving(t, folder, [visits]);
  assert.deepEqual(await ledgerOf(second), { in: 5, out: 3, dead: 2, inFlight: 0, balanced: true });
  await second.stop();
  const millrace = await open({ folder });
  assert.deepEqual((await millrace.removal({ noun: 'topic', name: 'orders' })).usedBy, []);
  await millrace.remove({ noun: 'topic', name: 'orders' });
  await millrace.close();
  const third = await serving(t, folder, [visits]);
  assert.deepEqual(await ledgerOf(third), { in: 3, out: 3, dead: 0, inFlight: 0, balanced: true });
});

test('a table is dropped once its pipeline does not write it any more, or where that is forced', async (t) => {
  const { folder, file } = await used(t);
  const millrace = await open({ folder });
  const numbers = { noun: 'table', name: 'numbers' } as const;
  await assert.rejects(millrace.remove(numbers), {
    code: 'STILL_USED',
    remedy: /millrace rebuild shop numbers/,
  });
  assert.deepEqual(await millrace.remove(numbers, { force: true }), {
    ...numbers,
    pipeline: 'shop',
    rows: 2,
    usedBy: ['shop'],
  });
  assert.deepEqual(
    (await millrace.tables()).map(({ name }) => name),
    ['per_hour', 'visits_per_hour'],
  );
  await assert.rejects(millrace.query('from numbers'), { code: 'SQL_INVALID' });
  await assert.rejects(millrace.removal({ noun: 'table', name: 'per_huor' }), {
    code: 'NOT_FOUND',
    remedy: "Did you mean 'per_hour'?",
  });
  await millrace.close();
  // made anew, it gets what comes from then on
  const second = await serving(t, folder, [shop(file)]);
  await second.post('orders', { id: 'g', at: 5000, word: '9' });
  await second.settled();
  assert.deepEqual((await second.millrace.query('select id, n from numbers')).rows, [['g', 9]]);
  await second.stop();
  const rest = pipeline('shop', { tables: shop(file).tables.slice(1) });
  await (await serving(t, folder, [rest])).stop();
  const third = await open({ folder });
  assert.deepEqual((await third.remove(numbers)).usedBy, []);
  await third.close();
});

test('a table that a stream of another pipeline looks up is still used', async (t) => {
  const folder = await temporary(t);
  const zones = table('zones', topic('zone', { id: text(), name: text() }), { key: 'id' });
  const ride = topic('ride', { id: text(), zone: text() });
  const named = stream(
    'named',
    { id: text(), name: text() },
    sql`select r.id, z.name from ${ride} r join ${zones} z on z.id = r.zone`,
  );
  const names = table('named', named, { key: 'id' });
  const rides = pipeline('rides', { tables: [zones, names] });
  await (await serving(t, folder, [rides])).stop();
  const places = { path: folder, database: { path: join(folder, 'tables.duckdb') }, log: join(folder, 'log') };
  const parts = await openParts({ ...places, registry: join(folder, 'registry.db') }, system());
  // a pipeline that keeps another table, and looks up `zones`
  await remember(parts, { ...rides, name: 'tours', tables: [names] }, undefined);
  await closeParts(parts);
  const millrace = await open({ folder });
  assert.deepEqual((await millrace.removal({ noun: 'table', name: 'zones' })).usedBy, ['rides', 'tours']);
  await millrace.close();
});

test('a pipeline is removed with all that it keeps, and nothing of another one', async (t) => {
  const { folder, file } = await used(t);
  const visitors = await serving(t, folder, [other]);
  await visitors.settled();
  await visitors.stop();
  const millrace = await open({ folder });
  const [rows] = (await millrace.query('from visitors')).rows;
  const removed = await millrace.remove({ noun: 'pipeline', name: 'shop' });
  assert.deepEqual(removed, {
    noun: 'pipeline',
    name: 'shop',
    tables: [
      { name: 'numbers', rows: 2 },
      { name: 'per_hour', rows: 1 },
      { name: 'visits_per_hour', rows: 1 },
    ],
    keptTables: [],
    letters: 2,
    topics: ['orders', 'visits'],
    usedBy: [],
  });
  assert.deepEqual(await millrace.pipelines(), ['shop-two']);
  assert.deepEqual(await millrace.deadList(), []);
  assert.deepEqual((await millrace.query('from visitors')).rows, [rows]);
  assert.deepEqual(
    (await millrace.topics()).map(({ name, records }) => [name, records]),
    [
      ['orders', 3],
      ['visits', 1],
    ],
  );
  await assert.rejects(millrace.removal({ noun: 'pipeline', name: 'shop-tow' }), {
    code: 'NOT_FOUND',
    remedy: "Did you mean 'shop-two'?",
  });
  await millrace.close();
  // the windows of the other one are as they were
  const rest = await serving(t, folder, [other]);
  await rest.post('visits', { id: 'w', at: 2000, word: '' });
  await rest.settled();
  await rest.running.stop();
  assert.deepEqual((await rest.millrace.query('select n from visitors_per_hour')).rows, [[2]]);
  await rest.stop();
  // run again, it begins at the beginning of its topics
  const again = await serving(t, folder, [shop(file)], { withoutSources: true });
  assert.deepEqual(await ledgerOf(again), { in: 5, out: 4, dead: 1, inFlight: 0, balanced: true });
});

test('the tables of a removed pipeline can be kept, queried, and dropped later', async (t) => {
  const { folder } = await used(t);
  const millrace = await open({ folder });
  const removed = await millrace.remove({ noun: 'pipeline', name: 'shop', keepTables: true });
  assert.ok(removed.noun === 'pipeline');
  assert.deepEqual([removed.tables, removed.keptTables], [[], ['numbers', 'per_hour', 'visits_per_hour']]);
  assert.deepEqual((await millrace.query('select count(*) from numbers')).rows, [[2]]);
  await millrace.remove({ noun: 'table', name: 'numbers' });
  await millrace.close();
});

test('nothing is removed under a pipeline that runs', async (t) => {
  const { folder, file } = await used(t);
  const { millrace } = await serving(t, folder, [shop(file)]);
  await assert.rejects(millrace.remove({ noun: 'pipeline', name: 'shop' }), { code: 'DATA_IN_USE' });
});

test('a topic whose damage keeps the folder from being opened can be deleted, and the others are as they were', async (t) => {
  const { folder, file } = await used(t);
  const segment = join(folder, 'log/orders/0/00000000000000000000.log');
  const bytes = await readFile(segment);
  // within the first batch: the mark at the clean end says that it was durable
  bytes[bytes.length >> 1]! ^= 1;
  await writeFile(segment, bytes);
  await assert.rejects(open({ folder }), { code: 'LOG_DAMAGED', remedy: /millrace topic delete orders --force/ });
  const millrace = await open({ folder, leaveOut: 'orders' });
  const removed = await millrace.remove({ noun: 'topic', name: 'orders' }, { force: true });
  assert.ok(removed.noun === 'topic');
  assert.deepEqual([removed.records, removed.letters, removed.usedBy], [undefined, 2, ['shop']]);
  await millrace.close();
  const again = await serving(t, folder, [shop(file)]);
  // the file is read again, with its two bad rows
  assert.deepEqual(await ledgerOf(again), { in: 6, out: 4, dead: 2, inFlight: 0, balanced: true });
  assert.equal((await again.backend.topic('visits')).records, 1);
});
