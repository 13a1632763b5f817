// webhook() as a source: it waits, ends when it is told to, and is never open where a secret was meant.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseSource } from '../../../src/control/adapters.ts';
import { MillraceError } from '../../../src/core/errors.ts';
import { bytes, int, text } from '../../../src/define/fields.ts';
import { param } from '../../../src/define/param.ts';
import { checkOptions, open, receive, revive } from '../../../src/ingest/webhook/open.ts';
import { webhook } from '../../../src/ingest/webhook/webhook.ts';
import { context } from '../tools.ts';

const fields = { id: text(), count: int(), raw: bytes().optional() };
const secret = 'a secret of many characters';
const withCode = (code: string, pattern: RegExp) => (error: unknown) =>
  error instanceof MillraceError &&
  error.code === code &&
  pattern.test(`${error.message} ${error.place}`) &&
  Boolean(error.remedy);

test('it gives nothing by itself, and ends when it is told to stop', async () => {
  const stop = new AbortController();
  const source = await open({}, context(fields, { signal: stop.signal }));
  assert.deepEqual([source.finite, source.replayable], [false, false]);
  let batches = 0;
  const reading = (async () => {
    for await (const _ of source.batches()) batches++;
  })();
  setImmediate(() => stop.abort());
  await reading;
  assert.equal(batches, 0);
  for await (const _ of source.batches()) assert.fail('a batch came');
  await source.close();
});

test('it reads bytes of items again', async () => {
  const given = { items: 'all', map: ({ n }: { n: number }) => ({ id: `n${n}`, count: n }) };
  const source = await open(given, context(fields));
  const again = await revive(given, context(fields));
  for (const read of [source.revive, again]) {
    assert.deepEqual(read(Buffer.from('{"n":3}')), ['n3', 3, null]);
    assert.throws(() => read(Buffer.from('{')), withCode('RECORD_MALFORMED', /JSON/));
  }
});

test('it takes bytes as base64, but as they are from map', () => {
  const plain = receive({}, fields);
  assert.deepEqual(plain.row({ id: 'a', count: 1, raw: 'AQI=' }), ['a', 1, Uint8Array.of(1, 2)]);
  const mapped = receive({ map: (n: number) => ({ id: 'a', count: n, raw: Uint8Array.of(n) }) }, fields);
  assert.deepEqual(mapped.row(7), ['a', 7, Uint8Array.of(7)]);
});

test('a body whose items are not where they should be is refused, line by line too', () => {
  const { items } = receive({ items: 'data.all' }, fields);
  const of = (text: string, records: readonly unknown[]) =>
    items({ body: Buffer.from(text), records, signature: undefined });
  assert.deepEqual(of('{"data":{"all":[1,2]}}', []), [1, 2]);
  assert.deepEqual(
    of('{"data":{"all":[1]}}\n{"data":{"all":[2]}}', [{ data: { all: [1] } }, { data: { all: [2] } }]),
    [1, 2],
  );
  assert.throws(() => of('{"data":{}}', []), withCode('RECORD_INVALID', /no list at 'data.all'/));
  assert.throws(() => of('[]', []), withCode('RECORD_INVALID', /no list/));
});

test('options that do not fit are refused by name, and a secret is never shown', () => {
  const bad: [object, string][] = [
    [{ secrets: secret }, 'secrets'],
    [{ secret: '' }, 'secret'],
    [{ secret: 'hunter2' }, 'secret'],
    [{ secret: 5 }, 'secret'],
    [{ items: 5 }, 'items'],
    [{ map: 'id' }, 'map'],
  ];
  for (const [options, name] of bad) {
    assert.throws(
      () => checkOptions(options as Record<string, unknown>, fields, 'here'),
      (error) =>
        withCode('OPTION_INVALID', new RegExp(`'${name}'.* here`))(error) && !String(error).includes('hunter2'),
    );
  }
  checkOptions(webhook().options, fields, 'here');
  checkOptions(webhook({ secret, items: 'a.b', map: (item: object) => item }).options, fields, 'here');
});

test('a secret whose parameter is not set is no open door', async () => {
  const signed = webhook({ secret: param('key', text()) });
  checkOptions(signed.options, fields, 'here');
  await assert.rejects(chooseSource(signed, new Map(), fields, 'topic'), withCode('PARAM_INVALID', /'key' is not set/));
  const { options } = await chooseSource(signed, new Map([['key', secret]]), fields, 'topic');
  assert.ok(receive(options, fields).isSigned);
  await assert.rejects(open({ isSigned: true }, context(fields)), withCode('OPTION_INVALID', /'secret'/));
  assert.throws(() => receive({ isSigned: true }, fields), withCode('OPTION_INVALID', /'secret'/));
  assert.ok(!receive({}, fields).isSigned);
});
