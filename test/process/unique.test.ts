// The unique rule equals one record after the other, however the records come: with versions, several columns and tables, and dedupe.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { drive, int, pipeline, sql, stream, table, text, timestamp, topic } from '../../src/index.ts';
import { split } from './reference.ts';

type Person = {
  n: number;
  id: string;
  name: string;
  mail: string | null;
  nick: string | null;
  age: number | null;
  at: number;
};
type Rule = { key: 'id' | 'name'; unique: readonly ('mail' | 'nick')[]; version?: 'age' };

const person = topic(
  'person',
  {
    n: int(),
    id: text(),
    name: text(),
    mail: text().optional(),
    nick: text().optional(),
    age: int().optional(),
    at: timestamp(),
  },
  { time: 'at' },
);

/** One record after the other: a record that breaks a rule of any table is in none. */
function sequential(list: readonly Person[], rules: readonly Rule[], within?: number) {
  const tables = rules.map(() => new Map<string, Person>());
  const refused: number[] = [];
  const kept: Person[] = [];
  for (const one of list) {
    if (within !== undefined && kept.some(({ id, at }) => id === one.id && Math.abs(at - one.at) < within)) continue;
    const takes = rules.map(({ key, version }, i) => {
      const before = tables[i]!.get(one[key]!);
      if (!version || !before || before[version] === null) return true;
      return one[version] !== null && one[version] >= before[version];
    });
    const isRefused = rules.some(({ key, unique }, i) => {
      const others = [...tables[i]!.values()].filter((other) => other[key] !== one[key]);
      return takes[i] && unique.some((name) => one[name] !== null && others.some((other) => other[name] === one[name]));
    });
    if (isRefused) refused.push(one.n);
    else {
      kept.push(one);
      rules.forEach(({ key }, i) => {
        if (takes[i]) tables[i]!.set(one[key]!, one);
      });
    }
  }
  return { rows: tables.map((one) => [...one.values()].map(({ n }) => n).sort((a, b) => a - b)), refused };
}

const people = fc
  .array(
    fc.record({
      id: fc.constantFrom('A', 'B', 'C', 'D'),
      name: fc.constantFrom('a', 'b', 'c'),
      mail: fc.constantFrom('x', 'y', 'z', null),
      nick: fc.constantFrom('x', 'y', 'z', null, null),
      age: fc.constantFrom(null, 1, 2, 3),
      at: fc.constantFrom(0, 5, 1000),
    }),
    { minLength: 1, maxLength: 40 },
  )
  .map((list) => list.map((one, n): Person => ({ n, ...one })));
const cuts = fc.array(fc.nat(1000), { maxLength: 6 });

/** That the tables by these rules, fed by a topic or stream, are as the model says, for every split. */
async function holds(from: typeof person, rules: readonly Rule[], within?: number): Promise<void> {
  const tables = rules.map((rule, i) => table(`people_${i}`, from, rule));
  const made = pipeline('people', { tables });
  await fc.assert(
    fc.asyncProperty(people, cuts, async (list, cuts) => {
      await using driver = await drive(made);
      for (const part of split(list, cuts)) await driver.send(person, part);
      const expected = sequential(list, rules, within);
      const letters = await driver.dead();
      assert.deepEqual(
        letters.map(({ offset }) => offset).sort((a, b) => a! - b!),
        expected.refused,
      );
      for (const [i, one] of tables.entries())
        assert.deepEqual(
          (await driver.rows(one)).map(({ n }) => n).sort((a, b) => a - b),
          expected.rows[i],
        );
      for (const letter of letters) assert.match(letter.reason, /people_\d: another row has the same (mail|nick)/);
      assert.ok(driver.ledger().balanced);
    }),
    { numRuns: 25 },
  );
}

describe('unique', () => {
  test('lets a value go with the row that had it, within a micro-batch as between two', async () => {
    const one = { name: 'a', nick: null, age: null, at: 0 };
    const list = ['A x', 'A y', 'B x'].map((words, n) => ({ ...one, n, id: words[0]!, mail: words[2]! }));
    for (const parts of [[list], list.map((record) => [record])]) {
      const rows = table('people', person, { key: 'id', unique: ['mail'] });
      await using driver = await drive(pipeline('people', { tables: [rows] }));
      for (const part of parts) await driver.send(person, part);
      assert.deepEqual(
        (await driver.rows(rows)).map(({ id, mail }) => id + mail),
        ['Ay', 'Bx'],
      );
      assert.deepEqual(await driver.dead(), []);
    }
  });

  test('of a record that another table refuses, none of its values is taken', async () => {
    const tables = [
      table('people_0', person, { key: 'id', unique: ['mail'] }),
      table('people_1', person, { key: 'name', unique: ['nick'] }),
    ];
    await using driver = await drive(pipeline('people', { tables }));
    const one = { age: null, at: 0 };
    await driver.send(person, [
      { n: 0, id: 'A', name: 'a', mail: 'x', nick: 'x', ...one },
      // its nick is taken, so that its mail stays free for the next one
      { n: 1, id: 'B', name: 'b', mail: 'y', nick: 'x', ...one },
      { n: 2, id: 'C', name: 'c', mail: 'y', nick: 'y', ...one },
    ]);
    assert.deepEqual(
      (await driver.dead()).map(({ offset }) => offset),
      [1],
    );
    for (const rows of tables)
      assert.deepEqual(
        (await driver.rows(rows)).map(({ n }) => n),
        [0, 2],
      );
  });

  test('equals a sequential model for one column', () => holds(person, [{ key: 'id', unique: ['mail'] }]));

  test('equals it for two columns', () => holds(person, [{ key: 'id', unique: ['mail', 'nick'] }]));

  test('equals it where a row may lose by its version, and then claims nothing', () =>
    holds(person, [{ key: 'id', unique: ['mail', 'nick'], version: 'age' }]));

  test('equals it for two tables, of which one may refuse what the other would take', () =>
    holds(person, [
      { key: 'id', unique: ['mail'] },
      { key: 'name', unique: ['nick'], version: 'age' },
    ]));

  test('equals it behind a deduplication, where a record may be repeated that was refused', () => {
    const once = stream('once', person.fields, sql`select * from ${person.dedupe({ by: ['id'], within: '10 ms' })}`, {
      time: 'at',
    });
    return holds(once as unknown as typeof person, [{ key: 'id', unique: ['mail'] }], 10);
  });
});
