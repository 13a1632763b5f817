// Which records are about a person: by the person field, in whatever version of the schema they were written; by their bytes where nothing can read them.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TopicWriter } from '../../src/control/feeder.ts';
import { namesIn, PersonFinder, wholeNumber } from '../../src/control/person.ts';
import { system } from '../../src/control/system.ts';
import { MillraceError } from '../../src/core/errors.ts';
import { recordAcceptor } from '../../src/define/accept.ts';
import { avroSchema } from '../../src/define/avro.ts';
import { type Fields, int, json, long, type Topic, text, topic } from '../../src/index.ts';
import { type Batch, BatchBuilder, valueIn } from '../../src/log/batch.ts';
import { forgottenHeader } from '../../src/log/forgotten.ts';

const rides = topic('rides', { id: int(), rider: text().optional(), note: text() }, { key: 'id', person: 'rider' });
const numbered = topic('numbered', { id: long(), rider: long() }, { person: 'rider' });

/** Schemas by id, as a registry has them. */
const schemas = new Map<number, string>();
const schema = async (id: number) => {
  const found = schemas.get(id);
  if (found !== undefined) return found;
  throw new MillraceError('NOT_FOUND', `there is no schema ${id}`, { remedy: 'Register it.' });
};

/** The bytes of a record of some fields, under a schema id of its own. */
function written(fields: Fields, id: number, record: object): Uint8Array {
  schemas.set(id, JSON.stringify(avroSchema('r', fields)));
  const writer = new TopicWriter(topic('r', fields), id, system().clock);
  writer.add(0, recordAcceptor(fields)(record as never));
  return Uint8Array.from(valueIn(writer.take(0)!, 0)!);
}

function batchOf(
  ...records: [key: string | null, value: Uint8Array | null, headers?: Record<string, Uint8Array>][]
): Batch {
  const builder = new BatchBuilder();
  for (const [key, value, headers] of records) builder.add(0, key === null ? null : Buffer.from(key), value, headers);
  return builder.take();
}

const found = (of: Topic, names: string[], batch: Batch) => new PersonFinder(of, names, schema).find(batch);

describe('a record is about a person', () => {
  test('whose field has the value, and no other part of it; nobody else who is called nearly so', async () => {
    const one = (rider: string | null, note = '') => written(rides.fields, 1, { id: 1, rider, note });
    const batch = batchOf(
      ['1', one('anna')],
      ['2', one('annabel')],
      ['3', one(null, 'anna')],
      ['4', one('ann')],
      ['5', one('anna', 'x')],
      ['anna', one('bert')],
    );
    assert.deepEqual(await found(rides, ['anna'], batch), [0, 4]);
    assert.deepEqual(await found(rides, ['bert', 'annabel'], batch), [1, 5]);
    assert.deepEqual(await found(rides, ['carl'], batch), []);
  });

  test('in each version of the schema that the topic had, read by its own', async () => {
    const before = written({ rider: text(), old: int() }, 2, { rider: 'anna', old: 1 });
    const without = written({ id: int(), note: text() }, 3, { id: 1, note: 'anna' });
    // what cannot become what is declared now can be read all the same
    const other = written({ id: int(), rider: int() }, 4, { id: 1, rider: 4711 });
    const nested = written({ rider: json() }, 5, { rider: { name: 'anna' } });
    const batch = batchOf([null, before], [null, without], [null, other], [null, nested]);
    assert.deepEqual(await found(rides, ['anna'], batch), [0]);
    assert.deepEqual(await found(numbered, ['4711'], batch), [2]);
  });

  test('where nothing can read it, and its bytes hold the value', async () => {
    const good = written(rides.fields, 1, { id: 1, rider: 'anna', note: '' });
    const cut = good.slice(0, -1);
    const unknown = Uint8Array.from([0, 0, 0, 9, 9, ...Buffer.from('xxannaxx')]);
    const batch = batchOf(
      [null, cut],
      [null, unknown],
      [null, Buffer.from('{"rider":"anna"}')],
      [null, Buffer.from('{"rider":"bert"}')],
      [null, null, { who: Buffer.from('anna') }],
      ['anna', Buffer.from('?')],
    );
    assert.deepEqual(await found(rides, ['anna'], batch), [0, 1, 2, 4, 5]);
  });

  test('by its key alone, where that is the person: a record without a value', async () => {
    const keyed = topic('keyed', { rider: text() }, { key: 'rider', person: 'rider' });
    const batch = batchOf(['anna', null], ['bert', null], [null, null, { [forgottenHeader]: Buffer.from('anna') }]);
    assert.deepEqual(await found(keyed, ['anna'], batch), [0]);
    // a key that is something else says nothing of a person
    assert.deepEqual(await found(rides, ['anna'], batch), []);
  });

  test('where it is a number, as numbers are written: digits in other numbers and texts are not it', async () => {
    const one = (rider: number | bigint) => written(numbered.fields, 6, { id: 4711, rider });
    const large = 9_007_199_254_740_993n;
    const batch = batchOf(
      [null, one(4711)],
      [null, one(47)],
      [null, one(large)],
      [null, Buffer.from('"4711"')],
      [null, Buffer.from('47110')],
    );
    assert.deepEqual(await found(numbered, ['4711'], batch), [0, 3]);
    assert.deepEqual(await found(numbered, [' +04711 '], batch), [0, 3]);
    assert.deepEqual(await found(numbered, [String(large)], batch), [2]);
    assert.deepEqual(await found(numbered, ['anna'], batch), []);
    assert.deepEqual(
      [wholeNumber('007'), wholeNumber('-0'), wholeNumber('1.0'), wholeNumber('')],
      ['7', '0', undefined, undefined],
    );
    assert.deepEqual([...namesIn(rides, ['007'])], ['007']);
    assert.deepEqual([...namesIn(numbered, ['007', 'x', '7'])], ['7']);
  });

  test('as a source gave it: the field decides where there is one, else the text', () => {
    const finder = new PersonFinder(rides, ['andré'], schema);
    const isIn = (text: string) => finder.isIn(Buffer.from(text));
    assert.ok(isIn('1,andré,x'));
    assert.ok(isIn('{"id":"x","rider":"andr\\u00e9"}'));
    assert.ok(isIn('{"name":"andré"}'));
    assert.ok(!isIn('{"rider":"bert","note":"andré"}'));
    assert.ok(!isIn('1,andre,x'));
    const numbers = new PersonFinder(numbered, ['4711'], schema);
    assert.ok(numbers.isIn(Buffer.from('x,4711,"')));
    assert.ok(!numbers.isIn(Buffer.from('x,14711,47110,4711.5,a4711')));
    assert.ok(numbers.isIn(Buffer.from('{"rider":"4711","id":"x"}')));
    assert.ok(!numbers.isIn(Buffer.from('{"rider":1,"id":4711}')));
  });
});
