// The suite that every store passes: keyed upserts, versions, unique columns, retention, changes of a table, reads by condition.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits } from '../../src/core/limits.ts';
import type { Table } from '../../src/define/table.ts';
import {
  bool,
  bytes,
  date,
  decimal,
  double,
  int,
  json,
  list,
  long,
  oneOf,
  table,
  text,
  timestamp,
  topic,
} from '../../src/index.ts';
import type { RowSet } from '../../src/process/database.ts';
import type { ReadValue, Store, TableChange } from '../../src/store/store.ts';
import { rejects } from './registry.ts';

/** A store under test, and how rows come to it. */
export type StoreUnderTest = {
  readonly store: Store;
  /** Makes the tables of a pipeline, and the engine's session ready for them. */
  prepare(pipeline: string, tables: readonly Table[]): Promise<void>;
  /** Rows as the engine would give them; called within a transaction. */
  batch(table: Table, records: readonly object[]): Promise<RowSet>;
  /** As the engine does it: the sink is told how it ended. */
  transaction<T>(steps: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
};

const fields = { id: int(), name: text().optional(), v: double().optional(), at: timestamp() };
const from = topic('from', fields, { time: 'at' });
const plain = table('plain', from, { key: 'id' });
const one = (id: number, name: string | null = null, at = 0, v: number | null = null) => ({
  id,
  name,
  v,
  at: new Date(at).toISOString(),
});

/** Runs the suite. */
export function testStore(title: string, make: () => Promise<StoreUnderTest>): void {
  const on = (
    what: string,
    run: (under: StoreUnderTest, write: (table: Table, ...records: object[]) => Promise<void>) => Promise<void>,
  ) =>
    test(`${title}: ${what}`, async () => {
      const under = await make();
      try {
        await run(under, (table, ...records) =>
          under.transaction(async () => {
            await under.store.sink.write(table, await under.batch(table, records));
          }),
        );
      } finally {
        await under.close();
      }
    });
  const names = async (store: Store, name: string) => (await store.read(name)).map((row) => [row.id, row.name]);

  on('is idempotent on the key, and keeps the order of each', async ({ store, prepare }, write) => {
    await prepare('p', [plain]);
    for (let i = 0; i < 2; i++) await write(plain, one(1, 'a'), one(2, 'b'), one(1, 'c'));
    assert.deepEqual(await names(store, 'plain'), [
      [1, 'c'],
      [2, 'b'],
    ]);
    await write(plain, one(2, null), one(3, 'd'));
    assert.deepEqual(await names(store, 'plain'), [
      [1, 'c'],
      [2, null],
      [3, 'd'],
    ]);
    assert.equal(await store.count('plain'), 3);
  });

  on('keeps nothing of a transaction that fails', async ({ store, prepare, transaction, batch }) => {
    await prepare('p', [plain]);
    await assert.rejects(
      transaction(async () => {
        await store.sink.write(plain, await batch(plain, [one(1, 'a')]));
        throw new Error('no');
      }),
    );
    assert.equal(await store.count('plain'), 0);
  });

  on('lets the greater version win, in a batch and against what is there', async ({ store, prepare }, write) => {
    const versioned = table('versioned', from, { key: 'id', version: 'v' });
    await prepare('p', [versioned]);
    await write(versioned, one(1, 'new', 0, 5), one(1, 'old', 0, 4), one(2, 'x', 0, 1));
    await write(versioned, one(1, 'older', 0, 3), one(2, 'same', 0, 1), one(3, 'none', 0, null));
    await write(versioned, one(3, 'some', 0, -1), one(1, 'none', 0, null));
    assert.deepEqual(await names(store, 'versioned'), [
      [1, 'new'],
      [2, 'same'],
      [3, 'some'],
    ]);
  });

  on(
    'refuses rows that break a unique column, within a batch and against what is there',
    async ({ store, prepare, transaction, batch }, write) => {
      const unique = table('unique_names', from, { key: 'id', unique: ['name'] });
      await prepare('p', [unique]);
      await write(unique, one(1, 'a'), one(2, null));
      const refused = await transaction(async () =>
        store.sink.refuse([
          {
            table: unique,
            rows: await batch(unique, [one(1, 'a'), one(3, 'a'), one(4, 'b'), one(5, 'b'), one(6, null)]),
          },
        ]),
      );
      assert.deepEqual(
        refused.map(({ row }) => row),
        [1, 3],
      );
      for (const { reason } of refused) assert.match(reason, /unique_names.*name.*unique/);
    },
  );

  on('keeps rows by age against the newest', async ({ store, prepare }, write) => {
    const kept = table('kept', from, { key: 'id', keep: '1 minute' });
    await prepare('p', [kept]);
    await write(kept, one(1, 'a', 0), one(2, 'b', 60_000), one(3, 'c', 60_001));
    assert.deepEqual(await names(store, 'kept'), [
      [2, 'b'],
      [3, 'c'],
    ]);
  });

  on('reads by condition, every value bound', async ({ store, prepare }, write) => {
    const hostile = ["'; drop table plain; --", '"', '\u0000', '%', '$1', '\\', 'é'];
    await prepare('p', [plain]);
    await write(plain, ...hostile.map((name, id) => one(id, name, id * 1000, id)));
    for (const [id, name] of hostile.entries())
      assert.deepEqual(
        (await store.read('plain', { where: { name: { eq: name } } })).map((row) => row.id),
        [id],
      );
    const ids = async (options: Parameters<Store['read']>[1]) =>
      (await store.read('plain', options)).map((row) => row.id);
    assert.deepEqual(await ids({ where: { id: { gte: 2, lt: 4 }, v: { ne: 2 } } }), [3]);
    assert.deepEqual(
      await ids({ where: { at: { gt: new Date(4000) } }, order: [{ column: 'id', descending: true }] }),
      [6, 5],
    );
    assert.deepEqual(await ids({ limit: 2, after: (await store.read('plain', { limit: 2 }))[1]! }), [2, 3]);
    await rejects('NOT_FOUND', () => store.read('plain', { where: { 'id" or 1=1 --': { eq: 1 } } }));
    await rejects('NOT_FOUND', () => store.read('nothing'));
    await rejects('NOT_FOUND', () => store.count("x'; drop table plain"));
    await rejects('QUERY_LIMIT', () => store.read('plain', { limit: 1e9 }));
    assert.equal(await store.count('plain'), hostile.length);
  });

  on(
    'adds optional columns, and refuses every other change with the column named',
    async ({ store, prepare }, write) => {
      await prepare('p', [plain]);
      await write(plain, one(1, 'a'));
      const changed = (more: object, key: 'id' | 'at' = 'id') => [
        table('plain', topic('from', { ...fields, ...more }), { key }),
      ];
      await rejects(
        'TABLE_CHANGED',
        () => store.prepare('p', changed({ name: int() })),
        /'name' was text and is now int/,
      );
      await rejects('TABLE_CHANGED', () => store.prepare('p', changed({ name: text() })), /'name' was optional/);
      await rejects(
        'TABLE_CHANGED',
        () => store.prepare('p', changed({ extra: text() })),
        /'extra' is new, and not optional/,
      );
      await rejects('TABLE_CHANGED', () => store.prepare('p', changed({}, 'at')), /key was id and is now at/);
      const { v: _gone, ...less } = fields;
      await rejects(
        'TABLE_CHANGED',
        () => store.prepare('p', [table('plain', topic('from', less), { key: 'id' })]),
        /'v' is gone/,
      );
      await prepare('p', changed({ extra: text().optional() }));
      assert.deepEqual(
        (await store.read('plain')).map((row) => [row.id, row.extra]),
        [[1, null]],
      );
      await prepare('p', changed({ extra: text().optional() }));
    },
  );

  on('gives a name to one pipeline only, and lists what it has', async ({ store, prepare }) => {
    const select = table('select', topic('order', { group: text(), n: long() }), { key: 'group' });
    const cased = table('a-B_c', topic('x', { key: text(), l: list(int()), j: json(), d: date() }), { key: 'key' });
    await prepare('p', [plain, select, cased]);
    await rejects('NAME_TAKEN', () => store.prepare('q', [plain]), /'p'/);
    assert.deepEqual(
      (await store.tables()).map(({ name, pipeline, key }) => [name, pipeline, key]),
      [
        ['a-B_c', 'p', ['key']],
        ['plain', 'p', ['id']],
        ['select', 'p', ['group']],
      ],
    );
    assert.equal(await store.count('select'), 0);
  });

  on('finds a row by a key of any type, and of several columns', async ({ store, prepare }, write) => {
    const every = topic('every', {
      a: text(),
      b: int(),
      c: long(),
      d: double(),
      e: bool(),
      f: timestamp(),
      g: date(),
      h: decimal(10, 2),
      i: bytes(),
      j: oneOf('x', 'y'),
      n: int(),
    });
    const given = {
      a: 'Bahnhofstraße 💡',
      b: -7,
      c: 2 ** 53,
      d: 0.1,
      e: true,
      f: '2026-11-22T08:00:00.123Z',
      g: '2024-02-29',
      h: '-12.50',
      i: 'bytes',
      j: 'y',
      n: 1,
    };
    const asked: Record<string, ReadValue> = { ...given, f: new Date(given.f), i: new TextEncoder().encode(given.i) };
    const keys = [['a'], ['b'], ['c'], ['d'], ['e'], ['f'], ['g'], ['h'], ['i'], ['j'], ['g', 'a', 'h']] as const;
    const tables = keys.map((key) => table(`by_${key.join('_')}`, every, { key }));
    await prepare('p', tables);
    for (const one of tables) {
      await write(one, given);
      const where = Object.fromEntries(one.key.map((name) => [name, { eq: asked[name]! }]));
      assert.deepEqual(
        (await store.read(one.name, { where })).map((row) => row.n),
        [1],
        one.name,
      );
      assert.deepEqual(await store.read(one.name, { where: { ...where, n: { eq: 2 } } }), [], one.name);
    }
  });

  on('keeps composite keys apart', async ({ store, prepare }, write) => {
    const composite = table('composite', topic('pairs', { a: text(), b: text(), n: int() }), { key: ['a', 'b'] });
    await prepare('p', [composite]);
    await write(
      composite,
      { a: 'x', b: 'yz', n: 1 },
      { a: 'xy', b: 'z', n: 2 },
      { a: '', b: 'xyz', n: 3 },
      { a: 'x', b: 'yz', n: 4 },
    );
    assert.deepEqual(
      (await store.read('composite')).map((row) => row.n),
      [3, 4, 2],
    );
  });

  on('tells watchers of a table what each commit wrote, once it is there', async (under, write) => {
    const { store, prepare, transaction, batch } = under;
    const other = table('other', from, { key: 'id' });
    await prepare('p', [plain, other]);
    const told: TableChange[] = [];
    const unwatch = store.watch('plain', (change) => told.push(change));
    const twice = store.watch('plain', (change) => told.push(change));
    twice();
    await write(plain, one(1, 'a'), one(1, 'c'), one(2, 'b', 5, 0.5));
    assert.deepEqual(told, [{ rows: await store.read('plain'), isPartial: false, count: 2 }]);
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
    assert.deepEqual([rest, told.length], [{ isPartial: false, count: 3 }, 2]);
    unwatch();
    await write(plain, one(4, 'd'));
    assert.equal(told.length, 2);
  });

  on('tells watchers when not all that changed can be told', async (under, write) => {
    const { store, prepare, transaction, batch } = under;
    const kept = table('kept', from, { key: 'id', keep: '1 minute' });
    await prepare('p', [plain, kept]);
    const told: TableChange[] = [];
    const last = () => {
      const { rows, ...rest } = told.pop()!;
      return { ...rest, ids: rows.map((row) => row.id) };
    };
    for (const name of ['plain', 'kept']) store.watch(name, (change) => told.push(change));
    const most = Array.from({ length: limits.changeRowsMax }, (_, id) => one(id));
    await write(plain, ...most);
    assert.deepEqual([told[0]?.rows.length, told.pop()?.isPartial], [limits.changeRowsMax, false]);
    await write(plain, ...most, one(-1));
    assert.deepEqual(last(), { ids: [], isPartial: true, count: most.length + 1 });
    const remove = (...records: object[]) =>
      transaction(async () => store.sink.remove(plain, await batch(plain, records)));
    await remove(one(5), one(6));
    assert.deepEqual(last(), { ids: [], isPartial: true, count: 0 });
    await remove(one(5));
    assert.deepEqual(told, []);
    await write(kept, one(1, 'a', 1), one(2, 'b', 60_000));
    assert.deepEqual(last(), { ids: [1, 2], isPartial: false, count: 2 });
    await write(kept, one(3, 'gone at once', 0), one(4, 'd', 60_002));
    assert.deepEqual(last(), { ids: [4], isPartial: true, count: 2 });
  });

  on('tells one who begins to watch before a commit of what it wrote before that', async (under) => {
    const { store, prepare, transaction, batch } = under;
    await prepare('p', [plain]);
    const told: TableChange[] = [];
    await transaction(async () => {
      await store.sink.write(plain, await batch(plain, [one(1)]));
      store.watch('plain', (change) => told.push(change));
    });
    assert.deepEqual(told, [{ rows: [], isPartial: true, count: 1 }]);
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

  on('gives the items of lists as it gives single values', async ({ store, prepare }, write) => {
    const lists = { n: list(long()), d: list(list(date())), m: list(decimal(20, 4)), j: list(json()) };
    const listed = table('listed', topic('x', { key: int(), ...lists }), { key: 'key' });
    await prepare('p', [listed]);
    const row = {
      key: 1,
      n: [1, '9007199254740993'],
      d: [['2024-02-29'], []],
      m: ['1234567890123456.7891'],
      j: [{ a: [1] }, 'x', 2],
    };
    await write(listed, row);
    assert.deepEqual(await store.read('listed'), [{ ...row, n: [1, 9007199254740993n] }]);
  });
}
