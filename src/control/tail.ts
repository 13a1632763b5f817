// Reads a topic's records beside a running process: the newest, from an offset, or as they arrive.
import { join, resolve } from 'node:path';
import { systemClock } from '../core/clock.ts';
import { MillraceError, messageOf } from '../core/errors.ts';
import { masked } from '../core/mask.ts';
import { type Fields, type FieldType, json, text } from '../define/fields.ts';
import { type Batch, keyOf, valueIn } from '../log/batch.ts';
import { recordDecoder, schemaIdOf } from '../log/decode.ts';
import type { Log } from '../log/log.ts';
import type { Registry } from '../log/registry.ts';
import { embedded } from './adapters.ts';
import type { TailOptions, TailRecord } from './millrace.ts';
import { nodeFiles } from './system.ts';

const readLimits = { recordsMax: 1000, bytesMax: 2 ** 20 };

/**
 * Records of a topic, decoded with their own schemas.
 *
 * @throws NOT_FOUND where the folder or the topic is not there
 * @example for await (const record of tail({ folder: '.millrace', topic: 'ride', from: 'start' })) console.log(record.value)
 */
export async function* tail(options: TailOptions): AsyncGenerator<TailRecord> {
  const folder = resolve(options.folder);
  const files = nodeFiles();
  if (!(await files.exists(join(folder, 'millrace.json')))) {
    throw new MillraceError('NOT_FOUND', 'there is no data folder here', {
      place: folder,
      remedy: 'Run a pipeline first, or name its folder with --data.',
    });
  }
  const log = await (await embedded.log())({
    folder: join(folder, 'log'),
    files,
    clock: systemClock(),
    readOnly: true,
  });
  const registry = await (await embedded.registry())({ path: join(folder, 'registry.db') });
  try {
    const info = await log.topic(options.topic);
    const wanted = info.partitions.filter(
      ({ partition }) => options.partition === undefined || options.partition === partition,
    );
    if (wanted.length === 0) {
      throw new MillraceError('NOT_FOUND', `topic '${options.topic}' has no partition ${options.partition}`, {
        place: options.topic,
        remedy: `It has partitions 0 to ${info.partitions.length - 1}.`,
      });
    }
    for (const { partition, end } of wanted) {
      const { from } = options;
      if (typeof from === 'object' && 'offset' in from && from.offset > end)
        options.notice?.(`partition ${partition} ends at offset ${end}: there is no record at ${from.offset} yet`);
    }
    const next = new Map(wanted.map(({ partition, start, end }) => [partition, firstOffset(options.from, start, end)]));
    yield* follow(log, options, next, new Decoders(registry));
  } finally {
    await log.close();
    await registry.close();
  }
}

function firstOffset(from: TailOptions['from'], start: number, end: number): number {
  if (from === 'start') return start;
  if (from && 'offset' in from) return Math.min(Math.max(from.offset, start), end);
  return Math.max(start, end - (from?.last ?? 10));
}

async function* follow(
  log: Log,
  options: TailOptions,
  next: Map<number, number>,
  decoders: Decoders,
): AsyncGenerator<TailRecord> {
  const never = new AbortController();
  for (;;) {
    let found = false;
    for (const [partition, offset] of next) {
      const batches = await log.read(options.topic, partition, offset, readLimits);
      for (const batch of batches) {
        found = true;
        next.set(partition, batch.baseOffset + batch.count);
        for (let i = 0; i < batch.count; i++) {
          if (options.signal?.aborted) return;
          yield await decoders.decode(batch, i);
        }
      }
    }
    if (options.signal?.aborted || (!found && !options.follow)) return;
    if (found) continue;
    const stop = new AbortController();
    const signal = AbortSignal.any([options.signal ?? never.signal, stop.signal]);
    await Promise.race([...next].map(([partition, offset]) => log.wait(options.topic, partition, offset, signal)));
    stop.abort();
  }
}

/** Decodes records of any schema into the values that people see. */
export class Decoders {
  readonly #registry: Registry;
  readonly #fields: Fields | undefined;
  readonly #personal: readonly string[];
  readonly #byId = new Map<number, (bytes: Uint8Array) => Record<string, unknown>>();

  /**
   * @param fields those of the topic, for masking and types; else they are taken from each record's schema
   * @param personal fields that are masked in any case, beside those that are personal by their schema
   */
  constructor(registry: Registry, fields?: Fields, personal: readonly string[] = []) {
    this.#registry = registry;
    this.#fields = fields;
    this.#personal = personal;
  }

  async decode(batch: Batch, i: number): Promise<TailRecord> {
    const key = keyOf(batch, i);
    const bytes = valueIn(batch, i) ?? new Uint8Array();
    const shared = {
      partition: batch.partition,
      offset: batch.baseOffset + i,
      time: batch.times[i]!,
      key: key && Buffer.from(key).toString(),
    };
    try {
      return { ...shared, value: await this.value(bytes), error: undefined };
    } catch (error) {
      return { ...shared, value: undefined, error: messageOf(error) };
    }
  }

  /** The record in some bytes, personal fields masked. @throws RECORD_UNDECODABLE */
  async value(bytes: Uint8Array): Promise<Record<string, unknown>> {
    const id = schemaIdOf(bytes);
    let decode = this.#byId.get(id);
    if (!decode) {
      const schema = await this.#registry.schema(id);
      const fields = this.#fields ?? fieldsOf(schema);
      const plain = recordDecoder(schema, fields);
      const personal = Object.entries(fields)
        .filter(([name, field]) => field.isPersonal || this.#personal.includes(name))
        .map(([name]) => name);
      decode = (value) => {
        const record = plain(value);
        for (const name of personal) if (record[name] !== null) record[name] = masked;
        return record;
      };
      this.#byId.set(id, decode);
    }
    return decode(bytes);
  }
}

type AvroField = { name: string; type: unknown; 'millrace.personal'?: boolean };

/** Fields that fit a registered record schema, for showing what any producer wrote; what is nested is shown as JSON. */
export function fieldsOf(schema: string): Fields {
  const record = JSON.parse(schema) as { fields?: AvroField[] };
  return Object.fromEntries(
    (record.fields ?? []).map((one) => {
      const field = json().optional();
      const typed = { ...field, type: kindOf(one.type), isPersonal: one['millrace.personal'] === true };
      return [one.name, typed as typeof field];
    }),
  );
}

function kindOf(type: unknown): FieldType {
  if (Array.isArray(type)) return kindOf(type.find((one) => one !== 'null'));
  if (typeof type === 'object' && type !== null) {
    const {
      type: inner,
      logicalType,
      precision,
      scale,
      items,
      'millrace.type': ours,
    } = type as Record<string, unknown>;
    if (ours === 'json') return { kind: 'json' };
    if (logicalType === 'timestamp-millis' || logicalType === 'timestamp-micros') return { kind: 'timestamp' };
    if (logicalType === 'date') return { kind: 'date' };
    if (logicalType === 'decimal') return { kind: 'decimal', precision: Number(precision), scale: Number(scale ?? 0) };
    if (inner === 'array') return { kind: 'list', of: kindOf(items) };
    if (inner === 'enum') return { kind: 'text' };
    return typeof inner === 'string' && inner !== 'record' && inner !== 'map' ? kindOf(inner) : { kind: 'json' };
  }
  if (type === 'string') return text().type;
  if (type === 'boolean') return { kind: 'bool' };
  if (type === 'int' || type === 'long' || type === 'float' || type === 'double' || type === 'bytes')
    return { kind: type };
  return { kind: 'json' };
}
