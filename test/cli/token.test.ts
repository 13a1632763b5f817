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

test('tokens of many devices are made at once, each with a name of its own, their topics and their rate', async () => {
  const tokens = file();
  const given = [
    '--role',
    'poster',
    '--topic',
    'a',
    '--topic',
    'b',
    '--rate',
    '60',
    '--count',
    '3',
    '--name',
    'device {}',
  ];
  const { code, out, error } = await cli(['token', 'create', ...given, ...data], { tokens });
  assert.equal(code, 0);
  const lines = out.trim().split(/\r?\n/);
  assert.equal(lines[0], 'id,name,token');
  assert.match(lines[3]!, /^3,device 3,mlr_[\w-]{43}$/);
  assert.match(error, /3 tokens. Keep them/);
  const stored = openTokens(tokens, () => 1_800_000_000_000);
  const { role, topics, requestsPerMinute, name } = stored.verify(lines[2]!.split(',')[2]!)!;
  assert.deepEqual([role, topics, requestsPerMinute, name], ['poster', ['a', 'b'], 60, 'device 2']);
  stored.close();
  const list = await cli(['token', 'list', ...data], { tokens });
  assert.match(list.out, /poster of a, b {2}device 1/);
  assert.deepEqual(JSON.parse((await cli(['token', 'list', '--json', ...data], { tokens })).out).tokens[0].topics, [
    'a',
    'b',
  ]);
});

test('what is wrong is named with what to do', async () => {
  const cases: [string[], RegExp][] = [
    [['create'], /which role .*--role poster, reader, writer or admin/s],
    [['create', '--role', 'poster'], /to which topics .*--topic NAME/s],
    [['create', '--role', 'reader', '--topic', 'a'], /--topic is for posters/],
    [['create', '--role', 'reader', '--count', '10001'], /--count 10001 is more than 10000/],
    [['create', '--role', 'king'], /'king' is not known.*poster, reader, writer, admin/s],
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
