// The command line as a process: it serves what runs, tokens are made and revoked beside it, and SIGTERM ends it cleanly.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { busFile, cli, startCli, temporary, until } from '../e2e/tools.ts';

/** The address that a process prints first. */
async function addressOf(child: { error(): string }): Promise<string> {
  await until('it says where', () => child.error().includes('\n'));
  const url = /^Console {2}(http:\/\/127\.0\.0\.1:\d+)\n/.exec(child.error())?.[1];
  assert.ok(url, child.error());
  return url;
}

const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

test('what runs is served until SIGTERM, which ends live streams too', { timeout: 60_000 }, async (t) => {
  const data = join(await temporary(t), 'data');
  const child = startCli(t, ['run', busFile, '--port', '0', '--json', '--data', data]);
  const url = await addressOf(child);
  const health = (await (await fetch(`${url}/api/health`)).json()) as { pipelines: { name: string }[] };
  assert.deepEqual(
    health.pipelines.map((one) => one.name),
    ['bus'],
  );
  const stream = await fetch(`${url}/api/live/pipelines`);
  assert.match(String(stream.headers.get('content-type')), /^text\/event-stream/);
  const reading = stream.text().catch(() => undefined);
  child.process.kill('SIGTERM');
  const ended = await child.ended;
  assert.equal(ended.code, 0, ended.error);
  assert.equal(JSON.parse(ended.out).pipelines[0].ledger.balanced, true);
  await reading;
});

test('tokens are made before the first start, and revoked beside a running process', { timeout: 60_000 }, async (t) => {
  const data = ['--data', join(await temporary(t), 'data')];
  const run = ['run', busFile, '--port', '0', '--require-tokens', ...data];
  const refused = await cli(t, ...run);
  assert.equal(refused.code, 2);
  assert.match(refused.error, /FORBIDDEN.*millrace token create --role admin/s);
  const created = await cli(t, 'token', 'create', '--role', 'reader', '--json', ...data);
  const { token, id } = JSON.parse(created.out) as { token: string; id: number };
  const child = startCli(t, run);
  const pipelines = `${await addressOf(child)}/api/pipelines`;
  assert.equal((await fetch(pipelines)).status, 401);
  assert.equal((await fetch(pipelines, bearer(token))).status, 200);
  assert.equal((await cli(t, 'token', 'revoke', String(id), ...data)).code, 0);
  assert.equal((await fetch(pipelines, bearer(token))).status, 401);
  child.process.kill('SIGTERM');
  assert.equal((await child.ended).code, 0);
});

test('a port that is taken is exit code 2, and nothing has run', { timeout: 60_000 }, async (t) => {
  const folder = await temporary(t);
  const first = startCli(t, ['run', busFile, '--port', '0', '--data', join(folder, 'one')]);
  const port = new URL(await addressOf(first)).port;
  const second = await cli(t, 'run', busFile, '--port', port, '--data', join(folder, 'two'));
  assert.deepEqual([second.code, second.out], [2, '']);
  assert.match(second.error, new RegExp(`PORT_TAKEN {2}port ${port} is in use`));
  first.process.kill('SIGTERM');
  assert.equal((await first.ended).code, 0);
});
