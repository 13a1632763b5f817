// topic.record(): a record that a pipeline's own route stores, checked when it is made.
import { recordAcceptor } from './accept.ts';
import type { Fields, Input } from './fields.ts';

/** A record for a topic. Frozen; it is stored where a post route returns it. */
export interface NewRecord<F extends Fields = Fields> {
  readonly noun: 'record';
  /** The topic's name. */
  readonly topic: string;
  readonly value: Input<F>;
}

/** Those that were made here: JSON from outside can look like a record, but not be one. */
const made = new WeakSet<object>();

/** Makes the `record` of a topic. */
export function recordMaker<F extends Fields>(topic: string, fields: F): (value: Input<F>) => NewRecord<F> {
  let accept: ReturnType<typeof recordAcceptor> | undefined;
  return (value) => {
    accept ??= recordAcceptor(fields);
    accept(value);
    const record: NewRecord<F> = Object.freeze({
      noun: 'record',
      topic,
      value: Object.freeze({ ...value }) as Input<F>,
    });
    made.add(record);
    return record;
  };
}

/** Whether a value was made by the `record` of a topic. */
export function isRecord(value: unknown): value is NewRecord {
  return typeof value === 'object' && value !== null && made.has(value);
}
