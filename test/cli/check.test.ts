// millrace check with a data folder: what a start would do there, as text and as JSON, and its exit code.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Change } from '../../src/control/millrace.ts';
import { MillraceError } from '../../src/core/errors.ts';
import { cli } from './fake.ts';

const data = ['--data', import.meta.dirname];

const told: Change[] = [
  { noun: 'topic', name: 'rides', pipeline: 'rides', effect: 'kept', says: '' },
  { noun: 'source', name: 'rides/csv', pipeline: 'rides', effect: 'kept', says: 'it goes on where it was' },
  {
    noun: 'stream',
    name: 'zones',
    pipeline: 'rides',
    effect: 'rebuild',
    says: 'it has another query',
    command: 'millrace rebuild rides zones',
  },
];

test('check with a data folder says what a start would do there, and what could be run for it', async () => {
  const { code, out } = await cli(['check', 'rides.ts', ...data], { control: { outlook: async () => told } });
  assert.equal(code, 0);
  assert.equal(
    out,
    `✓ rides: 1 topic, 1 stream, 1 table
  topic   rides      kept
  source  rides/csv  kept      it goes on where it was
  stream  zones      rebuild   it has another query
                               $ millrace rebuild rides zones
`,
  );
  const { out: json } = await cli(['check', 'rides.ts', '--json', ...data], { control: { outlook: async () => told } });
  assert.deepEqual(JSON.parse(json), {
    ok: true,
    pipelines: [{ name: 'rides', topics: 1, streams: 1, tables: 1 }],
    errors: [],
    changes: told,
  });
  assert.equal((await cli(['check', 'rides.ts', '--data', '/nowhere'])).code, 2);
});

test('check is exit code 2 where a start would be refused, with the reason and the remedy', async () => {
  const error = new MillraceError('TABLE_CHANGED', 'its key was a and is now b', {
    place: "table 'latest'",
    remedy: 'Rebuild.',
  });
  const refused: Change = {
    noun: 'table',
    name: 'latest',
    pipeline: 'rides',
    effect: 'rebuild',
    says: error.message,
    error,
  };
  const control = { outlook: async () => [refused] };
  const { code, out } = await cli(['check', 'rides.ts', ...data], { control });
  assert.equal(code, 2);
  assert.match(
    out,
    /^✗ rides: 1 topic[\s\S]*✗ TABLE_CHANGED {2}its key was a and is now b\n {2}at {3}table 'latest'\n {2}fix {2}Rebuild\./,
  );
  const json = JSON.parse((await cli(['check', 'rides.ts', '--json', ...data], { control })).out);
  assert.deepEqual([json.ok, json.errors, json.changes[0].error.code], [false, [], 'TABLE_CHANGED']);
});
