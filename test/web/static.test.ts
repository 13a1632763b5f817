// The console's files: what is cached, what is compressed, which addresses are pages.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import type { App } from '../../src/web/app.ts';
import { makeApp } from '../../src/web/server.ts';
import { fakeBackend } from './backend.ts';

const work = mkdtempSync(join(tmpdir(), 'millrace-static-'));
after(() => rmSync(work, { recursive: true }));
const script = 'console.log("hello");';

const built = join(work, 'dist');
mkdirSync(join(built, 'assets'), { recursive: true });
writeFileSync(join(work, 'secret.txt'), 'what nobody may read');
writeFileSync(join(built, 'index.html'), '<!doctype html><title>Console</title>');
writeFileSync(join(built, 'icon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
writeFileSync(join(built, 'assets', 'index-a1b2c3d4.js'), script);
writeFileSync(join(built, 'assets', 'index-a1b2c3d4.js.br'), brotliCompressSync(script));
writeFileSync(join(built, 'assets', 'index-a1b2c3d4.js.gz'), gzipSync(script));

async function opened(t: TestContext, folder = built, isBuilding = false): Promise<App> {
  const app = await makeApp(fakeBackend(), { console: { folder, isBuilding: () => isBuilding } });
  t.after(() => app.close());
  return app;
}

const browser = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

test('the page is asked for anew each time, with a policy that lets nothing in from elsewhere', async (t) => {
  const app = await opened(t);
  const page = await app.inject({ url: '/', headers: browser });
  assert.equal(page.statusCode, 200);
  assert.match(page.body, /<title>Console/);
  assert.match(String(page.headers['content-type']), /^text\/html/);
  assert.equal(page.headers['cache-control'], 'no-cache');
  const policy = String(page.headers['content-security-policy']).split('; ');
  for (const part of ["default-src 'self'", "script-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"])
    assert.ok(policy.includes(part), part);
  assert.equal(page.headers['cross-origin-opener-policy'], 'same-origin');
  const again = await app.inject({ url: '/', headers: { ...browser, 'if-none-match': String(page.headers.etag) } });
  assert.equal(again.statusCode, 304);
});

test('files with a hash in their names are kept for ever, others are not', async (t) => {
  const app = await opened(t);
  const asset = await app.inject('/assets/index-a1b2c3d4.js');
  assert.deepEqual([asset.statusCode, asset.body], [200, script]);
  assert.match(String(asset.headers['content-type']), /javascript/);
  assert.equal(asset.headers['cache-control'], 'public, max-age=31536000, immutable');
  assert.equal((await app.inject('/icon.svg')).headers['cache-control'], 'no-cache');
});

test('the twin that a browser can read is sent, compressed before', async (t) => {
  const app = await opened(t);
  const ask = (accept: string) =>
    app.inject({ url: '/assets/index-a1b2c3d4.js', headers: { 'accept-encoding': accept } });
  const brotli = await ask('gzip, deflate, br');
  assert.equal(brotli.headers['content-encoding'], 'br');
  assert.deepEqual(brotli.rawPayload, brotliCompressSync(script));
  assert.match(String(brotli.headers['content-type']), /javascript/);
  assert.match(String(brotli.headers.vary), /accept-encoding/i);
  assert.equal((await ask('gzip')).headers['content-encoding'], 'gzip');
  assert.equal((await ask('identity')).body, script);
});

test('every address of the console is its page, /api too; addresses of the API never are', async (t) => {
  const app = await opened(t);
  for (const url of [
    '/',
    '/topics/rides',
    '/tables/fare.by.zone?where.zone=A',
    '/dead/7',
    '/api',
    '/apis',
    '/%F0%9F%9A%8C',
  ]) {
    const page = await app.inject({ url, headers: browser });
    assert.deepEqual([page.statusCode, page.body.includes('<title>Console')], [200, true], url);
  }
  for (const url of ['/api/nothing', '/registry/nothing', '/metrics/nothing', '/assets/gone.js']) {
    const answer = await app.inject({ url, headers: browser });
    assert.ok([404, 405].includes(answer.statusCode), url);
    assert.ok(!answer.body.includes('<title>'), url);
    assert.notEqual(answer.headers['cache-control'], 'public, max-age=31536000, immutable');
  }
  const program = await app.inject({ url: '/topics/rides', headers: { accept: 'application/json' } });
  assert.deepEqual([program.statusCode, program.json().code], [404, 'NOT_FOUND']);
  assert.equal((await app.inject({ method: 'POST', url: '/topics', headers: browser })).statusCode, 404);
  assert.equal((await app.inject({ method: 'HEAD', url: '/', headers: browser })).statusCode, 200);
});

test('nothing outside of the folder is sent, however it is asked for', async (t) => {
  const app = await opened(t);
  for (const url of [
    '/../secret.txt',
    '/..%2fsecret.txt',
    '/assets/..%2f..%2fsecret.txt',
    '/%2e%2e/secret.txt',
    '/assets/..%5c..%5csecret.txt',
    '//secret.txt',
    '/icon.svg%00.js',
    '/%2fetc%2fpasswd',
  ]) {
    const answer = await app.inject({ url, headers: browser });
    assert.ok(!answer.body.includes('nobody') && !answer.body.includes('root:'), url);
    assert.ok(answer.statusCode < 500, `${url}: ${answer.statusCode}`);
  }
});

test('a console that is not built says how to build it; one that is being built comes by itself', async (t) => {
  const missing = await opened(t, join(work, 'nowhere'));
  const page = await missing.inject({ url: '/', headers: browser });
  assert.equal(page.statusCode, 503);
  assert.match(page.body, /node bin\/build-console\.js/);
  assert.ok(!page.body.includes('http-equiv="refresh"'));
  assert.equal((await missing.inject('/api/health')).statusCode, 200);
  const building = await opened(t, join(work, 'nowhere'), true);
  assert.match((await building.inject({ url: '/topics', headers: browser })).body, /http-equiv="refresh"/);
});
