// Own routes and webhooks of a pipeline that runs: from a request to a row and back, counted, over a restart.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import usersExample from '../../examples/users/pipeline.ts';
import type { SourceStatus } from '../../src/control/millrace.ts';
import { open } from '../../src/control/open.ts';
import type { MillraceError } from '../../src/core/errors.ts';
import { isRecord } from '../../src/define/record.ts';
import {
  bytes,
  decimal,
  int,
  param,
  pipeline,
  route,
  table,
  text,
  timestamp,
  topic,
  webhook,
} from '../../src/index.ts';
import type { App } from '../../src/web/app.ts';
import type { PostResult } from '../../src/web/schemas.ts';
import { makeApp } from '../../src/web/server.ts';
import { judged } from './document.ts';

const secret = 'a secret of many characters';
const orders = topic(
  'orders',
  {
    id: text(),
    shop: text(),
    total: decimal(10, 2).optional(),
    items: int(),
    at: timestamp(),
    photo: bytes().optional(),
  },
  { key: 'id', time: 'at' },
).from(webhook({ secret: param('secret', text()), items: 'orders' }));
const byId = table('orders', orders, { key: 'id' });
const shop = pipeline('shop', {
  tables: [byId],
  get: {
    '/orders': route(
      {
        query: {
          shop: text().optional(),
          items: int().optional(),
          total: text().optional(),
          from: timestamp().optional(),
        },
      },
      ({ query }) =>
        byId
          .where({ shop: query.shop, items: { gte: query.items }, total: query.total, at: { gte: query.from } })
          .order('-items'),
    ),
    '/orders/:id': ({ params }) => byId.where({ id: params.id }).one(),
    '/newest': () => byId.where().last(1).columns(['id']),
  },
  post: { '/orders': route({ body: orders.fields }, ({ body }) => orders.record(body)) },
});

const sign = (body: string) => `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;

async function run(t: TestContext, folder: string) {
  const millrace = await open({ folder });
  const running = await millrace.start([shop], { params: { secret } });
  const app = await judged(await makeApp(millrace.backend(running)));
  let isOpen = true;
  const close = async () => {
    if (!isOpen) return;
    isOpen = false;
    await app.close();
    await running.stop();
    await millrace.close();
  };
  t.after(close);
  const source = (): SourceStatus => running.status()[0]!.sources[0]!;
  /** Waits until all that is in the log is in the table. */
  const settled = async (rows: number): Promise<void> => {
    for (let i = 0; i < 500; i++) {
      const { ledger } = running.status()[0]!;
      if (ledger.inFlight === 0 && ledger.out >= rows && ledger.balanced) return;
      await sleep(10);
    }
    assert.fail(JSON.stringify(running.status()[0]));
  };
  return { app, running, close, source, settled };
}

const send = (app: App, url: string, body: unknown, headers: Record<string, string> = {}) =>
  app.inject({
    method: 'POST',
    url,
    payload: JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
  });

const order = (id: string, items: number, more: object = {}) => ({
  id,
  shop: items % 2 ? 'Soho' : 'Astoria',
  items,
  at: `2026-11-22T08:00:0${items % 10}Z`,
  ...more,
});

test('what is posted to a webhook and to an own route becomes rows, which own routes answer, over a restart', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-own-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const first = await run(t, folder);
  const { app } = first;
  assert.deepEqual([first.source().kind, first.source().state], ['webhook', 'waiting']);

  const body = { orders: [order('a', 1), order('b', 2, { total: '12.5', photo: 'AQI=' }), { id: 'bad' }] };
  const unsigned = await send(app, '/api/topics/orders/records', body);
  assert.equal(unsigned.statusCode, 401);
  const key = { 'idempotency-key': 'delivery-1', 'x-millrace-signature': sign(JSON.stringify(body)) };
  const signed = await send(app, '/api/topics/orders/records', body, key);
  assert.equal(signed.statusCode, 200, signed.body);
  const result = signed.json<PostResult>();
  assert.deepEqual([result.accepted, result.rejected.map((one) => one.index)], [2, [2]]);

  const own = await send(app, '/api/orders', order('c', 3, { photo: 'Aw==' }), { 'idempotency-key': 'c' });
  assert.equal(own.statusCode, 201, own.body);
  assert.deepEqual(own.json<{ stored: unknown[] }>().stored, [
    { topic: 'orders', record: { ...order('c', 3, { photo: 'Aw==' }), at: '2026-11-22T08:00:03.000Z' } },
  ]);
  await first.settled(3);
  assert.deepEqual([first.source().read, first.source().refused], [3, 1]);
  const { ledger, health } = first.running.status()[0]!;
  assert.deepEqual([ledger.in, ledger.out, ledger.dead, ledger.balanced, health], [3, 3, 0, true, 'healthy']);

  const ids = async (url: string) =>
    (await app.inject(url)).json<{ rows: { id: string }[] }>().rows.map((row) => row.id);
  assert.deepEqual(await ids('/api/orders'), ['c', 'b', 'a']);
  assert.deepEqual(await ids('/api/orders?shop=Soho'), ['c', 'a']);
  assert.deepEqual(await ids('/api/orders?items=2&from=2026-11-22T08:00:03Z'), ['c']);
  assert.deepEqual(await ids('/api/orders?total=12.50'), ['b']);
  assert.deepEqual(await ids("/api/orders?shop=x'%20or%20'1'='1"), []);
  assert.deepEqual(await ids('/api/newest'), ['c']);
  assert.deepEqual((await app.inject('/api/orders/b')).json(), {
    ...order('b', 2),
    at: '2026-11-22T08:00:02.000Z',
    total: '12.50',
    photo: 'AQI=',
  });
  assert.equal((await app.inject('/api/orders/z')).statusCode, 404);
  await first.close();

  const second = await run(t, folder);
  assert.deepEqual([second.source().read, second.source().refused], [3, 1]);
  const again = await send(second.app, '/api/topics/orders/records', body, key);
  assert.deepEqual(again.json(), { ...result, isRepeated: true });
  const ownAgain = await send(second.app, '/api/orders', order('c', 3, { photo: 'Aw==' }), { 'idempotency-key': 'c' });
  assert.deepEqual(ownAgain.json(), { ...own.json<object>(), isRepeated: true });
  await second.settled(3);
  assert.equal(second.running.status()[0]!.ledger.in, 3);
  const topicView = (await second.app.inject('/api/topics/orders')).json<{ accepts: boolean; isSigned: boolean }>();
  assert.deepEqual([topicView.accepts, topicView.isSigned], [true, true]);
});

test('a webhook has no end, so --once is refused; and its secret is never shown', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-own-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const millrace = await open({ folder });
  t.after(() => millrace.close());
  await assert.rejects(millrace.start([shop], { params: { secret }, once: true }), (error) => {
    const { code, message } = error as MillraceError;
    return code === 'USAGE' && message.includes('orders/webhook') && message.includes('no end');
  });
  await assert.rejects(millrace.start([shop], { params: { secret: 'short' } }), (error) => {
    const { code, message } = error as MillraceError;
    return code === 'OPTION_INVALID' && message.includes("'secret'") && !message.includes('short');
  });
  await assert.rejects(millrace.start([shop], {}), (error) => (error as MillraceError).code === 'PARAM_INVALID');
});

test('the form for employees checks its ten fields, and gives one record for one username', () => {
  const route = usersExample.routes.find((one) => one.path === '/employees')!;
  assert.equal(Object.keys(route.inputs.body!).length, 10);
  const form = {
    first_name: 'Ada',
    last_name: 'Lovelace',
    gender: 'female',
    address: '12 St James Square, London',
    post_code: 'SW1Y 4JH',
    email: 'ada@example.com',
    username: 'Ada',
    dob: '1815-12-10',
    phone: '1',
    picture: 'https://example.com/ada.jpg',
  };
  const record = route.answer({ params: {}, query: {}, body: form });
  assert.ok(isRecord(record));
  assert.deepEqual(record.value, { id: 'employee-ada', ...form });
  for (const [name, value] of [
    ['first_name', ' '],
    ['email', 'ada'],
    ['picture', 'ada.jpg'],
    ['picture', 'https://'],
  ] as const) {
    assert.throws(
      () => route.answer({ params: {}, query: {}, body: { ...form, [name]: value } }),
      (error) => (error as { status?: number }).status === 400 && (error as Error).message.includes(name),
    );
  }
});
