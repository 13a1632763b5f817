// Tells which records are about a person: those whose person field has the value; and those that hold it where nobody can read them.
import { parseStored } from '../core/digits.ts';
import { MillraceError } from '../core/errors.ts';
import type { Fields } from '../define/fields.ts';
import type { Topic } from '../define/topic.ts';
import { type Batch, keyOf, valueIn } from '../log/batch.ts';
import { recordDecoder, schemaIdOf } from '../log/decode.ts';
import { isForgotten } from '../log/forgotten.ts';
import { fieldsOf } from './tail.ts';

/** Gives the text of a schema by its id. @throws NOT_FOUND */
export type Schemas = (id: number) => Promise<string>;

/** The value of the person field in a record; undefined where the record has none. */
type PersonOf = (bytes: Uint8Array) => unknown;

/** A whole number as it is written in one way only; undefined where the text is none. */
export function wholeNumber(text: string): string | undefined {
  const trimmed = text.trim();
  return /^[+-]?\d+$/.test(trimmed) ? String(BigInt(trimmed)) : undefined;
}

/** The texts of a topic's person field that name one of the persons. */
export function namesIn(topic: Topic, values: readonly string[]): ReadonlySet<string> {
  const isText = topic.fields[topic.person!]!.type.kind === 'text';
  return new Set(values.flatMap((value) => (isText ? value : (wholeNumber(value) ?? []))));
}

/** Finds the records of a topic that are about some persons. */
export class PersonFinder {
  readonly topic: Topic;
  readonly #names: ReadonlySet<string>;
  readonly #bytes: readonly Buffer[];
  readonly #isText: boolean;
  readonly #schemas: Schemas;
  readonly #decoders = new Map<number, Promise<PersonOf>>();

  /** @param topic one that declares a person */
  constructor(topic: Topic, values: readonly string[], schemas: Schemas) {
    this.topic = topic;
    this.#names = namesIn(topic, values);
    this.#bytes = [...this.#names].map((name) => Buffer.from(name));
    this.#isText = topic.fields[topic.person!]!.type.kind === 'text';
    this.#schemas = schemas;
  }

  /** The places in a batch of records that are about one of the persons and were not forgotten yet. */
  async find(batch: Batch): Promise<number[]> {
    // a text stands in the bytes of its record as it is
    if (this.#names.size === 0 || (this.#isText && !this.#isIn(batch.bytes))) return [];
    const found: number[] = [];
    for (let i = 0; i < batch.count; i++) if (await this.#isAbout(batch, i)) found.push(i);
    return found;
  }

  /** Whether the bytes of a record's value, as they were put aside, are about one of the persons. */
  async isAbout(bytes: Uint8Array): Promise<boolean> {
    if (this.#names.size === 0 || (this.#isText && !this.#isIn(bytes))) return false;
    try {
      return this.#names.has(String(await this.#personOf(bytes)));
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      return this.holds(bytes);
    }
  }

  /**
   * Whether a text that a source gave names one of the persons: of an object in JSON the field decides, where it has it; of all else, whether the
   * name stands in it.
   */
  isIn(bytes: Uint8Array): boolean {
    if (this.#names.size === 0) return false;
    const given = memberOf(bytes, this.topic.person!);
    return given === undefined ? this.holds(bytes) : this.#names.has(String(given));
  }

  /** Whether the name of one of the persons stands in some bytes; digits are no part of a longer number. */
  holds(bytes: Uint8Array): boolean {
    const held = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return this.#bytes.some((name) => {
      for (let at = held.indexOf(name); at >= 0; at = held.indexOf(name, at + 1))
        if (this.#isText || !(isWord(held[at - 1]) || isWord(held[at + name.length]))) return true;
      return false;
    });
  }

  async #isAbout(batch: Batch, i: number): Promise<boolean> {
    const start = i === 0 ? 0 : batch.ends[3 * i - 1]!;
    const whole = batch.bytes.subarray(start, batch.ends[3 * i + 2]!);
    if (this.#isText && !this.#isIn(whole)) return false;
    if (isForgotten(batch, i)) return false;
    const key = keyOf(batch, i);
    if (key !== null && this.topic.key === this.topic.person && this.#names.has(Buffer.from(key).toString()))
      return true;
    const value = valueIn(batch, i);
    // a record without a value says something of its key alone
    if (value === null && key !== null) return false;
    try {
      return this.#names.has(String(await this.#personOf(value ?? new Uint8Array())));
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      return this.holds(whole);
    }
  }

  #isIn(bytes: Uint8Array): boolean {
    const held = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return this.#bytes.some((name) => held.includes(name));
  }

  /** The person field of a record, read by the record's own schema. @throws RECORD_UNDECODABLE, NOT_FOUND */
  async #personOf(value: Uint8Array): Promise<unknown> {
    const id = schemaIdOf(value);
    let decoder = this.#decoders.get(id);
    if (!decoder) {
      decoder = this.#decoderOf(id);
      this.#decoders.set(id, decoder);
    }
    return (await decoder)(value);
  }

  async #decoderOf(id: number): Promise<PersonOf> {
    const { person, fields } = this.topic;
    const schema = await this.#schemas(id);
    const one: Fields = { [person!]: fields[person!]!.optional() };
    try {
      const decode = recordDecoder(schema, one);
      return (bytes) => decode(bytes)[person!];
    } catch (error) {
      if (!(error instanceof MillraceError) || error.code !== 'SCHEMA_INCOMPATIBLE') throw error;
      // an older version had the field with another type
      const decode = recordDecoder(schema, fieldsOf(schema));
      return (bytes) => decode(bytes)[person!];
    }
  }
}

/** Whether a record cannot be read, now or ever: with it the bytes decide. */
function isUnreadable(error: unknown): boolean {
  return (
    error instanceof MillraceError &&
    (error.reaction === 'reject' || ['NOT_FOUND', 'SCHEMA_INVALID', 'SCHEMA_INCOMPATIBLE'].includes(error.code))
  );
}

/** A member of an object in JSON; undefined where the bytes are none, or the object does not have it. */
function memberOf(bytes: Uint8Array, name: string): unknown {
  if (bytes[0] !== 0x7b) return undefined;
  try {
    const object = parseStored(Buffer.from(bytes).toString()) as Record<string, unknown>;
    return Object.hasOwn(object, name) ? object[name] : undefined;
  } catch {
    return undefined;
  }
}

function isWord(byte: number | undefined): boolean {
  return byte !== undefined && /[0-9A-Za-z_.]/.test(String.fromCharCode(byte));
}
