// topic(): a named, partitioned, ordered, durable log of typed records.
import { type Duration, durationMs, type Size, sizeBytes } from '../core/durations.ts';
import { MillraceError } from '../core/errors.ts';
import { checkField, type Fields, type Input } from './fields.ts';
import { checkFieldName, checkName } from './names.ts';
import {
  checkOptions,
  checkValue,
  durationRule,
  isObject,
  objectRule,
  sizeRule,
  textRule,
  wholeRule,
} from './options.ts';
import { type NewRecord, recordMaker } from './record.ts';
import { type Readable, readable } from './relation.ts';
import { isSource, type SourceDefinition } from './source.ts';

/** Names of the timestamp fields. */
export type TimeNames<F extends Fields> = {
  [K in keyof F & string]: F[K] extends { readonly '~types'?: { out: Date } } ? K : never;
}[keyof F & string];

/** Names of the fields that can name a person: texts and whole numbers. */
export type PersonNames<F extends Fields> = {
  [K in keyof F & string]: F[K] extends { readonly '~types'?: { out: string | number | bigint | null } } ? K : never;
}[keyof F & string];

/** Options of a topic. */
export type TopicOptions<F extends Fields> = {
  /** The field that decides the partition: records of one key stay in order. Absent: spread evenly. */
  key?: keyof F & string;
  /** The timestamp field that is the event time; must not be optional. */
  time?: TimeNames<F>;
  /** The field that names the person whom a record is about: a text(), int() or long(). `millrace forget` removes a person by it. */
  person?: PersonNames<F>;
  /** How much a record may be older than the newest of its partition before it is late. Default 0s. */
  lateness?: Duration;
  /** How long a partition may bring nothing, by the clock, before it no longer holds back the windows of the others. Default 10s. */
  idle?: Duration;
  /** Default 1. */
  partitions?: number;
  /** How long and how much the log keeps: `{ age: '7 days', size: '10 GB' }`. Absent: for ever. */
  retain?: { age?: Duration; size?: Size };
};

/** A named, partitioned, ordered, durable log of typed records, with a registered schema. Frozen. */
export interface Topic<F extends Fields = Fields> extends Readable<F> {
  readonly noun: 'topic';
  readonly name: string;
  readonly fields: F;
  readonly key: string | undefined;
  readonly time: string | undefined;
  readonly person: string | undefined;
  readonly latenessMs: number;
  readonly idleMs: number;
  readonly partitions: number;
  readonly retain: { readonly ageMs: number | undefined; readonly bytes: number | undefined };
  readonly sources: readonly SourceDefinition[];
  /** The same topic, fed by one more source. */
  from(source: SourceDefinition): Topic<F>;
  /**
   * A record for this topic, which a post route returns to have it stored.
   *
   * @throws RECORD_INVALID
   * @example post: { '/rides': route({ body: ride.fields }, ({ body }) => ride.record(body)) }
   */
  record(value: Input<F>): NewRecord<F>;
}

const idleMsDefault = 10_000;

/** The types of fields that can name a person. */
const personKinds = ['text', 'int', 'long'] as const;

const optionRules = {
  key: textRule,
  time: textRule,
  person: textRule,
  lateness: durationRule,
  idle: durationRule,
  partitions: wholeRule(1, 1024),
  retain: { ...objectRule, says: "an object: { age: '7 days', size: '10 GB' }" },
};
const retainRules = { age: durationRule, size: sizeRule };

/**
 * Declares a topic.
 *
 * @throws NAME_INVALID, PIPELINE_INVALID, OPTION_INVALID
 * @example const ride = topic('ride', { zone: text(), km: double(), at: timestamp() }, { key: 'zone', time: 'at', lateness: '3 minutes' })
 */
export function topic<F extends Fields>(name: string, fields: F, options: TopicOptions<F> = {}): Topic<F> {
  checkName('topic', name);
  const place = `topic '${name}'`;
  checkOptions(place, options, optionRules);
  if (options.retain !== undefined) checkOptions(place, options.retain, retainRules, 'retain');
  checkFields(place, fields);
  checkColumn(place, 'key', options.key, fields);
  checkTime(place, options.time, fields);
  checkPerson(place, options.person, fields);
  checkLateness(place, options);
  return make({
    noun: 'topic',
    name,
    fields: Object.freeze({ ...fields }),
    key: options.key,
    time: options.time,
    person: options.person,
    latenessMs: options.lateness === undefined ? 0 : durationMs(options.lateness, place),
    idleMs: options.idle === undefined ? idleMsDefault : durationMs(options.idle, place),
    partitions: options.partitions ?? 1,
    retain: Object.freeze({
      ageMs: options.retain?.age === undefined ? undefined : durationMs(options.retain.age, place),
      bytes: options.retain?.size === undefined ? undefined : sizeBytes(options.retain.size, place),
    }),
    sources: Object.freeze([]),
  });
}

function make<F extends Fields>(data: Omit<Topic<F>, 'from' | 'record' | keyof Readable<F>>): Topic<F> {
  const self: Topic<F> = {
    ...data,
    ...readable<F>(() => self),
    from(source) {
      if (!isSource(source)) {
        throw new MillraceError('PIPELINE_INVALID', 'from() needs a source', {
          place: `topic '${data.name}'`,
          remedy: 'Give it csv(…), http(…), simulate(…) or webhook(…).',
        });
      }
      return make({ ...data, sources: Object.freeze([...data.sources, source]) });
    },
    record: recordMaker(data.name, data.fields),
  };
  return Object.freeze(self);
}

/** Checks that there are fields, and that each has a usable name. */
export function checkFields(place: string, fields: Fields): void {
  checkValue(place, 'the fields', fields, { fits: isObject, says: 'an object of fields: { id: text() }' });
  for (const [name, field] of Object.entries(fields)) checkField(place, `field '${name.slice(0, 80)}'`, field);
  const names = Object.keys(fields);
  if (names.length === 0)
    throw new MillraceError('PIPELINE_INVALID', 'there are no fields', { place, remedy: 'Declare at least one.' });
  const lower = new Map<string, string>();
  for (const name of names) {
    checkFieldName(place, name);
    const twin = lower.get(name.toLowerCase());
    if (twin !== undefined) {
      throw new MillraceError('NAME_TAKEN', `fields '${twin}' and '${name}' differ only in case`, {
        place,
        remedy: 'Rename one: SQL does not tell them apart.',
      });
    }
    lower.set(name.toLowerCase(), name);
  }
}

/** Checks that an option names a field. */
export function checkColumn(place: string, option: string, name: string | undefined, fields: Fields): void {
  if (name !== undefined && !Object.hasOwn(fields, name)) {
    throw new MillraceError('PIPELINE_INVALID', `${option}: there is no field '${name}'`, {
      place,
      remedy: `Name one of: ${Object.keys(fields).join(', ')}.`,
    });
  }
}

/** Checks that what has a lateness has a time. */
export function checkLateness(place: string, { lateness, time }: { lateness?: Duration; time?: string }): void {
  if (lateness === undefined || time !== undefined) return;
  throw new MillraceError('OPTION_INVALID', 'lateness is given, but no time field', {
    place,
    remedy: "Add time: 'at', or leave lateness out.",
  });
}

/** Checks that the person option names a field whose values are told apart as they are written. */
function checkPerson(place: string, name: string | undefined, fields: Fields): void {
  checkColumn(place, 'person', name, fields);
  const kind = name === undefined ? undefined : fields[name]!.type.kind;
  if (kind === undefined || (personKinds as readonly string[]).includes(kind)) return;
  throw new MillraceError('PIPELINE_INVALID', `person: field '${name}' is ${kind}(), which cannot name a person`, {
    place,
    remedy: 'Name a field that is text(), int() or long(); add one where there is none.',
  });
}

/** Checks that the time option names a timestamp that is always there. */
export function checkTime(place: string, name: string | undefined, fields: Fields): void {
  checkColumn(place, 'time', name, fields);
  const field = name === undefined ? undefined : fields[name];
  if (field && (field.type.kind !== 'timestamp' || field.isOptional)) {
    throw new MillraceError('PIPELINE_INVALID', `time: field '${name}' is no timestamp that is always there`, {
      place,
      remedy: 'Declare it timestamp(), not optional.',
    });
  }
}
