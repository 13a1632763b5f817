// The suite that every schema registry passes: subjects, versions, ids, levels, modes and deletions.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MillraceError } from '../../src/core/errors.ts';
import { type Compatibility, compatibilities, type Registry } from '../../src/log/registry.ts';

/** A record schema of fields given as in Avro. */
export function record(...fields: readonly unknown[]): string {
  return JSON.stringify({ type: 'record', name: 'Ride', fields });
}

const zone = { name: 'zone', type: 'string' };
const fare = { name: 'fare', type: 'double' };
const fareOptional = { name: 'fare', type: ['null', 'double'], default: null };
const count = (type: string) => ({ name: 'count', type });

/** Rejects with the code and a message that fits. */
export async function rejects(code: string, run: () => Promise<unknown>, pattern = /./): Promise<void> {
  await assert.rejects(run, (error) => {
    assert.ok(error instanceof MillraceError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, pattern);
    assert.ok(error.remedy);
    return true;
  });
}

/** The changes of one version to the next, and which plain modes accept them. */
const changes: [what: string, before: string, after: string, backward: boolean, forward: boolean][] = [
  ['nothing but the doc', record(zone), record({ ...zone, doc: 'where' }), true, true],
  ['an optional field more', record(zone), record(zone, fareOptional), true, true],
  ['a required field more', record(zone), record(zone, fare), false, true],
  ['a field with a default less', record(zone, fareOptional), record(zone), true, true],
  ['a field without a default less', record(zone, fare), record(zone), true, false],
  ['a field renamed', record(fare), record({ ...fare, name: 'price' }), false, false],
  ['a field renamed, with an alias', record(fare), record({ ...fare, name: 'price', aliases: ['fare'] }), true, false],
  ['int to long', record(count('int')), record(count('long')), true, false],
  ['long to int', record(count('long')), record(count('int')), false, true],
  ['string to bytes', record(count('string')), record(count('bytes')), true, true],
  ['string to int', record(count('string')), record(count('int')), false, false],
  ['a required field made optional', record(fare), record(fareOptional), true, false],
];

/** Whether a mode accepts a change. */
function accepts(mode: Compatibility, backward: boolean, forward: boolean): boolean {
  if (mode === 'NONE') return true;
  if (mode.startsWith('FULL')) return backward && forward;
  return mode.startsWith('BACKWARD') ? backward : forward;
}

/** Runs the suite on one adapter; `open` gives an empty registry. */
export function registryContract(adapter: string, open: () => Promise<Registry>): void {
  const it = (what: string, run: (registry: Registry) => Promise<void>) =>
    test(`${adapter}: ${what}`, async () => {
      const registry = await open();
      try {
        await run(registry);
      } finally {
        await registry.close();
      }
    });

  it('versions count from 1, and the same schema under another subject has the same id', async (registry) => {
    const first = await registry.register('a', record(zone));
    assert.deepEqual(first, { subject: 'a', version: 1, id: first.id, schema: record(zone) });
    const second = await registry.register('a', record(zone, fareOptional));
    assert.equal(second.version, 2);
    assert.notEqual(second.id, first.id);
    const elsewhere = await registry.register('b', record(zone, fareOptional));
    assert.deepEqual([elsewhere.version, elsewhere.id], [1, second.id]);
    assert.deepEqual(await registry.subjects(), ['a', 'b']);
    assert.deepEqual(await registry.versions('a'), [1, 2]);
    assert.deepEqual(await registry.version('a', 'latest'), second);
    assert.deepEqual(await registry.version('a', 1), first);
    assert.equal(await registry.schema(first.id), record(zone));
  });

  it('registering again, in another order of attributes, gives the version that is there', async (registry) => {
    const first = await registry.register('a', record(zone));
    const again = '{"fields": [{"type": {"type": "string"}, "name": "zone"}], "name": "Ride", "type": "record"}';
    assert.deepEqual(await registry.register('a', again), first);
    assert.deepEqual(await registry.find('a', again), first);
    assert.equal(await registry.find('a', record(fare)), undefined);
    assert.equal(await registry.find('b', again), undefined);
    assert.deepEqual(await registry.versions('a'), [1]);
  });

  it('a default counts by all of its digits, however they are written', async (registry) => {
    const of = (digits: string, type = '"long"') =>
      `{"type":"record","name":"Ride","fields":[{"name":"id","type":${type},"default":${digits}}]}`;
    const first = await registry.register('a', of('9007199254740993'));
    assert.equal(await registry.schema(first.id), of('9007199254740993'));
    for (const same of ['9007199254740993.0', '9.007199254740993e15'])
      assert.deepEqual(await registry.register('a', of(same)), first);
    assert.equal(await registry.find('a', of('9007199254740992')), undefined);
    assert.equal((await registry.register('a', of('9007199254740992'))).version, 2);
    assert.equal((await registry.register('a', of('-9223372036854775808'))).version, 3);
    assert.equal((await registry.register('b', of('0.12345678901234567890', '"double"'))).version, 1);
    assert.equal((await registry.register('b', of('0.1234567890123456789', '"double"'))).version, 1);
    assert.equal((await registry.register('b', of('0.12345678901234567891', '"double"'))).version, 2);
    const list = (digits: string) => of(`[${digits}]`, '{"type":"array","items":"long"}');
    await registry.register('c', list('9007199254740993'));
    assert.equal((await registry.register('c', list('9007199254740995'))).version, 2);
    for (const [digits, type] of [
      ['9223372036854775808', '"long"'],
      ['9007199254740993.5', '"long"'],
      ['1.00000000000000000001', '"int"'],
      ['1e400', '"double"'],
      ['9007199254740993', '"string"'],
      ['9007199254740993', '{"type":"map","values":"string"}'],
    ] as const)
      await rejects('SCHEMA_INVALID', () => registry.register('d', of(digits, type)), /is not of its type/);
    await rejects(
      'SCHEMA_INVALID',
      () => registry.register('d', '9007199254740993'),
      /9007199254740993 is not an Avro type/,
    );
  });

  it('what is not there is named', async (registry) => {
    await registry.register('a', record(zone));
    await rejects('NOT_FOUND', () => registry.version('b', 'latest'), /subject 'b'/);
    await rejects('NOT_FOUND', () => registry.version('a', 2), /version 2 of subject 'a'/);
    await rejects('NOT_FOUND', () => registry.schema(4711), /schema 4711/);
    await rejects('NOT_FOUND', () => registry.deleteSubject('b'), /subject 'b'/);
    await rejects('NOT_FOUND', () => registry.deleteVersion('a', 9), /version 9/);
    assert.deepEqual(await registry.versions('b'), []);
  });

  it('says where an id is used, and what a subject has of its own', async (registry) => {
    const first = await registry.register('a', record(zone));
    await registry.register('b', record(zone));
    await registry.register('a', record(zone, fareOptional));
    assert.deepEqual(await registry.usesOf(first.id), [
      { subject: 'a', version: 1 },
      { subject: 'b', version: 1 },
    ]);
    await registry.deleteVersion('a', 1);
    assert.deepEqual(await registry.usesOf(first.id), [{ subject: 'b', version: 1 }]);
    assert.equal((await registry.usesOf(first.id, { deleted: true })).length, 2);
    assert.deepEqual(await registry.usesOf(4711), []);
    assert.deepEqual(await registry.version('a', 1, { deleted: true }), first);
    assert.deepEqual(await registry.find('a', record(zone), { deleted: true }), first);
    assert.deepEqual(await registry.settings('a'), { compatibility: undefined, mode: undefined });
    await registry.setCompatibility('FULL', 'a');
    await registry.setMode('READONLY', 'a');
    assert.deepEqual(await registry.settings('a'), { compatibility: 'FULL', mode: 'READONLY' });
    await registry.clearMode('a');
    await registry.setMode('READONLY');
    await registry.clearMode();
    await registry.setCompatibility('NONE');
    await registry.clearCompatibility();
    assert.deepEqual(await registry.settings('a'), { compatibility: 'FULL', mode: undefined });
    assert.deepEqual([await registry.mode('a'), await registry.compatibility('b')], ['READWRITE', 'BACKWARD']);
  });

  it('levels: the global one is BACKWARD, a subject has its own until it is cleared', async (registry) => {
    assert.equal(await registry.compatibility(), 'BACKWARD');
    await registry.setCompatibility('FULL');
    assert.equal(await registry.compatibility('a'), 'FULL');
    await registry.setCompatibility('NONE', 'a');
    assert.deepEqual([await registry.compatibility('a'), await registry.compatibility('b')], ['NONE', 'FULL']);
    await registry.clearCompatibility('a');
    assert.equal(await registry.compatibility('a'), 'FULL');
    await rejects('OPTION_INVALID', () => registry.setCompatibility('SOME' as Compatibility), /SOME/);
  });

  for (const mode of compatibilities) {
    it(`${mode} accepts and refuses what it should`, async (registry) => {
      await registry.setCompatibility(mode);
      for (const [i, [what, before, after, backward, forward]] of changes.entries()) {
        const subject = `s${i}`;
        const accepted = accepts(mode, backward, forward);
        await registry.register(subject, before);
        const result = await registry.check(subject, after);
        assert.equal(result.compatible, accepted, `${what}: ${result.messages}`);
        assert.equal(result.messages.length === 0, accepted, what);
        if (accepted) assert.equal((await registry.register(subject, after)).version, 2, what);
        else await rejects('SCHEMA_INCOMPATIBLE', () => registry.register(subject, after));
      }
    });
  }

  it('transitive modes look at every version, the others at the last', async (registry) => {
    const removed = [record(zone, fare), record(zone), record(zone, { name: 'fare', type: 'string', default: '' })];
    const required = [record(zone), record(zone, fareOptional), record(zone, fare)];
    const added = [record(zone, { ...fare, default: 0 }), record(zone), record(zone, { name: 'fare', type: 'string' })];
    // v1 → v2 → v3: each step is fine, but v3 does not fit v1
    const steps: [Compatibility, string[], RegExp][] = [
      ['BACKWARD', removed, /field 'fare': double cannot be read as string, so version 1's records/],
      ['FORWARD', added, /field 'fare': string cannot be read as double, so readers of version 1/],
      ['FULL', [added[0]!, added[1]!, removed[2]!], /version 1.*\(BACKWARD\).*version 1.*\(FORWARD\)/],
    ];
    for (const [mode, [one, two, three], message] of steps) {
      for (const [level, subject] of [
        [mode, mode],
        [`${mode}_TRANSITIVE`, `${mode}-all`],
      ] as [Compatibility, string][]) {
        await registry.setCompatibility(level, subject);
        await registry.register(subject, one!);
        await registry.register(subject, two!);
        if (level === mode) assert.equal((await registry.register(subject, three!)).version, 3);
        else await rejects('SCHEMA_INCOMPATIBLE', () => registry.register(subject, three!), message);
      }
    }
    await registry.setCompatibility('BACKWARD', 'against');
    await registry.register('against', required[0]!);
    await registry.register('against', required[1]!);
    const { compatible, messages } = await registry.check('against', required[2]!, 1);
    assert.equal(compatible, false);
    assert.deepEqual(messages, ["field 'fare' has no default, so version 1's records cannot be read (BACKWARD)"]);
    assert.equal((await registry.check('new', required[2]!)).compatible, true);
    await rejects('NOT_FOUND', () => registry.check('against', required[2]!, 7));
  });

  it('READONLY takes nothing new, IMPORT only into what is empty', async (registry) => {
    assert.equal(await registry.mode(), 'READWRITE');
    const first = await registry.register('a', record(zone));
    await registry.setMode('READONLY', 'a');
    assert.deepEqual([await registry.mode('a'), await registry.mode('b')], ['READONLY', 'READWRITE']);
    await rejects('SCHEMA_INVALID', () => registry.register('a', record(zone, fareOptional)), /mode READONLY/);
    await rejects('SCHEMA_INVALID', () => registry.deleteSubject('a'), /mode READONLY/);
    await rejects('SCHEMA_INVALID', () => registry.deleteVersion('a', 1), /mode READONLY/);
    assert.deepEqual(await registry.register('a', record(zone)), first);
    await registry.register('b', record(zone));
    await rejects('OPTION_INVALID', () => registry.setMode('IMPORT', 'a'), /1 versions/);
    await rejects('OPTION_INVALID', () => registry.setMode('IMPORT'), /2 versions/);
    await registry.setMode('IMPORT', 'c');
    await rejects('SCHEMA_INVALID', () => registry.register('c', record(zone)), /mode IMPORT/);
    await registry.setMode('READWRITE', 'a');
    assert.equal((await registry.register('a', record(zone, fareOptional))).version, 2);
    await registry.setMode('READONLY');
    assert.deepEqual([await registry.mode('a'), await registry.mode('b')], ['READWRITE', 'READONLY']);
  });

  it('a soft deletion hides and keeps numbers taken; a permanent one needs it first; ids stay readable after both', async (registry) => {
    const first = await registry.register('a', record(zone));
    const second = await registry.register('a', record(zone, fareOptional));
    await rejects('OPTION_INVALID', () => registry.deleteVersion('a', 1, { permanent: true }), /version 1/);
    assert.equal(await registry.deleteVersion('a', 'latest'), 2);
    await rejects('NOT_FOUND', () => registry.deleteVersion('a', 2), /deleted already/);
    assert.deepEqual(await registry.versions('a'), [1]);
    assert.deepEqual(await registry.versions('a', { deleted: true }), [1, 2]);
    assert.equal(await registry.schema(second.id), second.schema);
    await rejects('NOT_FOUND', () => registry.version('a', 2));
    assert.equal(await registry.find('a', second.schema), undefined);
    const again = await registry.register('a', second.schema);
    assert.deepEqual([again.version, again.id], [3, second.id]);
    assert.equal(await registry.deleteVersion('a', 2, { permanent: true }), 2);
    assert.deepEqual(await registry.versions('a', { deleted: true }), [1, 3]);
    assert.equal(await registry.schema(second.id), second.schema);

    await registry.setCompatibility('NONE', 'a');
    await rejects('OPTION_INVALID', () => registry.deleteSubject('a', { permanent: true }), /subject 'a'/);
    assert.deepEqual(await registry.deleteSubject('a'), [1, 3]);
    await rejects('NOT_FOUND', () => registry.deleteSubject('a'), /deleted already/);
    assert.deepEqual(await registry.subjects(), []);
    assert.deepEqual(await registry.subjects({ deleted: true }), ['a']);
    assert.equal(await registry.compatibility('a'), 'BACKWARD');
    assert.deepEqual(await registry.deleteSubject('a', { permanent: true }), [1, 3]);
    assert.deepEqual(await registry.subjects({ deleted: true }), []);
    // records with this id may be in a log: without it nobody could read them any more
    assert.equal(await registry.schema(first.id), first.schema);
    assert.deepEqual(await registry.usesOf(first.id, { deleted: true }), []);
    const fresh = await registry.register('a', record(zone));
    assert.deepEqual([fresh.version, fresh.id], [1, first.id]);
    const other = await registry.register('b', record(zone, fare));
    assert.ok(other.id > second.id, 'ids are not given twice');
  });

  it('a deleted version is no longer compared with', async (registry) => {
    await registry.register('a', record(count('int')));
    await registry.deleteVersion('a', 1);
    assert.equal((await registry.register('a', record(count('string')))).version, 2);
  });

  it('a schema takes the place of versions that are given: they are deleted softly, and the subject keeps its level', async (registry) => {
    const first = await registry.register('a', record(count('int')));
    await registry.setCompatibility('BACKWARD_TRANSITIVE', 'a');
    const instead = await registry.register('a', record(count('string')), { instead: [1] });
    assert.deepEqual([instead.version, await registry.versions('a')], [2, [2]]);
    assert.deepEqual(await registry.versions('a', { deleted: true }), [1, 2]);
    assert.equal(await registry.schema(first.id), first.schema);
    assert.equal(await registry.compatibility('a'), 'BACKWARD_TRANSITIVE');
    // what does not fit those that stay replaces nothing
    await rejects('SCHEMA_INCOMPATIBLE', () => registry.register('a', record(fare), { instead: [1] }));
    assert.deepEqual(await registry.versions('a'), [2]);
    await registry.setMode('READONLY', 'a');
    await rejects('SCHEMA_INVALID', () => registry.register('a', record(fare), { instead: [2] }), /READONLY/);
    assert.deepEqual(await registry.versions('a'), [2]);
  });

  const invalid: [schema: string, message: RegExp][] = [
    ['{', /not JSON/],
    ['"nothing"', /schema: type 'nothing' is not known/],
    ['{"type":"record","name":"R"}', /schema: has no 'fields'/],
    [record({ name: 'a-b', type: 'int' }), /schema.fields\[0\]: "a-b" is not a name/],
    [record(zone, zone), /schema.zone: the field is there twice/],
    [record({ name: 'x', type: 'int', default: 'one' }), /schema.x: the default "one" is not of its type/],
    [record({ name: 'x', type: ['null', 'int', 'null'] }), /schema.x: the union has 'null' twice/],
    [
      record({ name: 'x', type: { type: 'enum', name: 'E', symbols: ['A', 'A'] } }),
      /schema.x: a symbol is there twice/,
    ],
    [record({ name: 'x', type: { type: 'fixed', name: 'F', size: -1 } }), /schema.x: size -1/],
    [record({ name: 'x', type: { type: 'array' } }), /schema.x: has no 'items'/],
    ['null', /null is not an Avro type/],
    [`${'['.repeat(5000)}"int"${']'.repeat(5000)}`, /nested/],
  ];
  it('a schema that is not valid is refused with the place', async (registry) => {
    for (const [schema, message] of invalid) {
      await rejects('SCHEMA_INVALID', () => registry.register('a', schema), message);
      await rejects('SCHEMA_INVALID', () => registry.check('a', schema), message);
    }
    for (const subject of ['', 'a\nb', 'x'.repeat(300)]) {
      await rejects('NAME_INVALID', () => registry.register(subject, record(zone)), /subject/);
    }
    assert.deepEqual(await registry.subjects({ deleted: true }), []);
  });
}
