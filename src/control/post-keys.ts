// Idempotency keys: the records of a request are stored once for each key, also where the process is killed in between.
//
// The log is what knows. Each record of a request with a key has a header with the key's hash, the body's hash, the time and its place
// in the request, so that one write decides both that it is stored and that its key is taken. control.db is an index of that: it is
// written a little later, many keys at once, together with the offset up to which it is complete (a mark). After a kill the log is read
// from the mark on. A producer id for each key would have been simpler, but the log keeps producers for ever, in memory and in each
// segment's header, and a request whose records fall into several partitions could still be stored in part.
import { createHash } from 'node:crypto';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Clock } from '../core/clock.ts';
import { MillraceError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import { type Batch, type Headers, headersOf } from '../log/batch.ts';
import type { Log } from '../log/log.ts';
import { inTransaction, openSqlite, translated } from '../log/sqlite.ts';
import type { PostResult } from '../web/schemas.ts';

/** The header of records that were posted with a key. */
export const postHeader = 'millrace-post';

/** How long a key is known. */
const keyMs = 24 * 3600_000;

const saveMs = 250;
/** Without keys for so long, a topic's mark is taken away: it then costs nothing at the next start. */
const idleMs = 10_000;
const expireMs = 60_000;
export const hashBytes = 16;

const tables = `
  create table if not exists posts (
    id blob primary key,
    body blob not null,
    at_ms real not null,
    answer text,
    stored text,
    topic text
  ) strict, without rowid;
  create index if not exists posts_at on posts (at_ms);
  create table if not exists post_marks (
    topic text not null,
    partition integer not null,
    next integer not null,
    primary key (topic, partition)
  ) strict, without rowid;
`;

/** Where a record was stored. */
export type Stored = { readonly partition: number; readonly offset: number };

/** Makes the tables; one of an older folder gets the column that says of which topic a key is. */
export function makeTables(database: DatabaseSync): void {
  inTransaction(database, () => {
    database.exec(tables);
    const columns = database.prepare('pragma table_info(posts)').all() as { name: string }[];
    if (!columns.some(({ name }) => name === 'topic')) database.exec('alter table posts add column topic text');
  });
}

/**
 * Forgets the keys of a topic that is deleted: the records that a key stands for are gone, so that a request which comes again is a new one.
 * Keys of an older folder do not say of which topic they are, and go too: they would be known for a day at most.
 *
 * @param path control.db, which is there
 */
export function forgetPostKeys(path: string, topic: string): void {
  const file = { path };
  const database = openSqlite(file, makeTables);
  try {
    translated(file, () =>
      inTransaction(database, () => {
        database.prepare('delete from posts where topic = ? or topic is null').run(topic);
        database.prepare('delete from post_marks where topic = ?').run(topic);
      }),
    );
  } finally {
    database.close();
  }
}

/** A key that was taken: the answer, or what of its request is stored so far, by place in the request. */
type Taken = {
  readonly topic: string;
  readonly id: Buffer;
  readonly body: Buffer;
  readonly atMs: number;
  readonly stored: Map<number, Stored>;
  answer?: PostResult;
};

/** What the work for a key is given. */
export type PostMark = {
  /** What is stored already, by place in the request; the work adds to it as soon as something is durable. */
  readonly stored: Map<number, Stored>;
  /** The headers of the record at a place. */
  headers(index: number): Headers;
  /** A number that is always the same for this key. */
  readonly seed: number;
};

type UnderWay = {
  readonly body: Buffer;
  readonly topic: string;
  readonly ends: readonly number[];
  readonly done: Promise<void>;
};

/** What keys work with; `path` is control.db or `':memory:'`. */
export type PostKeysOptions = { readonly path: string; readonly log: Log; readonly clock: Clock };

/** The idempotency keys of a data folder. */
export class PostKeys {
  readonly #options: PostKeysOptions;
  readonly #database: DatabaseSync;
  readonly #sql: Record<'select' | 'upsert' | 'expire' | 'mark' | 'unmark' | 'marks', StatementSync>;
  readonly #underWay = new Map<string, UnderWay>();
  /** Taken, but not in control.db yet. */
  readonly #fresh = new Map<string, Taken>();
  /** Topics that have a mark, with the time of their last key. */
  readonly #marked = new Map<string, number>();
  readonly #closed = new AbortController();
  #recovered: Promise<void> | undefined;
  #ticking: Promise<void> | undefined;
  #expiredMs = 0;

  /** @throws STORE_UNAVAILABLE, DISK_FULL */
  constructor(options: PostKeysOptions) {
    this.#options = options;
    this.#database = openSqlite(options, makeTables);
    const prepare = (text: string) => this.#database.prepare(text);
    this.#sql = {
      select: prepare('select id, body, at_ms, answer, stored from posts where id = ?'),
      upsert: prepare(
        'insert or replace into posts (id, body, at_ms, answer, stored, topic) values (?, ?, ?, ?, ?, ?)',
      ),
      expire: prepare('delete from posts where at_ms <= ?'),
      mark: prepare('insert or replace into post_marks (topic, partition, next) values (?, ?, ?)'),
      unmark: prepare('delete from post_marks where topic = ?'),
      marks: prepare('select topic, partition, next from post_marks'),
    };
    // whoever needs it will meet the failure
    this.#ready().catch(() => undefined);
  }

  /**
   * Does the work for a key once. A request that comes again gets the answer of the first; one that comes at the same time waits for it.
   *
   * @throws IDEMPOTENCY_REUSED where the key was taken by another body; what the work throws, upon which the key can be tried again
   */
  async once(
    topic: string,
    key: string,
    bytes: Uint8Array,
    work: (mark: PostMark) => Promise<PostResult>,
  ): Promise<PostResult> {
    await this.#ready();
    const id = hashOf(`${topic}\0${key}`);
    const name = id.toString('latin1');
    const body = hashOf(bytes);
    for (let other = this.#underWay.get(name); other; other = this.#underWay.get(name)) {
      if (!other.body.equals(body)) throw reused();
      await other.done;
    }
    const known = this.#find(topic, name, id);
    // a body that was forgotten with a person in it has no hash to compare: it is taken for the same
    if (known && known.body.length > 0 && !known.body.equals(body)) throw reused();
    if (known?.answer) return { ...known.answer, isRepeated: true };
    const taken: Taken = known ?? { topic, id, body, atMs: this.#options.clock.now(), stored: new Map() };
    const { promise: done, resolve } = Promise.withResolvers<void>();
    const ends = this.#ends(topic);
    this.#underWay.set(name, { body, topic, ends, done });
    try {
      this.#mark(topic, ends);
      const { stored } = taken;
      const headers = headersFor(taken);
      taken.answer = await work({ stored, headers, seed: id.readUInt32LE(0) });
      return known ? { ...taken.answer, isRepeated: true } : taken.answer;
    } finally {
      if (taken.answer || taken.stored.size > 0) this.#fresh.set(name, taken);
      this.#underWay.delete(name);
      this.#marked.set(topic, this.#options.clock.elapsed());
      resolve();
    }
  }

  /** Resolves when control.db knows all keys that the log knows. */
  complete(): Promise<void> {
    return this.#ready();
  }

  /** Waits for what is under way, saves and closes. */
  async close(): Promise<void> {
    if (this.#closed.signal.aborted) return;
    this.#closed.abort();
    while (this.#underWay.size > 0) await Promise.all([...this.#underWay.values()].map(({ done }) => done));
    await this.#recovered?.catch(() => undefined);
    await this.#ticking;
    try {
      if (this.#marked.size > 0) this.#save(Number.POSITIVE_INFINITY);
    } finally {
      this.#database.close();
    }
  }

  #ready(): Promise<void> {
    this.#recovered ??= this.#recover().catch((error: unknown) => {
      // the next request tries again
      this.#recovered = undefined;
      throw error;
    });
    return this.#recovered;
  }

  #find(topic: string, name: string, id: Buffer): Taken | undefined {
    const found = this.#fresh.get(name) ?? this.#load(topic, id);
    return found && found.atMs > this.#options.clock.now() - keyMs ? found : undefined;
  }

  #load(topic: string, id: Buffer): Taken | undefined {
    const row = this.#run(() => this.#sql.select.get(id)) as Row | undefined;
    return (
      row && {
        topic,
        id,
        body: Buffer.from(row.body),
        atMs: row.at_ms,
        stored: new Map(row.stored === null ? [] : (JSON.parse(row.stored) as [number, Stored][])),
        ...(row.answer === null ? {} : { answer: JSON.parse(row.answer) as PostResult }),
      }
    );
  }

  #ends(topic: string): number[] {
    const ends: number[] = [];
    const { log } = this.#options;
    for (let partition = 0; ; partition++) {
      try {
        ends.push(log.range(topic, partition).end);
      } catch (error) {
        if (partition === 0 || !(error instanceof MillraceError) || error.code !== 'NOT_FOUND') throw error;
        return ends;
      }
    }
  }

  /** Makes durable, before the first record with a key, from where on the log must be read after a kill. */
  #mark(topic: string, ends: readonly number[]): void {
    if (!this.#marked.has(topic)) {
      this.#run(() =>
        inTransaction(this.#database, () => {
          for (const [partition, end] of ends.entries()) this.#sql.mark.run(topic, partition, end);
        }),
      );
    }
    this.#marked.set(topic, this.#options.clock.elapsed());
    this.#ticking ??= this.#tick();
  }

  async #tick(): Promise<void> {
    while (this.#marked.size > 0 && !this.#closed.signal.aborted) {
      await this.#options.clock.sleep(saveMs, this.#closed.signal);
      if (this.#closed.signal.aborted) break;
      try {
        this.#save(this.#options.clock.elapsed() - idleMs);
      } catch {
        // a full or busy disk: all is kept in memory and in the log, and tried again
      }
    }
    this.#ticking = undefined;
  }

  /** Writes what is not in control.db yet, and moves the marks, or takes them away from topics without keys since `idleSinceMs`. */
  #save(idleSinceMs: number): void {
    const used = new Set([...this.#underWay.values()].map(({ topic }) => topic));
    const idle = [...this.#marked].filter(([topic, atMs]) => atMs <= idleSinceMs && !used.has(topic));
    if (this.#fresh.size === 0 && idle.length === 0) return;
    const nowMs = this.#options.clock.now();
    const isExpiring = nowMs - this.#expiredMs >= expireMs;
    this.#run(() =>
      inTransaction(this.#database, () => {
        for (const one of this.#fresh.values()) this.#upsert(one);
        for (const topic of this.#marked.keys()) this.#moveMark(topic);
        for (const [topic] of idle) this.#sql.unmark.run(topic);
        if (isExpiring) this.#sql.expire.run(nowMs - keyMs);
      }),
    );
    this.#fresh.clear();
    for (const [topic] of idle) this.#marked.delete(topic);
    if (isExpiring) this.#expiredMs = nowMs;
  }

  #upsert({ topic, id, body, atMs, answer, stored }: Taken): void {
    const parts = answer ? null : JSON.stringify([...stored]);
    this.#sql.upsert.run(id, body, atMs, answer ? JSON.stringify(answer) : null, parts, topic);
  }

  /** What requests under way have appended is in no table yet: the mark stays before it. */
  #moveMark(topic: string): void {
    const ends = this.#ends(topic);
    for (const one of this.#underWay.values()) {
      if (one.topic !== topic) continue;
      for (const [partition, end] of one.ends.entries()) ends[partition] = Math.min(ends[partition]!, end);
    }
    for (const [partition, end] of ends.entries()) this.#sql.mark.run(topic, partition, end);
  }

  /** Finds the keys in the log that a kill has kept from control.db. */
  async #recover(): Promise<void> {
    const marks = this.#run(() => this.#sql.marks.all()) as { topic: string; partition: number; next: number }[];
    if (marks.length === 0) return;
    const found = new Map<string, Taken>();
    for (const { topic, partition, next } of marks) {
      for await (const batch of this.#batches(topic, partition, next)) collect(batch, found);
    }
    this.#run(() =>
      inTransaction(this.#database, () => {
        for (const one of found.values()) {
          const known = this.#load(one.topic, one.id);
          if (known && (known.atMs > one.atMs || (known.atMs === one.atMs && known.answer))) continue;
          if (known?.atMs === one.atMs) for (const [index, at] of known.stored) one.stored.set(index, at);
          this.#upsert(one);
        }
        for (const { topic } of marks) this.#sql.unmark.run(topic);
      }),
    );
  }

  async *#batches(topic: string, partition: number, next: number): AsyncGenerator<Batch> {
    const { log } = this.#options;
    let range: { start: number; end: number };
    try {
      range = log.range(topic, partition);
    } catch {
      // the topic is no longer there, and so are its records
      return;
    }
    for (let from = Math.max(next, range.start); from < range.end; ) {
      const recordsMax = limits.microBatchRecordsMax;
      const batches = await log.read(topic, partition, from, { recordsMax, bytesMax: limits.readBytesMax });
      yield* batches;
      const last = batches.at(-1);
      if (!last) return;
      from = last.baseOffset + last.count;
    }
  }

  #run<T>(work: () => T): T {
    return translated(this.#options, work);
  }
}

type Row = { body: Uint8Array; at_ms: number; answer: string | null; stored: string | null };

function hashOf(content: string | Uint8Array): Buffer {
  return createHash('sha256').update(content).digest().subarray(0, hashBytes);
}

/** The header: hash of the key, hash of the body, when (f64), place in the request (u32). */
function headersFor({ id, body, atMs }: Taken): (index: number) => Headers {
  const common = Buffer.alloc(2 * hashBytes + 12);
  id.copy(common, 0);
  body.copy(common, hashBytes);
  common.writeDoubleLE(atMs, 2 * hashBytes);
  return (index) => {
    common.writeUInt32LE(index, 2 * hashBytes + 8);
    return { [postHeader]: common };
  };
}

/** Adds the keys of a batch's records; of two requests with one key, the newer. */
function collect(batch: Batch, found: Map<string, Taken>): void {
  for (let i = 0; i < batch.count; i++) {
    if (batch.ends[3 * i + 1] === batch.ends[3 * i + 2]) continue;
    const value = headersOf(batch, i)[postHeader];
    if (value?.length !== 2 * hashBytes + 12) continue;
    const header = Buffer.from(value);
    const id = header.subarray(0, hashBytes);
    const name = id.toString('latin1');
    const atMs = header.readDoubleLE(2 * hashBytes);
    let one = found.get(name);
    if (!one || one.atMs < atMs) {
      one = { topic: batch.topic, id, body: header.subarray(hashBytes, 2 * hashBytes), atMs, stored: new Map() };
      found.set(name, one);
    }
    const at = { partition: batch.partition, offset: batch.baseOffset + i };
    if (one.atMs === atMs) one.stored.set(header.readUInt32LE(2 * hashBytes + 8), at);
  }
}

function reused(): MillraceError {
  return new MillraceError('IDEMPOTENCY_REUSED', 'this Idempotency-Key was used for another body', {
    place: 'Idempotency-Key',
    remedy: 'Use a new key for each new request, and the same key only to send the same body again.',
  });
}
