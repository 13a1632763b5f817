// millrace token: made once, listed without the token, revoked.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openTokens } from '../../src/web/access/tokens.ts';
import { cli } from './fake.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-token-'));
after(() => rmSync(folder, { recursive: true }));
const data = ['--data', folder];
let files = 0;
const file = () => join(folder, `${files++}.db`);

test('create prints the token alone on standard output, and it is the one that is stored', async () => {
  const tokens = file();
  const { code, out, error } = await cli(['token', 'create', '--role', 'writer', '--expires', '30d', ...data], {
    tokens,
  });
  assert.equal(code, 0);
  assert.match(out, /^mlr_[\w-]{43}\n$/);
  assert.match(error, /token 1, writer, valid until 2027-02-14 08:00:00Z/);
  const stored = openTokens(tokens, () => 1_800_000_000_000);
  assert.equal(stored.verify(out.trim())?.role, 'writer');
  stored.close();
});

test('list tells what became of each token, and never the token', async () => {
  const tokens = file();
  const created = await cli(['token', 'create', '--role', 'admin', '--name', 'on\x1b[2Jcall', '--json', ...data], {
    tokens,
  });
  const { token, id } = JSON.parse(created.out);
  await cli(['token', 'create', '--role', 'reader', '--expires', '1h', ...data], { tokens });
  assert.equal((await cli(['token', 'revoke', String(id), ...data], { tokens })).out, '✓ token 1 (admin) is revoked\n');
  const list = await cli(['token', 'list', ...data], { tokens });
  assert.match(list.out, /1 {2}admin {3}on\\x1b\[2Jcall {2}revoked .*never/);
  assert.match(list.out, /2 {2}reader .*valid {4}2027-01-15 08:00:00Z {2}2027-01-15 09:00:00Z {2}never/);
  const json = await cli(['token', 'list', '--json', ...data], { tokens });
  const states = JSON.parse(json.out).tokens.map((one: { state: string }) => one.state);
  assert.deepEqual(states, ['revoked', 'valid']);
  assert.ok(!list.out.includes(token) && !json.out.includes(token));
});

test('what is wrong is named with what to do', async () => {
  const cases: [string[], RegExp][] = [
    [['create'], /which role .*--role reader, writer or admin/s],
    [['create', '--role', 'king'], /'king' is not known.*reader, writer, admin/s],
    [['create', '--role', 'reader', '--expires', 'soon'], /'soon' is not a duration/],
    [['create', '--role', 'reader', '--expires', '0s'], /is over at once/],
    [['create', '--role', 'reader', '--expires', '99999999999d'], /is too long/],
    [['revoke', 'x'], /'x' is no number of a token/],
    [['revoke', '7'], /NOT_FOUND {2}there is no token 7/],
  ];
  const tokens = file();
  for (const [words, message] of cases) {
    const { code, error, out } = await cli(['token', ...words, ...data], { tokens });
    assert.deepEqual([code, out], [2, ''], words.join(' '));
    assert.match(error, message);
  }
  assert.match((await cli(['token', 'list', ...data], { tokens })).out, /no tokens yet/);
});

test('list and revoke make no data folder', async () => {
  for (const words of [['list'], ['revoke', '1']]) {
    const { code, calls } = await cli(['token', ...words, '--data', '/nowhere/at/all']);
    assert.deepEqual([code, calls], [2, []]);
  }
});
