// The public names: each is documented with an example, and those that helper functions and tests need are there.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type {
  DriveOptions,
  Duration,
  NewRecord,
  Param,
  Pipeline,
  Random,
  Read,
  Sql,
  Stream,
  Table,
  Topic,
} from '../src/index.ts';
import * as millrace from '../src/index.ts';

test('every value has a docstring with an example', () => {
  const src = join(dirname(fileURLToPath(import.meta.url)), '../src');
  const exported = [...readFileSync(join(src, 'index.ts'), 'utf8').matchAll(/^export \{([^}]*)\} from '(.*)';/gm)];
  const values = exported.flatMap(([, names, from]) =>
    names!
      .split(',')
      .map((name) => ({ name: name.trim(), from: from! }))
      .filter(({ name }) => name !== '' && !name.startsWith('type ')),
  );
  assert.deepEqual(values.map(({ name }) => name).sort(), Object.keys(millrace).sort());
  const without = values.filter(({ name, from }) => {
    const [before] = readFileSync(join(src, from), 'utf8').split(
      new RegExp(`^export (?:const|function|class|async function) ${name}\\b`, 'm'),
    );
    const comment = /\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n$/.exec(before!)?.[0];
    return !comment?.includes('@example');
  });
  assert.deepEqual(
    without.map(({ name }) => name),
    [],
  );
});

test('an error can be told by its class', () => {
  assert.throws(
    () => millrace.decimal(0, 0),
    (error) => error instanceof millrace.MillraceError && error.code === 'OPTION_INVALID',
  );
});

test('helper functions can name what they take and give', () => {
  const { topic, text, sql, stream, table, pipeline, param } = millrace;
  const every: Duration = '1 minute';
  const make = (name: string): Topic => topic(name, { id: text() });
  const all = (from: Topic): Sql => sql`select id from ${from}`;
  const named = (from: Topic): Stream => stream('named', { id: text() }, all(from));
  const kept = (from: Stream): Table => table('kept', from, { key: 'id' });
  const whole = (one: Table): Pipeline => pipeline('whole', { tables: [one] });
  const given: Param = param('zone', text());
  const first = (one: Table): Read => one.where({}).last(1);
  const record = (one: Topic): NewRecord => one.record({ id: 'a' });
  const draw = (random: Random): number => random.next();
  const options: DriveOptions = { params: { zone: every } };
  const from = make('made');
  assert.equal(whole(kept(named(from))).tables[0]!.name, 'kept');
  assert.equal(record(from).topic, 'made');
  assert.deepEqual([given, first, draw, options].includes(undefined as never), false);
});
