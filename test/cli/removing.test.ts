// The commands that remove something: what goes is shown, a person is asked, and nothing goes without an answer.
import assert from 'node:assert/strict';
import { test } from 'node:test';
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
