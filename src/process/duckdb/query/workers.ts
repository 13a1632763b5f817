// Computes people's queries in processes of their own, which are ended where they take too long, need too much memory, or nobody waits.
import { formatMs } from '../../../core/durations.ts';
import { assert, MillraceError } from '../../../core/errors.ts';
import { limits } from '../../../core/limits.ts';
import { type DuckDatabase, type DuckSession, fileCatalog } from '../database.ts';
import type { Request } from './frames.ts';
import { type Needs, needsOf, type QueryTable } from './needs.ts';
import { readOnlyTree } from './read-only.ts';
import { Snapshots } from './snapshots.ts';
import { Worker } from './worker-process.ts';

/** Milliseconds that a worker which has nothing to do is kept for: it takes a while to begin, and some 100 MB. */
const idleMs = 30_000;

/** Milliseconds that a worker has to end its query by itself before it is killed. */
const graceMs = 300;

/** What is asked, and by whom: `signal` ends it. */
export type Question = {
  readonly sql: string;
  readonly rowsMax: number;
  readonly msMax: number;
  /** Milliseconds that were asked for, of which some may have passed. */
  readonly msAsked: number;
  readonly bytesMax: number;
  readonly signal: AbortSignal;
};

/** Answers questions over the tables of a database. */
export class QueryWorkers {
  readonly #database: DuckDatabase;
  readonly #folder: string;
  readonly #snapshots: Snapshots;
  readonly #workers = new Set<Worker>();
  readonly #idle: Worker[] = [];
  #session: DuckSession | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /**
   * @param database one with an `allowedFolder`: the copies of tables are put there
   * @param versionOf equal versions of a table mean equal contents
   */
  constructor(database: DuckDatabase, versionOf: (table: string) => number) {
    const folder = database.allowedFolder;
    assert(folder !== undefined, 'queries need a folder that SQL may write into');
    this.#database = database;
    this.#folder = folder;
    this.#snapshots = new Snapshots({ database, folder, versionOf });
  }

  /**
   * Answers one SELECT: gives `take` the pieces of a JSON text `{"columns":…,"rows":…,"isTruncated":…`, whose last brace is the caller's.
   * `take` may be slow: the query waits.
   *
   * @throws SQL_INVALID, QUERY_LIMIT; after the first piece too. Rejects with the reason of the signal where that has ended it
   */
  async ask(question: Question, take: (piece: Uint8Array) => Promise<void>): Promise<void> {
    const { msMax, msAsked } = question;
    const endMs = performance.now() + msMax;
    const over = AbortSignal.any([question.signal, timeout(msMax, msAsked)]);
    const { needs, others } = await this.#needs(question.sql);
    await this.#snapshots.use(needs, over, async (files) => {
      const request: Request = {
        ...question,
        msMax: Math.max(1, Math.round(endMs - performance.now())),
        tables: needs.map(({ table, columns }, i) => ({ name: table.name, columns, file: files[i]! })),
        others,
        folder: this.#folder,
        memoryBytes: limits.queryMemoryBytesMax,
      };
      const worker = this.#idle.pop() ?? this.#begin();
      worker.wanted();
      const hard = AbortSignal.any([question.signal, timeout(request.msMax + graceMs, msAsked)]);
      await worker.run(request, hard, take);
    });
  }

  /** Ends all workers, and what they are at. */
  async close(): Promise<void> {
    for (const worker of this.#workers) worker.kill();
    await this.#last.catch(() => undefined);
    this.#session?.close();
    this.#session = undefined;
    await this.#snapshots.close();
  }

  /** What a query needs, by its text alone: nothing of it is computed here. */
  async #needs(sql: string): Promise<{ needs: Needs['needs']; others: readonly QueryTable[] }> {
    const work = async () => {
      this.#session ??= await this.#database.session();
      const session = this.#session;
      const tree = await readOnlyTree(session, sql);
      const tables = await tablesOf(session);
      const { needs, readsCatalogue } = await needsOf(session, tree, tables);
      const needed = new Set(needs.map(({ table }) => table));
      const others = readsCatalogue ? [...tables.values()].filter((table) => !needed.has(table)) : [];
      return { needs, others };
    };
    const turn = this.#last.then(work, work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  #begin(): Worker {
    const worker = new Worker(limits.queryMemoryBytesMax, {
      ready: () => {
        this.#idle.push(worker);
        worker.restUntil(idleMs);
      },
      gone: () => {
        this.#workers.delete(worker);
        const at = this.#idle.indexOf(worker);
        if (at >= 0) this.#idle.splice(at, 1);
      },
    });
    this.#workers.add(worker);
    return worker;
  }
}

/** The tables of pipelines, by their names in lower case. */
async function tablesOf(session: DuckSession): Promise<Map<string, QueryTable>> {
  const rows = await session.rows(
    `select table_name, column_name, data_type from duckdb_columns()
      where database_name = '${fileCatalog}' and schema_name = 'main' and not internal order by table_name, column_index`,
  );
  const tables = new Map<string, { name: string; columns: { name: string; type: string }[] }>();
  for (const [name, column, type] of rows.map((row) => row.map(String)) as [string, string, string][]) {
    const table = tables.get(name.toLowerCase()) ?? { name, columns: [] };
    tables.set(name.toLowerCase(), table);
    table.columns.push({ name: column, type });
  }
  return tables;
}

/** A signal that is aborted, with QUERY_LIMIT, after some milliseconds. */
function timeout(ms: number, askedMs: number): AbortSignal {
  const controller = new AbortController();
  setTimeout(() => {
    controller.abort(
      new MillraceError('QUERY_LIMIT', `the query took longer than ${formatMs(askedMs)}`, {
        place: 'query',
        remedy: 'Ask for less, or allow more time by msMax.',
      }),
    );
  }, ms).unref();
  return controller.signal;
}
