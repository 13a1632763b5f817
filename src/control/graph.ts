// A pipeline as a picture: what its boxes are called and do, and what flows between them.
import type { Pipeline } from '../define/pipeline.ts';
import { inputOf } from '../define/pipeline.ts';
import type { Stream } from '../define/stream.ts';
import type { Table } from '../define/table.ts';
import type { Topic } from '../define/topic.ts';
import { lookupsOf } from './plan.ts';

/** An edge before anything has flowed. `meter`: the measure that tells its rate; undefined where nothing flows. */
export type Edge = {
  readonly from: string;
  readonly to: string;
  readonly kind: 'flow' | 'lookup';
  readonly meter: string | undefined;
};

const units = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
  ['millisecond', 1],
] as const;

/** A span of time in words: `1 minute`, `90 seconds`. */
function inWords(ms: number): string {
  const [unit, size] = units.find(([, size]) => ms % size === 0) ?? (['millisecond', 1] as const);
  const count = ms / size;
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

/** What a topic is, in a few words: `key vehicle, 4 partitions`. */
export function topicLabel({ key, partitions }: Topic): string {
  const parts = [key === undefined ? '' : `key ${key}`, partitions === 1 ? '' : `${partitions} partitions`];
  return parts.filter(Boolean).join(', ') || 'no key';
}

/** What a stream does, in a few words: `dedupe by id within 1 hour, tumble 1 minute`. */
export function streamLabel(stream: Stream): string {
  const { window, dedupe } = inputOf(stream);
  const lookups = lookupsOf(stream);
  const parts: string[] = [];
  if (dedupe) parts.push(`dedupe by ${dedupe.by.join(', ')} within ${inWords(dedupe.withinMs)}`);
  if (window?.kind === 'tumble') parts.push(`tumble ${inWords(window.sizeMs)}`);
  if (window?.kind === 'hop') parts.push(`hop ${inWords(window.sizeMs)} every ${inWords(window.everyMs)}`);
  if (window?.kind === 'session') parts.push(`session of ${inWords(window.gapMs)} by ${window.by.join(', ')}`);
  if (lookups.length > 0) parts.push(`joins ${lookups.join(', ')}`);
  return parts.join(', ') || 'filters and maps';
}

/** What a table is, in a few words: `key line, minute`. */
export function tableLabel({ key, isByPlace }: Table): string {
  return isByPlace ? 'key place()' : `key ${key.join(', ')}`;
}

/** Whether rows of a stream may be retracted: it reads windows, or the rows of a stream that does. */
export function retracts(stream: Stream): boolean {
  const { window, of } = inputOf(stream);
  return window !== undefined || (of.noun === 'stream' && retracts(of));
}

/** The edges between topics, streams and tables, in the order of the data. */
export function edgesOf(pipeline: Pipeline): Edge[] {
  const flow = (from: { noun: string; name: string }, noun: 'stream' | 'table', name: string): Edge => ({
    from: `${from.noun}:${from.name}`,
    to: `${noun}:${name}`,
    kind: 'flow',
    meter: `${noun} ${name} in`,
  });
  return [
    ...pipeline.streams.flatMap((stream) => [
      flow(inputOf(stream).of, 'stream', stream.name),
      ...lookupsOf(stream).map(
        (table): Edge => ({ from: `table:${table}`, to: `stream:${stream.name}`, kind: 'lookup', meter: undefined }),
      ),
    ]),
    ...pipeline.tables.map((table) => flow(table.from, 'table', table.name)),
  ];
}
