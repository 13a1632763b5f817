// Personal values stay out of the reasons of dead letters, whatever type they have and whatever fails.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { double, drive, int, pipeline, sql, stream, table, text, timestamp, topic } from '../../src/index.ts';
import { ownWords } from '../../src/process/duckdb/own-words.ts';

/** Expressions that fail for some texts and numbers, and say so in words of their own. */
const failing = [
  'name::int',
  'name::decimal(3, 1)',
  'name::date',
  'name::interval',
  'name::int[]',
  'name::json',
  'number::tinyint',
  'number::decimal(3, 1)',
  'number::bigint * 9223372036854775807',
  "strptime(name, '%d')",
  "error(name || ' is bad')",
  'regexp_matches(name, name)',
  'json_extract(name, name)',
  'date_part(name, moment)',
  'from_base64(name)',
];

const secrets = [
  'SECRETa',
  "O'SECRETb, street 5",
  'SECRETc "quoted" (SECRETd',
  "SECRETe' to INT32",
  'SECRETf\nLINE SECRETg',
  `SECRETh ${'long '.repeat(60)}SECRETi`,
  '{"SECRETj": [',
  '12SECRETk',
  '[(SECRETl',
];

test('no personal value is in the reason of a record that fails in SQL', async () => {
  for (const expression of failing) {
    const person = topic('person', {
      id: int(),
      name: text().personal(),
      number: double().personal(),
      moment: timestamp(),
    });
    const written = sql(Object.assign([expression], { raw: [expression] }));
    const tried = stream(
      'tried',
      { id: int(), out: text().optional() },
      sql`select id, (${written})::varchar as out from ${person}`,
    );
    const people = pipeline('people', { tables: [table('tried_rows', tried, { key: 'id' })] });
    await using driven = await drive(people);
    await driven.send(
      person,
      secrets.map((name, id) => ({ id, name, number: 491_701_234_567 + id, moment: 0 })),
    );
    const letters = await driven.dead();
    assert.ok(letters.length > 0, expression);
    for (const { reason } of letters) assert.doesNotMatch(reason, /SECRET|4917|49,17|4\.917/, expression);
  }
});

test('a reason is whole where nothing in the pipeline is personal', async () => {
  const plain = topic('plain', { id: int(), name: text() });
  const tried = stream('tried', { id: int(), n: int() }, sql`select id, name::int as n from ${plain}`);
  await using driven = await drive(pipeline('plain', { tables: [table('rows', tried, { key: 'id' })] }));
  await driven.send(plain, [{ id: 1, name: 'twelve' }]);
  assert.match((await driven.dead())[0]!.reason, /Could not convert string 'twelve' to INT32/);
});

test('of a message of the engine its own words, types and names of fields are left, and no word of a value', () => {
  const names = new Set(['name']);
  for (const [message, left] of [
    [
      "Conversion Error: Could not convert string 'O'Brien, 5' to INT32 when casting from source column name",
      "Conversion Error: Could not convert string '•••' to INT32 when casting from source column name",
    ],
    [
      "Conversion Error: Type DOUBLE with value 491701.5e+17 can't be cast because the value is out of range for the destination type INT8",
      "Conversion Error: Type DOUBLE with value ••• can't be cast because the value is out of range for the destination type INT8",
    ],
    [
      'Conversion Error: Could not cast value -49.17 to DECIMAL(3,1)',
      'Conversion Error: Could not cast value ••• to DECIMAL(3,1)',
    ],
  ] as const)
    assert.equal(ownWords(message, names), left);
  const word = fc.stringMatching(/^[A-Z]{2}[a-z0-9äß@]{4,9}$/);
  const text = fc.array(fc.tuple(word, fc.constantFrom(' ', "'", '"', "' to ", '.', '\n', '(', ') ', ': ', ', ')), {
    minLength: 1,
  });
  fc.assert(
    fc.property(text, fc.constantFrom("'", '"', '', ' '), (parts, mark) => {
      const value = parts.flat().join('');
      const shown = ownWords(`Conversion Error: Could not convert string ${mark}${value}${mark} to INT32`, names);
      for (const [one] of parts) assert.ok(!shown.includes(one), shown);
    }),
  );
});
