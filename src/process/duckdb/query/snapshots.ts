// Copies of what queries need of tables, as Parquet files beside the database: all of one query as of one commit.
import { chmod, mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { MillraceError } from '../../../core/errors.ts';
import { limits } from '../../../core/limits.ts';
import { literal } from '../../database.ts';
import type { DuckDatabase, DuckSession } from '../database.ts';
import type { Need } from './needs.ts';

/** A copy: its file, and the version of the table that it is of. */
type Copy = {
  readonly sql: string;
  readonly file: string;
  readonly version: number;
  readonly bytes: number;
  users: number;
  usedMs: number;
};

/** Copies of unchanged tables that are kept for the next queries, in all. */
const keptBytesMax = 256 * 2 ** 20;

/** Milliseconds that a copy which nobody uses is kept for. */
const keptMs = 30_000;

/** Milliseconds between two looks at how large a copy has become. */
const lookMs = 50;

/** Where the copies are made, and how long it may take. */
export type SnapshotsOptions = {
  readonly database: DuckDatabase;
  readonly folder: string;
  /** Equal versions of a table mean equal contents. */
  readonly versionOf: (table: string) => number;
};

/** The copies that queries read. One is made at a time, and after each the tables have a rest as long as it took. */
export class Snapshots {
  readonly #database: DuckDatabase;
  readonly #folder: string;
  readonly #versionOf: (table: string) => number;
  readonly #all = new Set<Copy>();
  /** The newest copy of each SELECT. */
  readonly #newest = new Map<string, Copy>();
  #forgetting: NodeJS.Timeout | undefined;
  #session: DuckSession | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #restUntilMs = 0;
  #made = 0;
  #isReady = false;

  constructor({ database, folder, versionOf }: SnapshotsOptions) {
    this.#database = database;
    this.#folder = folder;
    this.#versionOf = versionOf;
  }

  /**
   * Gives `use` the files of what a query needs, in its order.
   *
   * @throws QUERY_LIMIT where the copies are too large, or `signal` ends the waiting; SQL_INVALID where a filter of the query fails
   */
  async use<T>(needs: readonly Need[], signal: AbortSignal, use: (files: readonly string[]) => Promise<T>): Promise<T> {
    const copies = needs.length === 0 ? [] : await this.#inTurn(signal, () => this.#copies(needs, signal));
    try {
      return await use(copies.map(({ file }) => file));
    } finally {
      for (const copy of copies) {
        copy.users--;
        copy.usedMs = performance.now();
      }
      await this.#forget();
    }
  }

  /** Removes all copies; nothing may be under way. */
  async close(): Promise<void> {
    await this.#last.catch(() => undefined);
    this.#session?.close();
    this.#session = undefined;
    clearTimeout(this.#forgetting);
    this.#all.clear();
    this.#newest.clear();
    if (this.#isReady) await rm(this.#folder, { recursive: true, force: true });
  }

  async #inTurn<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(async () => {
      const restMs = this.#restUntilMs - performance.now();
      if (restMs > 0) await new Promise((resolve) => setTimeout(resolve, restMs));
      signal.throwIfAborted();
      const startedMs = performance.now();
      try {
        return await work();
      } finally {
        this.#restUntilMs = 2 * performance.now() - startedMs;
      }
    });
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #copies(needs: readonly Need[], signal: AbortSignal): Promise<Copy[]> {
    if (!this.#isReady) await this.#begin();
    const taken = needs.map(({ sql, table }) => {
      const kept = this.#newest.get(sql);
      return kept?.version === this.#versionOf(table.name) ? kept : undefined;
    });
    // those of one query are of one commit: all are made anew where one is
    if (taken.every((one) => one !== undefined)) {
      for (const copy of taken) copy.users++;
      return taken;
    }
    return this.#make(needs, signal);
  }

  async #make(needs: readonly Need[], signal: AbortSignal): Promise<Copy[]> {
    this.#session ??= await this.#database.session();
    const session = this.#session;
    const files = needs.map(() => join(this.#folder, `${++this.#made}.parquet`));
    const versions = needs.map(({ table }) => this.#versionOf(table.name));
    const interrupt = () => session.interrupt();
    let isTooLarge = false;
    const look = setInterval(async () => {
      if (signal.aborted) interrupt();
      if ((await sizeOf(files)) <= limits.querySnapshotBytesMax) return;
      isTooLarge = true;
      interrupt();
    }, lookMs);
    signal.addEventListener('abort', interrupt);
    try {
      await session.transaction(async () => {
        for (const [i, { sql }] of needs.entries()) {
          signal.throwIfAborted();
          await session.run(
            `copy (${sql}) to '${literal(files[i]!).slice(1, -1)}' (format parquet, compression 'uncompressed')`,
          );
        }
      });
    } catch (error) {
      await Promise.all(files.map((file) => rm(file, { force: true })));
      if (isTooLarge) throw tooLarge(needs);
      signal.throwIfAborted();
      throw ofTheQuery(error);
    } finally {
      clearInterval(look);
      signal.removeEventListener('abort', interrupt);
    }
    return Promise.all(
      needs.map(async ({ sql, table }, i) => {
        const file = files[i]!;
        await chmod(file, 0o600);
        const bytes = await sizeOf([file]);
        const copy: Copy = { sql, file, version: versions[i]!, bytes, users: 1, usedMs: performance.now() };
        this.#all.add(copy);
        // with another version now, what was committed meanwhile may be in the copy or not
        if (this.#versionOf(table.name) === copy.version) this.#newest.set(sql, copy);
        return copy;
      }),
    );
  }

  /** Removes the copies that nobody reads: those of other versions and old ones, and the oldest where they are too large in all. */
  async #forget(): Promise<void> {
    const nowMs = performance.now();
    let bytes = 0;
    const gone: Copy[] = [];
    for (const copy of [...this.#all].sort((one, other) => other.usedMs - one.usedMs)) {
      bytes += copy.bytes;
      const isKept = this.#newest.get(copy.sql) === copy && bytes <= keptBytesMax && nowMs - copy.usedMs < keptMs;
      if (copy.users === 0 && !isKept) gone.push(copy);
    }
    for (const copy of gone) {
      this.#all.delete(copy);
      if (this.#newest.get(copy.sql) === copy) this.#newest.delete(copy.sql);
    }
    await Promise.all(gone.map(({ file }) => rm(file, { force: true })));
    clearTimeout(this.#forgetting);
    if (this.#all.size > 0) this.#forgetting = setTimeout(() => void this.#forget(), keptMs).unref();
  }

  /** Makes the folder, without what a process that was killed left there. */
  async #begin(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    this.#isReady = true;
  }
}

async function sizeOf(files: readonly string[]): Promise<number> {
  const sizes = await Promise.all(
    files.map((file) =>
      stat(file).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** An error of a filter of the query, without the statement that it became a part of here. */
function ofTheQuery(error: unknown): unknown {
  if (!(error instanceof MillraceError) || (error.code !== 'ROW_FAILED' && error.code !== 'SQL_INVALID')) return error;
  return new MillraceError('SQL_INVALID', error.message, { place: 'query', remedy: 'Fix the query.', cause: error });
}

function tooLarge(needs: readonly Need[]): MillraceError {
  const tables = needs.map(({ table }) => `'${table.name}'`).join(', ');
  const mb = Math.round(limits.querySnapshotBytesMax / 2 ** 20);
  return new MillraceError('QUERY_LIMIT', `the query reads more than ${mb} MB of ${tables}`, {
    place: 'query',
    remedy: 'Name the columns that it needs in place of *, or filter by plain comparisons with one table in FROM.',
  });
}
