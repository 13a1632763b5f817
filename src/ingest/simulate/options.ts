// The options of simulate(): what each is for, and how it is checked.
import { type Kind, nameDoc, optional, type Read, readOptions, required, sourceName, whole } from '../options.ts';
import { rateKind } from '../pace.ts';
import type { SimulateOptions } from './simulate.ts';

const seed: Kind<number | string> = {
  name: 'a number or a text',
  read: (value) => (typeof value === 'string' || Number.isFinite(value) ? (value as number | string) : undefined),
};

const generator: Kind<SimulateOptions['rows']> = {
  name: 'a generator function',
  read: (value) => (typeof value === 'function' ? (value as SimulateOptions['rows']) : undefined),
};

/** The schema of the options. */
export const rules = {
  seed: required(seed, 'the same seed gives the same records.'),
  rows: required(generator, 'function* (random, { startMs }) { … yield { … } }.'),
  count: optional(whole(0), 'how many records.'),
  rate: optional(rateKind, 'how fast; absent: full speed.'),
  name: optional(sourceName, nameDoc),
};

/** The options as they are used. */
export type SimulateSettings = Read<typeof rules>;

/** Reads and checks the options; throws OPTION_INVALID. */
export const readSimulateOptions = (
  given: Readonly<Record<string, unknown>>,
  place: string,
  isCheck = false,
): SimulateSettings => readOptions(rules, given, place, isCheck);
