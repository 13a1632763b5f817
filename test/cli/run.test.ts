// millrace run: what it prints, how it ends.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MillraceError } from '../../src/core/errors.ts';
import { cli, status } from './fake.ts';

test('with --json there is one JSON object on standard output, and nothing else', async () => {
  const { code, out, calls } = await cli(['run', 'r.ts', '--once', '--json', '--set', 'file=a.csv', '--data', 'd']);
  assert.equal(code, 0);
  assert.equal(out.split('\n').length, 2);
  const { pipelines } = JSON.parse(out);
  assert.equal(pipelines[0].ledger.balanced, true);
  assert.deepEqual(pipelines[0].tables, { latest: 412 });
  assert.equal(pipelines[0].recordsPerSecond, 1980);
  assert.deepEqual(
    calls.map(([name]) => name),
    ['load', 'open', 'start', 'signals off', 'close'],
  );
  const [, names, options] = calls[2] as [string, string[], { once: boolean; params: object; files: object }];
  assert.deepEqual(names, ['rides']);
  assert.equal(options.once, true);
  assert.deepEqual(options.params, { file: 'a.csv' });
  assert.match(Object.values(options.files)[0], /^\/.*r\.ts$/);
});

test('for people it prints the ledger, the time, the rate and the rows', async () => {
  const { out } = await cli(['run', 'r.ts', '--once']);
  for (const part of ['✓ rides', '990 records stored in 500ms', '1,980/s', 'deduplicated', '412', 'millrace dead list'])
    assert.ok(out.includes(part), part);
});

test('a pipeline that failed, or a ledger that does not balance, is exit code 1 and said on standard error', async () => {
  const failure = new MillraceError('SOURCE_MISSING', 'no file', { place: 'x.csv', remedy: 'Give one.' });
  const failed = status({ health: 'failed', reason: 'no file' });
  const one = await cli(['run', 'r.ts'], { statuses: [failed], failures: new Map([['rides', failure]]) });
  assert.equal(one.code, 1);
  assert.match(one.error, /✗ SOURCE_MISSING {2}no file\n {2}at {3}x.csv\n {2}fix {2}Give one\./);
  const wrong = status({ ledger: { ...status().ledger, out: 989, balanced: false } });
  const two = await cli(['run', 'r.ts'], { statuses: [wrong] });
  assert.equal(two.code, 1);
  assert.match(two.out, /1 missing/);
});

test('a signal stops gracefully: 0 where all was stored, 130 or 143 where the deadline cut it short', async () => {
  const clean = await cli(['run', 'r.ts'], { isEndless: true }, (send) => send('SIGINT'));
  assert.equal(clean.code, 0);
  assert.match(clean.error, /Stopping/);
  const cut = await cli(['run', 'r.ts'], { isEndless: true, stopped: false }, (send) => send('SIGTERM'));
  assert.equal(cut.code, 143);
  const twice = await cli(['run', 'r.ts'], { isEndless: true }, (send) => {
    send('SIGINT');
    send('SIGINT');
  });
  assert.deepEqual(twice.exits, [130]);
});

test('in a terminal the picture shows the ledger as an equation, fits the width, and gives the cursor back', async () => {
  const { error } = await cli(['run', 'r.ts'], { isTerminal: true, columns: 60, environment: { NO_COLOR: '1' } });
  assert.match(error, /✓ in 1,000 = out 990 \+ deduplicated 4 \+ dead 6/);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what steers the terminal is taken away to measure the rest
  const lines = error.replace(/\x1b\[[?\d]*[A-Za-z]/g, '').split('\n');
  assert.ok(lines.every((line) => line.length < 60));
  assert.ok(error.endsWith('\x1b[?25h'));
});

test('a data folder in use is exit code 3', async () => {
  const open = async () => {
    throw new MillraceError('DATA_IN_USE', 'in use', { remedy: 'Stop the other.' });
  };
  assert.equal((await cli(['run', 'r.ts'], { control: { open } })).code, 3);
});
