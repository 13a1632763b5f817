// millrace run and start: what they serve, where, and in which order they end.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MillraceError } from '../../src/core/errors.ts';
import { cli } from './fake.ts';

/** The options that the web server was given, or undefined where nothing was served. */
async function served(words: string[], environment: Record<string, string> = {}) {
  const { calls, code, error } = await cli(words, { environment });
  const [, options] = calls.find(([name]) => name === 'prepare serving') ?? [];
  return { options: options as Record<string, unknown> | undefined, code, error };
}

test('the address is the first line, and the server closes after the pipelines have stopped and before the folder', async () => {
  const { calls, error, code } = await cli(['run', 'r.ts', '--data', 'd'], { isEndless: true }, (send) =>
    send('SIGINT'),
  );
  assert.equal(code, 0);
  assert.match(error, /^Console {2}http:\/\/127\.0\.0\.1:4000\nStopping/);
  assert.deepEqual(
    calls.map(([name]) => name),
    ['load', 'open', 'prepare serving', 'start', 'serve', 'build', 'signals off', 'serve off', 'build off', 'close'],
  );
});

test('in a terminal the address stands above the picture, with what is worth saying beside it', async () => {
  const { error } = await cli(['run', 'r.ts'], {
    isTerminal: true,
    environment: { NO_COLOR: '1' },
    remark: 'port 4000 is in use',
  });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what steers the terminal is taken away to read the rest
  const [first] = error.replace(/\x1b\[[?\d]*[A-Za-z]/g, '').split('\n');
  assert.equal(first!.trim(), 'Console  http://127.0.0.1:4000  (port 4000 is in use)');
});

test('with --once nothing is served, unless a port is given', async () => {
  assert.equal((await served(['run', 'r.ts', '--once'])).options, undefined);
  assert.equal((await served(['run', 'r.ts', '--once'], { PORT: '4500' })).options, undefined);
  assert.equal((await served(['run', 'r.ts', '--once', '--port', '0'])).options?.port, 0);
});

test('the port is that of --port, else of PORT, else left to be found', async () => {
  assert.equal((await served(['run', 'r.ts', '--port', '4700'], { PORT: '4500' })).options?.port, 4700);
  assert.equal((await served(['start'], { PORT: '4500' })).options?.port, 4500);
  assert.equal('port' in (await served(['start'])).options!, false);
});

test('all that is asked for reaches the server', async () => {
  const words = ['--host', '0.0.0.0', '--require-tokens', '--allow-host', 'a.example', '--allow-host', 'b.example'];
  const more = [
    '--cors',
    'https://shop.example',
    '--rate-limit',
    '100',
    '--data',
    'd',
    '--port',
    '4001',
    '--trust-proxy',
    '10.0.0.0/8',
  ];
  assert.deepEqual((await served(['run', 'r.ts', ...words, ...more])).options, {
    folder: 'd',
    port: 4001,
    host: '0.0.0.0',
    requireTokens: true,
    allowHosts: ['a.example', 'b.example'],
    origins: ['https://shop.example'],
    proxies: ['10.0.0.0/8'],
    requestsPerMinute: 100,
  });
});

test('--no-serve serves nothing, and does not go with the options of serving', async () => {
  const { options, code, error } = await served(['run', 'r.ts', '--no-serve'], { PORT: 'nonsense' });
  assert.deepEqual([options, code], [undefined, 0]);
  assert.ok(!error.includes('Console'));
  assert.match((await served(['run', 'r.ts', '--no-serve', '--host', 'x'])).error, /--no-serve and --host cannot/);
});

test('a port or an origin that is none is refused before anything is opened', async () => {
  const cases: [string[], Record<string, string>, RegExp][] = [
    [['--port', '65536'], {}, /65536 is no port/],
    [['--port', 'x'], {}, /'x' is no whole number/],
    [[], { PORT: 'http' }, /PORT: 'http' is no port/],
    [[], { PORT: '70000' }, /70000 is no port/],
    [['--cors', '*'], {}, /'\*' is no origin/],
    [['--cors', 'https://shop.example/path'], {}, /is no origin/],
    [['--cors', 'file:///x'], {}, /is no origin/],
  ];
  for (const [words, environment, message] of cases) {
    const { code, error, calls } = await cli(['run', 'r.ts', ...words], { environment });
    assert.deepEqual([code, calls], [2, []], words.join(' '));
    assert.match(error, message);
  }
});

test('where it cannot be served the pipelines are stopped and the folder is closed', async () => {
  const unserved = new MillraceError('PORT_TAKEN', 'port 4000 is in use', { remedy: 'Give another one.' });
  const { code, error, calls } = await cli(['run', 'r.ts'], { unserved, isEndless: true });
  assert.equal(code, 2);
  assert.match(error, /✗ PORT_TAKEN {2}port 4000 is in use/);
  assert.deepEqual(calls.map(([name]) => name).slice(-3), ['serve off', 'build off', 'close']);
});

test('a browser is opened only where --open asks for it', async () => {
  const opened = async (...words: string[]) =>
    (await cli(['start', ...words])).calls.filter(([name]) => name === 'browser');
  assert.deepEqual(await opened(), []);
  assert.deepEqual(await opened('--open'), [['browser', 'http://127.0.0.1:4000']]);
});
