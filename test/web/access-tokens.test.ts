// Tokens in their file: hashed, seen by other processes at once, their use noted by the day.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, type TestContext, test } from 'node:test';
import { openTokens } from '../../src/web/access/tokens.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-tokens-'));
after(() => rmSync(folder, { recursive: true }));
let files = 0;
const file = () => join(folder, `${files++}.db`);
const day = 86_400_000;
const start = 20_000 * day;

function opened(t: TestContext, path: string, now: () => number = () => start) {
  const tokens = openTokens(path, now);
  let isOpen = true;
  const close = () => {
    if (isOpen) tokens.close();
    isOpen = false;
  };
  t.after(close);
  return { ...tokens, close };
}

test('a token is 256 bits of chance, and only its SHA-256 is in the file', (t) => {
  const path = file();
  const tokens = opened(t, path);
  const made = [tokens.create({ role: 'reader' }), tokens.create({ role: 'reader' })];
  assert.notEqual(made[0]!.token, made[1]!.token);
  for (const { token } of made) assert.match(token, /^mlr_[\w-]{43}$/);
  const { token } = made[0]!;
  tokens.close();
  const database = new DatabaseSync(path);
  const { hash } = database.prepare('select hash from tokens where id = 1').get() as { hash: Uint8Array };
  database.close();
  assert.deepEqual(Buffer.from(hash), createHash('sha256').update(token).digest());
  assert.ok(!readFileSync(path).includes(token.slice(4)));
  if (process.platform !== 'win32') assert.equal(statSync(path).mode & 0o777, 0o600);
});

test('what another process makes or revokes is seen by the next request', (t) => {
  const path = file();
  const server = opened(t, path);
  const command = opened(t, path);
  assert.equal(server.hasValid(), false);
  const { token, view } = command.create({ role: 'writer', name: 'till' });
  assert.equal(server.verify(token)?.role, 'writer');
  assert.equal(server.verify(`${token} `), undefined);
  command.revoke(view.id);
  assert.equal(server.verify(token), undefined);
  assert.equal(server.valid(view.id), undefined);
  assert.equal(server.hasValid(), false);
  assert.equal(server.list()[0]!.revokedAt, start);
});

test('numbers are never given twice, revoking twice changes nothing, an unknown number is NOT_FOUND', (t) => {
  let nowMs = start;
  const tokens = opened(t, file(), () => nowMs);
  const { view } = tokens.create({ role: 'reader' });
  tokens.revoke(view.id);
  nowMs += 1000;
  assert.equal(tokens.revoke(view.id).revokedAt, start);
  assert.equal(tokens.create({ role: 'reader' }).view.id, view.id + 1);
  assert.throws(() => tokens.revoke(99), { code: 'NOT_FOUND', place: 'token 99' });
});

test('the day of the last use is written once a day, not with every request', (t) => {
  let nowMs = start + 1000;
  const path = file();
  const tokens = opened(t, path, () => nowMs);
  const { token, view } = tokens.create({ role: 'reader' });
  const other = opened(t, path);
  assert.equal(other.list()[0]!.usedAt, undefined);
  tokens.verify(token);
  tokens.verify(token);
  tokens.close();
  assert.equal(other.list()[0]!.usedAt, start);
  nowMs += 2 * day;
  const next = opened(t, path, () => nowMs);
  next.valid(view.id);
  next.close();
  assert.equal(other.list()[0]!.usedAt, start + 2 * day);
});

test('sessions are signed with a secret of the folder, which all processes share', (t) => {
  const path = file();
  const one = opened(t, path);
  const other = opened(t, path);
  const elsewhere = opened(t, file());
  assert.deepEqual(one.sign('x'), other.sign('x'));
  assert.notDeepEqual(one.sign('x'), one.sign('y'));
  assert.notDeepEqual(one.sign('x'), elsewhere.sign('x'));
});

test('a file that is none of ours is refused with its path', () => {
  const path = file();
  writeFileSync(path, 'this is no database, whatever its name may be'.repeat(100));
  assert.throws(() => openTokens(path), { code: 'STORE_UNAVAILABLE', place: path });
});

test('tokens of a file that knows no posters are taken over', (t) => {
  const path = file();
  const before = new DatabaseSync(path);
  before.exec(`create table tokens (id integer primary key autoincrement, hash blob not null unique,
      role text not null check (role in ('reader', 'writer', 'admin')), name text not null, created_ms integer not null, expires_ms integer,
      used_ms integer, revoked_ms integer) strict`);
  const hash = createHash('sha256').update('mlr_old').digest();
  before.prepare("insert into tokens (hash, role, name, created_ms) values (?, 'writer', 'till', 5)").run(hash);
  before.close();
  const tokens = opened(t, path);
  const { id, role, name, topics } = tokens.verify('mlr_old')!;
  assert.deepEqual([id, role, name, topics], [1, 'writer', 'till', undefined]);
  assert.equal(tokens.create({ role: 'poster', topics: ['a'] }).view.id, 2);
});

test('all tokens are made or none, and no more than may be valid', (t) => {
  const tokens = opened(t, file());
  const many = (count: number) => Array.from({ length: count }, () => ({ role: 'reader' as const }));
  assert.equal(tokens.createAll(many(20_000)).length, 20_000);
  assert.throws(() => tokens.createAll(many(1)), { code: 'OPTION_INVALID', message: /20000 valid tokens/ });
  tokens.revoke(7);
  assert.throws(() => tokens.createAll(many(2)), { code: 'OPTION_INVALID' });
  assert.equal(tokens.list().length, 20_000);
  assert.equal(tokens.createAll(many(1)).length, 1);
});
