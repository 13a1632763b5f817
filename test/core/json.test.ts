// How deeply a text of JSON is nested, found without parsing it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isDeeper, itemTexts } from '../../src/core/json.ts';

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

test('the depth of a text is that of its value', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), fc.constantFrom(undefined, 2), (value, space) => {
      const text = JSON.stringify(value, undefined, space);
      const depth = depthOf(value);
      assert.equal(isDeeper(text, depth), false);
      if (depth > 0) assert.equal(isDeeper(text, depth - 1), true);
    }),
  );
});

test('the items of a list are found as texts', () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue({ maxDepth: 4 })), fc.constantFrom(undefined, 2), (list, space) => {
      assert.deepEqual(
        itemTexts(JSON.stringify(list, undefined, space))?.map((one) => JSON.parse(one)),
        JSON.parse(JSON.stringify(list)),
      );
    }),
  );
  for (const other of ['', '{}', '1', '[', '[1', '[1]x', '["]', '[1}'])
    assert.equal(itemTexts(other), undefined, other);
});
