// Personal values stay out of what the API says of records that were refused: of a source, of a post, of one that is tried again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  bool,
  date,
  decimal,
  type Field,
  float,
  int,
  json,
  list,
  long,
  oneOf,
  pipeline,
  simulate,
  table,
  text,
  timestamp,
  topic,
} from '../../src/index.ts';
import { receive } from '../../src/ingest/webhook/open.ts';
import { makeApp } from '../../src/web/server.ts';
import { serving, temporary, until } from './tools.ts';

const types: Readonly<Record<string, Field>> = {
  aText: text(),
  anInt: int(),
  aLong: long(),
  aFloat: float(),
  aBool: bool(),
  aTime: timestamp(),
  aDay: date(),
  aDecimal: decimal(5, 2),
  some: json(),
  kind: oneOf('a', 'b'),
  many: list(int()),
};
const values: readonly unknown[] = [
  "O'SECRET, street 5",
  `SECRET "quoted" ${'and long '.repeat(30)}`,
  { street: 'SECRET', city: "SECRET' is not" },
  ['SECRET', { name: 'SECRET' }],
  4.917e20,
  '-491701234567890123456.5',
  [[[`${'SECRET'.repeat(50)}`]]],
];
const hidden = /SECRET|4917|4\.917/;

test('no personal value of any type is in a dead letter, an answer to a post or a trial', async (t) => {
  const records = Object.keys(types).flatMap((name) => values.map((value) => ({ id: 1, [name]: value })));
  const fields = Object.fromEntries(Object.entries(types).map(([name, field]) => [name, field.personal().optional()]));
  const posted = topic('posted', { id: int(), ...fields });
  const read = topic('read', { id: int(), ...fields }).from(
    simulate({ rows: () => records, seed: 's', count: records.length }),
  );
  const people = pipeline('people', {
    tables: [table('posted_rows', posted, { key: 'id' }), table('read_rows', read, { key: 'id' })],
  });
  const { backend } = await serving(t, await temporary(t), [people]);
  const app = await makeApp(backend);
  t.after(() => app.close());
  const post = async (payload: string, type = 'application/json') =>
    app.inject({ method: 'POST', url: '/api/topics/posted/records', headers: { 'content-type': type }, payload });

  const rejected = [];
  for (const record of records) {
    const { body } = await post(JSON.stringify(record));
    assert.doesNotMatch(body, hidden);
    rejected.push(body);
  }
  assert.ok(rejected.length > 60);
  for (const broken of ['{"id": 1, "aText": "SECRET" SECRET}', 'SECRET', '["SECRET"]', '"SECRET', '{"SECRET'])
    for (const type of ['application/json', 'application/x-ndjson'])
      assert.doesNotMatch((await post(broken, type)).body, hidden, broken);

  await until('the source is read', () => backend.pipelines()[0]!.ledger.dead > 40);
  const answer = await app.inject('/api/dead?limit=1000');
  assert.doesNotMatch(answer.body, hidden);
  const { letters } = JSON.parse(answer.body) as { letters: { id: number; reason: string }[] };
  assert.ok(letters.every(({ reason }) => reason.includes('•••')));
  for (const { id } of letters.slice(0, 20)) {
    const payload = { pipeline: 'people', ids: [id], isTrial: true };
    assert.doesNotMatch((await app.inject({ method: 'POST', url: '/api/dead/redrive', payload })).body, hidden);
    const again = { ...payload, replacement: '{"id": 1, "anInt": "SECRET" SECRET' };
    assert.doesNotMatch((await app.inject({ method: 'POST', url: '/api/dead/redrive', payload: again })).body, hidden);
  }
});

test('what a function of the user throws is in the message, and not in the masked one', () => {
  const map = (item: unknown) => {
    throw new TypeError(`no ${JSON.stringify(item)}`);
  };
  const { row } = receive({ map }, { name: text().personal() });
  assert.throws(() => row('SECRET'), { message: 'map failed: no "SECRET"', masked: 'map failed with a TypeError' });
});
