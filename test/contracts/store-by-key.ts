// The suite of reads by key that every store passes.
import assert from 'node:assert/strict';
import { MillraceError } from '../../src/core/errors.ts';
import {
  bool,
  bytes,
  date,
  decimal,
  double,
  int,
  long,
  oneOf,
  table,
  text,
  timestamp,
  topic,
} from '../../src/index.ts';
import type { ReadValue } from '../../src/store/store.ts';
import { onStore, type StoreUnderTest } from './store.ts';

/** Runs the suite. */
export function testReadsByKey(title: string, make: () => Promise<StoreUnderTest>): void {
  const on = onStore(title, make);

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
      const three = await Promise.all([1, 2, 3].map(() => store.read(one.name, { where })));
      assert.deepEqual(
        three.map((rows) => rows.map((row) => row.n)),
        [[1], [1], [1]],
        one.name,
      );
    }
  });

  on(
    'answers reads by key that come at once, each with its own row, as of after it was asked for',
    async (under, write) => {
      const { store, prepare } = under;
      const pairs = table('pairs', topic('pair', { a: text(), b: int(), n: int() }), { key: ['a', 'b'] });
      await prepare('p', [pairs]);
      await write(pairs, ...Array.from({ length: 100 }, (_, n) => ({ a: `a${n % 10}`, b: n, n })));
      const read = async (n: number) =>
        (await store.read('pairs', { where: { b: { eq: n }, a: { eq: `a${n % 10}` } } })).map((row) => row.n);
      const all = Array.from({ length: 120 }, (_, n) => n);
      assert.deepEqual(
        await Promise.all(all.map(read)),
        all.map((n) => (n < 100 ? [n] : [])),
      );
      const first = read(1);
      await write(pairs, { a: 'a2', b: 2, n: 222 });
      assert.deepEqual([await first, await read(2)], [[1], [222]]);
      const failing = store.read('pairs', { where: { a: { eq: 'a1' }, b: { eq: 'one' } } });
      const beside = read(3);
      await assert.rejects(failing, MillraceError);
      assert.deepEqual(await beside, [3]);
    },
  );
}
