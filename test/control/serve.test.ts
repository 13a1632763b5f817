// Serving what runs: the port, the tokens that other addresses need, and the end of all connections.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import type { Millrace, Running } from '../../src/control/millrace.ts';
import { folderTokens, prepareServing, serveRunning } from '../../src/control/serve.ts';
import { openTokens } from '../../src/web/access/tokens.ts';
import { fakeBackend } from '../web/backend.ts';

const work = mkdtempSync(join(tmpdir(), 'millrace-serve-'));
after(() => rmSync(work, { recursive: true }));

const millrace = { backend: () => fakeBackend() } as unknown as Millrace;
const running = {} as Running;

/** A port that somebody uses until the test ends. */
async function taken(t: TestContext): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

function folder(): string {
  return mkdtempSync(join(work, 'data-'));
}

test('it serves on loopback without tokens, and closing ends live streams at once', { timeout: 20_000 }, async (t) => {
  const served = await serveRunning(millrace, running, { port: 0, folder: folder() });
  t.after(() => served.close());
  assert.match(served.url, /^http:\/\/127\.0\.0\.1:\d+$/);
  assert.equal(((await (await fetch(`${served.url}/api/session`)).json()) as { isOpen: boolean }).isOpen, true);
  const [stream] = (await once(get(`${served.url}/api/live/pipelines`), 'response')) as [IncomingMessage];
  stream.on('error', () => undefined).resume();
  const ended = once(stream, 'close');
  await served.close();
  await ended;
  await assert.rejects(fetch(served.url));
});

test('an explicit port that is taken is said before anything runs', async (t) => {
  const port = await taken(t);
  await assert.rejects(prepareServing({ port }), { code: 'PORT_TAKEN', message: `port ${port} is in use` });
});

test('where the usual port is taken the next free one is used, and said', { timeout: 20_000 }, async (t) => {
  const blocker = createServer();
  // another program on this machine may have it already: that does as well
  blocker.on('error', () => undefined).listen(4000, '127.0.0.1');
  await Promise.race([once(blocker, 'listening'), once(blocker, 'error')]);
  t.after(() => blocker.close());
  const serving = await prepareServing({});
  t.after(() => serving.close());
  const { url, remark } = await serving.serve(millrace, running);
  assert.match(url, /^http:\/\/127\.0\.0\.1:40(0[1-9]|1\d)$/);
  assert.equal(remark, 'port 4000 is in use');
});

test('what others could reach is refused while there is no valid token, with the command to make one', async (t) => {
  const data = folder();
  const cases = [
    [{ host: '0.0.0.0' }, '--host 0.0.0.0'],
    [{ host: '::' }, '--host ::'],
    [{ requireTokens: true }, '--require-tokens'],
    [{ allowHosts: ['shop.example'] }, '--allow-host shop.example'],
    [{ proxies: ['127.0.0.1'] }, '--trust-proxy 127.0.0.1'],
  ] as const;
  for (const [options, place] of cases) {
    await assert.rejects(prepareServing({ ...options, port: 0, folder: data }), {
      code: 'FORBIDDEN',
      place,
      remedy: `Make one first: millrace token create --role admin --data ${data}`,
    });
    await assert.rejects(prepareServing({ ...options, port: 0 }), { code: 'FORBIDDEN' });
  }
  const tokens = openTokens(join(data, 'control.db'));
  t.after(() => tokens.close());
  const { token, view } = tokens.create({ role: 'reader' });
  const served = await serveRunning(millrace, running, { port: 0, folder: data, requireTokens: true });
  t.after(() => served.close());
  const status = async () =>
    (await fetch(`${served.url}/api/session`, { headers: { authorization: `Bearer ${token}` } })).status;
  assert.equal(await status(), 200);
  tokens.revoke(view.id);
  assert.equal(await status(), 401, 'revoked by another connection, seen by the next request');
  await assert.rejects(prepareServing({ port: 0, folder: data, requireTokens: true }), { code: 'FORBIDDEN' });
});

test('what names no proxy is refused before anything runs', async () => {
  for (const wrong of ['proxy.example', '0.0.0.0/0']) {
    await assert.rejects(prepareServing({ proxies: [wrong], port: 0 }), {
      code: 'USAGE',
      place: `--trust-proxy ${wrong}`,
    });
  }
});

test('an address that is not of this machine is said as such', async () => {
  await assert.rejects(prepareServing({ host: '127.0.0.1.nowhere', folder: folder(), port: 0 }), {
    code: 'FORBIDDEN',
  });
  const data = folder();
  const tokens = openTokens(join(data, 'control.db'));
  tokens.create({ role: 'admin' });
  tokens.close();
  await assert.rejects(prepareServing({ host: '192.0.2.1', folder: data, port: 0 }), {
    code: 'USAGE',
    message: '192.0.2.1 is no address of this machine',
  });
});

test('the first token makes the data folder, which is then a good one', async () => {
  const data = join(work, 'new', 'data');
  for (const role of ['admin', 'reader'] as const) {
    const tokens = await folderTokens(data);
    tokens.create({ role });
    tokens.close();
  }
  assert.ok(existsSync(join(data, 'millrace.json')));
});
