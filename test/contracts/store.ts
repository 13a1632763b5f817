// The suite that every store passes: keyed upserts, versions, unique columns, retention, changes of a table, reads by condition.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MillraceError } from '../../src/core/errors.ts';
import type { Table } from '../../src/define/table.ts';
import { date, decimal, double, int, json, list, long, table, text, timestamp, topic } from '../../src/index.ts';
import type { RowSet } from '../../src/process/database.ts';
import type { Store } from '../../src/store/store.ts';
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
  /** Sets the store's clock, which else stands at 2026. */
  setNow(ms: number): void;
  close(): Promise<void>;
};

/** The fields of most tables here, and a record of them. */
export const fields = { id: int(), name: text().optional(), v: double().optional(), at: timestamp() };
const from = topic('from', fields, { time: 'at' });
const plain = table('plain', from, { key: 'id' });
export const one = (id: number, name: string | null = null, at = 0, v: number | null = null) => ({
  id,
  name,
  v,
  at: new Date(at).toISOString(),
});

/** A test of the contract, and rows written as the engine writes them. */
export type StoreTest = (
  under: StoreUnderTest,
  write: (table: Table, ...records: object[]) => Promise<void>,
) => Promise<void>;

/** Makes tests, each with a store of its own. */
export function onStore(title: string, make: () => Promise<StoreUnderTest>): (what: string, run: StoreTest) => void {
  return (what, run) =>
    void test(`${title}: ${what}`, async () => {
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
}

/** Runs the suite. */
export function testStore(title: string, make: () => Promise<StoreUnderTest>): void {
  const on = onStore(title, make);
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
    // within one batch, whichever comes first
    await write(versioned, one(4, 'with', 0, -5), one(4, 'without', 0, null), one(5, 'without'), one(5, 'with', 0, -5));
    assert.deepEqual((await names(store, 'versioned')).slice(3), [
      [4, 'with'],
      [5, 'with'],
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

  on('refuses a unique rule that the rows which are there break, and no other', async ({ prepare }, write) => {
    const personal = topic('personal', { ...fields, name: text().optional(), key: text().personal() }, { time: 'at' });
    const loose = table('people', personal, { key: ['id', 'key'] });
    await prepare('p', [loose]);
    const rows = ['a', 'a', null, null, 'b'].map((name, id) => ({
      ...one(id, name, 0, id < 2 ? id : 9),
      key: `k${id}`,
    }));
    await write(loose, ...rows);
    const strict = (...unique: ('name' | 'v' | 'at')[]) => table('people', personal, { key: ['id', 'key'], unique });
    await assert.rejects(prepare('p', [strict('name')]), (error: unknown) => {
      assert.ok(error instanceof MillraceError && error.code === 'TABLE_CHANGED');
      assert.equal(error.place, "table 'people'");
      assert.match(error.message, /column 'name' is now unique, but 2 of the rows .* keys '0'\/'k0' and '1'\/'k1'$/);
      assert.match(error.masked, /keys '0'\/••• and '1'\/•••$/);
      assert.match(error.remedy!, /Leave the column out of unique/);
      return true;
    });
    await assert.rejects(prepare('p', [strict('v')]), /column 'v' is now unique, but 3 of the rows/);
    // refused once, it is refused again: nothing was noted
    await assert.rejects(prepare('p', [strict('name')]), /column 'name' is now unique/);
    await write(loose, { ...one(1, 'c', 0, 8), key: 'k1' });
    await prepare('p', [strict('name')]);
    await prepare('p', [strict('name')]);
    await prepare('p', [loose]);
    await write(loose, { ...one(1, 'a', 0, 8), key: 'k1' });
    await assert.rejects(prepare('p', [strict('name')]), /column 'name' is now unique, but 2 of the rows/);
  });

  on('keeps rows by age against the newest', async ({ store, prepare }, write) => {
    const kept = table('kept', from, { key: 'id', keep: '1 minute' });
    await prepare('p', [kept]);
    await write(kept, one(1, 'a', 0), one(2, 'b', 60_000), one(3, 'c', 60_001));
    assert.deepEqual(await names(store, 'kept'), [
      [2, 'b'],
      [3, 'c'],
    ]);
  });

  on('keeps old rows whatever the time of others that are ahead of the clock', async (under, write) => {
    const { store, prepare, setNow } = under;
    const kept = table('kept', from, { key: 'id', keep: '1 minute' });
    const beyond = Date.UTC(9999, 0, 1);
    await prepare('p', [kept]);
    await write(kept, one(1, 'a', 0), one(2, 'ahead', beyond));
    await write(kept, one(3, 'b', 60_000));
    assert.deepEqual(await names(store, 'kept'), [
      [1, 'a'],
      [2, 'ahead'],
      [3, 'b'],
    ]);
    await write(kept, one(4, 'c', 60_001));
    assert.equal(await store.count('kept'), 3);
    setNow(beyond);
    await write(kept, one(5, 'd', 60_002));
    assert.deepEqual(await names(store, 'kept'), [[2, 'ahead']]);
  });

  on('keeps the same rows of old times whatever the clock says', async ({ store, prepare, setNow }, write) => {
    const kept = table('kept', from, { key: 'id', keep: '1 minute' });
    await prepare('p', [kept]);
    for (const [i, now] of [60_001, Date.UTC(2026, 0, 1), Date.UTC(2400, 0, 1)].entries()) {
      setNow(now);
      await write(kept, one(1, 'a', 0), one(2, 'b', 60_000));
      await write(kept, one(3, 'c', 60_001));
      await write(kept, one(4, 'gone at once', 0));
      assert.deepEqual((await names(store, 'kept')).length, 2, String(i));
    }
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

  on(
    'makes a table without rows anew, whatever has changed, and what is written to it is kept',
    async ({ store, prepare }, write) => {
      await prepare('p', [plain]);
      const wider = table('plain', topic('from', { id: text(), n: int() }), { key: ['n', 'id'] });
      await prepare('p', [wider]);
      const [found] = await store.tables();
      assert.deepEqual(
        [found!.key, found!.columns.map(({ name, type }) => `${name} ${type}`)],
        [
          ['n', 'id'],
          ['id text', 'n int'],
        ],
      );
      await prepare('p', [plain]);
      await write(plain, one(1, 'a'));
      await rejects('TABLE_CHANGED', () => store.prepare('p', [wider]), /its key was id and is now n, id/);
      assert.equal(await store.count('plain'), 1);
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
