// The bytes of an item that was refused are those that came.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { itemTexts, memberTexts, parseJson } from '../../src/core/json.ts';
import { type FindItems, originalsOf } from '../../src/ingest/originals.ts';

const originals = (json: string, find: FindItems | undefined, count: number) => {
  const original = originalsOf(Buffer.from(json), find);
  return Array.from({ length: count }, (_, i) => Buffer.from(original(i, `item ${i}`)).toString());
};

describe('an item', () => {
  test('of a list, of a list at a path, and of a body that is one item, is the text between its commas', () => {
    assert.deepEqual(originals('[ {"id": 1.0} ,{"a":"é,]"},3.50 ]', undefined, 3), [
      '{"id": 1.0}',
      '{"a":"é,]"}',
      '3.50',
    ]);
    assert.deepEqual(originals(' {"id": 1.0}\n', undefined, 1), ['{"id": 1.0}']);
    const body = '{"data":{"a":[1],"items":[0]},"data":{"items":[ {"n":1e2}, 9007199254740993 ]}}';
    assert.deepEqual(originals(body, 'data.items', 2), ['{"n":1e2}', '9007199254740993']);
  });

  test('that a function has found is the text of it, and one that a function has made is its JSON', () => {
    type Body = { data: { list: { id: number }[] }; city: string };
    const body = '{"city":"S","data":{"list":[{"id": 1.0 },{"id":9007199254740993}]}}';
    const find = (wanted: (body: Body) => unknown[]) => wanted as (body: unknown) => unknown[];
    assert.deepEqual(
      originals(
        body,
        find((one) => one.data.list),
        2,
      ),
      ['{"id": 1.0 }', '{"id":9007199254740993}'],
    );
    assert.deepEqual(
      originals(
        body,
        find((one) => one.data.list.toReversed()),
        2,
      ),
      ['{"id":9007199254740993}', '{"id": 1.0 }'],
    );
    const made = find(({ city, data }) => data.list.map((one) => ({ ...one, city })));
    assert.deepEqual(originals(body, made, 2), ['{"id":1,"city":"S"}', '{"id":9007199254740993,"city":"S"}']);
    const changed = find(({ city, data }) => data.list.map((one) => Object.assign(one, { city })));
    assert.deepEqual(originals(body, changed, 1), ['{"id":1,"city":"S"}']);
    assert.deepEqual(
      originals(
        '{"n":[1.0, 2.50]}',
        find((one) => (one as unknown as { n: number[] }).n),
        2,
      ),
      ['1.0', '2.50'],
    );
    const failing = find(() => {
      throw new Error('no');
    });
    assert.deepEqual(originals(body, failing, 1), ['"item 0"']);
  });

  test('of any body is a text that says what the item says', () => {
    fc.assert(
      fc.property(fc.array(fc.json({ maxDepth: 4 })), fc.constantFrom('', ' ', '\n\t'), (items, space) => {
        const body = `{"a\\"]": ${space}{}, "list"${space}:${space}[${items.join(`${space},${space}`)}${space}]}`;
        const values = (parseJson(body, 'it', {}) as { list: unknown[] }).list;
        const paths: FindItems[] = ['list', (one) => (one as { list: unknown[] }).list];
        for (const find of paths) {
          const found = originals(body, find, items.length);
          assert.deepEqual(
            found.map((one) => JSON.parse(one)),
            JSON.parse(JSON.stringify(values)),
          );
        }
      }),
    );
  });
});

test('the parts of a list and of an object are found without parsing them', () => {
  assert.deepEqual(itemTexts('[1, [2, 3]]'), ['1', ' [2, 3]']);
  assert.deepEqual(memberTexts(' {"a": 1, "b\\"": {"c": [2]}}'), [
    ['a', ' 1'],
    ['b"', ' {"c": [2]}'],
  ]);
  assert.deepEqual(memberTexts('{}'), []);
  for (const text of ['[]', '1', '{', '{} x']) assert.equal(memberTexts(text), undefined, text);
});
