// The commands that remove something: what goes is shown, a person is asked, and nothing goes without an answer.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Millrace, OpenOptions } from '../../src/control/millrace.ts';
import { MillraceError } from '../../src/core/errors.ts';
import { cli } from './fake.ts';

const data = ['--data', import.meta.dirname];
const removed = (calls: readonly unknown[][]) => calls.filter(([name]) => name === 'remove');

test('a topic is deleted once a person has said yes to what goes', async () => {
  const { code, out, error, calls } = await cli(['topic', 'delete', 'rides', '--force', ...data], { confirmed: true });
  assert.equal(code, 0);
  assert.match(
    error,
    /^topic rides goes: 12,345 records \(1\.5 MB\), 6 dead letters, its schemas\n {2}rides: what windows/,
  );
  assert.equal(
    out,
    '✓ topic rides removed: 12,345 records (1.5 MB), 6 dead letters, its schemas\n  rides: what windows and dedupe keep of its records removed; rows of tables stay\n',
  );
  assert.deepEqual(removed(calls), [['remove', { noun: 'topic', name: 'rides' }, { force: true }]]);
});

test('the answer no, and nobody to be asked, remove nothing', async () => {
  const no = await cli(['table', 'drop', 'latest', ...data], { confirmed: false });
  assert.deepEqual([no.code, no.out, removed(no.calls)], [1, '', []]);
  assert.match(no.error, /table latest of pipeline rides goes: 412 rows\nnothing was removed\n/);
  const nobody = await cli(['table', 'drop', 'latest', ...data]);
  assert.deepEqual([nobody.code, removed(nobody.calls)], [2, []]);
  assert.match(nobody.error, /USAGE {2}nobody is there to be asked[\s\S]*--yes/);
});

test('what a pipeline still uses is not asked for: the refusal says what to do', async () => {
  const { calls } = await cli(['topic', 'delete', 'rides', ...data], { confirmed: true });
  assert.deepEqual(
    calls.map(([name]) => name),
    ['open', 'removal', 'remove', 'close'],
  );
});

test('with --yes nobody is asked, and with --json what went is told for a script', async () => {
  const { out, calls } = await cli(['pipeline', 'remove', 'rides', '--keep-tables', '--yes', '--json', ...data]);
  assert.deepEqual(removed(calls), [
    ['remove', { noun: 'pipeline', name: 'rides', keepTables: true }, { force: false }],
  ]);
  assert.equal(JSON.parse(out).removed.letters, 6);
  const text = await cli(['pipeline', 'remove', 'rides', '-y', ...data]);
  assert.equal(
    text.out,
    '✓ pipeline rides removed: table latest (412 rows), its windows and offsets, 6 dead letters\n  kept: topic rides\n',
  );
});

test('a topic that is damaged is left out when the folder is opened to delete it; other damage is told', async () => {
  const damage = new MillraceError('LOG_DAMAGED', 'log/rides/0/1.log is damaged', { remedy: 'Put it back.' });
  const opened: unknown[] = [];
  const removal = { noun: 'topic', name: 'rides', letters: 0, subjects: [], usedBy: [] } as const;
  const removed = { ...removal, records: undefined, bytes: undefined };
  const millrace = { removal: async () => removed, remove: async () => removed, close: async () => undefined };
  const control = {
    open: async ({ leaveOut }: OpenOptions) => {
      opened.push(leaveOut);
      if (leaveOut !== 'rides') throw damage;
      return millrace as unknown as Millrace;
    },
  };
  const { code, out } = await cli(['topic', 'delete', 'rides', '--yes', ...data], { control });
  assert.deepEqual([code, opened], [0, [undefined, 'rides']]);
  assert.match(out, /its records \(it is damaged, and was not counted\)/);
  const other = await cli(['topic', 'delete', 'users', '--yes', ...data], { control });
  assert.equal(other.code, 2);
  assert.match(other.error, /LOG_DAMAGED/);
  assert.equal((await cli(['table', 'drop', 'rides', '--yes', ...data], { control })).code, 2);
});
