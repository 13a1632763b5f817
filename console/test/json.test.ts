// JSON in the console: numbers have the digits that were sent, in browsers that tell the text of a number and in those that do not.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Digits, jsonText, losesDigits, parseByMarks, parseBySource, parseJson } from '../src/kit/json.ts';
import { searchValue } from '../src/pages/search-value.ts';

const kept = ['9007199254740993', '-12345678901234567890', '0.12345678901234567890123', '1e400', '1.5E-400', '123456789012345678e5'];
const plain = ['0', '-0', '1', '0.1', '1e3', '1.0', '100000000000000000000', '9007199254740992', '0.1000000000000000', '5e-324'];
const mark = '\uE000';
const texts = ['9007199254740993', `${mark}1`, `${mark}${mark}9007199254740993`, mark, '"', '\\', `a"${mark}1"`, '\u2028', ''];

for (const [how, parse] of Object.entries({ parseJson, parseBySource, parseByMarks }))
  describe(how, () => {
    test('keeps the digits of numbers that would lose some', () => {
      for (const digits of kept) {
        for (const json of [digits, ` ${digits} `, `[1,${digits}]`, `{"id": ${digits}, "x": "${digits}"}`]) {
          const value = parse(json);
          const one = json.includes('{') ? (value as { id: unknown }).id : json.includes('[') ? (value as unknown[])[1] : value;
          assert.ok(one instanceof Digits, json);
          assert.equal(String(one), digits);
          assert.equal(jsonText(value), json.replace(/\s/g, ''));
        }
      }
    });

    test('has numbers for all others', () => {
      for (const digits of plain) assert.equal(parse(`[${digits}]`) instanceof Array && (parse(`[${digits}]`) as unknown[])[0], Number(digits));
    });

    test('takes texts as they are, whatever they look like', () => {
      for (const text of texts) {
        for (const json of [JSON.stringify(text), JSON.stringify({ [text]: text }), JSON.stringify({ a: text }).replaceAll(mark, '\\uE000')]) {
          const value = parse(`[9007199254740993, ${json}]`) as unknown[];
          assert.deepEqual(value[1], JSON.parse(json), json);
          assert.deepEqual(JSON.parse(jsonText(value).replace('9007199254740993', '0')), [0, JSON.parse(json)]);
        }
      }
    });

    test('refuses what is no JSON', () => {
      for (const json of ['', '9007199254740993 1', '01234567890123456789', '[9007199254740993', '-', '{"a":9007199254740993,}', '+9007199254740993'])
        assert.throws(() => parse(json), SyntaxError, json);
    });

    test('reads all JSON as JSON.parse does, where no digits are lost', () => {
      fc.assert(
        fc.property(fc.json(), (json) => {
          assert.deepEqual(parse(json), JSON.parse(json));
          assert.equal(jsonText(parse(json)), JSON.stringify(JSON.parse(json)));
        }),
      );
    });
  });

test('JSON is written with an indent, and nothing has none', () => {
  assert.equal(jsonText(parseJson('{"a":[9007199254740993]}'), 2), '{\n  "a": [\n    9007199254740993\n  ]\n}');
  assert.equal(jsonText(undefined), undefined);
  assert.equal(jsonText(new Digits('9007199254740993')), '9007199254740993');
});

test('two numbers that are one as a number of JavaScript are told apart', () => {
  const [one, other] = ['9007199254740992', '9007199254740993'].map((digits) => JSON.stringify({ id: parseJson(digits) }));
  assert.notEqual(one, other);
});

test('a number loses digits where JavaScript has another one', () => {
  for (const digits of kept) assert.ok(losesDigits(digits), digits);
  for (const digits of plain) assert.ok(!losesDigits(digits), digits);
});

test('a value in an address is a text where a number would lose digits', () => {
  assert.equal(searchValue('9007199254740993'), '9007199254740993');
  assert.deepEqual(searchValue('[9007199254740993,1,"x",{"a":1e400,"b":null}]'), [
    '9007199254740993',
    1,
    'x',
    { a: '1e400', b: null },
  ]);
  assert.throws(() => searchValue('9007199254740993 and more'), SyntaxError);
});
