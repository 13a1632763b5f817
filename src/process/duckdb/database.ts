// A DuckDB file and its connections: prepared statements kept, errors translated, transactions.

import { existsSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, sep } from 'node:path';
import {
  type DuckDBConnection,
  type DuckDBDataChunk,
  DuckDBInstance,
  type DuckDBPreparedStatement,
} from '@duckdb/node-api';
import { assert } from '../../core/errors.ts';
import { literal, type Session, type SqlParam } from '../database.ts';
import { cutShort, translate } from './failure.ts';

/** Options of a DuckDB database. Absent path: in memory. */
export type DuckDatabaseOptions = {
  path?: string;
  tempFolder?: string;
  memoryBytes?: number;
  threads?: number;
  readOnly?: boolean;
  /** A folder in which files can be written and read by SQL; elsewhere none can. */
  allowedFolder?: string;
  /** Another database file, attached under the name `kept`, from which can only be read. */
  kept?: string;
};

type Instance = Awaited<ReturnType<typeof DuckDBInstance.create>>;

/**
 * Rows of a row group, far fewer than DuckDB's default of 122,880. A transaction that inserts full row groups writes them straight into
 * the file, without the write-ahead log; and a checkpoint, for which every commit waits, writes the last, unfilled one anew.
 */
export const rowGroupRows = 4096;

/** Bytes of a block. DuckDB's default of 262,144 is more than a column of a row group needs, and as much is taken for each of them. */
const blockBytes = 65_536;

/** The format of the file: older ones, which DuckDB takes by default, write all of a table's metadata at each checkpoint. */
const storageVersion = 'v1.5.0';

/** Ways to compress that take more time to try than the space they save is worth to a table that is written all day. */
const disabledCompression = 'alp,alprd,fsst,dict_fsst,zstd,chimp,patas,roaring';

/** Bytes of the write-ahead log that are worth a checkpoint. Often, so that each is short: all transactions wait while one runs. */
const checkpointBytes = 1_000_000;

/** Statements that a connection keeps prepared. */
const statementsMax = 500;

/**
 * A statement is planned again after so many times the uses that its last plan was made at. A plan is made for the sizes of its tables at that
 * moment: one that was made while a table was empty builds its hash table from all of that table's rows for ever.
 */
const planAgainFactor = 4;

/** Milliseconds between two interrupts of a connection that is cut. */
const interruptMs = 50;

/** Rows of a row group of micro-batches in memory: what one thread takes at a time. */
const workRowGroupRows = 8192;

/** The name under which the file is attached. */
export const fileCatalog = 'millrace';

/** The name under which a file is attached that is only read. */
export const keptCatalog = 'kept';

/** The databases in memory in which micro-batches are prepared, one for each slot: what deleted rows leave is freed by database. */
export const slotCatalogs = ['work_slot0', 'work_slot1'] as const;

/** A DuckDB database that this process holds alone. */
export class DuckDatabase {
  readonly #instance: Instance;
  readonly #log: string | undefined;
  /** Its file; undefined: in memory. */
  readonly path: string | undefined;
  /** The folder in which SQL may write and read files; undefined: nowhere. */
  readonly allowedFolder: string | undefined;
  private constructor(instance: Instance, path: string | undefined, allowedFolder: string | undefined) {
    this.#instance = instance;
    this.path = path;
    this.allowedFolder = allowedFolder;
    this.#log = path === undefined ? undefined : `${path}.wal`;
  }

  /**
   * Opens a database file, or one in memory.
   *
   * @throws DATA_IN_USE where another process holds it; TABLES_DAMAGED, STORE_UNAVAILABLE
   */
  static async open(options: DuckDatabaseOptions = {}): Promise<DuckDatabase> {
    const config: Record<string, string> = {
      // a thread that waits for another one's task spins: more of them than half the processors cost more than they give
      threads: String(options.threads ?? Math.max(1, availableParallelism() >> 1)),
      memory_limit: `${Math.round((options.memoryBytes ?? 128e6) / 1e6)}MB`,
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      // statements are prepared once and run for ever: a filter that the values of that moment made needless must stay in the plan
      disabled_optimizers: 'statistics_propagation',
      // for those who do not ask for checkpoints themselves: a commit that makes one takes as much longer
      checkpoint_threshold: '16MB',
      // the databases in memory have no option of their own
      default_block_size: String(blockBytes),
      preserve_insertion_order: 'true',
      // a limit of its own: DuckDB's is the space that was free when it began, which it does not ask for again after a full disk
      ...(options.tempFolder === undefined
        ? {}
        : { temp_directory: options.tempFolder, max_temp_directory_size: '100GB' }),
      ...(options.readOnly ? { access_mode: 'READ_ONLY' } : {}),
    };
    let instance: Instance | undefined;
    try {
      instance = await DuckDBInstance.create(':memory:', config);
      const database = new DuckDatabase(instance, options.path, options.allowedFolder);
      const session = await database.session(false);
      const path = options.path === undefined ? ':memory:' : literal(options.path).slice(1, -1);
      // as an option of the instance it is taken without a word and does nothing
      await session.run(`set global disabled_compression_methods = '${disabledCompression}'`);
      // a file that is there keeps its blocks
      const isNew = options.path !== undefined && !existsSync(options.path);
      await session.run(
        `attach '${path}' as ${fileCatalog} (row_group_size ${rowGroupRows}, storage_version '${storageVersion}'${isNew ? `, block_size ${blockBytes}` : ''})`,
      );
      if (options.kept !== undefined)
        await session.run(`attach '${literal(options.kept).slice(1, -1)}' as ${keptCatalog} (read_only)`);
      // micro-batches are prepared in memory; small row groups let both threads scan one
      for (const slot of slotCatalogs)
        await session.run(`attach ':memory:' as ${slot} (row_group_size ${workRowGroupRows})`);
      if (options.allowedFolder !== undefined)
        await session.run(`set allowed_directories = [${literal(join(options.allowedFolder, sep))}]`);
      // queries come from pipeline files and the command line: they may not read or write files of this machine
      await session.run('set enable_external_access = false');
      await session.run("set timezone = 'UTC'").catch(() => 0);
      session.close();
      return database;
    } catch (error) {
      instance?.closeSync();
      throw translate(error, options.path ?? options.kept ?? 'memory', options.path ?? options.kept);
    }
  }

  /** A new connection. */
  async session(isAttached = true): Promise<DuckSession> {
    const session = new DuckSession(this, await this.#instance.connect());
    if (isAttached) await session.run(`use ${fileCatalog}`);
    return session;
  }

  /** Whether enough was written since the last checkpoint of the file. */
  get isCheckpointDue(): boolean {
    return this.#log !== undefined && (statSync(this.#log, { throwIfNoEntry: false })?.size ?? 0) > checkpointBytes;
  }

  close(): void {
    this.#instance.closeSync();
  }
}

/** A connection to a DuckDB database. */
export class DuckSession implements Session {
  readonly database: DuckDatabase;
  readonly connection: DuckDBConnection;
  readonly #prepared = new Map<string, { statement: DuckDBPreparedStatement; uses: number; planAgainAt: number }>();
  #busy = false;
  /** Interrupts statements for as long as it is set: one that has not quite begun does not hear it. */
  #cutting: NodeJS.Timeout | undefined;
  #isSpared = false;

  constructor(database: DuckDatabase, connection: DuckDBConnection) {
    this.database = database;
    this.connection = connection;
  }

  async run(sql: string, ...params: SqlParam[]): Promise<number> {
    return this.#alone(sql, async () => (await (await this.#bind(sql, params)).run()).rowsChanged);
  }

  async rows(sql: string, ...params: SqlParam[]): Promise<unknown[][]> {
    return this.#alone(
      sql,
      async () => (await (await this.#bind(sql, params)).runAndReadAll()).getRowsJS() as unknown[][],
    );
  }

  /** Runs a query; its columns, each as an array of JavaScript values (bigint for 64 bits, Date for timestamps). */
  async columns(sql: string, ...params: SqlParam[]): Promise<unknown[][]> {
    return this.#alone(
      sql,
      async () => (await (await this.#bind(sql, params)).runAndReadAll()).getColumnsJS() as unknown[][],
    );
  }

  /**
   * Runs a query and reads its chunks as they are made, until `take` wants no more: `begun` is told its columns, with DuckDB's names of their
   * types. Resolves with whether all chunks were wanted.
   */
  async read(
    sql: string,
    take: (chunk: DuckDBDataChunk) => Promise<boolean>,
    begun: (columns: { name: string; type: string }[]) => void,
  ): Promise<boolean> {
    return this.#alone(sql, async () => {
      const result = await this.connection.stream(sql);
      const types = result.columnTypes();
      begun(result.columnNames().map((name, i) => ({ name, type: String(types[i]) })));
      for (;;) {
        const chunk = await result.fetchChunk();
        if (!chunk || chunk.rowCount === 0) return true;
        if (!(await take(chunk))) return false;
      }
    });
  }

  /** Column names and types (as DuckDB writes them) of a query, without running it. */
  async describe(sql: string): Promise<{ name: string; type: string }[]> {
    const rows = await this.#alone(sql, async () =>
      (await this.connection.runAndReadAll(`describe ${sql}`)).getRowsJS(),
    );
    return (rows as unknown[][]).map((row) => ({ name: String(row[0]), type: String(row[1]) }));
  }

  async transaction<T>(steps: () => Promise<T>, committing?: () => void): Promise<T> {
    await this.run('begin transaction');
    try {
      const result = await steps();
      const commit = this.spared(() => this.run('commit'));
      committing?.();
      await commit;
      return result;
    } catch (error) {
      await this.spared(() => this.run('rollback')).catch(() => 0);
      throw error;
    }
  }

  /**
   * Makes a checkpoint of a database, outside of a transaction: frees what deleted rows keep of one in memory (`temp`: this session's own), and
   * writes the log of the file into it. Resolves with false where others are writing there.
   */
  async checkpoint(catalog: string): Promise<boolean> {
    return this.run(`checkpoint ${catalog}`).then(
      () => true,
      () => false,
    );
  }

  /** Stops the query at hand. */
  interrupt(): void {
    this.connection.interrupt();
  }

  /** Stops the statement at hand and refuses all that follow, but for those that end a transaction: they reject with STOP_DEADLINE. */
  cut(): void {
    const interrupt = () => {
      if (!this.#isSpared) this.interrupt();
    };
    this.#cutting ??= setInterval(interrupt, interruptMs).unref();
    interrupt();
  }

  /** Runs statements that `cut` does not concern. */
  async spared<T>(work: () => Promise<T>): Promise<T> {
    const wasSpared = this.#isSpared;
    this.#isSpared = true;
    try {
      return await work();
    } finally {
      this.#isSpared = wasSpared;
    }
  }

  close(): void {
    clearInterval(this.#cutting);
    for (const { statement } of this.#prepared.values()) statement.destroySync();
    this.#prepared.clear();
    this.connection.closeSync();
  }

  async #bind(sql: string, params: readonly SqlParam[]): Promise<DuckDBPreparedStatement> {
    let kept = this.#prepared.get(sql);
    if (!kept || kept.uses === kept.planAgainAt) {
      const statement = await this.connection.prepare(sql);
      kept?.statement.destroySync();
      kept = { statement, uses: kept?.uses ?? 0, planAgainAt: (kept?.planAgainAt ?? 1) * planAgainFactor };
      this.#prepared.set(sql, kept);
      if (this.#prepared.size > statementsMax) this.#forgetOldest();
    }
    kept.uses++;
    params.forEach((value, i) => {
      bindValue(kept.statement, i + 1, value);
    });
    return kept.statement;
  }

  get #isCut(): boolean {
    return this.#cutting !== undefined && !this.#isSpared;
  }

  #forgetOldest(): void {
    for (const [sql, { statement }] of this.#prepared) {
      statement.destroySync();
      this.#prepared.delete(sql);
      return;
    }
  }

  async #alone<T>(sql: string, work: () => Promise<T>): Promise<T> {
    assert(!this.#busy, `two statements at once on one connection: ${sql.slice(0, 80)}`);
    if (this.#isCut) throw cutShort();
    this.#busy = true;
    try {
      return await work();
    } catch (error) {
      throw this.#isCut ? cutShort(error) : translate(error, sql, this.database.path);
    } finally {
      this.#busy = false;
    }
  }
}

function bindValue(statement: DuckDBPreparedStatement, index: number, value: SqlParam): void {
  if (value === null) statement.bindNull(index);
  else if (typeof value === 'string') statement.bindVarchar(index, value);
  else if (typeof value === 'bigint') statement.bindBigInt(index, value);
  else if (typeof value === 'boolean') statement.bindBoolean(index, value);
  else if (typeof value === 'number') {
    if (Number.isSafeInteger(value)) statement.bindBigInt(index, BigInt(value));
    else statement.bindDouble(index, value);
  } else statement.bindBlob(index, value);
}
