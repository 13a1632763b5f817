// The form of a record: texts become the JSON that is posted.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonText } from '../src/kit/json.ts';
import { exampleOf, recordOf } from '../src/topics/record-form.ts';

const column = (name: string, type: string, more = {}) => ({ name, type, isOptional: false, isPersonal: false, ...more });

test('a time of a field with a format is sent as it is written, and a number as a number', () => {
  const fields = [column('at', 'timestamp', { example: '22/11/2026' }), column('seen', 'timestamp')];
  assert.deepEqual(recordOf(fields, { at: '03/12/2026', seen: '1700000000.5' }), {
    record: { at: '03/12/2026', seen: 1_700_000_000.5 },
    wrong: {},
  });
  assert.deepEqual(Object.keys(recordOf(fields, { at: '03/12/2026', seen: 'soon' }).wrong), ['seen']);
  assert.equal((JSON.parse(exampleOf(fields)) as { at: string }).at, '22/11/2026');
});

test('a number in a JSON field keeps its digits', () => {
  const { record } = recordOf([column('data', 'json')], { data: '{"big": 9007199254740993, "small": 1}' });
  assert.equal(jsonText(record), '{"data":{"big":9007199254740993,"small":1}}');
});
