// A plan as a picture for the terminal: parameters, then a tree from each topic to what it feeds.

import { formatMs } from '../core/durations.ts';
import type { Plan } from '../web/schemas.ts';
import { grid } from './grid.ts';
import { toJson } from './json.ts';
import { plural } from './numbers.ts';
import type { Paint } from './paint.ts';
import { cut, harmless } from './width.ts';

type Node = { readonly text: string; readonly below: readonly Node[] };
type Source = Plan['sources'][number];

/** A plan as text, its lines cut to so many columns. */
export function planText(plan: Plan, paint: Paint, columns = Number.POSITIVE_INFINITY): string {
  const parts = [
    plural(plan.topics.length, 'topic'),
    plural(plan.streams.length, 'stream'),
    plural(plan.tables.length, 'table'),
    ...(plan.charts.length > 0 ? [plural(plan.charts.length, 'chart')] : []),
  ];
  const lines = [`${paint.bold(plan.name)}   ${paint.dim(parts.join(', '))}`];
  if (plan.params.length > 0) lines.push('', ...paramLines(plan, paint));
  for (const topic of plan.topics) {
    const sources = plan.sources.filter((source) => source.topic === topic.name);
    lines.push('', ...sources.map((source) => sourceText(source, paint)));
    lines.push(
      ...treeLines(
        topicNode(plan, topic, paint),
        sources.length > 0 ? '└─ ' : '',
        sources.length > 0 ? '   ' : '',
        paint,
      ),
    );
  }
  return `${lines.map((line) => cut(line, columns)).join('\n')}\n`;
}

function paramLines(plan: Plan, paint: Paint): string[] {
  const rows = plan.params.map((param) => [
    `--set ${param.name}=${'value' in param && param.value !== undefined ? harmless(plainText(param.value)) : '…'}`,
    paint.dim(param.type),
    param.default === undefined ? paint.dim('unset') : paint.dim(`default ${harmless(plainText(param.default))}`),
    harmless(param.description ?? ''),
  ]);
  const heads = [{ name: 'parameters' }, { name: '' }, { name: '' }, { name: '' }];
  return grid(heads, rows, paint).trimEnd().split('\n');
}

function plainText(value: unknown): string {
  return typeof value === 'string' ? value : toJson(value);
}

function sourceText(source: Source, paint: Paint): string {
  const options = Object.entries(source.options).map(([name, value]) => `${name}: ${harmless(plainText(value))}`);
  const own = `${paint.cyan('source')} ${paint.bold(source.kind)}  ${paint.dim(options.join(', '))}`.trimEnd();
  const otherwise = source.otherwise as Source | undefined;
  return otherwise ? `${own}  ${paint.dim('or')} ${paint.bold(otherwise.kind)}` : own;
}

function topicNode(plan: Plan, topic: Plan['topics'][number], paint: Paint): Node {
  const facts = [
    plural(topic.fields.length, 'field'),
    ...(topic.key ? [`key ${topic.key}`] : []),
    ...(topic.time ? [`time ${topic.time}`] : []),
    ...(topic.person ? [`person ${topic.person}`] : []),
    ...(topic.latenessMs > 0 ? [`late after ${formatMs(topic.latenessMs)}`] : []),
    ...(topic.partitions > 1 ? [plural(topic.partitions, 'partition')] : []),
  ];
  return { text: node('topic', topic.name, facts, paint), below: fedBy(plan, 'topic', topic.name, paint) };
}

/** What reads a topic or a stream. */
function fedBy(plan: Plan, noun: 'topic' | 'stream', name: string, paint: Paint): Node[] {
  const reads = (from: string) => from === `${noun} ${name}`;
  const streams = plan.streams
    .filter((stream) => reads(stream.reads))
    .map((stream) => {
      const facts = [
        ...(stream.window ? [String(stream.window)] : []),
        ...(stream.lookups.length > 0 ? [`joined with ${stream.lookups.join(', ')}`] : []),
        plural(stream.fields.length, 'column'),
      ];
      return { text: node('stream', stream.name, facts, paint), below: fedBy(plan, 'stream', stream.name, paint) };
    });
  const tables = plan.tables
    .filter((table) => reads(table.from))
    .map((table) => {
      const facts = [
        `key ${table.key.join(', ')}`,
        ...(table.version ? [`newest ${table.version}`] : []),
        ...(table.unique.length > 0 ? [`unique ${table.unique.join(', ')}`] : []),
        ...(table.keepMs ? [`kept ${formatMs(table.keepMs)}`] : []),
      ];
      return { text: node('table', table.name, facts, paint), below: [] };
    });
  return [...streams, ...tables];
}

function node(noun: string, name: string, facts: readonly string[], paint: Paint): string {
  return `${paint.cyan(noun)} ${paint.bold(name)}  ${paint.dim(facts.join(' · '))}`;
}

function treeLines(tree: Node, first: string, rest: string, paint: Paint): string[] {
  const lines = [`${paint.dim(first)}${tree.text}`];
  tree.below.forEach((one, i) => {
    const isLast = i === tree.below.length - 1;
    lines.push(...treeLines(one, `${rest}${isLast ? '└─ ' : '├─ '}`, `${rest}${isLast ? '   ' : '│  '}`, paint));
  });
  return lines;
}
