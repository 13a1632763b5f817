// Summaries and samples of a table: groups, aggregates, spans of time and a sample that is the same each time; every value is a bound parameter.
import { MillraceError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { quote, type Session, type SqlParam } from '../../process/database.ts';
import type {
  ReadValue,
  SampleOptions,
  Scope,
  StoredTable,
  SummaryGroup,
  SummaryOptions,
  SummaryValue,
} from '../store.ts';
import { hashOf } from './append.ts';
import { castType, conditionSql, plain, readable } from './read.ts';
import { physical } from './write.ts';

const spans: readonly unknown[] = ['second', 'minute', 'hour', 'day', 'week', 'month', 'quarter', 'year'];

/** An output column of a summary: its SQL, and how its values become those of JavaScript. */
type Output = { readonly sql: string; readonly read: (value: unknown) => unknown };

/** @throws NOT_FOUND for a column that is not there, OPTION_INVALID for a value or an aggregate that does not fit, QUERY_LIMIT */
export async function summarise(session: Session, table: StoredTable, options: SummaryOptions): Promise<unknown[][]> {
  const limit = checkLimit(table, options.limit ?? limits.summaryRowsMax);
  const statement = new Statement(table);
  const groups = (options.by ?? []).map((one) => statement.group(one));
  const values = options.values.map((one) => statement.value(one));
  const outputs = [...groups, ...values];
  const where = statement.where(options);
  const order = (options.order ?? []).map(({ at, descending }) => {
    if (outputs[at] === undefined) throw invalid(table, `order: there is no column ${at}`, 'Count from 0.');
    return `${at + 1} ${descending ? 'desc' : 'asc'} nulls last`;
  });
  // groups that are equal in the order come in that of their values, so that the same rows give the same answer
  for (let i = 0; i < groups.length; i++) order.push(`${i + 1} asc nulls last`);
  return statement.rows(
    session,
    outputs,
    `${where}${groups.length > 0 ? ` group by ${groups.map((_, i) => i + 1).join(', ')}` : ''}` +
      `${order.length > 0 ? ` order by ${order.join(', ')}` : ''} limit ${statement.limit(limit)}`,
  );
}

/** @throws NOT_FOUND for a column that is not there, OPTION_INVALID for a value that does not fit, QUERY_LIMIT */
export async function sample(session: Session, table: StoredTable, options: SampleOptions): Promise<unknown[][]> {
  const limit = checkLimit(table, options.limit);
  const statement = new Statement(table);
  const outputs = options.columns.map((name) => statement.column(name));
  const time = options.time === undefined ? '' : `${statement.name(options.time)} desc nulls last, `;
  // the smallest hashes of the key are rows from all over the table, and stay the same while it grows
  const order = options.of === 'newest' ? `${time}rowid desc` : `${hashOf(table.key)}, rowid`;
  return statement.rows(
    session,
    outputs,
    `${statement.where(options)} order by ${order} limit ${statement.limit(limit)}`,
  );
}

/** SQL over one table, with its parameters. */
class Statement {
  readonly #table: StoredTable;
  readonly #params: SqlParam[] = [];
  constructor(table: StoredTable) {
    this.#table = table;
  }

  async rows(session: Session, outputs: readonly Output[], rest: string): Promise<unknown[][]> {
    const sql = `select ${outputs.map((one) => one.sql).join(', ')} from ${physical(this.#table.name)}${rest}`;
    try {
      const rows = await session.rows(sql, ...this.#params);
      return rows.map((row) => row.map((value, i) => outputs[i]!.read(value)));
    } catch (error) {
      // what is stored was checked before: only a value of the request can fail to convert
      if (!(error instanceof MillraceError) || error.code !== 'ROW_FAILED') throw error;
      throw invalid(this.#table, error.message, 'Give values that fit the types of their columns.', error);
    }
  }

  /** A limit; a parameter, since a statement without any is kept with the memory that its order took. */
  limit(rows: number): string {
    return this.#bind(rows, 'bigint');
  }

  type(name: string): string {
    const found = this.#table.columns.find((one) => one.name === name);
    if (found) return found.type;
    throw new MillraceError('NOT_FOUND', `table '${this.#table.name}' has no column '${name}'`, {
      place: `table '${this.#table.name}'`,
      remedy: `Use one of: ${this.#table.columns.map((one) => one.name).join(', ')}.`,
    });
  }

  name(name: string): string {
    this.type(name);
    return quote(name);
  }

  column(name: string): Output {
    const type = this.type(name);
    const column = quote(name);
    return {
      sql: readable(column, type),
      read: (value) => plain(value, type),
    };
  }

  where({ where = {}, within, present = [] }: Scope): string {
    const bind = (name: string, value: ReadValue) => this.#bind(value, castType(this.type(name)));
    const parts = Object.entries(where).map(([name, condition]) =>
      conditionSql(name, condition, bind, (one) => this.type(one)),
    );
    for (const name of present) parts.push(isThere(this.name(name), this.type(name)));
    if (within) {
      const column = this.name(within.column);
      if (this.type(within.column) !== 'timestamp')
        throw invalid(this.#table, `column '${within.column}' is no timestamp`, 'Give a range of a timestamp column.');
      if (within.from) parts.push(`${column} >= ${this.#bind(within.from, 'timestamp')}`);
      if (within.to) parts.push(`${column} < ${this.#bind(within.to, 'timestamp')}`);
    }
    return parts.length === 0 ? '' : ` where ${parts.join(' and ')}`;
  }

  group({ column, every, among }: SummaryGroup): Output {
    if (among) return this.#among(column, among);
    if (every === undefined) return this.column(column);
    const type = this.type(column);
    const name = quote(column);
    const isTime = type === 'timestamp' || type === 'date';
    if (typeof every === 'string') {
      if (!isTime || !spans.includes(every))
        throw invalid(
          this.#table,
          `column '${column}' cannot be cut by ${every}`,
          `Cut a time by: ${spans.join(', ')}.`,
        );
      return { sql: `date_trunc('${every}', cast(${name} as timestamp))`, read: (value) => value };
    }
    const { width, from = 0, to } = every;
    const pieces = to === undefined ? 0 : Math.round((to - from) / width);
    if (!(width > 0) || !Number.isFinite(pieces) || !Number.isFinite(from) || !(isTime || isNumeric(type)))
      throw invalid(
        this.#table,
        `column '${column}' cannot be cut by ${width}`,
        'Cut numbers or times, by more than 0.',
      );
    const value = isTime ? `epoch_ms(cast(${name} as timestamp))` : `cast(${name} as double)`;
    const start = (index: unknown) => tidy(from + Number(index) * width);
    const piece = `floor((${value} - ${this.#bind(from, 'double')}) / ${this.#bind(width, 'double')} + 1e-9)`;
    return {
      // what lies on an edge belongs above it, also where the division gives 6.999999999
      sql: to === undefined ? piece : `greatest(-1, least(${piece}, ${pieces}))`,
      read: (index) => (index === null ? null : isTime ? new Date(start(index)) : start(index)),
    };
  }

  /** A column whose values are numbered, so that the many others are one group. */
  #among(column: string, values: readonly ReadValue[]): Output {
    const name = this.name(column);
    const type = this.type(column);
    const cases = values.map((value, i) =>
      value === null
        ? `when ${name} is null then ${i}`
        : `when ${name} = ${this.#bind(value, castType(type))} then ${i}`,
    );
    return {
      sql: cases.length === 0 ? '0' : `case ${cases.join(' ')} else ${values.length} end`,
      read: (index) => values[Number(index)],
    };
  }

  value(value: SummaryValue): Output {
    if (value.aggregate === 'count')
      return { sql: value.column === undefined ? 'count(*)' : `count(${this.name(value.column)})`, read: Number };
    const type = this.type(value.column);
    const column = quote(value.column);
    const numeric = isNumeric(type);
    const finite = type === 'float' || type === 'double' ? ` filter (where isfinite(${column}))` : '';
    const double = (sql: string): Output => ({ sql: `cast(${sql} as double)`, read: (one) => one });
    switch (value.aggregate) {
      case 'distinct':
        return { sql: `count(distinct ${column})`, read: Number };
      case 'estimate':
        return { sql: `approx_count_distinct(${column})`, read: Number };
      case 'min':
      case 'max':
      case 'last': {
        const sql =
          value.aggregate === 'last'
            ? `arg_max(${column}, ${value.by === undefined ? 'rowid' : this.name(value.by)})${finite}`
            : `${value.aggregate}(${column})${finite}`;
        if (numeric) return double(sql);
        return { sql: readable(sql, type), read: (one) => plain(one, type) };
      }
      case 'quantile':
        if (!numeric || !(value.share >= 0 && value.share <= 1)) throw this.#notNumeric(value.column);
        return double(`approx_quantile(${column}, ${Number(value.share)})${finite}`);
      case 'sum':
        if (!numeric) throw this.#notNumeric(value.column);
        return double(`sum(${column})${finite}`);
      case 'mean': {
        if (!numeric) throw this.#notNumeric(value.column);
        if (value.weight === undefined) return double(`avg(${column})${finite}`);
        const weight = this.name(value.weight);
        if (!isNumeric(this.type(value.weight))) throw this.#notNumeric(value.weight);
        const both = `filter (where ${isThere(column, type)} and ${isThere(weight, this.type(value.weight))} and ${weight} > 0)`;
        const product = `cast(${column} as double) * cast(${weight} as double)`;
        return double(`sum(${product}) ${both} / sum(cast(${weight} as double)) ${both}`);
      }
      case 'slope':
      case 'intercept':
      case 'correlation': {
        const against = this.name(value.against);
        if (!numeric) throw this.#notNumeric(value.column);
        if (!isNumeric(this.type(value.against))) throw this.#notNumeric(value.against);
        const name = { slope: 'regr_slope', intercept: 'regr_intercept', correlation: 'corr' }[value.aggregate];
        const both = `filter (where ${isThere(column, type)} and ${isThere(against, this.type(value.against))})`;
        const sql = `cast(${name}(cast(${column} as double), cast(${against} as double)) ${both} as double)`;
        return { sql, read: (one) => (Number.isFinite(one) ? one : null) };
      }
      default:
        throw invalid(
          this.#table,
          `there is no aggregate '${String((value as { aggregate: unknown }).aggregate)}'`,
          'Use one of the contract.',
        );
    }
  }

  #notNumeric(column: string): MillraceError {
    return invalid(this.#table, `column '${column}' is no number`, 'Name a column that holds numbers.');
  }

  #bind(value: ReadValue, type: string): string {
    this.#params.push(value instanceof Date ? value.toISOString() : value);
    return `cast($${this.#params.length} as ${type})`;
  }
}

function isThere(column: string, type: string): string {
  return type === 'float' || type === 'double' ? `isfinite(${column})` : `${column} is not null`;
}

function isNumeric(type: string): boolean {
  return ['int', 'long', 'float', 'double'].includes(type) || type.startsWith('decimal');
}

/** A sum of floating-point numbers without what its last bits add: 0.3 and not 0.30000000000000004. */
function tidy(value: number): number {
  return Number(value.toPrecision(15));
}

function checkLimit(table: StoredTable, limit: number): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= limits.summaryRowsMax) return limit;
  throw new MillraceError('QUERY_LIMIT', `limit: ${limit} is not possible`, {
    place: `table '${table.name}'`,
    remedy: `Ask for 1 to ${limits.summaryRowsMax}.`,
  });
}

function invalid(table: StoredTable, message: string, remedy: string, cause?: unknown): MillraceError {
  return new MillraceError('OPTION_INVALID', message, { place: `table '${table.name}'`, remedy, cause });
}
