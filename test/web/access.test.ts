// Who may come in: tokens and roles, sessions, other sites' pages, limits of requests, headers.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { AccessOptions } from '../../src/web/access/guard.ts';
import { isProxyName } from '../../src/web/access/hosts.ts';
import type { App } from '../../src/web/app.ts';
import { makeApp } from '../../src/web/server.ts';
import { fakeBackend } from './backend.ts';
import { judged } from './document.ts';
import { bearer, guarded } from './guarded.ts';

async function open(t: TestContext, options: AccessOptions = {}): Promise<App> {
  const app = await judged(await makeApp(fakeBackend(), { access: options }));
  t.after(() => app.close());
  return app;
}

const url = '/api/pipelines';

test('without a token only what is for anyone is answered; 401 says how to come in', async (t) => {
  const { app } = await guarded(t);
  assert.equal((await app.inject('/api/health')).statusCode, 200);
  for (const one of [url, '/metrics', '/api/openapi.json', '/api/session', '/api/live/pipelines']) {
    const answer = await app.inject(one);
    assert.equal(answer.statusCode, 401, one);
    assert.equal(answer.headers['www-authenticate'], 'Bearer realm="millrace"');
    assert.match(String(answer.headers['content-type']), /^application\/problem\+json/);
    assert.equal(answer.json().code, 'UNAUTHORIZED');
    assert.match(answer.json().remedy, /millrace token create/);
  }
});

test('a wrong, an expired or a revoked token is 401, and a valid one works however Bearer is written', async (t) => {
  const { app, tokens, of, pass } = await guarded(t);
  const short = tokens.create({ role: 'reader', expiresAt: 1_800_000_001_000 }).token;
  const statusOf = async (authorization: string) => {
    const answer = await app.inject({ url, headers: { authorization } });
    return [answer.statusCode, answer.headers['www-authenticate']];
  };
  const refused = [401, 'Bearer realm="millrace", error="invalid_token"'];
  assert.deepEqual(await statusOf(`Bearer ${short}`), [200, undefined]);
  assert.deepEqual(await statusOf(`bearer  ${of.reader} `), [200, undefined]);
  for (const wrong of [`Bearer ${of.reader}x`, `Basic ${of.reader}`, 'Bearer', '', 'Bearer mlr_'])
    assert.deepEqual(await statusOf(wrong), refused, wrong);
  pass(1000);
  assert.deepEqual(await statusOf(`Bearer ${short}`), refused);
  tokens.revoke(1);
  assert.deepEqual(await statusOf(`Bearer ${of.reader}`), refused);
  assert.deepEqual(await statusOf(`Bearer ${of.writer}`), [200, undefined]);
});

test('every route that changes something needs a writer or an admin, and 403 names the role', async (t) => {
  const { app, of } = await guarded(t, { requestsPerMinute: 0 });
  const document = (await app.inject({ url: '/api/openapi.json', headers: bearer(of.reader) })).json();
  const routes = Object.entries(document.paths as Record<string, Record<string, { 'x-role': string }>>).flatMap(
    ([path, operations]) => Object.entries(operations).map(([method, one]) => [method, path, one['x-role']] as const),
  );
  const readings = ['post /api/query', 'post /api/session', 'delete /api/session'];
  const changing = routes.filter(([method, path]) => method !== 'get' && !readings.includes(`${method} ${path}`));
  assert.ok(changing.length >= 4);
  for (const [method, path, role] of changing) {
    const answer = await app.inject({
      method: method.toUpperCase() as 'POST',
      url: path.replace(/\{[^}]*\}/g, 'x'),
      headers: bearer(of.reader),
    });
    // asking whether a schema would be compatible changes nothing, though it is a POST
    if (role === 'reader' && path.startsWith('/registry/')) continue;
    assert.equal(answer.statusCode, 403, `${method} ${path}`);
    assert.match(role, /^(writer|admin)$/, path);
    assert.ok(answer.body.includes(`'${role}'`), `${method} ${path}: ${answer.body}`);
  }
  const gets = routes.filter(([method]) => method === 'get');
  assert.deepEqual(
    gets.filter(([, , role]) => role !== 'reader' && role !== 'anyone'),
    [],
  );
});

test('a role may do what those below it may', async (t) => {
  const { app, of } = await guarded(t);
  const pause = (token: string) =>
    app.inject({ method: 'POST', url: '/api/pipelines/rides/pause', headers: bearer(token) });
  assert.equal((await pause(of.reader)).json().code, 'FORBIDDEN');
  assert.equal((await pause(of.writer)).statusCode, 200);
  assert.equal((await pause(of.admin)).statusCode, 200);
});

test('a token is traded for a cookie that scripts cannot read; signing out forgets it', async (t) => {
  const { app, of } = await guarded(t);
  const signIn = await app.inject({ method: 'POST', url: '/api/session', payload: { token: of.writer } });
  assert.deepEqual([signIn.statusCode, signIn.json()], [200, { role: 'writer', isOpen: false }]);
  const cookie = String(signIn.headers['set-cookie']);
  assert.match(
    cookie,
    /^millrace_[0-9a-f]{8}=\d+\.\d+\.[\w-]{43}; Path=\/; Max-Age=2592000; HttpOnly; SameSite=Strict$/,
  );
  assert.ok(!cookie.includes(of.writer), 'the token is not in it');
  const headers = { cookie: `other=1; ${cookie.split(';')[0]}` };
  const session = await app.inject({ url: '/api/session', headers });
  assert.deepEqual(session.json(), { role: 'writer', isOpen: false });
  const signOut = await app.inject({ method: 'DELETE', url: '/api/session', headers });
  assert.equal(signOut.statusCode, 204);
  assert.match(String(signOut.headers['set-cookie']), /^millrace_\w+=; Path=\/; Max-Age=0;/);
});

test('behind TLS the cookie is for TLS only', async (t) => {
  const { app, of } = await guarded(t);
  const headers = { 'x-forwarded-proto': 'https' };
  const signIn = await app.inject({ method: 'POST', url: '/api/session', payload: { token: of.reader }, headers });
  assert.match(String(signIn.headers['set-cookie']), /; Secure$/);
});

test('a session ends with its token, and cannot be made up', async (t) => {
  const { app, tokens, pass } = await guarded(t);
  const { token, view } = tokens.create({ role: 'admin', expiresAt: 1_800_000_060_000 });
  const signIn = await app.inject({ method: 'POST', url: '/api/session', payload: { token } });
  const [cookie = ''] = String(signIn.headers['set-cookie']).split(';');
  assert.match(String(signIn.headers['set-cookie']), /Max-Age=60;/);
  const statusOf = async (one: string) => (await app.inject({ url, headers: { cookie: one } })).statusCode;
  assert.equal(await statusOf(cookie), 200);
  for (const wrong of [
    cookie.replace(`=${view.id}.`, '=3.'),
    cookie.replace('.1800000060000.', '.1900000060000.'),
    cookie.slice(0, -1),
    cookie.replace(/\.[^.]*$/, ''),
    cookie.replace(/=.*/, `=${token}`),
  ])
    assert.equal(await statusOf(wrong), 401, wrong);
  tokens.revoke(view.id);
  assert.equal(await statusOf(cookie), 401);
  const other = tokens.create({ role: 'reader' });
  const again = await app.inject({ method: 'POST', url: '/api/session', payload: { token: other.token } });
  const [longer = ''] = String(again.headers['set-cookie']).split(';');
  pass(30 * 86_400_000 - 1);
  assert.equal(await statusOf(longer), 200);
  pass(1);
  assert.equal(await statusOf(longer), 401);
});

test('on loopback all is open, but a token that is sent is looked at', async (t) => {
  const { app, of } = await guarded(t, { needsTokens: false });
  assert.deepEqual((await app.inject('/api/session')).json(), { role: 'admin', isOpen: true });
  const asReader = await app.inject({ url: '/api/session', headers: bearer(of.reader) });
  assert.deepEqual(asReader.json(), { role: 'reader', isOpen: true });
  assert.equal((await app.inject({ url, headers: bearer('mlr_wrong') })).statusCode, 401);
  // an old cookie is no reason to keep a person out who needs none
  assert.equal((await app.inject({ url, headers: { cookie: 'millrace_00000000=1.2.x' } })).statusCode, 200);
});

test('what a proxy passes on comes from elsewhere: it needs a token even where all is open', async (t) => {
  const { app, of } = await guarded(t, { needsTokens: false });
  for (const name of ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via']) {
    assert.equal((await app.inject({ url, headers: { [name]: '1.2.3.4' } })).statusCode, 401, name);
    assert.equal((await app.inject({ url, headers: { [name]: '1.2.3.4', ...bearer(of.reader) } })).statusCode, 200);
  }
});

test('DNS rebinding: where all is open, only names of this machine are answered', async (t) => {
  const app = await open(t);
  const statusOf = async (host: string) => (await app.inject({ url, headers: { host } })).statusCode;
  for (const host of ['localhost', 'LOCALHOST:4000', '127.0.0.1:4000', '127.8.9.1', '[::1]:4000', 'a.localhost:1'])
    assert.equal(await statusOf(host), 200, host);
  for (const host of [
    'evil.example',
    'evil.example:4000',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '127.0.0.1@evil.example',
    '10.0.0.1:4000',
    '[::2]',
    ':4000',
    'localhost:4000:1',
  ])
    assert.equal(await statusOf(host), 403, host);
  const page = await app.inject({ url: '/', headers: { host: 'evil.example', accept: 'text/html' } });
  assert.equal(page.statusCode, 403);
});

test('with tokens any name is answered, unless some are allowed: then only those', async (t) => {
  const anyName = await guarded(t);
  const headers = { host: 'millrace.lan:4000', ...bearer(anyName.of.reader) };
  assert.equal((await anyName.app.inject({ url, headers })).statusCode, 200);
  const named = await guarded(t, { allowHosts: ['Shop.example'] });
  const statusOf = async (host: string) =>
    (await named.app.inject({ url, headers: { host, ...bearer(named.of.reader) } })).statusCode;
  assert.deepEqual(
    await Promise.all(['shop.example', 'shop.example:443', 'localhost:4000', 'millrace.lan'].map(statusOf)),
    [200, 200, 200, 403],
  );
  // a proxy may change Host; another port of the name is another server
  const ask = async (origin: string) =>
    (await named.app.inject({ url, headers: { host: '127.0.0.1:4000', origin, ...bearer(named.of.reader) } }))
      .statusCode;
  assert.equal(await ask('https://shop.example'), 200);
  assert.equal(await ask('https://shop.example:8443'), 403);
});

test("another site's page can change nothing, nor read a live stream, nor have something computed", async (t) => {
  const app = await open(t);
  const host = '127.0.0.1:4000';
  const post = async (headers: Record<string, string>) =>
    (await app.inject({ method: 'POST', url: '/api/pipelines/rides/pause', headers: { host, ...headers } })).statusCode;
  const get = async (headers: Record<string, string>, path = url) =>
    (await app.inject({ url: path, headers: { host, ...headers } })).statusCode;
  // the console, a program, and an address that somebody typed
  assert.equal(await post({ origin: 'http://127.0.0.1:4000', 'sec-fetch-site': 'same-origin' }), 200);
  assert.equal(await post({}), 200);
  assert.equal(await get({ 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate' }), 200);
  for (const headers of [
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: 'http://127.0.0.1:5000' },
    { origin: 'http://127.0.0.1:4000.evil.example' },
    { origin: 'https://evil.example', 'sec-fetch-site': 'same-origin' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' },
  ] as Record<string, string>[])
    assert.equal(await post(headers), 403, JSON.stringify(headers));
  const live = '/api/live/pipelines';
  assert.equal(await get({ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' }, live), 403);
  assert.equal(await get({ origin: 'https://evil.example' }, live), 403);
  // an image or a script of another page; a link to here
  assert.equal(await get({ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }), 403);
  assert.equal(await get({ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }), 200);
});

test('CORS is off; for origins that are named it answers preflight requests without a token', async (t) => {
  const origin = 'https://shop.example';
  const preflight = {
    origin,
    'access-control-request-method': 'GET',
    'access-control-request-headers': 'authorization',
  };
  const closed = await guarded(t);
  const refused = await closed.app.inject({ url, headers: { origin, ...bearer(closed.of.reader) } });
  assert.deepEqual([refused.statusCode, refused.headers['access-control-allow-origin']], [403, undefined]);
  const { app, of } = await guarded(t, { origins: [origin] });
  const asked = await app.inject({ method: 'OPTIONS', url, headers: preflight });
  assert.equal(asked.statusCode, 204);
  assert.equal(asked.headers['access-control-allow-origin'], origin);
  assert.match(String(asked.headers['access-control-allow-headers']), /authorization/);
  assert.equal(asked.headers['access-control-allow-credentials'], undefined);
  const read = await app.inject({ url, headers: { origin, 'sec-fetch-site': 'cross-site', ...bearer(of.reader) } });
  assert.deepEqual([read.statusCode, read.headers['access-control-allow-origin']], [200, origin]);
  const other = await app.inject({ url, headers: { origin: 'https://evil.example', ...bearer(of.reader) } });
  assert.deepEqual([other.statusCode, other.headers['access-control-allow-origin']], [403, undefined]);
});

test('requests are counted for each token, and 429 says when to come again', async (t) => {
  const { app, of } = await guarded(t, { requestsPerMinute: 3 });
  const ask = (token: string) => app.inject({ url, headers: bearer(token) });
  for (let i = 0; i < 3; i++) assert.equal((await ask(of.reader)).statusCode, 200);
  const over = await ask(of.reader);
  assert.equal(over.statusCode, 429);
  assert.ok(Number(over.headers['retry-after']) > 0);
  assert.deepEqual([over.json().code, over.json().status], ['RATE_LIMITED', 429]);
  assert.equal((await ask(of.writer)).statusCode, 200, 'another token has its own');
  const free = await open(t, { requestsPerMinute: 1 });
  assert.equal((await free.inject(url)).statusCode, 200);
  assert.equal((await free.inject(url)).statusCode, 200, 'not counted where all is open');
});

test('who has no token cannot use up what others have: what is for anyone is not counted', async (t) => {
  const { app, of } = await guarded(t, { requestsPerMinute: 3 });
  const signIn = () => app.inject({ method: 'POST', url: '/api/session', payload: { token: of.reader } });
  for (let i = 0; i < 10; i++) {
    assert.equal((await app.inject('/api/health')).statusCode, 200);
    assert.notEqual((await app.inject({ url: '/', headers: { accept: 'text/html' } })).statusCode, 429);
    assert.equal((await app.inject(url)).statusCode, 401);
    assert.equal((await signIn()).statusCode, 200);
  }
  const guess = () => app.inject({ method: 'POST', url: '/api/session', payload: { token: 'mlr_wrong' } });
  for (let i = 0; i < 20; i++) await guess();
  assert.equal((await guess()).statusCode, 429);
  assert.equal((await signIn()).statusCode, 200);
  assert.equal((await app.inject({ url, headers: bearer(of.reader) })).statusCode, 200);
});

test('wrong tokens are counted by the address that a proxy says, where it is one that the operator names', async (t) => {
  const wrong = async (app: App, remoteAddress: string, forwarded: string) => {
    const headers = { ...bearer('mlr_wrong'), 'x-forwarded-for': forwarded };
    return (await app.inject({ url, headers, remoteAddress })).statusCode;
  };
  const { app } = await guarded(t, { proxies: ['10.0.0.1', '10.1.0.0/16'] });
  for (let i = 0; i < 10; i++) assert.equal(await wrong(app, '10.0.0.1', '192.0.2.1'), 401);
  assert.equal(await wrong(app, '10.0.0.1', '192.0.2.1'), 429);
  assert.equal(await wrong(app, '10.0.0.1', '192.0.2.2'), 401, 'another client of the same proxy');
  assert.equal(await wrong(app, '10.0.0.1', '192.0.2.3, 192.0.2.1'), 429, 'what the client itself wrote before');
  assert.equal(await wrong(app, '10.0.0.1', '192.0.2.1, 10.1.2.3'), 429, 'a proxy behind a proxy');
  // another peer may write what it likes
  for (let i = 0; i < 10; i++) assert.equal(await wrong(app, '203.0.113.9', `198.51.100.${i}`), 401);
  assert.equal(await wrong(app, '203.0.113.9', '198.51.100.200'), 429);
  const { app: alone } = await guarded(t);
  for (let i = 0; i < 10; i++) assert.equal(await wrong(alone, '10.0.0.1', `192.0.2.${i}`), 401);
  assert.equal(await wrong(alone, '10.0.0.1', '192.0.2.200'), 429, 'nobody is believed who was not named');
});

test('a name of a proxy is an address or a network, never everybody', () => {
  for (const good of ['127.0.0.1', '10.0.0.0/8', '::1', 'fd00::/8', '192.0.2.1/32']) assert.ok(isProxyName(good), good);
  for (const bad of [
    '',
    'proxy',
    '10.0.0.0/0',
    '::/0',
    '10.0.0.0/33',
    'fd00::/129',
    '10.0.0.1/',
    '10.0.0/8',
    'loopback',
    '*',
  ])
    assert.ok(!isProxyName(bad), bad);
});

test('ten wrong tokens a minute from an address, then 429; right ones still work', async (t) => {
  const { app, of } = await guarded(t);
  const guess = (remoteAddress: string, token = 'mlr_wrong') =>
    app.inject({ method: 'POST', url: '/api/session', payload: { token }, remoteAddress });
  for (let i = 0; i < 10; i++) assert.equal((await guess('10.0.0.1')).statusCode, 401);
  const over = await app.inject({ url, headers: bearer('mlr_wrong'), remoteAddress: '10.0.0.1' });
  assert.equal(over.statusCode, 429);
  assert.ok(Number(over.headers['retry-after']) > 0);
  assert.equal((await guess('10.0.0.1', of.reader)).statusCode, 200);
  assert.equal((await guess('10.0.0.2')).statusCode, 401);
  // a host has a whole network of IPv6 to guess from
  for (let i = 0; i < 10; i++) await guess(`2001:db8:1:2::${i + 1}`);
  assert.equal((await guess('2001:db8:1:2:ffff::1')).statusCode, 429);
  assert.equal((await guess('2001:db8:1:3::1')).statusCode, 401);
});

test('a live stream ends when its token is revoked', { timeout: 20_000 }, async (t) => {
  const { app, tokens, of } = await guarded(t);
  const address = await app.listen({ port: 0, host: '127.0.0.1' });
  const response = await fetch(`${address}/api/live/pipelines`, { headers: bearer(of.reader) });
  assert.equal(response.status, 200);
  const reader = response.body!.getReader();
  await reader.read();
  tokens.revoke(1);
  await assert.rejects(async () => {
    while (!(await reader.read()).done);
    throw new Error('it was ended in the middle, not closed');
  });
});

test('every answer of the API has the headers that keep browsers from misusing it', async (t) => {
  const { app, of } = await guarded(t);
  for (const answer of [
    await app.inject({ url, headers: bearer(of.reader) }),
    await app.inject(url),
    await app.inject({ url: '/api/nothing', headers: bearer(of.reader) }),
  ]) {
    assert.equal(answer.headers['x-content-type-options'], 'nosniff');
    assert.equal(answer.headers['cache-control'], 'no-store');
    assert.match(String(answer.headers['content-security-policy']), /frame-ancestors 'none'/);
    assert.equal(answer.headers['access-control-allow-origin'], undefined);
  }
});
