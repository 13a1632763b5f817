// The embedded registry: the contract, its file among processes, and compatibility against avsc as an oracle.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import avsc from 'avsc';
import fc from 'fast-check';
import { parseAvro } from '../../src/log/avro-schema.ts';
import { cannotRead } from '../../src/log/registry-embedded/compatibility.ts';
import { embeddedRegistry } from '../../src/log/registry-embedded/embedded.ts';
import { record, registryContract, rejects } from '../contracts/registry.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-registry-'));
after(() => rmSync(folder, { recursive: true }));
let files = 0;
const newPath = () => join(folder, `${files++}.sqlite`);

registryContract('embedded, in memory', () => embeddedRegistry({ path: ':memory:' }));
registryContract('embedded, in a file', () => embeddedRegistry({ path: newPath() }));

const zone = record({ name: 'zone', type: 'string' });

test('what was registered is there when the file is opened again', async () => {
  const path = newPath();
  const first = await embeddedRegistry({ path });
  const version = await first.register('a', zone);
  await first.setCompatibility('FULL', 'a');
  await first.setMode('READONLY', 'a');
  await first.close();
  await first.close();
  const second = await embeddedRegistry({ path });
  assert.deepEqual(await second.version('a', 'latest'), version);
  assert.deepEqual([await second.compatibility('a'), await second.mode('a')], ['FULL', 'READONLY']);
  await second.close();
});

test('several processes register and read at once, and every id is given once', async () => {
  const path = newPath();
  const registry = await embeddedRegistry({ path });
  const script = `
    import { embeddedRegistry } from ${JSON.stringify(new URL('../../src/log/registry-embedded/embedded.ts', import.meta.url).href)};
    const registry = await embeddedRegistry({ path: ${JSON.stringify(path)} });
    for (let i = 0; i < 20; i++) {
      const schema = (n) => JSON.stringify({ type: 'record', name: 'R', fields: [{ name: 'f' + n, type: 'int', default: 0 }] });
      const mine = await registry.register('own' + process.argv[1], schema(process.argv[1] + i));
      const shared = await registry.register('shared', schema(i));
      if ((await registry.schema(shared.id)) !== schema(i) || mine.version !== i + 1) throw new Error('wrong');
    }
    await registry.close();
  `;
  const workers = ['a', 'b'].map((name) =>
    spawn(process.execPath, ['--input-type=module', '-e', script, name], { stdio: ['ignore', 'ignore', 'inherit'] }),
  );
  let running = true;
  const exits = Promise.all(workers.map((worker) => once(worker, 'exit'))).finally(() => {
    running = false;
  });
  while (running) {
    for (const subject of await registry.subjects()) await registry.version(subject, 'latest');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  for (const [code] of await exits) assert.equal(code, 0);
  assert.equal((await registry.versions('shared')).length, 20);
  const ids = new Set<number>();
  for (const subject of ['owna', 'ownb', 'shared']) {
    for (const version of await registry.versions(subject)) ids.add((await registry.version(subject, version)).id);
  }
  assert.equal(ids.size, 60);
  await registry.close();
});

test('a file that is no registry, is newer, or cannot be opened is refused by its path', async () => {
  const damaged = newPath();
  writeFileSync(damaged, 'this is no database '.repeat(100));
  await rejects('LOG_DAMAGED', () => embeddedRegistry({ path: damaged }), /0?\.sqlite/);
  const newer = newPath();
  const database = new DatabaseSync(newer);
  database.exec('pragma user_version = 99');
  database.close();
  await rejects('DATA_VERSION', () => embeddedRegistry({ path: newer }), /99/);
  await rejects('STORE_UNAVAILABLE', () => embeddedRegistry({ path: join(folder, 'no', 'such', 'folder.sqlite') }));
  await rejects('OPTION_INVALID', () => embeddedRegistry({ path: '' }), /path/);
});

/** Why the records of one schema cannot be read with another. */
function reasons(reader: unknown, writer: unknown): string[] {
  return cannotRead(parseAvro(JSON.stringify(reader)), parseAvro(JSON.stringify(writer)));
}

/** Whether avsc finds that they can. */
function oracle(reader: unknown, writer: unknown): boolean {
  const parse = (schema: unknown) => avsc.Type.forSchema(schema as avsc.Schema, { registry: {}, wrapUnions: false });
  const [to, from] = [parse(reader), parse(writer)];
  try {
    to.createResolver(from);
    return true;
  } catch {
    return false;
  }
}

const of = (type: unknown, more = {}) => ({ type: 'record', name: 'R', fields: [{ name: 'a', type, ...more }] });
const colours = (symbols: string[], more = {}) => ({ type: 'enum', name: 'E', symbols, ...more });
const money = (precision: number, scale: number) => ({ type: 'bytes', logicalType: 'decimal', precision, scale });
const time = (unit: string) => ({ type: 'long', logicalType: `timestamp-${unit}` });
const tree = (...more: unknown[]) => ({
  type: 'record',
  name: 'Node',
  fields: [{ name: 'next', type: ['null', 'Node'] }, { name: 'all', type: { type: 'array', items: 'Node' } }, ...more],
});

const rules: [what: string, reader: unknown, writer: unknown, reasons: string[]][] = [
  ['int is read as double', of('double'), of('int'), []],
  ['double is not read as float', of('float'), of('double'), ["field 'a': double cannot be read as float"]],
  ['a union is read by one that has all of it', of(['null', 'long', 'string']), of(['int', 'null']), []],
  [
    'a union is not read by one that lacks a type',
    of(['null', 'int']),
    of(['null', 'string']),
    ["field 'a': string is none of the reader's types (null, int)"],
  ],
  ['one type is read by a union with it', of(['null', 'double']), of('float'), []],
  ['a union of one type is read as that type', of('long'), of(['int']), []],
  ['null is not read as a required field', of('int'), of(['null', 'int']), ["field 'a': null cannot be read as int"]],
  [
    'an enum that lost a symbol',
    of(colours(['A'])),
    of(colours(['A', 'B', 'C'])),
    ["field 'a': enum 'E' has no B, C and no default"],
  ],
  ['an enum that lost a symbol but has a default', of(colours(['A'], { default: 'A' })), of(colours(['A', 'B'])), []],
  ['a field found by its alias', of('int', { name: 'b', aliases: ['a'] }), of('int'), []],
  ['a record found by its alias', { ...of('int'), name: 'S', aliases: ['R'] }, of('int'), []],
  ['a record of another name', { ...of('int'), name: 'S' }, of('int'), ["record 'R' cannot be read as record 'S'"]],
  ['a record of another namespace', { ...of('int'), namespace: 'x' }, of('int'), []],
  [
    'a nested field without a default',
    of({ ...of('int'), name: 'N', fields: [{ name: 'x', type: 'int' }] }),
    of({ ...of('int'), name: 'N', fields: [] }),
    ["field 'a.x' has no default"],
  ],
  [
    'inside an optional record',
    of(['null', { type: 'record', name: 'N', fields: [{ name: 'x', type: 'int' }] }]),
    of(['null', { type: 'record', name: 'N', fields: [] }]),
    ["field 'a.x' has no default"],
  ],
  ['a record that contains itself', tree({ name: 'x', type: 'long' }), tree({ name: 'x', type: 'int' }), []],
  [
    'a record that contains itself, with a field more',
    tree({ name: 'x', type: 'long' }),
    tree(),
    ["field 'x' has no default"],
  ],
  [
    'items of an array',
    of({ type: 'array', items: 'int' }),
    of({ type: 'array', items: 'long' }),
    ["field 'a[]': long cannot be read as int"],
  ],
  [
    'values of a map',
    of({ type: 'map', values: 'int' }),
    of({ type: 'map', values: 'string' }),
    ["field 'a{}': string cannot be read as int"],
  ],
  [
    'a map is not an array',
    of({ type: 'array', items: 'int' }),
    of({ type: 'map', values: 'int' }),
    ["field 'a': map cannot be read as array"],
  ],
  [
    'fixed of another size',
    of({ type: 'fixed', name: 'F', size: 4 }),
    of({ type: 'fixed', name: 'F', size: 8 }),
    ["field 'a': fixed 'F' of 8 bytes cannot be read as one of 4"],
  ],
];
const stricter: typeof rules = [
  [
    'a decimal of another scale',
    of(money(9, 2)),
    of(money(9, 3)),
    ["field 'a': decimal(9, 3) cannot be read as decimal(9, 2)"],
  ],
  [
    'a decimal of fewer digits',
    of(money(5, 2)),
    of(money(9, 2)),
    ["field 'a': decimal(9, 2) cannot be read as decimal(5, 2)"],
  ],
  ['plain bytes as a decimal', of(money(5, 2)), of('bytes'), ["field 'a': bytes cannot be read as decimal(5, 2)"]],
  [
    'microseconds as milliseconds',
    of(time('millis')),
    of(time('micros')),
    ["field 'a': long (timestamp-micros) cannot be read as long (timestamp-millis)"],
  ],
];

for (const [what, reader, writer, expected] of rules) {
  test(`resolution: ${what}`, () => {
    assert.deepEqual(reasons(reader, writer), expected);
    // avsc compares names with their namespace
    if (!what.includes('namespace')) assert.equal(oracle(reader, writer), expected.length === 0);
  });
}

test('resolution is stricter than Avro where the data would be silently wrong', () => {
  for (const [what, reader, writer, expected] of stricter) assert.deepEqual(reasons(reader, writer), expected, what);
  assert.deepEqual(reasons(of(money(9, 2)), of(money(5, 2))), []);
  assert.deepEqual(reasons(of('bytes'), of(money(5, 2))), []);
  assert.deepEqual(reasons(of(time('millis')), of('long')), []);
});

const leaf = fc.constantFrom<unknown>('null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string');
const numbers = new Set<unknown>(['int', 'long', 'float', 'double']);
const named = fc.oneof(
  fc.record({
    type: fc.constant('enum'),
    name: fc.constant('E'),
    symbols: fc.subarray(['A', 'B', 'C'], { minLength: 1 }),
  }),
  fc.record({ type: fc.constant('fixed'), name: fc.constant('F'), size: fc.integer({ min: 1, max: 2 }) }),
  fc.constantFrom('long', 'int'),
);
const anyType = fc.letrec((tie) => ({
  type: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    // avsc takes no union of two numbers without wrapping
    fc.uniqueArray(leaf, { minLength: 1, maxLength: 4, selector: (name) => (numbers.has(name) ? 'number' : name) }),
    fc.record({ type: fc.constant('array'), items: tie('type') }),
    fc.record({ type: fc.constant('map'), values: tie('type') }),
  ),
})).type;

/** Records of three fields that may be there, the last of them nested: alike enough that many pairs fit. */
const anyRecord = fc
  .tuple(fc.option(anyType), fc.option(fc.tuple(leaf, fc.boolean())), fc.option(named), fc.option(anyType))
  .map(([a, b, c, d]) => ({
    type: 'record',
    name: 'R',
    fields: [
      ...(a === null ? [] : [{ name: 'a', type: a }]),
      ...(b === null
        ? []
        : [
            b[1]
              ? { name: 'b', type: ['null', b[0] === 'null' ? 'int' : b[0]], default: null }
              : { name: 'b', type: b[0] },
          ]),
      ...(c === null ? [] : [{ name: 'c', type: c }]),
      ...(d === null
        ? []
        : [{ name: 'd', type: ['null', { type: 'record', name: 'N', fields: [{ name: 'x', type: d }] }] }]),
    ],
  }));

test('resolution agrees with avsc on random schemas', () => {
  let readable = 0;
  fc.assert(
    fc.property(anyRecord, anyRecord, anyType, anyType, (reader, writer, one, other) => {
      for (const [to, from] of [
        [reader, writer],
        [writer, reader],
        [reader, reader],
        [of(one), of(other)],
      ]) {
        const expected = oracle(to, from);
        if (expected) readable++;
        assert.equal(reasons(to, from).length === 0, expected, `${JSON.stringify(to)} reading ${JSON.stringify(from)}`);
      }
    }),
    { numRuns: 1500 },
  );
  assert.ok(readable > 1000, `only ${readable} pairs fit`);
});

test('schemas whose parts are used again and again are compared soon', () => {
  const diamond = (leafType: string): unknown => {
    let inner: unknown = leafType;
    for (let i = 0; i < 30; i++) {
      const fields = [
        { name: 'a', type: ['null', inner] },
        { name: 'b', type: ['null', i === 0 ? leafType : `R${i - 1}`] },
      ];
      inner = { type: 'record', name: `R${i}`, fields };
    }
    return inner;
  };
  assert.deepEqual(reasons(diamond('long'), diamond('int')), []);
  assert.ok(reasons(diamond('int'), diamond('string')).length > 0);
});
