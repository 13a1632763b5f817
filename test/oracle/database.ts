// The oracle's DuckDB: its own, in memory, with one thread.
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import type { Fields, FieldType } from '../../src/define/fields.ts';
import { sqlColumns, sqlType } from '../../src/process/duckdb/types.ts';

/** A row of values; timestamps as milliseconds since 1970. */
export type Values = Readonly<Record<string, unknown>>;

/** DuckDB beside the one under test. */
export class Database {
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#instance = instance;
    this.#connection = connection;
  }

  static async open(): Promise<Database> {
    const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
    const database = new Database(instance, await instance.connect());
    await database.run("set timezone = 'UTC'");
    return database;
  }

  async run(text: string): Promise<void> {
    await this.#connection.run(text);
  }

  async rows(text: string): Promise<Record<string, unknown>[]> {
    return (await this.#connection.runAndReadAll(text)).getRowObjectsJS();
  }

  /** Makes a table anew, with the columns of fields and some numbers after them. */
  async table(name: string, fields: Fields, numbers: readonly string[] = []): Promise<void> {
    const columns = [sqlColumns(fields), ...numbers.map((one) => `${one} bigint`)].filter(Boolean).join(', ');
    await this.run(`create or replace table ${name} (${columns})`);
  }

  /** Inserts rows. */
  async insert(name: string, fields: Fields, numbers: readonly string[], rows: readonly Values[]): Promise<void> {
    if (rows.length === 0) return;
    const columns = Object.entries(fields);
    const types = [
      ...columns.map(([column, { type }]) => `"${column}" ${type.kind === 'timestamp' ? 'bigint' : sqlType(type)}`),
      ...numbers.map((one) => `${one} bigint`),
    ];
    const values = [...columns.map(([column, { type }]) => written(column, type)), ...numbers];
    const statement = await this.#connection.prepare(
      `insert into ${name} select ${values.join(', ')} from (select unnest(cast(cast($1 as json) as struct(${types.join(', ')})[]), recursive := true))`,
    );
    statement.bindVarchar(1, JSON.stringify(rows));
    await statement.run();
    statement.destroySync();
  }

  close(): void {
    this.#connection.closeSync();
    this.#instance.closeSync();
  }
}

function written(column: string, { kind }: FieldType): string {
  return kind === 'timestamp' ? `make_timestamp_ms("${column}")` : `"${column}"`;
}

/** A value in a form that can be compared, whichever engine it came from. */
export function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Date) return value.getTime();
  if (Array.isArray(value)) return value.map(plain);
  if (Object.is(value, -0)) return 0;
  return value;
}
