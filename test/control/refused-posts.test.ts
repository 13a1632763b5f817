// What is posted and refused: counted at its door, and kept as a dead letter where the webhook says so.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decimal, int, pipeline, sql, stream, table, text, topic, webhook } from '../../src/index.ts';
import { makeApp } from '../../src/web/server.ts';
import { type Serving, serving, temporary, until } from './tools.ts';

const fields = { id: text(), count: int(), sum: decimal(20, 2).optional() };

function made(options: Parameters<typeof webhook>[0]) {
  const orders = topic('orders', fields, { key: 'id' }).from(webhook(options));
  const many = stream('many', fields, sql`select * from ${orders} where count > 0`);
  return pipeline('shop', { tables: [table('orders', orders, { key: 'id' }), table('many', many, { key: 'id' })] });
}

/** Posts a body as it is; the answer's status and JSON. */
async function post({ backend }: Serving, body: string, type = 'application/json', key?: string) {
  const app = await makeApp(backend);
  try {
    const answer = await app.inject({
      method: 'POST',
      url: '/api/topics/orders/records',
      payload: body,
      headers: { 'content-type': type, ...(key === undefined ? {} : { 'idempotency-key': key }) },
    });
    return { status: answer.statusCode, ...answer.json() };
  } finally {
    await app.close();
  }
}

async function metrics({ backend }: Serving): Promise<string[]> {
  const app = await makeApp(backend);
  try {
    return (await app.inject('/metrics')).body
      .split('\n')
      .filter((line) => /refused/.test(line) && !line.startsWith('#'));
  } finally {
    await app.close();
  }
}

const lettersOf = async ({ millrace }: Serving) =>
  (await millrace.deadList()).map(({ id, stage, code, place }) => ({ id, stage, code, place }));

describe('a posted record that is refused', () => {
  test('is told to the caller and counted at its source, by topic and code', async (t) => {
    const shop = await serving(t, await temporary(t), [made({})]);
    const answer = await post(shop, '[{"id":"a","count":1},{"id":"b"},7]');
    assert.deepEqual([answer.status, answer.accepted, answer.rejected.length, answer.kept], [200, 1, 2, undefined]);
    assert.equal((await post(shop, '{"id":')).status, 400);
    assert.equal((await post(shop, '{}', 'text/plain')).status, 415);
    await shop.settled();
    const { refused, in: read, out, dead } = shop.node('source:orders/webhook');
    assert.deepEqual({ refused, read, out, dead }, { refused: 3, read: 4, out: 1, dead: 0 });
    assert.deepEqual(await metrics(shop), [
      'millrace_source_refused_records_total{pipeline="shop",stage="orders/webhook"} 3',
      'millrace_post_refused_records_total{topic="orders",code="RECORD_INVALID"} 2',
      'millrace_post_refused_records_total{topic="orders",code="RECORD_MALFORMED"} 1',
      'millrace_post_refused_records_total{topic="orders",code="MEDIA_TYPE"} 1',
    ]);
    assert.deepEqual(await lettersOf(shop), []);
    const { ledger } = shop.view();
    assert.deepEqual([ledger.in, ledger.dead, ledger.balanced], [1, 0, true]);
  });
});

describe("a posted record that webhook({ refused: 'dead' }) refuses", () => {
  test('is a dead letter with the bytes that came, before the caller has its answer; the ledger balances', async (t) => {
    const folder = await temporary(t);
    const shop = await serving(t, folder, [made({ refused: 'dead' })]);
    const answer = await post(shop, '[{"id":"a","count":1}, {"id": "b", "count": 9007199254740993.0} ,7]');
    assert.deepEqual([answer.status, answer.accepted, answer.rejected.length, answer.kept], [200, 1, 2, 2]);
    const letters = await lettersOf(shop);
    assert.deepEqual(
      letters.map(({ stage, code }) => [stage, code]),
      [
        ['source:orders/webhook', 'RECORD_INVALID'],
        ['source:orders/webhook', 'RECORD_INVALID'],
      ],
    );
    assert.match(letters[0]!.place!, /^record 1 of a post at \d{4}-/);
    const bytes = await Promise.all(
      letters.map(async ({ id }) => Buffer.from((await shop.millrace.deadShow(id)).bytes)),
    );
    assert.deepEqual(bytes.map(String), ['{"id": "b", "count": 9007199254740993.0}', '7']);
    await shop.settled();
    const { ledger } = shop.view();
    assert.deepEqual([ledger.in, ledger.out, ledger.dead, ledger.balanced], [3, 1, 2, true]);
    const { refused, in: read, out, dead } = shop.node('source:orders/webhook');
    assert.deepEqual({ refused, read, out, dead }, { refused: 2, read: 3, out: 1, dead: 2 });
    await shop.stop();

    const again = await serving(t, folder, [made({ refused: 'dead' })]);
    assert.equal((await lettersOf(again)).length, 2);
    assert.equal(again.view().ledger.balanced, true);
    await again.backend.redrive({ pipeline: 'shop', ids: [letters[0]!.id], replacement: '{"id":"b","count":2}' });
    await again.settled();
    const after = again.view().ledger;
    assert.deepEqual([after.in, after.out, after.dead, after.balanced], [3, 2, 1, true]);
    const { rows } = await again.millrace.query('select id from orders order by id');
    assert.deepEqual(rows, [['a'], ['b']]);
  });

  test('is kept also where all of a request is refused, and where it is no JSON: then the answer is 200', async (t) => {
    const shop = await serving(t, await temporary(t), [made({ refused: 'dead' })]);
    const all = [
      await post(shop, '{"id":'),
      await post(shop, '{oops\n{"id":"x"}\n', 'application/x-ndjson'),
      await post(shop, '{"id":"y"}'),
    ];
    assert.deepEqual(
      all.map(({ status, accepted, kept }) => [status, accepted, kept]),
      [
        [200, 0, 1],
        [200, 0, 2],
        [200, 0, 1],
      ],
    );
    const letters = await Promise.all((await lettersOf(shop)).map(({ id }) => shop.millrace.deadShow(id)));
    assert.deepEqual(
      letters.map(({ code, place, bytes }) => [code, place!.split(' of ')[0], Buffer.from(bytes).toString()]),
      [
        ['RECORD_MALFORMED', 'record 0', '{"id":'],
        ['RECORD_MALFORMED', 'record 0', '{oops'],
        ['RECORD_INVALID', 'record 1', '{"id":"x"}'],
        ['RECORD_INVALID', 'record 0', '{"id":"y"}'],
      ],
    );
    assert.deepEqual([shop.view().ledger.in, shop.view().ledger.dead, shop.view().ledger.balanced], [4, 4, true]);
  });

  test('has the bytes of its item, with all digits, where the items lie in the body; and the whole body where they are not there', async (t) => {
    const shop = await serving(t, await temporary(t), [made({ refused: 'dead', items: 'data.orders' })]);
    const body =
      '{"data":{"orders":[],"orders":[ {"id":"a","count":1} , {"id":"b","count":"]","sum":1234567890123456.78} ]}}';
    assert.equal((await post(shop, body)).kept, 1);
    assert.equal((await post(shop, '{"data":{}}')).kept, 1);
    const letters = await Promise.all((await lettersOf(shop)).map(({ id }) => shop.millrace.deadShow(id)));
    assert.deepEqual(
      letters.map(({ bytes }) => Buffer.from(bytes).toString()),
      ['{"id":"b","count":"]","sum":1234567890123456.78}', '{"data":{}}'],
    );
  });

  test('is kept once where the request comes again with its Idempotency-Key', async (t) => {
    const shop = await serving(t, await temporary(t), [made({ refused: 'dead' })]);
    const first = await post(shop, '[{"id":"a"}]', 'application/json', 'key');
    const second = await post(shop, '[{"id":"a"}]', 'application/json', 'key');
    assert.deepEqual([first.kept, first.isRepeated, second.kept, second.isRepeated], [1, false, 1, true]);
    assert.equal((await lettersOf(shop)).length, 1);
  });

  test('is kept while the pipeline is paused; once it has ended, the caller is told that nothing was kept', async (t) => {
    const shop = await serving(t, await temporary(t), [made({ refused: 'dead' })]);
    await shop.backend.pause('shop');
    assert.equal((await post(shop, '{"id":"a"}')).kept, 1);
    await shop.running.stop();
    await until('it has ended', () => shop.view().status === 'paused' || shop.view().status === 'stopped');
    const told = await post(shop, '{"id":"b"}');
    assert.deepEqual([told.status, told.result.kept], [400, undefined]);
    assert.equal((await lettersOf(shop)).length, 1);
  });
});
