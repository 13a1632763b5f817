// The users example: without a network from its generator, with one from an API; the same user is the same row, and what cannot be stored is kept.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { loadPipeline } from '../../src/control/load.ts';
import {
  cli,
  fixture,
  jsonOf,
  lacks,
  ledger,
  lettersOf,
  type RunReport,
  rowsOf,
  runOnce,
  shared,
  temporary,
  usersFile,
} from './tools.ts';

const present = join(shared, 'randomuser/users-v1.4.json');
const legacy = join(shared, 'randomuser/users-legacy-2016.json');
const skip = lacks(present);
const local = fixture('local-users.ts');

type ApiUser = { email: string; login: { uuid: string; username: string } };

/** An API that answers with each of these lists of users in turn, then with the last of them; how often it was asked. */
async function api(
  t: TestContext,
  ...answers: readonly (readonly unknown[])[]
): Promise<{ url: string; asked: () => number }> {
  let asked = 0;
  const server = createServer((_request, response) => {
    const results = answers[Math.min(asked++, answers.length - 1)];
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ results }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/?results=111`, asked: () => asked };
}

async function users(): Promise<ApiUser[]> {
  return (JSON.parse(await readFile(present, 'utf8')) as { results: ApiUser[] }).results;
}

test('where there is no network the generator takes its place, and it is said', async (t) => {
  const folder = join(await temporary(t), 'data');
  // a name of RFC 2606 that no resolver knows
  const given = ['--set', 'url=https://users.invalid/api/', '--set', 'count=400', '--set', 'rate=100000/s'];
  const ended = await cli(t, 'run', usersFile, ...given, '--once', '--json', '--data', folder);
  assert.equal(ended.code, 0, ended.error);
  const [run] = jsonOf<RunReport>(ended).pipelines;
  assert.deepEqual(run!.ledger, ledger(400));
  assert.equal(run!.sources[0]!.kind, 'simulate');
  assert.match(run!.sources[0]!.notice ?? '', /users\.invalid.*using simulate instead/);
  // about one in twelve has come before, and is the same row
  const { created_users: created, users: kept } = run!.tables;
  assert.equal(created, kept);
  assert.ok(created! < 390 && created! > 330, `${created} rows of 400 records`);
  const text = await cli(t, 'run', usersFile, ...given, '--once', '--data', folder);
  assert.match(text.out, /using simulate instead/);
});

test('111 users of the API are stored, and when they are fetched again they are the same rows', { skip }, async (t) => {
  const { url, asked } = await api(t, await users());
  const { millrace, status } = await runOnce(t, join(await temporary(t), 'data'), local, { url });
  assert.ok(asked() >= 2, `asked ${asked()} times`);
  assert.deepEqual(status.ledger, ledger(111 * asked()));
  assert.deepEqual(status.tables, { created_users: 111, users: 111 });
  const stored = await rowsOf(millrace, 'select id, email, post_code, registered_date from users order by id');
  const sent = (await users()).toSorted((a, b) => (a.login.uuid < b.login.uuid ? -1 : 1));
  assert.deepEqual(
    stored.map(([id, email]) => [id, email]),
    sent.map(({ login, email }) => [login.uuid, email]),
  );
});

test('a user that changed is updated in both tables', { skip }, async (t) => {
  const all = await users();
  const changed = all.map((one, i) => (i === 0 ? { ...one, phone: '555-0100' } : one));
  const { url, asked } = await api(t, all, changed);
  const { millrace, status } = await runOnce(t, join(await temporary(t), 'data'), local, { url });
  assert.ok(asked() >= 2);
  assert.deepEqual(status.tables, { created_users: 111, users: 111 });
  for (const name of ['users', 'created_users']) {
    const rows = await rowsOf(millrace, `select phone from ${name} where id = '${all[0]!.login.uuid}'`);
    assert.deepEqual(rows, [['555-0100']], name);
  }
});

test('users of 2016, which have no id, are all in the dead letters with the reason', {
  skip: lacks(legacy),
}, async (t) => {
  const old = JSON.parse(await readFile(legacy, 'utf8')) as unknown[];
  const { url, asked } = await api(t, old);
  const { millrace, status } = await runOnce(t, join(await temporary(t), 'data'), local, { url, for: '10ms' });
  assert.equal(asked(), 1);
  assert.equal(old.length, 197);
  assert.deepEqual(status.ledger, ledger(197, 197));
  assert.deepEqual(status.tables, { created_users: 0, users: 0 });
  const letters = await lettersOf(millrace);
  assert.equal(letters.length, 197);
  for (const [i, letter] of letters.entries()) {
    assert.match(letter.reason, /login\.uuid/);
    assert.equal(letter.place, `item ${i + 1} of poll 1`);
    assert.deepEqual(JSON.parse(Buffer.from(letter.bytes).toString()), old[i]);
  }
});

test('a user with the email of another is stored in neither table, and can be sent again once fixed', {
  skip,
}, async (t) => {
  const all = await users();
  const twin = {
    ...all[5]!,
    login: { ...all[5]!.login, uuid: '00000000-0000-4000-8000-000000000000', username: 'nobodyelse' },
  };
  const { url } = await api(t, [...all.slice(0, 50), twin, ...all.slice(50)]);
  const params = { url, for: '10ms' };
  const { millrace, status } = await runOnce(t, join(await temporary(t), 'data'), local, params);
  assert.deepEqual(status.ledger, ledger(112, 1));
  assert.deepEqual(status.tables, { created_users: 111, users: 111 });
  const same = 'select count(*) from (select * from users except select * from created_users)';
  assert.equal(Number((await rowsOf(millrace, same))[0]![0]), 0);
  const [letter] = await lettersOf(millrace);
  assert.deepEqual([letter!.stage, letter!.code], ['users', 'ROW_FAILED']);
  assert.match(letter!.reason, /email.*unique/);
  assert.ok(!letter!.reason.includes(twin.email), 'the email is personal');
  assert.equal((letter!.record as Record<string, unknown>).email, '•••');
  const pipeline = await loadPipeline(local);
  assert.deepEqual(await millrace.deadRedrive(pipeline, {}, { params }), { sent: 1, stored: 0, stillDead: 1 });
  // the bytes of the letter with another email of the same length
  const fixed = Buffer.from(letter!.bytes.map((one) => one));
  fixed.write(`x${twin.email.slice(1)}`, fixed.indexOf(twin.email));
  const result = await millrace.deadRedrive(pipeline, { ids: [letter!.id] }, { params, replacement: fixed });
  assert.deepEqual(result, { sent: 1, stored: 1, stillDead: 0 });
  assert.equal(Number((await rowsOf(millrace, 'select count(*) from users'))[0]![0]), 112);
  assert.equal(Number((await rowsOf(millrace, same))[0]![0]), 0);
});
