// simulate(): records drawn by a generator from a seed.
import type { Random } from '../../core/random.ts';
import type { OrParam } from '../../define/param.ts';
import { type SourceDefinition, source } from '../../define/source.ts';
import type { Rate } from '../pace.ts';

/** What a generator starts from. */
export type SimulationStart = {
  /** When the simulation was first started, in milliseconds since 1970 UTC; the same after a restart. */
  readonly startMs: number;
};

/** Options of `simulate()`. */
export type SimulateOptions = {
  /** The same seed gives the same records. */
  readonly seed: OrParam<number | string> | OrParam<number> | OrParam<string>;
  /** Makes the records, one after the other; must draw chance and time only from what it is given. */
  readonly rows: (random: Random, start: SimulationStart) => Iterable<object>;
  /** How many records; absent: as many as the generator makes, which may be without end. */
  readonly count?: OrParam<number>;
  /** Default: full speed. */
  readonly rate?: Rate | OrParam<string> | OrParam<number>;
  /** What it is called in its topic: what it has read is kept under it. Absent: its kind and its place among those of its kind. */
  readonly name?: string;
};

/**
 * Records from a generator function, the same for the same seed, also after a restart.
 *
 * @throws OPTION_INVALID, at `check`
 * @example
 * simulate({ seed: 1, rate: '100/s', rows: function* (random, { startMs }) {
 *   for (let i = 0; ; i++) yield { room: random.pick(['hall', 'attic']), celsius: 20 + random.normal(), at: startMs + i * 1000 }
 * } })
 */
export function simulate(options: SimulateOptions): SourceDefinition {
  return source('simulate', options);
}
