// The suite that every store passes for its counts, and for tables by place: what became of rows that came and of rows that were there.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { place, table, topic } from '../../src/index.ts';
import type { RecordSpan } from '../../src/process/database.ts';
import type { RowCounts } from '../../src/process/engine.ts';
import type { TableChange } from '../../src/store/store.ts';
import { rejects } from './registry.ts';
import { fields, one, onStore, type StoreUnderTest } from './store.ts';

const from = topic('from', fields, { time: 'at' });
const lines = table('lines', from, { key: place(), columns: ['name'] });
const at = (_offset: number, name: string, _partition = 1) => ({ _partition, _offset, name });
const none: RowCounts = { replaced: 0, retracted: 0, expired: 0 };

/** Runs the suite. */
export function testCounts(title: string, make: () => Promise<StoreUnderTest>): void {
  const on = onStore(title, make);

  /** Adds rows to the table by place, perhaps of records that may be there already. */
  const adding =
    ({ store, transaction, batch }: StoreUnderTest) =>
    (again: RecordSpan | undefined, ...records: object[]) =>
      transaction(async () => store.sink.write(lines, { ...(await batch(lines, records)), ...(again && { again }) }));

  on('adds the rows of a table by place, each with its own, and finds them by it', async (under) => {
    const { store, prepare } = under;
    await prepare('p', [lines]);
    const add = adding(under);
    assert.deepEqual(await add(undefined, at(0, 'a'), at(1, 'a')), none);
    assert.deepEqual(await add(undefined, at(0, 'a', 0), at(2, 'a')), none);
    assert.deepEqual(await store.read('lines'), [at(0, 'a', 0), at(0, 'a'), at(1, 'a'), at(2, 'a')]);
    const [, second] = await store.read('lines', { limit: 2 });
    assert.deepEqual(await store.read('lines', { after: second! }), [at(1, 'a'), at(2, 'a')]);
    const of = (partition: number, offset: number) =>
      store.read('lines', { where: { _partition: { eq: partition }, _offset: { eq: offset } } });
    assert.deepEqual([await of(1, 1), await of(0, 1)], [[at(1, 'a')], []]);
    assert.deepEqual(
      await store.sink.lastPlaces(sessionOf(await under.batch(lines, [])), lines),
      new Map([
        [0, 0],
        [1, 2],
      ]),
    );
    const sample = (limit: number) =>
      store.sample('lines', { columns: ['_partition', '_offset'], of: 'everywhere', limit });
    assert.deepEqual((await sample(4)).slice(0, 2), await sample(2));
    assert.equal((await sample(9)).length, 4);
  });

  on('takes the rows of records out that may be there already, and tells watchers of both', async (under) => {
    const { store, prepare } = under;
    await prepare('p', [lines]);
    const add = adding(under);
    const told: TableChange[] = [];
    store.watch('lines', (change) => told.push(change));
    await add(undefined, at(0, 'a'), at(1, 'b'), at(2, 'c'), at(3, 'd'));
    assert.deepEqual(told.pop(), {
      rows: [at(0, 'a'), at(1, 'b'), at(2, 'c'), at(3, 'd')],
      removed: [],
      isPartial: false,
      count: 4,
    });
    const again = { partition: 1, from: 1, to: 3 };
    assert.deepEqual(await add(again, at(1, 'e')), { ...none, replaced: 2 });
    const { rows, removed } = told.pop()!;
    assert.deepEqual([rows, removed], [[at(1, 'e')], [{ _partition: 1, _offset: 2 }]]);
    // the records make no rows any more
    assert.deepEqual(await add(again), { ...none, replaced: 1 });
    assert.deepEqual(told.pop()!.removed, [{ _partition: 1, _offset: 1 }]);
    assert.deepEqual(await add({ ...again, partition: 0 }), none);
    assert.deepEqual(await store.read('lines'), [at(0, 'a'), at(3, 'd')]);
  });

  on('refuses to make a table with rows one by place, or one by place another one', async (under, write) => {
    const { store, prepare } = under;
    const keyed = table('lines', from, { key: 'id', columns: ['id', 'name'] });
    await prepare('p', [keyed]);
    // as long as it has no rows it is made anew, there and back
    await prepare('p', [lines]);
    await prepare('p', [keyed]);
    await write(keyed, { id: 1, name: 'a' });
    await rejects(
      'TABLE_CHANGED',
      () => prepare('p', [lines]),
      /^its key was id and is now the place of the record \(_partition, _offset\); column 'id' is gone$/,
    );
    assert.deepEqual(await store.sink.lastPlaces(sessionOf(await under.batch(keyed, [])), lines), new Map());
    await store.drop(['lines']);
    await prepare('p', [lines]);
    await adding(under)(undefined, at(0, 'a'));
    await rejects(
      'TABLE_CHANGED',
      () => prepare('p', [table('lines', from, { key: 'id', columns: ['id', 'name'] })]),
      /^its key was the place of the record \(_partition, _offset\) and is now id; column 'id' is new, and not optional$/,
    );
    // a column more is no other place
    await prepare('p', [table('lines', from, { key: place(), columns: ['name', 'v'] })]);
    assert.deepEqual(await store.read('lines'), [{ ...at(0, 'a'), v: null }]);
  });

  on('has the rows that it has counted, whatever comes', async (under) => {
    const { store, prepare, transaction, batch } = under;
    const kept = table('kept', from, { key: 'id', version: 'v', keep: '10 s' });
    const tables = [table('latest', from, { key: 'id' }), table('versioned', from, { key: 'id', version: 'v' }), kept];
    await prepare('p', tables);
    const counted = new Map(tables.map((one) => [one.name, 0]));
    const record = fc.record({ id: fc.nat(5), v: fc.option(fc.nat(3)), second: fc.nat(30) });
    const rowsOf = fc.array(record, { minLength: 1, maxLength: 8 });
    const step = fc.record({ rows: rowsOf, isInOrder: fc.boolean(), gone: fc.option(rowsOf) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 6 }), async (steps) => {
        for (const { rows, isInOrder, gone } of steps)
          for (const into of tables)
            await transaction(async () => {
              const { session } = await batch(into, []);
              const given = (some: typeof rows) =>
                batch(
                  into,
                  some.map(({ id, v, second }) => one(id, null, second * 1000, v)),
                );
              const few = (some: typeof rows) => [...new Map(some.map((row) => [row.id, row])).values()];
              const set = await given(gone ? few(rows) : rows);
              const { replaced, retracted, expired } = gone
                ? await store.sink.replace(into, { put: set, gone: await given(few(gone)) })
                : await store.sink.write(into, { ...set, isInOrder, place: '_row' });
              counted.set(into.name, counted.get(into.name)! + set.count - replaced - retracted - expired);
              assert.deepEqual(await store.sink.counts(session, [into.name]), [counted.get(into.name)], into.name);
            });
      }),
      { numRuns: 30 },
    );
    const session = sessionOf(await batch(kept, []));
    assert.deepEqual(
      await store.sink.counts(
        session,
        tables.map(({ name }) => name),
      ),
      [...counted.values()],
    );
    assert.deepEqual(await store.sink.counts(session, []), []);
  });
}

const sessionOf = ({ session }: Awaited<ReturnType<StoreUnderTest['batch']>>) => session;
