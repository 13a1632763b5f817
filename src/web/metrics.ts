// The metrics by name: `millrace_` and the noun, with the unit last; labels are pipeline, topic, stage, table.
import type { monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { RefusedPosts } from './backend.ts';
import type { GraphNode, PipelineView, TableView, TopicView } from './schemas.ts';

/** What metrics are computed from. */
export type Measured = {
  readonly pipelines: readonly PipelineView[];
  readonly topics: readonly TopicView[];
  readonly tables: readonly TableView[];
  readonly refusedPosts: readonly RefusedPosts[];
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly now: number;
};

type Delay = ReturnType<typeof monitorEventLoopDelay>;
type Labels = Record<string, string>;
type Put = (value: number | undefined, labels?: Labels) => void;

/** Adds the metrics to a registry; what it returns computes them anew. */
export function gauges(registry: Registry, delay: Delay): (measured: Measured) => void {
  const resets: (() => void)[] = [];
  const gauge = (name: string, help: string, ...labelNames: string[]): Put => {
    const made = new Gauge({ name: `millrace_${name}`, help, labelNames, registers: [registry] });
    resets.push(() => made.reset());
    return (value, labels = {}) => {
      if (value !== undefined && Number.isFinite(value)) made.set(labels, value);
    };
  };
  /** A count that only grows, but for a restart: it is kept elsewhere. */
  const total = (name: string, help: string, ...labelNames: string[]): Put => {
    const made = new Counter({ name: `millrace_${name}_total`, help, labelNames, registers: [registry] });
    resets.push(() => made.reset());
    return (value, labels = {}) => {
      if (value !== undefined && Number.isFinite(value) && value >= 0) made.inc(labels, value);
    };
  };

  const putPipeline = pipelineMetrics(gauge, total);
  const putNode = nodeMetrics(gauge, total);
  const putTopic = topicMetrics(gauge, total);
  const putProcess = processMetrics(gauge, total, delay);
  const tableRows = gauge('table_rows', 'Rows of a table.', 'pipeline', 'table');

  const refusedPosts = total(
    'post_refused_records',
    'Posted records that were refused since this process began; a request that was refused as a whole is one.',
    'topic',
    'code',
  );

  return (measured) => {
    for (const reset of resets) reset();
    for (const { topic, code, count } of measured.refusedPosts) refusedPosts(count, { topic, code });
    // a source that several pipelines show is counted once
    const sources = new Set<string>();
    for (const pipeline of measured.pipelines) {
      putPipeline(pipeline);
      for (const node of pipeline.nodes) {
        putNode(pipeline.name, node, measured.now, node.noun === 'source' && sources.has(node.name));
        if (node.noun === 'source') sources.add(node.name);
      }
    }
    for (const topic of measured.topics) putTopic(topic, measured.now);
    for (const { name, pipeline, rows } of measured.tables) tableRows(rows, { pipeline, table: name });
    putProcess(measured);
  };
}

type Make = (name: string, help: string, ...labelNames: string[]) => Put;

const statuses = ['starting', 'healthy', 'degraded', 'paused', 'failed', 'stopped'] as const;

function pipelineMetrics(gauge: Make, total: Make): (view: PipelineView) => void {
  const status = gauge('pipeline_status', '1 for the status that it has.', 'pipeline', 'status');
  const into = total('pipeline_in_records', 'Records that came in.', 'pipeline');
  const states = {
    out: gauge('pipeline_out_records', 'Records that were stored.', 'pipeline'),
    filtered: gauge('pipeline_filtered_records', 'Left out by a WHERE clause.', 'pipeline'),
    deduplicated: gauge('pipeline_deduplicated_records', 'Left out as duplicates.', 'pipeline'),
    late: gauge('pipeline_late_records', 'Too late for their window.', 'pipeline'),
    dead: gauge('pipeline_dead_records', 'In the dead letters.', 'pipeline'),
    inFlight: gauge('pipeline_in_flight_records', 'Durable in the log, not processed yet.', 'pipeline'),
  };
  const balanced = gauge(
    'pipeline_ledger_balanced',
    '1 where each record and each row is accounted for, else 0.',
    'pipeline',
  );
  const rate = gauge('pipeline_records_per_second', 'Records processed, over the last seconds.', 'pipeline');
  const byteRate = gauge(
    'pipeline_bytes_per_second',
    'Bytes appended to its topics, over the last seconds.',
    'pipeline',
  );
  const work = total('pipeline_work_seconds', 'Time that this run has spent in each part.', 'pipeline', 'part');
  return ({ name, status: now, ledger, recordsPerSecond, bytesPerSecond, parts }) => {
    const pipeline = name;
    for (const one of statuses) status(one === now ? 1 : 0, { pipeline, status: one });
    into(ledger.in, { pipeline });
    for (const [state, put] of Object.entries(states)) put(ledger[state as keyof typeof states], { pipeline });
    balanced(ledger.balanced ? 1 : 0, { pipeline });
    rate(recordsPerSecond, { pipeline });
    byteRate(bytesPerSecond, { pipeline });
    for (const [part, ms] of Object.entries(parts)) work(ms / 1000, { pipeline, part });
  };
}

type PutNode = (pipeline: string, node: GraphNode, now: number, isCounted: boolean) => void;

function nodeMetrics(gauge: Make, total: Make): PutNode {
  const of = ['pipeline', 'stage'];
  const source = total('source_records', 'Records that a source gave.', ...of);
  const refused = total('source_refused_records', 'Records that a source brought and that were refused.', ...of);
  const progress = gauge('source_progress_ratio', 'How far a source is whose end is known, 0 to 1.', ...of);
  const into = total('stage_in_records', 'Records or rows that went into a stream or table.', ...of);
  const out = gauge('stage_out_records', 'Records or rows that came out of a stream or table.', ...of);
  const late = gauge('stage_late_records', 'Too late for a window of this stream.', ...of);
  const retracted = total('stage_retracted_rows', 'Rows that came out of it and no longer hold.', ...of);
  const replaced = total(
    'stage_replaced_rows',
    'Rows of a table whose place a newer one of their key has taken.',
    ...of,
  );
  const expired = total('stage_expired_rows', 'Rows that the `keep` of a table has removed.', ...of);
  const dead = gauge('stage_dead_records', 'In the dead letters of this stage.', ...of);
  const batch = gauge('stage_batch_seconds', 'Time that a micro-batch took, mean of the last ones.', ...of);
  const lag = gauge('topic_lag_records', 'Records not processed yet.', 'pipeline', 'topic');
  const lagSeconds = gauge('topic_lag_seconds', 'How long the oldest of these has waited.', 'pipeline', 'topic');
  const watermark = gauge('topic_watermark_age_seconds', 'How far the watermark is behind now.', 'pipeline', 'topic');
  return (pipeline, node, now, isCounted) => {
    const labels = { pipeline, stage: node.name };
    if (node.noun === 'topic') {
      const topic = { pipeline, topic: node.name };
      lag(node.lagRecords, topic);
      lagSeconds(node.lagSeconds, topic);
      if (node.watermark !== undefined) watermark((now - node.watermark) / 1000, topic);
      return;
    }
    if (node.noun === 'source') {
      if (!isCounted) {
        source(node.out, labels);
        refused(node.refused, labels);
        progress(node.progress, labels);
      }
    } else {
      // a table may be called as the stream that it keeps
      labels.stage = `${node.noun}:${node.name}`;
      into(node.in, labels);
      out(node.out, labels);
      late(node.late, labels);
      retracted(node.retracted, labels);
      replaced(node.replaced, labels);
      expired(node.expired, labels);
    }
    dead(node.dead, labels);
    if (node.batchMs !== undefined) batch(node.batchMs / 1000, labels);
  };
}

function topicMetrics(gauge: Make, total: Make): (topic: TopicView, now: number) => void {
  const appended = total('topic_appended_records', 'Records that were ever appended.', 'topic');
  const records = gauge('topic_records', 'Records that are kept.', 'topic');
  const bytes = gauge('topic_bytes', 'Bytes that are kept.', 'topic');
  const age = gauge('topic_newest_age_seconds', 'How old its newest record is.', 'topic');
  return (view, now) => {
    const topic = { topic: view.name };
    appended(
      view.partitions.reduce((sum, one) => sum + one.end, 0),
      topic,
    );
    records(view.records, topic);
    bytes(view.bytes, topic);
    if (view.newestAt !== undefined) age((now - view.newestAt) / 1000, topic);
  };
}

function processMetrics(gauge: Make, total: Make, delay: Delay): (measured: Measured) => void {
  const info = gauge('info', 'The version that runs.', 'version', 'node');
  const started = gauge('process_start_time_seconds', 'When it began, seconds since 1970.');
  const resident = gauge('process_resident_memory_bytes', 'Memory of the process.');
  const heap = gauge('process_heap_used_bytes', 'Memory of JavaScript objects.');
  const external = gauge('process_external_memory_bytes', 'Memory of buffers and native objects.');
  const cpu = total('process_cpu_seconds', 'Time on the processor.', 'mode');
  const loop = gauge('event_loop_delay_seconds', 'Delay of the event loop since the last scrape.', 'quantile');
  return ({ version, startedAt }) => {
    info(1, { version, node: process.version });
    started(startedAt / 1000);
    const memory = process.memoryUsage();
    resident(memory.rss);
    heap(memory.heapUsed);
    external(memory.external);
    const { user, system } = process.cpuUsage();
    cpu(user / 1e6, { mode: 'user' });
    cpu(system / 1e6, { mode: 'system' });
    for (const quantile of [0.5, 0.9, 0.99])
      loop(delay.percentile(quantile * 100) / 1e9, { quantile: String(quantile) });
    loop(delay.max / 1e9, { quantile: '1' });
    delay.reset();
  };
}
