// What the compiler refuses, and what it takes: tsc checks this file; the same mistakes are refused at run time too.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Input, Row } from '../../src/index.ts';
import {
  bar,
  bool,
  bytes,
  date,
  decimal,
  double,
  grid,
  heatmap,
  int,
  json,
  line,
  list,
  long,
  map,
  number,
  oneOf,
  param,
  pipeline,
  place,
  scatter,
  sql,
  stream,
  table,
  text,
  timestamp,
  topic,
} from '../../src/index.ts';

const fields = {
  zone: text(),
  fare: double().optional(),
  kind: oneOf('a', 'b'),
  at: timestamp(),
  seen: timestamp().optional(),
};
const ride = topic('ride', fields, { key: 'zone', time: 'at', lateness: '3 minutes' });
const rides = table('rides', ride, { key: ['zone', 'at'], version: 'at', keep: '30 days' });
const timeless = topic('timeless', { n: int(), name: text() });

/** Whether two types are the same, to the compiler. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(isSame: Same<A, B>) => assert.equal(isSame, true);
const refused = (code: string, make: () => unknown) =>
  assert.throws(
    make,
    (error) => (error as { code?: string }).code === code && Boolean((error as { remedy?: string }).remedy),
    make.toString(),
  );

describe('the compiler and the run time refuse', () => {
  test('keys, times and options of topics that cannot be', () => {
    // @ts-expect-error there is no such field
    refused('PIPELINE_INVALID', () => topic('x', fields, { key: 'zona' }));
    // @ts-expect-error not a timestamp
    refused('PIPELINE_INVALID', () => topic('x', fields, { time: 'zone' }));
    // @ts-expect-error may be missing
    refused('PIPELINE_INVALID', () => topic('x', fields, { time: 'seen' }));
    // @ts-expect-error there is no such field
    refused('PIPELINE_INVALID', () => topic('x', fields, { person: 'rider' }));
    // @ts-expect-error a time is no person
    refused('PIPELINE_INVALID', () => topic('x', fields, { person: 'at' }));
    // @ts-expect-error several
    refused('PIPELINE_INVALID', () => topic('x', { riders: list(text()) }, { person: 'riders' }));
    // @ts-expect-error anything
    refused('PIPELINE_INVALID', () => topic('x', { rider: json() }, { person: 'rider' }));
    // these have the types of texts and of numbers, so that only the run time can tell
    refused('PIPELINE_INVALID', () => topic('x', fields, { person: 'kind' }));
    refused('PIPELINE_INVALID', () => topic('x', fields, { person: 'fare' }));
    // @ts-expect-error no name
    refused('OPTION_INVALID', () => topic('x', fields, { person: 7 }));
    for (const rider of [text(), int(), long(), text().optional(), long().optional().personal()])
      assert.equal(topic('x', { rider, zone: text() }, { person: 'rider' }).person, 'rider');
    // @ts-expect-error no such unit
    refused('OPTION_INVALID', () => topic('x', fields, { time: 'at', lateness: '3 fortnights' }));
    // @ts-expect-error not a duration
    refused('OPTION_INVALID', () => topic('x', fields, { time: 'at', retain: { age: 'long' } }));
    // @ts-expect-error no such unit
    refused('OPTION_INVALID', () => topic('x', fields, { time: 'at', retain: { size: '3 PB' } }));
    refused('OPTION_INVALID', () => topic('x', fields, { partitions: 0 }));
    refused('OPTION_INVALID', () => topic('x', fields, { lateness: '1 s' }));
    refused('PIPELINE_INVALID', () => topic('x', {}));
    refused('NAME_TAKEN', () => topic('x', { zone: text(), Zone: text() }));
    // @ts-expect-error a source is needed
    refused('PIPELINE_INVALID', () => ride.from('https://example.org'));
  });

  test('views that cannot be', () => {
    // @ts-expect-error no such unit
    refused('OPTION_INVALID', () => ride.tumble('1 fortnight'));
    // @ts-expect-error no such field
    refused('PIPELINE_INVALID', () => ride.session('1 minute', { by: ['zona'] }));
    // @ts-expect-error no such field
    refused('PIPELINE_INVALID', () => ride.dedupe({ by: ['zona'], within: '1 minute' }));
    refused('PIPELINE_INVALID', () => ride.session('1 minute', { by: [] }));
    refused('OPTION_INVALID', () => ride.hop('1 minute', { every: '25 s' }));
    refused('OPTION_INVALID', () => ride.tumble('0 s'));
    refused('OPTION_INVALID', () => ride.hop('1 day', { every: '1 s' }));
    refused('PIPELINE_INVALID', () => timeless.tumble('1 minute'));
    refused('PIPELINE_INVALID', () => timeless.dedupe({ by: ['n'], within: '1 s' }));
  });

  test('values in a query that are no references', () => {
    // @ts-expect-error plain text
    refused('PIPELINE_INVALID', () => sql`select * from ${'ride'}`);
    // @ts-expect-error a number
    refused('PIPELINE_INVALID', () => sql`select * from ${ride} where fare > ${3}`);
    // @ts-expect-error nothing
    refused('PIPELINE_INVALID', () => sql`select * from ${undefined}`);
    // @ts-expect-error a text is no query
    refused('PIPELINE_INVALID', () => stream('s', fields, 'select 1'));
    // @ts-expect-error not a timestamp
    refused('PIPELINE_INVALID', () => stream('s', fields, sql`select * from ${ride}`, { time: 'zone' }));
  });

  test('keys and columns of tables that are not there', () => {
    // @ts-expect-error no such column
    refused('PIPELINE_INVALID', () => table('t', ride, { key: 'zona' }));
    // @ts-expect-error no such column
    refused('PIPELINE_INVALID', () => table('t', ride, { key: ['zone', 'zona'] }));
    // @ts-expect-error no such column
    refused('PIPELINE_INVALID', () => table('t', ride, { key: 'zone', version: 'zona' }));
    // @ts-expect-error no such column
    refused('PIPELINE_INVALID', () => table('t', ride, { key: 'zone', unique: ['zona'] }));
    // @ts-expect-error a table is not fed by a table
    refused('PIPELINE_INVALID', () => table('t', rides, { key: 'zone' }));
    refused('PIPELINE_INVALID', () => table('t', ride, { key: [] }));
    refused('PIPELINE_INVALID', () => table('t', ride, { key: 'fare' }));
    refused('PIPELINE_INVALID', () => table('t', timeless, { key: 'n', keep: '1 day' }));
  });

  test('columns of a table that are not there, named twice, or lack what it needs', () => {
    // @ts-expect-error no such column
    refused('PIPELINE_INVALID', () => table('t', ride, { key: 'zone', columns: ['zone', 'zona'] }));
    // @ts-expect-error the key is left out
    refused('PIPELINE_INVALID', () => table('t', ride, { key: 'zone', columns: ['at'] }));
    // @ts-expect-error the version is left out
    refused('PIPELINE_INVALID', () => table('t', ride, { key: 'zone', version: 'at', columns: ['zone', 'fare'] }));
    refused('PIPELINE_INVALID', () => table('t', ride, { key: 'zone', columns: ['zone', 'zone'] }));
    refused('PIPELINE_INVALID', () => table('t', ride, { key: 'zone', columns: ['zone'], keep: '1 day' }));
    const few = table('t', ride, { key: 'zone', columns: ['zone', 'fare'] });
    // @ts-expect-error a column that is left out cannot be drawn
    refused('PIPELINE_INVALID', () => line(few, { x: 'at' }));
  });

  test('keys of tables that are no key beside the place', () => {
    // @ts-expect-error a version decides nothing where no two rows have one key
    refused('PIPELINE_INVALID', () => table('t', ride, { key: place(), version: 'at' }));
    // @ts-expect-error the place is a key by itself
    refused('OPTION_INVALID', () => table('t', ride, { key: ['zone', place()] }));
    // @ts-expect-error it is a call
    refused('OPTION_INVALID', () => table('t', ride, { key: place }));
    // @ts-expect-error no such column
    refused('PIPELINE_INVALID', () => table('t', ride, { key: place(), columns: ['zona'] }));
    // @ts-expect-error the columns of the place are there by themselves
    refused('PIPELINE_INVALID', () => table('t', ride, { key: place(), columns: ['_offset', 'zone'] }));
    // @ts-expect-error they are unique as they are
    refused('PIPELINE_INVALID', () => table('t', ride, { key: place(), unique: ['_offset'] }));
    // @ts-expect-error rows without a key say so
    refused('PIPELINE_INVALID', () => table('t', ride, {}));
    refused('PIPELINE_INVALID', () => table('t', ride, { key: place(), columns: ['zone'], keep: '1 day' }));
    // columns of a place are ours: no topic and no stream has one of its own
    for (const name of ['_partition', '_offset', '_number']) {
      refused('NAME_INVALID', () => topic('x', { ...fields, [name]: int() }));
      refused('NAME_INVALID', () => stream('x', { [name]: int() }, sql`select 1 as n from ${ride}`));
    }
  });

  test('charts of columns that are not there, or are no numbers', () => {
    // @ts-expect-error no such column
    refused('PIPELINE_INVALID', () => line(rides, { x: 'zona' }));
    // @ts-expect-error no number
    refused('PIPELINE_INVALID', () => line(rides, { x: 'at', y: 'zone' }));
    // @ts-expect-error no number
    refused('PIPELINE_INVALID', () => scatter(rides, { x: 'at', y: 'fare' }));
    // @ts-expect-error no time
    refused('PIPELINE_INVALID', () => line(rides, { x: 'fare', every: 'day' }));
    // a text may be a day to the compiler
    refused('PIPELINE_INVALID', () => grid(rides, { by: 'zone', every: 'day' }));
    // @ts-expect-error no such span
    refused('OPTION_INVALID', () => bar(rides, { x: 'at', every: 'decade' }));
    // @ts-expect-error no number
    refused('PIPELINE_INVALID', () => map(rides, { latitude: 'zone', longitude: 'fare' }));
    // @ts-expect-error no number
    refused('PIPELINE_INVALID', () => bar(rides, { x: 'zone', y: 'fare', aggregate: 'mean', weight: 'zone' }));
    // @ts-expect-error only a mean has a weight
    refused('OPTION_INVALID', () => bar(rides, { x: 'zone', y: 'fare', aggregate: 'sum', weight: 'fare' }));
    // @ts-expect-error a bar is a sum where nothing is said
    refused('OPTION_INVALID', () => bar(rides, { x: 'zone', y: 'fare', weight: 'fare' }));
    // a mean of nothing
    refused('OPTION_INVALID', () => bar(rides, { x: 'zone', aggregate: 'mean', weight: 'fare' }));
    // @ts-expect-error no such column
    refused('PIPELINE_INVALID', () => map(rides, { latitude: 'fare', longitude: 'fare', columns: ['zona'] }));
    // @ts-expect-error points or countries, not both
    refused('OPTION_INVALID', () => map(rides, { latitude: 'fare', longitude: 'fare', country: 'zone' }));
    // @ts-expect-error rows or counts, not both
    refused('OPTION_INVALID', () => grid(rides, { by: 'zone', columns: ['fare'] }));
    // @ts-expect-error no such column
    refused('PIPELINE_INVALID', () => grid(rides, { columns: ['zone', 'zona'] }));
    // @ts-expect-error no number
    refused('PIPELINE_INVALID', () => number(rides, { value: 'kind' }));
    // @ts-expect-error no such aggregate
    refused('OPTION_INVALID', () => heatmap(rides, { x: 'at', y: 'zone', value: 'fare', aggregate: 'middle' }));
    // @ts-expect-error not a table
    refused('PIPELINE_INVALID', () => number(ride, {}));
  });

  test('defaults of parameters that do not fit', () => {
    // @ts-expect-error not a number
    refused('RECORD_INVALID', () => param('n', int(), { default: true }));
    // @ts-expect-error not one of them
    refused('RECORD_INVALID', () => param('n', oneOf('a', 'b'), { default: 'c' }));
    refused('NAME_INVALID', () => param('1n', int()));
    refused('OPTION_INVALID', () => decimal(39, 0));
    refused('OPTION_INVALID', () => decimal(5, 6));
  });

  test('names that cannot be', () => {
    for (const name of ['', '1', 'a b', 'a.b', 'é', "a'", 'a/../b', 'x'.repeat(121), '__proto__', '-a'])
      refused('NAME_INVALID', () => topic(name, fields));
    for (const name of ['_row', 'a-b', '', 'a"b', 'é']) refused('NAME_INVALID', () => topic('t', { [name]: text() }));
    assert.equal(topic('a-b_9', { a_b: text() }).name, 'a-b_9');
  });
});

describe('types', () => {
  test('of rows and of inputs follow the fields', () => {
    const all = {
      a: text(),
      b: long(),
      c: decimal(4, 2),
      d: date(),
      e: bytes(),
      f: list(bool()),
      g: json(),
      h: int().optional(),
    };
    same<
      Row<typeof all>,
      {
        readonly a: string;
        readonly b: number | bigint;
        readonly c: string;
        readonly d: string;
        readonly e: Uint8Array;
        readonly f: readonly boolean[];
        readonly g: unknown;
        readonly h: number | null;
      }
    >(true);
    const input: Input<typeof fields> = { zone: 'A', kind: 'a', at: '2026-11-22T08:00:00Z' };
    const full: Input<typeof fields> = { zone: 'A', kind: 'b', at: new Date(0), fare: '3.5', seen: null };
    // @ts-expect-error kind is missing
    const less: Input<typeof fields> = { zone: 'A', at: 0 };
    // @ts-expect-error not one of them
    const other: Input<typeof fields> = { zone: 'A', kind: 'c', at: 0 };
    assert.ok(input && full && less && other);
  });
});

describe('types of a table by place', () => {
  const zones = stream('zones', { zone: text(), n: int() }, sql`select zone, 1 as n from ${ride}`);
  const ofTopic = table('of_topic', ride, { key: place(), columns: ['zone', 'fare'] });
  const ofStream = table('of_stream', zones, { key: place(), unique: ['n'] });

  test('have the columns of the place before the others, as the tables do', () => {
    type OfTopic = Row<typeof ofTopic.fields>;
    type Place = Pick<OfTopic, '_partition' | '_offset'>;
    same<Place, { readonly _partition: number; readonly _offset: number | bigint }>(true);
    same<OfTopic['zone'], string>(true);
    same<keyof OfTopic, '_partition' | '_offset' | 'zone' | 'fare'>(true);
    same<keyof Row<typeof ofStream.fields>, '_partition' | '_offset' | '_number' | 'zone' | 'n'>(true);
    same<Row<typeof ofStream.fields>['_number'], number>(true);
    same<keyof Row<typeof rides.fields>, keyof typeof fields>(true);
    assert.deepEqual(Object.keys(ofTopic.fields), ['_partition', '_offset', 'zone', 'fare']);
    assert.deepEqual(Object.keys(ofStream.fields), ['_partition', '_offset', '_number', 'zone', 'n']);
    assert.deepEqual([ofTopic.key, ofTopic.isByPlace], [['_partition', '_offset'], true]);
    assert.deepEqual([ofStream.key, rides.isByPlace], [['_partition', '_offset', '_number'], false]);
  });

  test('let conditions, orders and charts name them', () => {
    const { where, order } = ofTopic.where({ _partition: 0, _offset: { gte: 3n }, zone: 'A' }).order('-_offset').plan;
    assert.deepEqual(
      [Object.keys(where), order],
      [['_partition', '_offset', 'zone'], [{ column: '_offset', descending: true }]],
    );
    assert.equal(bar(ofStream, { x: '_number' }).table, ofStream);
    // @ts-expect-error a topic makes one row of a record
    refused('OPTION_INVALID', () => ofTopic.where({ _number: 1 }));
    // @ts-expect-error a partition is a number
    refused('RECORD_INVALID', () => ofTopic.where({ _partition: 'first' as unknown as Date }));
  });
});

describe('a definition', () => {
  test('is frozen through and through', () => {
    const places = table('places', ride, { key: place() });
    const made = pipeline('p', { tables: [rides, places], charts: [line(rides, { x: 'at', y: 'fare', by: 'zone' })] });
    const look = (value: unknown, path: string, seen = new Set<unknown>()) => {
      if (typeof value !== 'object' || value === null || seen.has(value)) return;
      seen.add(value);
      assert.ok(Object.isFrozen(value), path);
      for (const [name, inner] of Object.entries(value)) look(inner, `${path}.${name}`, seen);
    };
    look(made, 'pipeline');
    assert.throws(() => Object.assign(made, { name: 'q' }), TypeError);
  });

  test('of a pipeline finds its parts, in the order of the data, each once', () => {
    const least = param('least', double());
    const first = stream(
      'first',
      { zone: text(), at: timestamp() },
      sql`select zone, "at" from ${ride} where fare > ${least}`,
      { time: 'at' },
    );
    const names = table('names', timeless, { key: 'n' });
    const second = stream(
      'second',
      { zone: text(), name: text() },
      sql`select f.zone, t.name from ${first} f join ${names} t on t.name = f.zone`,
    );
    const made = pipeline('p', { tables: [table('second', second, { key: 'zone' }), names] });
    const parts = (one: typeof made) =>
      [one.topics, one.streams, one.params, one.lookups].map((some) => some.map(({ name }) => name));
    assert.deepEqual(parts(made), [['ride', 'timeless'], ['first', 'second'], ['least'], []]);
    // a table of another pipeline brings nothing of that with it
    const other = pipeline('q', { tables: [table('second', second, { key: 'zone' })] });
    assert.deepEqual(parts(other), [['ride'], ['first', 'second'], ['least'], ['names']]);
    const twin = table('names', ride, { key: 'zone' });
    refused('NAME_TAKEN', () => pipeline('q', { tables: [table('second', second, { key: 'zone' }), twin] }));
  });

  test('of a pipeline refuses to look up a table of the very topic that the stream reads', () => {
    const seen = stream('seen', { zone: text(), at: timestamp() }, sql`select zone, "at" from ${ride}`);
    const kept = table('kept', seen, { key: 'zone' });
    const looking = (from: typeof ride | typeof seen, at: typeof kept) =>
      table('t', stream('s', { zone: text() }, sql`select f.zone from ${from} f join ${at} k on k.zone = f.zone`), {
        key: 'zone',
      });
    for (const [made, others] of [
      [looking(ride, kept), [kept]],
      [looking(seen, kept), [kept]],
      [looking(ride, kept), []],
    ] as const)
      assert.throws(
        () => pipeline('p', { tables: [made, ...others] }),
        /PIPELINE_INVALID|table 'kept' is fed by topic 'ride', as the stream itself is/,
      );
  });

  test('of a pipeline refuses one name for two things, and charts of tables that it does not have', () => {
    const twin = topic('ride', fields);
    refused('NAME_TAKEN', () => pipeline('p', { tables: [rides, table('other', twin, { key: 'zone' })] }));
    refused('NAME_TAKEN', () => pipeline('p', { tables: [rides, table('Rides', ride, { key: 'zone' })] }));
    const [one, two] = [param('x', int()), param('x', int())];
    const made = [one, two].map((x, i) =>
      table(`t${i}`, stream(`s${i}`, { n: int() }, sql`select n from ${timeless} where n > ${x}`), { key: 'n' }),
    );
    refused('NAME_TAKEN', () => pipeline('p', { tables: made }));
    refused('PIPELINE_INVALID', () => pipeline('p', { tables: [] }));
    refused('PIPELINE_INVALID', () =>
      pipeline('p', { tables: [table('t', timeless, { key: 'n' })], charts: [line(rides, { x: 'at' })] }),
    );
    refused('NAME_INVALID', () => pipeline('p q', { tables: [rides] }));
  });
});
