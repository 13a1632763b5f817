// What is left of a record that retention has removed: its columns, with their digits.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { remainsBytes, remainsOf } from '../../src/process/remains.ts';

test('the columns that a window kept are read with the digits that they had', () => {
  const row = '{"id":"a","data":{"n":9007199254740993,"m":9007199254740992}}';
  for (const rows of [[row], [row, '{"id":"b"}']]) {
    const known = remainsOf({ noun: 'stream', bytes: remainsBytes(rows) });
    assert.equal(JSON.stringify(known), row);
    assert.deepEqual((known!.data as { m: unknown }).m, 2 ** 53);
  }
  assert.equal(remainsOf({ noun: 'topic', bytes: remainsBytes([row]) }), undefined);
  assert.equal(remainsOf({ noun: 'stream', bytes: Buffer.from('not JSON') }), undefined);
});
