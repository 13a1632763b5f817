// What check says of a data folder is what a start then does: for each change of a definition, and without a byte written.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Change } from '../../src/control/millrace.ts';
import { open } from '../../src/control/open.ts';
import { outlook } from '../../src/control/outlook.ts';
import { MillraceError } from '../../src/core/errors.ts';
import type { Pipeline } from '../../src/define/pipeline.ts';
import {
  csv,
  double,
  type Fields,
  int,
  long,
  pipeline,
  place,
  simulate,
  sql,
  stream,
  table,
  text,
  timestamp,
  topic,
} from '../../src/index.ts';
import type { Differences } from './outlook-changes.ts';
import { makeTemporary, serving, temporary } from './tools.ts';

const fields = { id: text(), n: int(), at: timestamp(), seen: timestamp(), note: text().optional() };

let files: { day: string; other: string; missing: string };
let template: string;
let around: Awaited<ReturnType<typeof makeTemporary>>;

function made(given: Differences = {}): Pipeline {
  const options = {
    time: given.time ?? 'at',
    lateness: given.lateness ?? '1 minute',
    partitions: given.partitions ?? 2,
    ...(given.key === undefined ? {} : { key: given.key }),
    ...(given.retain === undefined ? {} : { retain: given.retain }),
  };
  const bare = topic(given.topicName ?? 'ride', (given.fields ?? fields) as typeof fields, options as object);
  const first = bare.from(csv({ file: given.file ?? files.day }));
  const generated = simulate({ rows: function* () {}, seed: 'one', count: 0 });
  const ride =
    given.source === 'simulate' ? bare.from(generated) : given.source === 'two' ? first.from(generated) : first;
  const texts = given.query ?? 'select id, n * 2 as m from ';
  const doubled = stream(
    given.streamName ?? 'doubled',
    (given.streamFields ?? { id: text(), m: int() }) as { id: ReturnType<typeof text>; m: ReturnType<typeof int> },
    sql(Object.assign([texts, ''], { raw: [texts, ''] }) as unknown as TemplateStringsArray, ride),
  );
  const counted = stream(
    'counted',
    { w: timestamp(), n: long() },
    sql`select window_start as w, count(*) as n from ${ride.tumble(given.window ?? '1 minute')} group by window_start`,
  );
  const doubles = table(given.tableName ?? 'doubles', doubled, {
    key: (given.tableKey ?? ['id']) as ['id'],
    ...(given.unique === undefined ? {} : { unique: given.unique as ['m'] }),
  });
  const rides = table('rides', ride, {
    key: given.ridesKey === 'place' ? (place() as unknown as 'id') : 'id',
    ...(given.ridesUnique === undefined ? {} : { unique: given.ridesUnique as ['note'] }),
    ...(given.version === undefined ? {} : { version: given.version }),
    ...(given.keep === undefined ? {} : { keep: given.keep }),
  });
  const tables = given.withoutHours ? [doubles, rides] : [doubles, rides, table('hours', counted, { key: 'w' })];
  return pipeline(given.pipelineName ?? 'trips', { tables: tables as never });
}

before(async () => {
  around = await makeTemporary();
  const file = (name: string) => join(around.folder, name);
  files = { day: file('day.csv'), other: file('other.csv'), missing: file('missing.csv') };
  const row = (i: number) => `r${i},${i},1970-01-01T00:0${i}:00Z,1970-01-01T00:0${i}:01Z,x`;
  const head = 'id,n,at,seen,note\n';
  await writeFile(files.day, `${head}${[1, 2, 3, 4].map(row).join('\n')}\n`);
  await writeFile(files.other, `${head}${row(5)}\n`);
  template = file('data');
  const millrace = await open({ folder: template });
  const running = await millrace.start([made()], { once: true });
  await running.done;
  assert.equal(running.status()[0]!.ledger.out, 4);
  await millrace.close();
});
after(() => around.remove());

/** `noun name: effect`, of all that is not kept or gone. */
function effects(changes: readonly Change[]): string[] {
  const told = changes.filter(({ effect }) => effect !== 'kept' && effect !== 'gone');
  return told.map(({ noun, name, effect, error }) => `${noun} ${name}: ${effect}${error ? ` ${error.code}` : ''}`);
}

/** Tries a start, and says how it was refused. */
async function refusalOf(folder: string, one: Pipeline): Promise<MillraceError | undefined> {
  const millrace = await open({ folder });
  try {
    const running = await millrace.start([one], { once: true });
    await running.done;
    return running.failures.get(one.name);
  } catch (error) {
    assert.ok(error instanceof MillraceError);
    return error;
  } finally {
    await millrace.close();
  }
}

/** The bytes of all files of a folder. */
async function printOf(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true });
  const found: string[] = [];
  for (const name of names.sort()) {
    const path = join(folder, name);
    const isFile = (await stat(path)).isFile();
    found.push(
      `${name} ${
        isFile
          ? createHash('sha256')
              .update(await readFile(path))
              .digest('hex')
          : ''
      }`,
    );
  }
  return found;
}

const { note: _note, ...withoutNote } = fields;
const cases: [what: string, given: () => Differences, expected: string[]][] = [
  ['nothing', () => ({}), []],
  [
    'an optional field is added',
    () => ({ fields: { ...fields, tip: int().optional() } }),
    ['topic ride: migrated', 'table rides: migrated'],
  ],
  [
    'a field that is not optional is added',
    () => ({ fields: { ...fields, tip: int() } }),
    ['topic ride: refused SCHEMA_INCOMPATIBLE', 'table rides: rebuild TABLE_CHANGED'],
  ],
  [
    'a field is removed',
    () => ({ fields: withoutNote }),
    ['topic ride: migrated', 'table rides: rebuild TABLE_CHANGED'],
  ],
  [
    'a type is widened',
    () => ({
      fields: { ...fields, n: long() },
      streamFields: { id: text(), m: int() },
      query: 'select id, (n * 2)::int as m from ',
    }),
    ['topic ride: migrated', 'stream doubled: rebuild', 'table rides: rebuild TABLE_CHANGED'],
  ],
  [
    'a type is narrowed',
    () => ({ fields: { ...fields, n: text() }, query: 'select id, n::int as m from ' }),
    ['topic ride: refused SCHEMA_INCOMPATIBLE', 'stream doubled: rebuild', 'table rides: rebuild TABLE_CHANGED'],
  ],
  [
    'a field is renamed',
    () => ({
      fields: { id: text(), number: int(), at: timestamp(), seen: timestamp(), note: text().optional() },
      query: 'select id, number * 2 as m from ',
    }),
    ['topic ride: refused SCHEMA_INCOMPATIBLE', 'stream doubled: rebuild', 'table rides: rebuild TABLE_CHANGED'],
  ],
  ['the key of the topic', () => ({ key: 'id' }), ['topic ride: changed']],
  ['the key of a table', () => ({ tableKey: ['id', 'm'] }), ['table doubles: rebuild TABLE_CHANGED']],
  ['the time', () => ({ time: 'seen' }), ['topic ride: rebuild']],
  ['the lateness', () => ({ lateness: '5 minutes' }), ['topic ride: changed']],
  ['the retention', () => ({ retain: { age: '7 days' } }), ['topic ride: changed']],
  [
    'an optional field is added and the lateness is another one',
    () => ({ fields: { ...fields, tip: int().optional() }, lateness: '5 minutes' }),
    ['topic ride: migrated', 'table rides: migrated'],
  ],
  ['more partitions', () => ({ partitions: 4 }), ['topic ride: migrated']],
  ['fewer partitions', () => ({ partitions: 1 }), ['topic ride: refused OPTION_INVALID']],
  ['the query', () => ({ query: 'select id, n * 3 as m from ' }), ['stream doubled: rebuild']],
  ['how the query is broken into lines', () => ({ query: 'select id,\n  n * 2 as m\nfrom ' }), []],
  [
    'the columns of a stream',
    () => ({
      streamFields: { id: text(), m: int(), k: double() },
      query: 'select id, n * 2 as m, n::double as k from ',
    }),
    ['stream doubled: rebuild', 'table doubles: rebuild TABLE_CHANGED'],
  ],
  ['the size of a window', () => ({ window: '5 minutes' }), ['stream counted: rebuild']],
  ['the name of a stream', () => ({ streamName: 'twofold' }), ['stream twofold: new', 'table doubles: rebuild']],
  ['the name of a table', () => ({ tableName: 'twofold' }), ['table twofold: new']],
  [
    'the name of the topic',
    () => ({ topicName: 'trip' }),
    [
      'topic trip: new',
      'source trip/csv: new',
      'stream doubled: rebuild',
      'stream counted: rebuild',
      'table rides: rebuild',
    ],
  ],
  ['a rule for a column', () => ({ unique: ['m'] }), ['table doubles: changed']],
  ['a rule that rows break', () => ({ ridesUnique: ['note'] }), ['table rides: rebuild TABLE_CHANGED']],
  ['a key in whose stead the place is', () => ({ ridesKey: 'place' }), ['table rides: rebuild TABLE_CHANGED']],
  ['the version of a table', () => ({ version: 'at' }), ['table rides: rebuild']],
  ['how long rows are kept', () => ({ keep: '1 day' }), ['table rides: changed']],
  ['another file', () => ({ file: files.other }), ['source ride/csv: changed']],
  ['a file that is not there', () => ({ file: files.missing }), ['source ride/csv: refused SOURCE_MISSING']],
  ['one more source', () => ({ source: 'two' }), ['source ride/simulate: new']],
  ['another source', () => ({ source: 'simulate' }), ['source ride/simulate: new']],
  ['a table that is left out', () => ({ withoutHours: true }), []],
  [
    'the name of the pipeline',
    () => ({ pipelineName: 'journeys' }),
    // its source is the topic's, and goes on where it was
    [
      'stream doubled: new',
      'stream counted: new',
      'table doubles: refused NAME_TAKEN',
      'table rides: refused NAME_TAKEN',
      'table hours: refused NAME_TAKEN',
    ],
  ],
];

describe('check and start say the same of', () => {
  for (const [what, given, expected] of cases) {
    test(what, async () => {
      const folder = `${template}-${cases.findIndex(([one]) => one === what)}`;
      await cp(template, folder, { recursive: true });
      const print = await printOf(folder);
      const changed = made(given());
      const changes = await outlook([changed], {}, folder);
      assert.deepEqual(await printOf(folder), print, 'nothing is written');
      assert.deepEqual(effects(changes).sort(), [...expected].sort());
      const refusal = await refusalOf(folder, changed);
      const errors = changes.flatMap(({ error }) => error ?? []);
      assert.equal(refusal === undefined, errors.length === 0, `${refusal?.code}: ${refusal?.message}`);
      if (refusal) {
        assert.ok(
          errors.some(({ code, message }) => code === refusal.code && message === refusal.message),
          `start: ${refusal.message}; check: ${errors.map(({ message }) => message)}`,
        );
      }
      // what was done at the start is not told again, but for what the rows that are there keep
      else if (what !== 'another file') assert.deepEqual(effects(await outlook([changed], {}, folder)), []);
    });
  }
});

test('what is no longer in the file is told with the command that removes it', async () => {
  const changes = await outlook([made({ withoutHours: true, topicName: 'trip' })], {}, template);
  const gone = changes.filter(({ effect }) => effect === 'gone');
  assert.deepEqual(
    gone.map(({ noun, name, command }) => [noun, name, command]),
    [
      ['topic', 'ride', 'millrace topic delete ride'],
      ['stream', 'counted', undefined],
      ['table', 'hours', 'millrace table drop hours'],
    ],
  );
});

test('what a rebuild would help has the exact command', async () => {
  const changes = await outlook([made({ query: 'select id, n as m from ', tableKey: ['id', 'm'] })], {}, template);
  const commands = changes.flatMap(({ command }) => command ?? []);
  assert.deepEqual(commands, ['millrace rebuild trips doubled', 'millrace rebuild trips doubles']);
});

test('a table is made again by place, and by its former key', async (t) => {
  const folder = await temporary(t);
  await cp(template, folder, { recursive: true });
  for (const [changed, columns, says] of [
    [made({ ridesKey: 'place' }), '_partition, _offset, id', /its key was id and is now the place of the record/],
    [made(), 'id', /its key was the place of the record \(_partition, _offset\) and is now id/],
  ] as const) {
    const change = (await outlook([changed], {}, folder)).find(
      ({ noun, name }) => noun === 'table' && name === 'rides',
    )!;
    assert.equal(change.command, 'millrace rebuild trips rides');
    assert.match(change.says, says);
    const millrace = await open({ folder });
    await millrace.rebuild(changed, ['rides']);
    await millrace.close();
    assert.deepEqual(effects(await outlook([changed], {}, folder)), []);
    const again = await open({ folder });
    const running = await again.start([changed], { once: true });
    await running.done;
    const [{ ledger, tables }] = running.status() as [ReturnType<typeof running.status>[number]];
    assert.deepEqual([ledger.balanced, ledger.out, tables.rides], [true, 4, 4]);
    assert.equal((await again.query(`select distinct ${columns} from rides`)).rows.length, 4);
    await again.close();
  }
});

test('a definition that fits because no record has the former one is migrated', async (t) => {
  const folder = await temporary(t);
  const shop = (count: Fields) =>
    pipeline('shop', { tables: [table('orders', topic('orders', { id: text(), ...count }), { key: 'id' })] });
  await (await serving(t, folder, [shop({ count: int() })])).stop();
  const changes = await outlook([shop({ count: text() })], {}, folder);
  assert.deepEqual(effects(changes), ['topic orders: migrated', 'table orders: migrated']);
  assert.match(changes[0]!.says, /no record has schema version 1/);
  assert.equal(changes[1]!.says, 'it has no rows, and is made anew');
});

test('a table without rows takes what would need a rebuild', async (t) => {
  const folder = await temporary(t);
  const orders = topic('orders', { id: text(), at: timestamp() });
  const shop = (options: { version?: 'at' }) =>
    pipeline('shop', { tables: [table('orders', orders, { key: 'id', ...options })] });
  await (await serving(t, folder, [shop({})])).stop();
  assert.deepEqual(effects(await outlook([shop({ version: 'at' })], {}, folder)), ['table orders: changed']);
});

test('a topic that another pipeline reads is not to be deleted', async (t) => {
  const folder = await temporary(t);
  const [one, other] = [topic('one', { id: text() }), topic('other', { id: text() })];
  const of = (name: string, ...topics: (typeof one)[]) =>
    pipeline(name, { tables: topics.map((from) => table(`${name}_${from.name}`, from, { key: 'id' })) });
  await (await serving(t, folder, [of('p', one, other), of('q', one)])).stop();
  const gone = async (...left: (typeof one)[]) =>
    (await outlook([of('p', ...left)], {}, folder))
      .filter(({ noun, effect }) => noun === 'topic' && effect === 'gone')
      .map(({ name, command }) => [name, command]);
  assert.deepEqual(await gone(other), [['one', undefined]]);
  assert.deepEqual(await gone(one), [['other', 'millrace topic delete other']]);
});

test('a new table is told what it gets: what the log has, or what comes from now on', async () => {
  const ride = topic('ride', fields, { time: 'at', lateness: '1 minute', partitions: 2 }).from(
    csv({ file: files.day }),
  );
  const added = (from: 'now' | 'beginning') =>
    table('added', ride, { key: 'id', ...(from === 'now' ? { from } : {}) }) as never;
  for (const [from, says, command] of [
    ['beginning', 'it gets the records that the log has, while the pipeline runs', undefined],
    ['now', 'it gets what comes from now on, not what the log has already', 'millrace rebuild trips added'],
  ] as const) {
    const changes = await outlook([pipeline('trips', { tables: [added(from)] })], {}, template);
    const change = changes.find(({ name }) => name === 'added');
    assert.deepEqual([change?.effect, change?.says, change?.command], ['new', says, command]);
  }
});

test('a log that ends before what was processed is refused by both', async (t) => {
  const folder = await temporary(t);
  await cp(template, folder, { recursive: true });
  for (const partition of ['0', '1']) {
    const place = join(folder, 'log/ride', partition);
    for (const name of await readdir(place)) await rm(join(place, name));
  }
  const changes = await outlook([made()], {}, folder);
  assert.deepEqual(effects(changes), ['topic ride: refused LOG_DAMAGED']);
  const refusal = await refusalOf(folder, made());
  assert.equal(refusal?.message, changes.find(({ error }) => error)?.error?.message);
});

test('while a process has the folder it says so, and how to find out', async (t) => {
  const folder = join(dirname(await temporary(t)), 'data');
  await cp(template, folder, { recursive: true });
  const { spawn } = await import('node:child_process');
  const script = `const { open } = await import(${JSON.stringify(new URL('../../src/control/open.ts', import.meta.url).href)});
    await open({ folder: ${JSON.stringify(folder)} }); console.log('open'); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    await new Promise((resolve) => child.stdout.once('data', resolve));
    await assert.rejects(outlook([made()], {}, folder), {
      code: 'DATA_IN_USE',
      place: folder,
      remedy: /stop the process \(nothing is lost\), check, then start it/,
    });
  } finally {
    child.kill();
    await new Promise((resolve) => child.once('exit', resolve));
  }
});
