// millrace plan: the graph as a tree.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Plan } from '../../src/web/schemas.ts';
import { cli } from './fake.ts';

/** A plan with a stream that reads a stream, a lookup, and a source with another in its place. */
export const plan = {
  name: 'rides',
  params: [{ name: 'file', type: 'text', description: 'A CSV file.' }],
  sources: [
    {
      name: 'csv',
      topic: 'rides',
      kind: 'csv',
      options: { file: 'param file' },
      otherwise: { name: 'simulate', topic: 'rides', kind: 'simulate', options: {} },
    },
  ],
  topics: [
    {
      name: 'rides',
      fields: [{ name: 'zone', type: 'text', isOptional: false, isPersonal: false }],
      key: 'zone',
      time: 'at',
      latenessMs: 180_000,
      partitions: 4,
    },
  ],
  streams: [
    { name: 'clean', reads: 'topic rides', lookups: [], fields: [], sql: 'select 1' },
    { name: 'fares', reads: 'stream clean', lookups: ['zones'], fields: [], sql: 'select 1' },
  ],
  tables: [
    { name: 'latest', from: 'stream clean', key: ['zone'], unique: [], columns: [] },
    { name: 'zones', from: 'topic rides', key: ['zone'], unique: [], keepMs: 7_200_000, columns: [] },
    { name: 'fare_by_zone', from: 'stream fares', key: ['zone', 'minute'], unique: [], columns: [] },
  ],
  charts: [],
} as unknown as Plan;

const planOf = async () => plan;

test('the graph is a tree from the sources to the tables', async () => {
  const { out } = await cli(['plan', 'r.ts'], { control: { planOf } });
  assert.equal(
    out,
    `rides   1 topic, 2 streams, 3 tables

parameters
--set file=…  text  unset  A CSV file.

source csv  file: param file  or simulate
└─ topic rides  1 field · key zone · time at · late after 3m 0s · 4 partitions
   ├─ stream clean  0 columns
   │  ├─ stream fares  joined with zones · 0 columns
   │  │  └─ table fare_by_zone  key zone, minute
   │  └─ table latest  key zone
   └─ table zones  key zone · kept 2h 0m
`,
  );
});

test('with --json it is the plan itself', async () => {
  const { out } = await cli(['plan', 'r.ts', '--json'], { control: { planOf } });
  assert.equal(JSON.parse(out).streams[1].reads, 'stream clean');
});
