// Rows by key from memory: they are those of the table at each moment, whatever is committed while they are read.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import type { StoredRow, TableChange } from '../../src/store/store.ts';
import { RowCache } from '../../src/web/row-cache.ts';

const table = { name: 'rides', key: ['id'] };

/** A table whose commits are told, and a cache over it; `reads` counts those of the table. */
function caching(t: TestContext) {
  const rows = new Map<number, StoredRow>();
  const listeners = new Set<(change: TableChange) => void>();
  const cache = new RowCache({
    watchTable: async (_name, changed) => {
      listeners.add(changed);
      return () => listeners.delete(changed);
    },
  });
  t.after(() => cache.close());
  const tell = (change: Partial<TableChange>) => {
    for (const listener of listeners) listener({ rows: [], removed: [], isPartial: false, count: 1, ...change });
  };
  const state = { reads: 0 };
  const get = async (id: number, read?: () => Promise<StoredRow | undefined>) => {
    const json = await cache.row(table, [id], async () => {
      state.reads++;
      return read ? read() : rows.get(id);
    });
    return json && (JSON.parse(json.toString()) as StoredRow);
  };
  const put = (id: number, n: number) => {
    rows.set(id, { id, n });
    tell({ rows: [{ id, n }] });
  };
  return { rows, listeners, cache, tell, state, get, put };
}

test('a row that is asked for often is read once, and is the new one after each commit', async (t) => {
  const { get, put, state, rows, tell } = caching(t);
  put(1, 1);
  for (let i = 0; i < 5; i++) assert.deepEqual(await get(1), { id: 1, n: 1 });
  const { reads } = state;
  assert.ok(reads < 5, `${reads} reads`);
  put(1, 2);
  assert.deepEqual(await get(1), { id: 1, n: 2 });
  assert.equal(state.reads, reads);
  rows.delete(1);
  tell({ removed: [{ id: 1 }] });
  assert.equal(await get(1), undefined);
});

test('a row that is committed while it is read is not kept as it was', async (t) => {
  const { get, put } = caching(t);
  put(1, 1);
  await get(2);
  await get(2);
  await new Promise(setImmediate);
  const old = await get(1, async () => {
    put(1, 2);
    return { id: 1, n: 1 };
  });
  assert.deepEqual(old, { id: 1, n: 1 });
  assert.deepEqual(await get(1), { id: 1, n: 2 });
});

test('where a commit does not tell all of its rows, all are forgotten', async (t) => {
  const { get, put, rows, tell } = caching(t);
  put(1, 1);
  for (let i = 0; i < 4; i++) await get(1);
  rows.set(1, { id: 1, n: 9 });
  tell({ isPartial: true });
  assert.deepEqual(await get(1), { id: 1, n: 9 });
});

test('a table that is read now and then is not watched', async (t) => {
  const { get, put, listeners, state } = caching(t);
  put(1, 1);
  t.mock.method(performance, 'now', () => state.reads * 1000);
  for (let i = 0; i < 5; i++) await get(1);
  assert.equal(state.reads, 5);
  assert.equal(listeners.size, 0);
});

test('at any moment a row is that of the table, whatever is committed between a read and its answer', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.oneof(
          fc.record({ does: fc.constant('get' as const), id: fc.nat(3), commits: fc.nat(2) }),
          fc.record({ does: fc.constant('put' as const), id: fc.nat(3), n: fc.nat(9) }),
          fc.record({ does: fc.constant('remove' as const), id: fc.nat(3) }),
          fc.record({ does: fc.constant('partial' as const), id: fc.nat(3), n: fc.nat(9) }),
        ),
        { maxLength: 40 },
      ),
      async (steps) => {
        const { get, put, rows, tell } = caching(t);
        for (const step of steps) {
          if (step.does === 'put') put(step.id, step.n);
          else if (step.does === 'remove') {
            rows.delete(step.id);
            tell({ removed: [{ id: step.id }] });
          } else if (step.does === 'partial') {
            rows.set(step.id, { id: step.id, n: step.n });
            tell({ isPartial: true });
          } else {
            await get(step.id, async () => {
              const row = rows.get(step.id);
              for (let i = 0; i < step.commits; i++) put(step.id, 100 + i);
              return row;
            });
            assert.deepEqual(await get(step.id), rows.get(step.id));
          }
        }
      },
    ),
  );
});
