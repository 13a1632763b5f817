// What the oracle knows of the log: the records of each partition in their order, and which of them were sent again.
import type { Topic } from '../../src/define/topic.ts';
import { partitionOf } from '../../src/log/partition.ts';
import type { Values } from './database.ts';

/** A record as a stage gets it: as it came, or as it was fixed. */
export type Version = { readonly id: number; readonly values: Values };

/** A record of the log. */
export type Entry = {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** When it was processed last, as a number that only grows. */
  order: number;
  readonly original: Version;
  /** Fixed versions by stage; `*`: for all of them. */
  readonly fixed: Map<string, Version>;
  /** The stages to which it was sent again; `*`: all of them. */
  readonly again: Set<string>;
};

/** A record that a stage puts aside. */
export type Letter = { readonly stage: string; readonly entry: Entry };

/** The records of a pipeline's topics. */
export class Records {
  readonly #entries = new Map<string, Entry[]>();
  #next = 1;

  /** Grows with whatever happens. */
  get changes(): number {
    return this.#next;
  }

  append(topic: Topic, records: readonly Values[]): void {
    const entries = this.of(topic.name);
    this.#entries.set(topic.name, entries);
    for (const values of records) {
      const partition = topic.partitions === 1 ? 0 : partitionOf(keyOf(topic, values), topic.partitions);
      const offset = entries.filter((one) => one.partition === partition).length;
      const id = this.#next++;
      entries.push({
        topic: topic.name,
        partition,
        offset,
        order: id,
        original: { id, values },
        fixed: new Map(),
        again: new Set(),
      });
    }
  }

  /** The records of a topic, in the order of their partitions. */
  of(topic: string): Entry[] {
    return this.#entries.get(topic) ?? [];
  }

  /** Sends a letter again, fixed where `fix` is given. `stage`: the only one that gets it; `*`: all. */
  sendAgain({ entry }: Letter, stage: string, fix?: (values: Values) => Values): void {
    entry.again.add(stage);
    const id = this.#next++;
    if (stage === '*') entry.order = id;
    if (fix) entry.fixed.set(stage, { id, values: fix(versionFor(entry, stage).values) });
  }
}

/** A record as a stage gets it. */
export function versionFor(entry: Entry, stage: string): Version {
  return entry.fixed.get(stage) ?? entry.fixed.get('*') ?? entry.original;
}

/** Whether a record is in time for a stage, whenever it happened. */
export function isAgain(entry: Entry, stage: string): boolean {
  return entry.again.has(stage) || entry.again.has('*');
}

function keyOf({ key, name }: Topic, values: Values): Uint8Array {
  if (key === undefined) throw new Error(`topic ${name} has partitions and no key`);
  return new TextEncoder().encode(String(values[key]));
}
