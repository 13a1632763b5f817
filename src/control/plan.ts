// A pipeline as plain JSON: what would run, for people, the console and comparisons.

import { formatMs } from '../core/durations.ts';
import type { Value } from '../define/accept.ts';
import { formatType } from '../define/fields.ts';
import { described } from '../define/json-schema.ts';
import { isParam, withParams } from '../define/param.ts';
import { inputOf, type Pipeline } from '../define/pipeline.ts';
import type { Relation } from '../define/relation.ts';
import { filled } from '../define/secret.ts';
import type { SourceDefinition } from '../define/source.ts';
import type { Stream } from '../define/stream.ts';
import { columnsOf, inputColumnsOf } from '../web/columns.ts';
import type { Plan, PlanSource } from '../web/schemas.ts';
import { given } from './given.ts';
import { ownName } from './source-names.ts';

/** The name that a source of a topic has where it runs; undefined where it does not run. */
export type NameOfSource = (topic: string, source: SourceDefinition) => string | undefined;

/** The plan of a pipeline with the values of its parameters, and nothing masked. References carry their noun: `topic ride`, `stream fares`. */
export function planWith(
  pipeline: Pipeline,
  params: ReadonlyMap<string, Value>,
  nameOf: NameOfSource = () => undefined,
): Plan {
  return {
    name: pipeline.name,
    params: pipeline.params.map((param) => ({
      name: param.name,
      type: param.secret ? 'secret' : formatType(param.field.type),
      ...given('value', params.get(param.name)),
      ...given('default', param.fallback),
      ...given('description', described(param.field)),
    })),
    sources: pipeline.topics.flatMap(({ name, sources }) =>
      sources.map((source, i) => {
        const place = sources.slice(0, i + 1).filter((one) => one.kind === source.kind).length;
        return planSource(name, source, place, params, nameOf);
      }),
    ),
    topics: pipeline.topics.map((topic) => ({
      name: topic.name,
      fields: inputColumnsOf(topic.fields),
      ...given('key', topic.key),
      ...given('time', topic.time),
      ...given('person', topic.person),
      latenessMs: topic.latenessMs,
      partitions: topic.partitions,
    })),
    streams: pipeline.streams.map((stream) => {
      const input = inputOf(stream);
      return {
        name: stream.name,
        reads: `${input.of.noun} ${input.of.name}`,
        lookups: lookupsOf(stream),
        ...given('window', windowText(input)),
        fields: columnsOf(stream.fields),
        sql: sqlText(stream),
      };
    }),
    tables: pipeline.tables.map((table) => ({
      name: table.name,
      from: `${table.from.noun} ${table.from.name}`,
      key: [...table.key],
      ...given('version', table.version),
      unique: [...table.unique],
      ...given('keepMs', table.keepMs),
      columns: columnsOf(table.fields),
    })),
    charts: pipeline.charts.map((chart) => ({
      kind: chart.kind,
      ...given('title', chart.title),
      table: chart.table.name,
      options: { ...chart.options },
    })),
  };
}

function planSource(
  topic: string,
  source: SourceDefinition,
  place: number,
  params: ReadonlyMap<string, unknown>,
  nameOf: NameOfSource,
): PlanSource {
  const { otherwise } = source;
  const options = Object.fromEntries(
    Object.entries(source.options).map(([name, value]) => {
      if (typeof value === 'function') return [name, 'function'];
      return [
        name,
        withParams(value, (one) => (params.has(one.name) ? filled(one, params.get(one.name)) : `param:${one.name}`)),
      ];
    }),
  );
  return {
    name: nameOf(topic, source) ?? ownName(topic, source, place),
    topic,
    kind: source.kind,
    options,
    ...(otherwise ? { otherwise: planSource(topic, otherwise, 1, params, nameOf) } : {}),
  };
}

/** The tables that a stream joins with. */
export function lookupsOf(stream: Stream): string[] {
  const tables = stream.query.references.filter((one): one is Relation => !isParam(one) && one.of.noun === 'table');
  return [...new Set(tables.map((one) => one.of.name))];
}

function windowText({ window, dedupe }: Relation): string | undefined {
  const parts: string[] = [];
  if (dedupe) parts.push(`dedupe by ${dedupe.by.join(', ')} within ${formatMs(dedupe.withinMs)}`);
  if (window?.kind === 'tumble') parts.push(`tumble ${formatMs(window.sizeMs)}`);
  if (window?.kind === 'hop') parts.push(`hop ${formatMs(window.sizeMs)} every ${formatMs(window.everyMs)}`);
  if (window?.kind === 'session') parts.push(`session ${formatMs(window.gapMs)} by ${window.by.join(', ')}`);
  return parts.length > 0 ? parts.join(', ') : undefined;
}

/** The query as a person wrote it, with the names of what stands in `${…}`. */
function sqlText(stream: Stream): string {
  let text = stream.query.texts[0]!;
  stream.query.references.forEach((reference, i) => {
    text += isParam(reference) ? `\${${reference.name}}` : `\${${reference.of.name}}`;
    text += stream.query.texts[i + 1]!;
  });
  const lines = text.replace(/^\s*\n|\s+$/g, '').split('\n');
  const indent = Math.min(...lines.filter((line) => line.trim()).map((line) => line.length - line.trimStart().length));
  return lines.map((line) => line.slice(indent)).join('\n');
}
