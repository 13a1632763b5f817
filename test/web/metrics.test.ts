// The metrics of what pipelines share: counted once, whoever shows it.
import assert from 'node:assert/strict';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { test } from 'node:test';
import { Registry } from 'prom-client';
import { gauges } from '../../src/web/metrics.ts';
import type { PipelineView } from '../../src/web/schemas.ts';

test('a source that two pipelines show is counted once, and its dead letters where they are', async () => {
  const view = (name: string, dead: number): PipelineView => ({
    name,
    status: 'healthy',
    ledger: { in: 0, out: 0, filtered: 0, deduplicated: 0, late: 0, dead, inFlight: 0, balanced: true },
    nodes: [
      {
        id: 'source:rows/csv',
        noun: 'source',
        name: 'rows/csv',
        label: 'csv',
        state: 'ended',
        ratePerSecond: 0,
        out: 600,
        dead,
        progress: 1,
      },
    ],
    edges: [],
    charts: 0,
    recordsPerSecond: 0,
    bytesPerSecond: 0,
    run: { startedAt: 0, records: 0, seconds: 0 },
    parts: {},
  });
  const registry = new Registry();
  const put = gauges(registry, monitorEventLoopDelay());
  const measured = { topics: [], tables: [], refusedPosts: [], version: '0', startedAt: 0, now: 0 };
  put({ ...measured, pipelines: [view('a', 2), view('b', 0)] });
  const lines = (await registry.metrics()).split('\n');
  const of = (name: string) => lines.filter((line) => line.startsWith(`millrace_${name}{`));
  assert.deepEqual(of('source_records_total'), ['millrace_source_records_total{pipeline="a",stage="rows/csv"} 600']);
  assert.deepEqual(of('source_progress_ratio'), ['millrace_source_progress_ratio{pipeline="a",stage="rows/csv"} 1']);
  assert.deepEqual(of('stage_dead_records'), [
    'millrace_stage_dead_records{pipeline="a",stage="rows/csv"} 2',
    'millrace_stage_dead_records{pipeline="b",stage="rows/csv"} 0',
  ]);
});
