// Posting: what is taken, what is rejected and why, signatures, back-pressure, and who counts.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, test } from 'node:test';
import { virtualClock } from '../../src/core/clock.ts';
import { MillraceError } from '../../src/core/errors.ts';
import { memoryFiles } from '../../src/core/memory-files.ts';
import { receive } from '../../src/ingest/webhook/open.ts';
import { opened, orders, request, some, storedIds } from './post-tools.ts';

const secret = 'a secret of many characters';
const sign = (body: Uint8Array) => `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
const withCode =
  (code: string, pattern = /./) =>
  (error: unknown) =>
    error instanceof MillraceError && error.code === code && pattern.test(error.message) && Boolean(error.remedy);

describe('a post', () => {
  test('stores what fits, and answers what does not by its place, with code, reason and remedy', async () => {
    const { posts, log, close } = await opened();
    const answer = await posts.post(
      'orders',
      request([{ id: 'a', count: 1 }, { id: 'b', count: 'many' }, 7, { id: 'c', count: '3' }, { count: 4 }]),
    );
    assert.equal(answer.accepted, 2);
    assert.equal(answer.isRepeated, false);
    assert.deepEqual(
      answer.rejected.map(({ index, code, reason }) => [index, code, reason]),
      [
        [1, 'RECORD_INVALID', "field 'count': 'many' is not a whole number of 32 bits"],
        [2, 'RECORD_INVALID', '7 is not an object'],
        [4, 'RECORD_INVALID', "field 'id' is missing"],
      ],
    );
    assert.ok(answer.rejected.every((one) => one.remedy));
    assert.deepEqual(await storedIds(log), ['a', 'c']);
    await close();
  });

  test('answers the offsets of each partition, also of more records than a slice', async () => {
    const { posts, log, close } = await opened();
    const answer = await posts.post('orders', request(some('x', 5000)));
    const { partitions } = await log.topic('orders');
    assert.deepEqual(
      answer.offsets,
      partitions.map(({ partition, end }) => ({ partition, first: 0, count: end })),
    );
    assert.equal(answer.accepted, 5000);
    assert.equal((await storedIds(log)).length, 5000);
    await close();
  });

  test('that is refused, in part or as a whole, is counted by its topic and code', async () => {
    const { posts, close } = await opened();
    const bytes = Buffer.from('{');
    const error = new MillraceError('RECORD_MALFORMED', 'line 2 is not JSON');
    await posts.post('orders', {
      ...request([{ id: 'a', count: 1 }, { id: 'b' }, 7]),
      unread: [{ index: 3, error, bytes }],
    });
    await posts.post('orders', request([{}, { id: 'x'.repeat(9 * 2 ** 20), count: 1 }]));
    assert.deepEqual(posts.refused.list(), [
      { topic: 'orders', code: 'RECORD_MALFORMED', count: 1 },
      { topic: 'orders', code: 'RECORD_INVALID', count: 3 },
      { topic: 'orders', code: 'RECORD_TOO_LARGE', count: 1 },
    ]);
    await close();
  });

  test('of which nothing can be read leaves its key free for the body that was meant', async () => {
    const { posts, log, close } = await opened();
    const error = new MillraceError('RECORD_MALFORMED', 'the body is not JSON');
    const body = Buffer.from('{');
    await posts.post('orders', { records: [], body, unread: [{ index: 0, error, bytes: body }], idempotencyKey: 'k' });
    assert.equal((await posts.post('orders', request([{ id: 'a', count: 1 }], 'k'))).accepted, 1);
    assert.deepEqual(await storedIds(log), ['a']);
    await close();
  });

  test('of nothing stores nothing', async () => {
    const { posts, log, close } = await opened();
    const nothing = { accepted: 0, rejected: [], offsets: [], isRepeated: false };
    assert.deepEqual(await posts.post('orders', request([])), nothing);
    assert.deepEqual(await storedIds(log), []);
    await close();
  });

  test('of a record that is too large rejects that one alone', async () => {
    const { posts, log, close } = await opened();
    const answer = await posts.post(
      'orders',
      request([
        { id: 'x'.repeat(9 * 2 ** 20), count: 1 },
        { id: 'a', count: 1 },
      ]),
    );
    assert.deepEqual(
      answer.rejected.map(({ index, code }) => [index, code]),
      [[0, 'RECORD_TOO_LARGE']],
    );
    assert.deepEqual(await storedIds(log), ['a']);
    await close();
  });

  test('at the same time as many others shares their syncs', async () => {
    const files = memoryFiles();
    const { posts, log, close } = await opened({ files });
    const before = files.counts.sync;
    await Promise.all(
      Array.from({ length: 300 }, (_, i) => posts.post('orders', request([{ id: `o${i}`, count: i }]))),
    );
    assert.equal((await storedIds(log)).length, 300);
    assert.ok(files.counts.sync - before < 60, `${files.counts.sync - before} syncs`);
    await close();
  });

  test('to a topic that no pipeline declares is refused, with those that there are', async () => {
    const { posts, close } = await opened();
    await assert.rejects(posts.post('order', request([{}])), withCode('NOT_FOUND', /'order'/));
    assert.deepEqual([posts.accepts('orders'), posts.accepts('order')], [true, false]);
    await close();
  });

  test('that the disk refuses is no answer, and leaves nothing for the next one', async () => {
    const files = memoryFiles();
    const { posts, log, close } = await opened({ files });
    files.fail('sync', 'ENOSPC', 1);
    await assert.rejects(posts.post('orders', request([{ id: 'lost', count: 1 }])), withCode('DISK_FULL'));
    await posts.post('orders', request([{ id: 'kept', count: 1 }]));
    assert.deepEqual(await storedIds(log), ['kept']);
    await close();
  });
});

describe('back-pressure', () => {
  test('makes a post wait while a pipeline is too far behind, and lets it go on', async () => {
    const clock = virtualClock(1e12);
    let behind: string | undefined = 'shop';
    const { posts, log, close } = await opened({ clock, behind: () => behind });
    const posting = posts.post('orders', request([{ id: 'a', count: 1 }]));
    await clock.advance(2000);
    assert.deepEqual(await storedIds(log), []);
    behind = undefined;
    await clock.advance(100);
    assert.equal((await posting).accepted, 1);
    await close();
  });

  test('ends a post after five seconds with what may be tried again', async () => {
    const clock = virtualClock(1e12);
    const { posts, log, close } = await opened({ clock, behind: () => 'shop' });
    const posting = assert.rejects(
      posts.post('orders', request([{ id: 'a', count: 1 }], 'key')),
      (error) =>
        withCode('STORE_UNAVAILABLE', /pipeline 'shop'/)(error) && (error as MillraceError).reaction === 'retry',
    );
    await clock.advance(5100);
    await posting;
    assert.deepEqual(await storedIds(log), []);
    await close();
  });
});

describe('a webhook', () => {
  const counts: [number, number][] = [];
  const door = (options: Record<string, unknown>) => ({
    receiver: receive(options, orders.fields),
    count: async (accepted: number, refused: number) => {
      counts.push([accepted, refused]);
      return 0;
    },
  });

  test('with a secret takes only what is signed with it', async () => {
    const { posts, log, close } = await opened({ doors: [door({ secret })] });
    assert.ok(posts.isSigned('orders'));
    const good = request([{ id: 'a', count: 1 }]);
    const other = request([{ id: 'b', count: 1 }]);
    const wrong: [string | undefined, RegExp][] = [
      [undefined, /not signed/],
      ['', /form/],
      ['sha256=', /form/],
      [sign(good.body).slice(7), /form/],
      [`${sign(good.body)}00`, /form/],
      [sign(other.body), /does not fit/],
      [`sha256=${'0'.repeat(64)}`, /does not fit/],
    ];
    for (const [signature, pattern] of wrong) {
      const posted = posts.post('orders', { ...good, ...(signature === undefined ? {} : { signature }) });
      await assert.rejects(posted, withCode('SIGNATURE_INVALID', pattern));
    }
    assert.deepEqual(await storedIds(log), []);
    assert.equal((await posts.post('orders', { ...good, signature: sign(good.body) })).accepted, 1);
    const upper = sign(good.body).replace(/[0-9a-f]{64}/, (hex) => hex.toUpperCase());
    assert.equal((await posts.post('orders', { ...good, signature: upper })).accepted, 1);
    await close();
  });

  test('looks at the signature before it says whether a key was used', async () => {
    const { posts, close } = await opened({ doors: [door({ secret })] });
    const good = request([{ id: 'a', count: 1 }], 'key');
    await posts.post('orders', { ...good, signature: sign(good.body) });
    await assert.rejects(posts.post('orders', request([{ id: 'b', count: 1 }], 'key')), withCode('SIGNATURE_INVALID'));
    await close();
  });

  test('finds the items and makes records of them, as http() does, and counts them', async () => {
    counts.length = 0;
    const map = (item: { order: string; n: number }) => ({ id: item.order, count: item.n });
    const { posts, log, close } = await opened({ doors: [door({ items: 'data.items', map })] });
    const body = (orders: string[]) => ({ data: { items: orders.map((order, n) => ({ order, n })) } });
    const one = body(['a', 'b']);
    await posts.post('orders', { records: [one], body: Buffer.from(JSON.stringify(one)) });
    const lines = [body(['c']), body(['d', 'e'])];
    await posts.post('orders', {
      records: lines,
      body: Buffer.from(lines.map((line) => JSON.stringify(line)).join('\n')),
    });
    const bad = { data: { items: [{ order: 'f' }, null] } };
    const answer = await posts.post('orders', { records: [bad], body: Buffer.from(JSON.stringify(bad)) });
    assert.deepEqual(
      answer.rejected.map(({ index, code }) => [index, code]),
      [
        [0, 'RECORD_INVALID'],
        [1, 'RECORD_INVALID'],
      ],
    );
    assert.match(answer.rejected[1]!.reason, /map failed/);
    await assert.rejects(
      posts.post('orders', { records: [{}], body: Buffer.from('{}') }),
      withCode('RECORD_INVALID', /no list at 'data.items'/),
    );
    assert.deepEqual(await storedIds(log), ['a', 'b', 'c', 'd', 'e']);
    assert.deepEqual(counts, [
      [2, 0],
      [3, 0],
      [0, 2],
      [0, 1],
    ]);
    await close();
  });

  test('lets the records of the pipeline itself pass as they are, and nothing that only looks like them', async () => {
    const map = () => assert.fail('map was called');
    const { posts, log, close } = await opened({ doors: [door({ secret, map })] });
    const record = orders.record({ id: 'own', count: 1 });
    assert.equal((await posts.post('orders', { records: [record], body: Buffer.from('{}') })).accepted, 1);
    const forged = [JSON.parse(JSON.stringify(record))];
    await assert.rejects(posts.post('orders', request(forged)), withCode('SIGNATURE_INVALID'));
    await assert.rejects(posts.post('orders', request([record, ...forged])), withCode('SIGNATURE_INVALID'));
    assert.deepEqual(await storedIds(log), ['own']);
    await close();
  });
});
