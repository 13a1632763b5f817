// A running pipeline as the API shows it: its graph with live rates, its ledger, how it is.

import type { GraphEdge, GraphNode, PipelineView } from '../web/schemas.ts';
import { given } from './given.ts';
import { edgesOf, retracts, streamLabel, tableLabel, topicLabel } from './graph.ts';
import type { PipelineStatus, SourceStatus, StageStatus } from './millrace.ts';
import type { Runner } from './runner.ts';

/** How a pipeline is now. Computed from counters in memory: no call of the log or the store. */
export function viewOf(runner: Runner): PipelineView {
  const { pipeline, measures } = runner;
  const status = runner.status();
  return {
    name: status.name,
    status: status.health,
    ...(status.reason === undefined ? {} : { reason: status.reason }),
    ledger: status.ledger,
    nodes: nodesOf(runner, status),
    edges: [
      ...status.sources.map(
        (source): GraphEdge => ({
          from: `source:${source.name}`,
          to: `topic:${source.topic}`,
          kind: 'flow',
          ratePerSecond: rateOf(runner, `source ${source.name}`),
        }),
      ),
      ...edgesOf(pipeline).map(
        ({ from, to, kind, meter }): GraphEdge => ({
          from,
          to,
          kind,
          ratePerSecond: meter === undefined ? 0 : rateOf(runner, meter),
        }),
      ),
    ],
    charts: pipeline.charts.length,
    recordsPerSecond: status.recordsPerSecond,
    bytesPerSecond: runner.hasEnded ? 0 : measures.bytesPerSecond,
    run: { startedAt: runner.startedAt, ...given('endedAt', runner.endedAt), ...status.run },
    parts: { ...status.parts },
  };
}

function rateOf(runner: Runner, meter: string): number {
  return runner.hasEnded ? 0 : runner.measures.rate(meter);
}

function nodesOf(runner: Runner, status: PipelineStatus): GraphNode[] {
  const { pipeline, measures } = runner;
  /** How a topic, stream or table is; `waiting`: records that it has not processed. */
  const stateOf = (place: string, rate: number, waiting: number): GraphNode['state'] => {
    if (status.health === 'failed') return runner.failure?.place === place ? 'failed' : 'stopped';
    if (runner.hasEnded && status.health !== 'paused') return waiting > 0 ? 'stopped' : 'ended';
    if (status.health === 'paused') return 'paused';
    return rate > 0 ? 'flowing' : waiting > 0 ? 'waiting' : 'idle';
  };
  const sources = status.sources.map((source): GraphNode => {
    const rate = rateOf(runner, `source ${source.name}`);
    return {
      id: `source:${source.name}`,
      noun: 'source',
      name: source.name,
      label: source.kind,
      state: sourceState(source, status, rate),
      ...given('notice', source.notice ?? runner.troubleOf(source.name)),
      ratePerSecond: rate,
      in: source.read,
      out: source.read - source.refused,
      refused: source.refused,
      dead: runner.deadOf(`source ${source.name}`),
      ...given('progress', source.progress),
    };
  });
  const topics = pipeline.topics.map((topic): GraphNode => {
    const rate = rateOf(runner, `topic ${topic.name}`);
    const counts = measures.topic(topic.name);
    return {
      id: `topic:${topic.name}`,
      noun: 'topic',
      name: topic.name,
      label: topicLabel(topic),
      state: stateOf(`topic '${topic.name}'`, rate, counts.waiting),
      ratePerSecond: rate,
      in: counts.in,
      out: counts.out,
      dead: runner.deadOf(`topic ${topic.name}`),
      bytes: measures.bytes(topic.name),
      lagRecords: counts.waiting,
      lagSeconds: measures.lagSeconds(topic.name),
      ...given('watermark', status.watermarks[topic.name]),
      ...given('notice', runner.waitOf(topic.name) ?? status.notices[topic.name]),
    };
  });
  // what waits in the log waits for all of them; while it runs they are idle meanwhile
  const unprocessed = runner.hasEnded ? status.ledger.inFlight : 0;
  const stage = (
    { noun, name, retracted, replaced, expired, ...counts }: StageStatus,
    label: string,
    retracts: boolean,
  ): GraphNode => {
    const rate = rateOf(runner, `${noun} ${name}`);
    return {
      id: `${noun}:${name}`,
      noun,
      name,
      label,
      // a window takes rows long before it gives one
      state: stateOf(`${noun} '${name}'`, Math.max(rate, rateOf(runner, `${noun} ${name} in`)), unprocessed),
      ratePerSecond: rate,
      ...counts,
      ...(retracts || retracted > 0 ? { retracted } : {}),
      ...given('notice', noun === 'stream' ? runner.noticeOf(name) : undefined),
      ...given('batchMs', measures.batchMs(`${noun} ${name}`)),
      ...(noun === 'table' ? { replaced, expired, rows: status.tables[name] ?? 0 } : {}),
    };
  };
  const stages = status.stages.map((one) => {
    const stream = pipeline.streams.find(({ name }) => one.noun === 'stream' && name === one.name);
    if (stream) return stage(one, streamLabel(stream), retracts(stream));
    const table = pipeline.tables.find(({ name }) => name === one.name)!;
    return stage(one, tableLabel(table), table.from.noun === 'stream' && retracts(table.from));
  });
  const foreign = pipeline.lookups.map(
    (table): GraphNode => ({
      id: `table:${table.name}`,
      noun: 'table',
      name: table.name,
      label: 'of another pipeline',
      state: stateOf(`table '${table.name}'`, 0, 0),
      ratePerSecond: 0,
    }),
  );
  return [...sources, ...topics, ...foreign, ...stages];
}

function sourceState(source: SourceStatus, { health }: PipelineStatus, rate: number): GraphNode['state'] {
  if (source.state === 'failed' || source.state === 'ended') return source.state;
  if (health === 'failed' || health === 'stopped') return 'stopped';
  if (health === 'paused') return 'paused';
  if (source.state === 'starting') return 'idle';
  return rate > 0 ? 'flowing' : 'waiting';
}
