// The suite that every store passes for its change feed: what it tells those who watch a table, and when.
import assert from 'node:assert/strict';
import { limits } from '../../src/core/limits.ts';
import { bytes, date, decimal, int, json, list, long, table, text, timestamp, topic } from '../../src/index.ts';
import type { TableChange } from '../../src/store/store.ts';
import { fields, one, onStore, type StoreUnderTest } from './store.ts';

const from = topic('from', fields, { time: 'at' });
const plain = table('plain', from, { key: 'id' });

/** Runs the suite. */
export function testChanges(title: string, make: () => Promise<StoreUnderTest>): void {
  const on = onStore(title, make);

  on('tells watchers of a table what each commit wrote, once it is there', async (under, write) => {
    const { store, prepare, transaction, batch } = under;
    const other = table('other', from, { key: 'id' });
    await prepare('p', [plain, other]);
    const told: TableChange[] = [];
    const unwatch = store.watch('plain', (change) => told.push(change));
    const twice = store.watch('plain', (change) => told.push(change));
    twice();
    await write(plain, one(1, 'a'), one(1, 'c'), one(2, 'b', 5, 0.5));
    assert.deepEqual(told, [{ rows: await store.read('plain'), removed: [], isPartial: false, count: 2 }]);
    await write(other, one(1, 'a'));
    await assert.rejects(
      transaction(async () => {
        await store.sink.write(plain, await batch(plain, [one(1, 'undone')]));
        throw new Error('no');
      }),
    );
    assert.equal(told.length, 1);
    await transaction(async () => {
      await store.sink.write(plain, await batch(plain, [one(2, 'first'), one(3, 'x')]));
      await store.sink.write(plain, await batch(plain, [one(2, 'second')]));
      assert.equal(told.length, 1);
    });
    const { rows, ...rest } = told[1]!;
    assert.deepEqual(
      new Map(rows.map((row) => [row.id, row.name])),
      new Map([
        [2, 'second'],
        [3, 'x'],
      ]),
    );
    assert.deepEqual([rest, told.length], [{ removed: [], isPartial: false, count: 3 }, 2]);
    unwatch();
    await write(plain, one(4, 'd'));
    assert.equal(told.length, 2);
  });

  on('tells watchers when not all that changed can be told', async (under, write) => {
    const { store, prepare, transaction, batch } = under;
    await prepare('p', [plain]);
    const told: TableChange[] = [];
    const last = () => {
      const { rows, removed, ...rest } = told.pop()!;
      return { ...rest, ids: rows.map((row) => row.id), removed: removed.map((row) => row.id) };
    };
    store.watch('plain', (change) => told.push(change));
    const most = Array.from({ length: limits.changeRowsMax }, (_, id) => one(id));
    await write(plain, ...most);
    assert.deepEqual([told[0]?.rows.length, told.pop()?.isPartial], [limits.changeRowsMax, false]);
    await write(plain, ...most, one(-1));
    assert.deepEqual(last(), { ids: [], removed: [], isPartial: true, count: most.length + 1 });
    const remove = (...records: object[]) =>
      transaction(async () => {
        const gone = await batch(plain, records);
        await store.sink.replace(plain, { put: { ...gone, count: 0 }, gone });
      });
    await remove(one(5), one(6));
    assert.deepEqual(last(), { ids: [], removed: [5, 6], isPartial: false, count: 0 });
    await remove(one(5));
    assert.deepEqual(told, []);
    await remove(...most.slice(10), one(-2));
    assert.deepEqual(last(), {
      ids: [],
      removed: most
        .slice(10)
        .map(({ id }) => id)
        .concat(-2),
      isPartial: false,
      count: 0,
    });
    await write(plain, one(-3));
    assert.deepEqual(last(), { ids: [-3], removed: [], isPartial: false, count: 1 });
    const more = Array.from({ length: limits.changeRowsMax + 1 }, (_, id) => one(id));
    await remove(...more);
    assert.deepEqual(last(), { ids: [], removed: [], isPartial: true, count: 0 });
  });

  on('tells watchers which rows retention removed, where they are not too many', async (under, write) => {
    const { store, prepare, transaction, batch } = under;
    const kept = table('kept', from, { key: 'id', keep: '1 minute' });
    await prepare('p', [kept]);
    const told: TableChange[] = [];
    const last = () => {
      const { rows, removed, ...rest } = told.pop()!;
      return { ...rest, ids: rows.map((row) => row.id), removed: removed.map((row) => row.id).sort() };
    };
    store.watch('kept', (change) => told.push(change));
    await write(kept, one(1, 'a', 1), one(2, 'b', 60_000));
    assert.deepEqual(last(), { ids: [1, 2], removed: [], isPartial: false, count: 2 });
    await write(kept, one(3, 'gone at once', 0), one(4, 'd', 60_002));
    assert.deepEqual(last(), { ids: [4], removed: [1, 3], isPartial: false, count: 2 });
    // a row that is there is replaced by an older one, which retention removes at once
    await write(kept, one(2, 'old', 0), one(5, 'e', 60_003));
    assert.deepEqual(last(), { ids: [5], removed: [2], isPartial: false, count: 2 });
    await transaction(async () => {
      const put = await batch(kept, [one(6, 'f', 70_000)]);
      const gone = await batch(kept, [one(4)]);
      await store.sink.replace(kept, { put, gone });
    });
    assert.deepEqual(last(), { ids: [6], removed: [4], isPartial: false, count: 1 });
    await write(kept, one(7, 'g', 130_001));
    assert.deepEqual(last(), { ids: [7], removed: [5, 6], isPartial: false, count: 1 });
    const many = Array.from({ length: limits.changeRowsMax }, (_, id) => one(id + 10, 'h', 140_000));
    await write(kept, ...many);
    assert.equal(told.pop()?.isPartial, false);
    await write(kept, one(8, 'i', 300_000));
    assert.deepEqual(last(), { ids: [8], removed: [], isPartial: true, count: 1 });
    assert.deepEqual(
      (await store.read('kept')).map((row) => row.id),
      [8],
    );
  });

  on('tells one who begins to watch before a commit of what it wrote before that', async (under) => {
    const { store, prepare, transaction, batch } = under;
    await prepare('p', [plain]);
    const told: TableChange[] = [];
    await transaction(async () => {
      await store.sink.write(plain, await batch(plain, [one(1)]));
      store.watch('plain', (change) => told.push(change));
    });
    assert.deepEqual(told, [{ rows: [], removed: [], isPartial: true, count: 1 }]);
  });

  on('keeps rows of keys that differ by a millisecond apart in what it tells', async ({ store, prepare }, write) => {
    const timed = table('timed', from, { key: ['at', 'id'] });
    await prepare('p', [timed]);
    const told: TableChange[] = [];
    store.watch('timed', (change) => told.push(change));
    await write(timed, one(1, 'a', 0), one(1, 'b', 1), one(11, 'c', 1));
    assert.deepEqual(told[0]?.rows.map((row) => row.name).sort(), ['a', 'b', 'c']);
  });

  on('tells values of every type as they are read', async (under, write) => {
    const typed = table(
      'typed',
      topic('x', {
        key: text(),
        l: list(int()),
        j: json(),
        d: date(),
        m: decimal(20, 4),
        n: long(),
        b: bytes().optional(),
        at: timestamp(),
      }),
      { key: 'key' },
    );
    await under.prepare('p', [typed]);
    const told: TableChange[] = [];
    under.store.watch('typed', (change) => told.push(change));
    await write(typed, {
      key: "'\u0000é",
      l: [1, 2],
      j: { a: [1] },
      d: '2024-02-29',
      m: '1234567890123456.7891',
      n: '9007199254740993',
      b: null,
      at: '2024-02-29T12:00:00.123Z',
    });
    assert.deepEqual(told[0]?.rows, await under.store.read('typed'));
    assert.equal(told[0]?.rows[0]?.m, '1234567890123456.7891');
  });
}
