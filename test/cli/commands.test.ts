// The commands that look and fix, the help, and errors.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { commands } from '../../src/cli/commands.ts';
import { commandHelp } from '../../src/cli/help.ts';
import { unpainted } from '../../src/cli/paint.ts';
import { MillraceError } from '../../src/core/errors.ts';
import { cli, letter } from './fake.ts';

const here = import.meta.dirname;
const data = ['--data', here];

test('the reference repeats the help of every command word for word', () => {
  const page = readFileSync(new URL('../../docs/reference/cli.md', import.meta.url), 'utf8');
  for (const command of commands) {
    assert.ok(
      page.includes(commandHelp(command, unpainted, 80)),
      `docs/reference/cli.md differs from: millrace help ${command.name} (paste the help there)`,
    );
  }
});

test('help teaches each command: usage, options, two examples, exit codes', async () => {
  for (const { name, examples } of commands) {
    assert.ok(examples.length >= 2, name);
    const { out, code } = await cli([...name.split(' '), '--help']);
    assert.equal(code, 0);
    for (const title of ['Usage', 'Options', 'Examples', 'Exit codes']) assert.ok(out.includes(`${title}\n`), name);
    assert.equal((await cli(['help', ...name.split(' ')])).out, out);
  }
  assert.match((await cli(['dead'])).out, /dead redrive/);
  assert.match((await cli([])).out, /To begin/);
  assert.match((await cli(['--version'])).out, /^millrace \d/);
});

test('an unknown command is exit code 2, with the nearest one', async () => {
  const { code, error } = await cli(['qurey', 'x']);
  assert.equal(code, 2);
  assert.equal(
    error,
    `✗ USAGE  there is no command 'qurey'\n  at   millrace qurey\n  fix  Did you mean: millrace query?\n`,
  );
  assert.match((await cli(['dead', 'shwo', '1'])).error, /millrace dead show\?/);
});

test('a reading command makes no data folder', async () => {
  for (const words of [['topics'], ['tables'], ['query', 'x'], ['tail', 'x'], ['dead', 'list']]) {
    const { code, error, calls } = await cli([...words, '--data', '/nowhere/at/all']);
    assert.equal(code, 2);
    assert.match(error, /NOT_FOUND {2}there is no data folder '\/nowhere\/at\/all'/);
    assert.deepEqual(calls, []);
  }
});

test('the data folder is that of --data, else of MILLRACE_DATA', async () => {
  const { calls } = await cli(['topics'], { environment: { MILLRACE_DATA: here } });
  assert.deepEqual(calls[0], ['open', here]);
});

test('with --json an error is one JSON object on standard output', async () => {
  const query = async () => {
    throw new MillraceError('SQL_INVALID', 'no', { place: 'query', remedy: 'Fix it.' });
  };
  const { code, out, error } = await cli(['query', 'x', '--json', ...data], { millrace: { query } });
  assert.equal(code, 2);
  assert.equal(error, '');
  assert.deepEqual(JSON.parse(out), {
    error: { code: 'SQL_INVALID', message: 'no', place: 'query', remedy: 'Fix it.' },
  });
});

test('errors that were found together are all said', async () => {
  const others = [new MillraceError('SQL_COLUMNS', 'not so', { place: "stream 'b'" })];
  const query = async () => {
    throw new MillraceError('SQL_INVALID', 'no', { place: "stream 'a'", others });
  };
  const { code, error } = await cli(['query', 'x', ...data], { millrace: { query } });
  assert.equal(code, 2);
  assert.match(error, /✗ SQL_INVALID {2}no\n.*'a'\n\n✗ SQL_COLUMNS {2}not so\n.*'b'\n\n2 things to fix\n$/);
  const { out } = await cli(['query', 'x', '--json', ...data], { millrace: { query } });
  assert.deepEqual(JSON.parse(out).error.others, [{ code: 'SQL_COLUMNS', message: 'not so', place: "stream 'b'" }]);
});

test('a bug says that it is one; the trace comes only when asked for', async () => {
  const query = async () => {
    throw new TypeError('x is not a function');
  };
  const plain = await cli(['query', 'x', ...data], { millrace: { query } });
  assert.equal(plain.code, 1);
  assert.match(plain.error, /✗ BUG {2}x is not a function\n {2}fix {2}This is a mistake of ours/);
  assert.doesNotMatch(plain.error, /commands\.test/);
  assert.match((await cli(['query', 'x', '--stack', ...data], { millrace: { query } })).error, /commands\.test/);
});

test('query aligns numbers to the right under their types, and says when there are more rows', async () => {
  const columns = [
    { name: 'zone', type: 'VARCHAR' },
    { name: 'fare', type: 'DOUBLE' },
  ];
  const result = {
    columns,
    rows: [
      ['A', 1.5],
      [null, 100],
    ],
    truncated: true,
  };
  const { out, error, calls } = await cli(['query', 'x', '--limit', '2', ...data], { result });
  assert.equal(out, 'zone       fare\nvarchar  double\nA           1.5\nnull        100\n');
  assert.match(error, /more rows.*--limit/);
  assert.deepEqual(calls[1], ['query', 'x', { rowsMax: 2 }]);
  assert.equal((await cli(['query', 'x', '--csv', '--json', ...data])).code, 2);
  const slow = await cli(['query', 'x', '--timeout', '5m', ...data], { result });
  assert.deepEqual(slow.calls[1], ['query', 'x', { rowsMax: 1000, msMax: 300_000 }]);
  for (const wrong of ['5', '0s', '400 days', 'soon']) {
    const { code, error } = await cli(['query', 'x', '--timeout', wrong, ...data], { result });
    assert.deepEqual([code, error.includes('fix')], [2, true], wrong);
  }
});

test('tail prints a record a line and ends at its limit', async () => {
  const { out, calls } = await cli(['tail', 'rides', '--from', '5', '--limit', '2', ...data]);
  assert.equal(out, '0:5  1970-01-01T00:00:00.000Z  A  {"zone":"A"}\n0:6  1970-01-01T00:00:00.000Z  A  {"zone":"A"}\n');
  assert.deepEqual((calls[0]![1] as { from: unknown }).from, { offset: 5 });
  const lines = (await cli(['tail', 'rides', '--json', ...data])).out.trim().split('\n');
  assert.deepEqual(JSON.parse(lines[0]!).value, { zone: 'A' });
});

test('dead letters are listed, shown with their bytes only when asked for, and sent again', async () => {
  const letters = [letter(), letter({ id: 18, kind: 'late' })];
  const list = await cli(['dead', 'list', '--kind', 'dead', '--limit', '1', ...data], { letters });
  assert.match(list.out, /17 {2}dead {2}rides {5}source:csv {2}line 18/);
  assert.match(list.error, /… more/);
  assert.deepEqual(list.calls[1], ['deadList', { kind: 'dead', limit: 2 }]);
  assert.match((await cli(['dead', 'show', '17', ...data], { letters })).out, /✗ dead letter 17 {2}RECORD_INVALID/);
  assert.equal((await cli(['dead', 'show', '17', '--raw', ...data], { letters })).out, 'a\0\xff');
  assert.equal(JSON.parse((await cli(['dead', 'show', '17', '--json', ...data], { letters })).out).bytes, undefined);
  const again = await cli(['dead', 'redrive', '17', ...data], { letters });
  assert.equal(again.out, '✓ rides: 3 letters sent, 3 taken\n');
  assert.deepEqual(again.calls.at(-2), ['deadRedrive', { pipeline: 'rides', ids: [17] }, { params: {} }]);
  assert.equal((await cli(['dead', 'redrive', ...data], { letters })).code, 2);
  const deadRedrive = async () => ({ sent: 2, stored: 1, stillDead: 1 });
  assert.equal((await cli(['dead', 'redrive', '--all', ...data], { letters, millrace: { deadRedrive } })).code, 1);
});

test('check says everything that is wrong, or what it found', async () => {
  assert.equal((await cli(['check', 'r.ts'])).out, '✓ rides: 1 topic, 1 stream, 1 table\n');
  const check = async () => [new MillraceError('SQL_INVALID', 'one'), new MillraceError('SQL_COLUMNS', 'two')];
  const { code, out } = await cli(['check', 'r.ts'], { control: { check } });
  assert.equal(code, 2);
  assert.match(out, /SQL_INVALID {2}one[\s\S]*SQL_COLUMNS {2}two[\s\S]*2 things to fix/);
  assert.equal(JSON.parse((await cli(['check', 'r.ts', '--json'], { control: { check } })).out).errors.length, 2);
});
