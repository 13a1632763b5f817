// Records of a topic as the API shows them: the newest, from an offset or a time on, or those that hold a text.
import { MillraceError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import { masked } from '../core/mask.ts';
import { rowToJson } from '../core/row-json.ts';
import { turn } from '../core/turn.ts';
import type { Pipeline } from '../define/pipeline.ts';
import { type Batch, sliceBatch } from '../log/batch.ts';
import type { PartitionInfo } from '../log/log.ts';
import type { RecordsRequest } from '../web/backend.ts';
import type { TopicRecord, TopicRecordPage } from '../web/schemas.ts';
import type { Folder } from './folder.ts';
import { Decoders } from './tail.ts';
import { declaredTopic } from './topics.ts';

/** Records that are read at a time. */
const chunkRecords = 1000;
const chunkBytes = 2 ** 20;

/** Records that one page may have. */
const pageRecordsMax = 1000;

/** Reads a partition forward from `next`, or backward from `start` of what was read. */
type Cursor = { readonly partition: number; readonly from: number; next: number; readonly end: number };

/** Reads and decodes the records of topics. */
export class Records {
  readonly #folder: Folder;
  readonly #pipelines: readonly Pipeline[];
  readonly #readers = new Map<string, RecordReader>();

  constructor(folder: Folder, pipelines: readonly Pipeline[]) {
    this.#folder = folder;
    this.#pipelines = pipelines;
  }

  /** What decodes the records of a topic, its schemas kept. */
  reader(topic: string): RecordReader {
    const known = this.#readers.get(topic) ?? new RecordReader(this.#folder, this.#pipelines, topic);
    this.#readers.set(topic, known);
    return known;
  }

  /** @throws NOT_FOUND, OFFSET_OUT_OF_RANGE, OPTION_INVALID */
  async page(topic: string, request: RecordsRequest): Promise<TopicRecordPage> {
    checkLimit(request.limit);
    const { partitions } = await this.#folder.log.topic(topic);
    const chosen = partitionsOf(topic, partitions, request);
    const reader = this.reader(topic);
    const isForward = request.offset !== undefined || request.at !== undefined;
    const cursors = await Promise.all(
      chosen.map(async ({ partition, start, end }): Promise<Cursor> => {
        if (request.offset !== undefined) return { partition, from: start, next: request.offset, end };
        if (request.at === undefined) return { partition, from: start, next: end, end };
        return { partition, from: start, next: await this.#folder.log.offsetAt(topic, partition, request.at), end };
      }),
    );
    const search = new Search(reader, request);
    await (isForward ? forward(search, cursors) : backward(search, cursors));
    search.found.sort((a, b) => a.partition - b.partition || a.offset - b.offset);
    const next = cursors.map(({ partition, next, end }) => [String(partition), isForward ? next : end] as const);
    return {
      records: search.found,
      next: Object.fromEntries(next),
      scanned: search.scanned,
      isEnd: !isForward || cursors.every((cursor) => cursor.next >= cursor.end),
    };
  }
}

/** Reads one topic of the live log. */
export class RecordReader {
  readonly topic: string;
  readonly #folder: Folder;
  readonly #decoders: Decoders;
  readonly #hasPersonalKey: boolean;

  constructor(folder: Folder, pipelines: readonly Pipeline[], topic: string) {
    const declared = declaredTopic(pipelines, topic);
    const personal = Object.entries(declared?.fields ?? {}).flatMap(([name, { isPersonal }]) =>
      isPersonal ? name : [],
    );
    this.topic = topic;
    this.#folder = folder;
    this.#decoders = new Decoders(folder.registry, undefined, personal);
    this.#hasPersonalKey = declared?.key !== undefined && personal.includes(declared.key);
  }

  /** Batches of [from, end), as many as one read gives. */
  async read(partition: number, from: number, end: number): Promise<Batch[]> {
    const recordsMax = Math.min(chunkRecords, end - from);
    const batches = await this.#folder.log.read(this.topic, partition, from, { recordsMax, bytesMax: chunkBytes });
    return batches.flatMap((batch) => {
      const count = Math.min(batch.count, end - batch.baseOffset);
      return count <= 0 ? [] : count === batch.count ? batch : sliceBatch(batch, 0, count);
    });
  }

  /** The record in some bytes, personal fields masked; undefined where it cannot be decoded. */
  async value(bytes: Uint8Array): Promise<Record<string, unknown> | undefined> {
    const value = await this.#decoders.value(bytes).catch(() => undefined);
    return value && rowToJson(value);
  }

  /** A record of the log as it is shown: personal fields masked. */
  async decode(batch: Batch, i: number): Promise<TopicRecord> {
    const { partition, offset, time, key, value, error } = await this.#decoders.decode(batch, i);
    return {
      partition,
      offset,
      time,
      key: key !== null && this.#hasPersonalKey ? masked : key,
      ...(value === undefined ? {} : { value: rowToJson(value) }),
      ...(error === undefined ? {} : { error }),
    };
  }
}

/** Collects records of a page. */
class Search {
  readonly reader: RecordReader;
  readonly #limit: number;
  readonly #wanted: string | undefined;
  readonly found: TopicRecord[] = [];
  scanned = 0;

  constructor(reader: RecordReader, { limit, search }: RecordsRequest) {
    this.reader = reader;
    this.#limit = limit;
    this.#wanted = search ? search.toLowerCase() : undefined;
  }

  /** How many more records may be looked at. */
  get room(): number {
    const left = this.#limit - this.found.length;
    if (left <= 0) return 0;
    return this.#wanted === undefined ? left : Math.max(0, limits.searchRecordsMax - this.scanned);
  }

  /** Looks at records in their order, until the page is full; those looked at. */
  async take(batches: readonly Batch[], isBackward: boolean): Promise<number> {
    const order = isBackward ? [...batches].reverse() : batches;
    let looked = 0;
    for (const batch of order) {
      for (let n = 0; n < batch.count && this.room > 0; n++) {
        const record = await this.reader.decode(batch, isBackward ? batch.count - 1 - n : n);
        this.scanned++;
        looked++;
        if (this.#isWanted(record)) this.found.push(record);
      }
    }
    await turn();
    return looked;
  }

  #isWanted({ key, value, error }: TopicRecord): boolean {
    if (this.#wanted === undefined) return true;
    return (
      (key?.toLowerCase().includes(this.#wanted) ?? false) ||
      JSON.stringify(value ?? error)
        .toLowerCase()
        .includes(this.#wanted)
    );
  }
}

/** Each partition gets an equal share of what is left, in turns, until the page is full or all is read. */
async function forward(search: Search, cursors: readonly Cursor[]): Promise<void> {
  for (let open = cursors.filter(hasNext); open.length > 0 && search.room > 0; open = open.filter(hasNext)) {
    for (const [i, cursor] of open.entries()) {
      const share = Math.ceil(search.room / (open.length - i));
      if (share === 0) return;
      const { partition, next, end } = cursor;
      const batches = await search.reader.read(partition, next, Math.min(end, next + Math.min(share, chunkRecords)));
      const looked = await search.take(batches, false);
      if (looked === 0) return;
      cursor.next += looked;
    }
  }
}

const hasNext = ({ next, end }: Cursor) => next < end;

/** The same from the ends of the partitions towards their beginnings. */
async function backward(search: Search, cursors: readonly Cursor[]): Promise<void> {
  for (let open = cursors.filter(hasBefore); open.length > 0 && search.room > 0; open = open.filter(hasBefore)) {
    for (const [i, cursor] of open.entries()) {
      const share = Math.ceil(search.room / (open.length - i));
      if (share === 0) return;
      const { partition, from, next } = cursor;
      const first = Math.max(from, next - Math.min(share, chunkRecords));
      const batches: Batch[] = [];
      for (let at = first; at < next; ) {
        const read = await search.reader.read(partition, at, next);
        if (read.length === 0) break;
        batches.push(...read);
        at = read.at(-1)!.baseOffset + read.at(-1)!.count;
      }
      const looked = await search.take(batches, true);
      if (looked === 0) return;
      cursor.next -= looked;
    }
  }
}

const hasBefore = ({ from, next }: Cursor) => next > from;

function checkLimit(limit: number): void {
  if (Number.isInteger(limit) && limit >= 1 && limit <= pageRecordsMax) return;
  throw new MillraceError('OPTION_INVALID', `limit: ${limit} is not possible`, {
    place: 'limit',
    remedy: `Ask for 1 to ${pageRecordsMax} records.`,
  });
}

/** @throws NOT_FOUND, OFFSET_OUT_OF_RANGE, OPTION_INVALID */
function partitionsOf(
  topic: string,
  partitions: readonly PartitionInfo[],
  { partition, offset, at }: RecordsRequest,
): readonly PartitionInfo[] {
  if (offset !== undefined && at !== undefined) {
    throw new MillraceError('OPTION_INVALID', 'offset and at are given, and only one can be', {
      place: 'at',
      remedy: 'Leave one of them out.',
    });
  }
  const chosen = partition === undefined ? partitions : partitions.filter((one) => one.partition === partition);
  const [first] = chosen;
  if (!first) {
    throw new MillraceError('NOT_FOUND', `topic '${topic}' has no partition ${partition}`, {
      place: topic,
      remedy: partitions.length === 1 ? 'It has only 0.' : `Its partitions are 0 to ${partitions.length - 1}.`,
    });
  }
  if (offset === undefined) return chosen;
  if (chosen.length > 1) {
    throw new MillraceError(
      'OPTION_INVALID',
      `an offset is of one partition, and topic '${topic}' has ${chosen.length}`,
      {
        place: 'offset',
        remedy: 'Name the partition too.',
      },
    );
  }
  const { start, end } = first;
  if (offset < start || offset > end) {
    throw new MillraceError(
      'OFFSET_OUT_OF_RANGE',
      `topic '${topic}', partition ${first.partition}: offset ${offset} is not in the log`,
      {
        place: `${topic}/${first.partition}`,
        remedy: end > start ? `Ask for ${start} to ${end - 1}.` : 'It has no records.',
      },
    );
  }
  return chosen;
}
