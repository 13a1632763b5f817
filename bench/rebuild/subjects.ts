// The pipelines that the benchmark `rebuild` makes again: New York's buses, and one with all that a rebuild must make again.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { positions } from '../../examples/bus/generator.ts';
import bus, { bus_positions } from '../../examples/bus/pipeline.ts';
import { random } from '../../src/core/random.ts';
import type { Pipeline } from '../../src/define/pipeline.ts';
import type { Topic } from '../../src/define/topic.ts';
import rebuilt, { reading } from '../../test/e2e/pipelines/rebuilt.ts';

/** A pipeline that is made again. */
export type Subject = {
  readonly pipeline: Pipeline;
  /** The topic that records come into all the time. */
  readonly topic: Topic;
  /** What its records are when the first `count` are there. */
  readonly records: (count: number) => Iterator<unknown, unknown>;
  /** Parameters of a run that brings `count` records as fast as it can. */
  readonly params: (count: number, folder: string) => Promise<Record<string, string>>;
  /** Tables whose rows only become more. */
  readonly growing: readonly string[];
};

const seed = 7;

export const subjects: Readonly<Record<string, Subject>> = {
  bus: {
    pipeline: bus,
    topic: bus_positions as unknown as Topic,
    *records(count) {
      const all = positions(random(`${seed}/simulate`));
      for (let i = 0; i < count; i++) all.next();
      yield* all;
    },
    params: async (count) => ({ count: String(count), rate: '1000000/s', seed: String(seed) }),
    growing: ['bus_traffic_processed', 'line_delay', 'bus_latest'],
  },
  rebuilt: {
    pipeline: rebuilt,
    topic: reading as unknown as Topic,
    records: readings,
    async params(count, folder) {
      const file = join(folder, 'places.csv');
      await writeFile(file, ['device,city', ...Array.from({ length: 9 }, (_, i) => `d${i},city${i % 3}`)].join('\n'));
      return { file, count: String(count), rate: '1000000/s', failing: '100000' };
    },
    growing: ['minutes', 'last_minute', 'placed', 'steps', 'all_readings'],
  },
};

/** As the pipeline `rebuilt` generates them; one in twenty comes twice. */
function* readings(first: number): Generator<unknown> {
  const base = Date.parse('2026-03-01T00:00:00Z');
  for (let i = first; ; i++) {
    const n = i % 20 === 19 ? i - 1 : i;
    yield { n, device: `d${(n * 7) % 11}`, value: (n * 13) % 97, at: base + n * 400 };
  }
}
