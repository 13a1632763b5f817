// table.where(): which rows of a table a pipeline's own route answers, as data; nothing is read before the route is asked.
import { MillraceError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import { acceptor } from './accept.ts';
import { asShown, type Field, type Fields } from './fields.ts';
import { outOf } from './input.ts';

/** A value that a column is compared with; null: missing. */
export type ReadValue = string | number | bigint | boolean | Date | Uint8Array | null;

/** What a column must be; all of it. */
export type ReadCondition = {
  readonly eq?: ReadValue;
  readonly ne?: ReadValue;
  readonly lt?: ReadValue;
  readonly lte?: ReadValue;
  readonly gt?: ReadValue;
  readonly gte?: ReadValue;
  readonly in?: readonly ReadValue[];
  readonly like?: string;
};

type Types<T> =
  T extends Field<infer Out, infer In, infer _Optional>
    ? { readonly out: NonNullable<Out>; readonly in: NonNullable<In> }
    : never;

/** What a column can be compared with: what may be written to it, but a text only with texts; a list or JSON with nothing. */
type Comparable<T> =
  Types<T> extends { out: infer Out; in: infer In }
    ? unknown extends Out
      ? never
      : Out extends readonly unknown[]
        ? never
        : Out extends string
          ? boolean extends In
            ? Out
            : In
          : In
    : never;

type ConditionOf<V, Out> = {
  readonly eq?: V | null | undefined;
  readonly ne?: V | null | undefined;
  readonly lt?: V | undefined;
  readonly lte?: V | undefined;
  readonly gt?: V | undefined;
  readonly gte?: V | undefined;
  readonly in?: readonly V[] | undefined;
  readonly like?: (Out extends string ? string : never) | undefined;
};

/**
 * Conditions on columns, all of which must hold. A value means equal, null missing; undefined leaves the condition out, so that
 * an optional value of a request can be given as it is. `like` takes `%` and `_`, and
 * `\` before one of them that means itself.
 *
 * @example { line: 'B8', delay_s: { gt: 300 } }
 */
export type Conditions<F extends Fields> = {
  readonly [K in keyof F]?: Comparable<F[K]> | ConditionOf<Comparable<F[K]>, Types<F[K]>['out']> | null | undefined;
};

/** What a read asks for. Plain data. */
export type ReadPlan = {
  readonly table: string;
  readonly where: Readonly<Record<string, ReadCondition>>;
  readonly order: readonly { readonly column: string; readonly descending: boolean }[];
  readonly limit: number;
  readonly after: string | undefined;
  readonly columns: readonly string[] | undefined;
  /** Whether it is a single row, whose absence is NOT_FOUND. */
  readonly isOne: boolean;
};

/** What a read is of: a table, as far as it matters here. */
export type ReadOwner<F extends Fields> = {
  readonly name: string;
  readonly fields: F;
  readonly time: string | undefined;
  readonly version: string | undefined;
};

/** Rows of a table that a route answers. Frozen; each method returns another one. */
export interface Read<F extends Fields = Fields> {
  readonly noun: 'read';
  readonly plan: ReadPlan;
  /** More conditions; one of a column that has one already takes its place. */
  where(conditions: Conditions<F>): Read<F>;
  /** The order, `-` for descending; the key decides between equal rows. Default: by key. @example read.order('-delay_s', 'line') */
  order(...columns: readonly ((keyof F & string) | `-${keyof F & string}`)[]): Read<F>;
  /** At most so many rows, 1 to 1,000. Default 100. @throws OPTION_INVALID */
  limit(rows: number): Read<F>;
  /** The newest rows, newest first, by the table's time or version column. @throws PIPELINE_INVALID where the table has neither */
  last(rows: number): Read<F>;
  /** The oldest rows, oldest first, by the table's time or version column. @throws PIPELINE_INVALID where the table has neither */
  first(rows: number): Read<F>;
  /** The page after one whose `next` was this; undefined: the first. */
  after(cursor: string | undefined): Read<F>;
  /** Only these columns. */
  columns(names: readonly (keyof F & string)[]): Read<F>;
  /** The first of the rows alone; where there is none, the route answers NOT_FOUND (404). */
  one(): Read<F>;
}

/**
 * The read of a table's rows; `table.where()` makes it.
 *
 * @throws OPTION_INVALID for a column that is not there, RECORD_INVALID for a value that does not fit its column
 */
export function readOf<F extends Fields>(owner: ReadOwner<F>, conditions: Conditions<F>): Read<F> {
  const plan = { table: owner.name, where: {}, order: [], limit: 100, after: undefined, columns: undefined };
  return make(owner, { ...plan, where: conditionsOf(owner, conditions), isOne: false });
}

/** Whether a value is a read. */
export function isRead(value: unknown): value is Read {
  return typeof value === 'object' && value !== null && (value as { noun?: unknown }).noun === 'read';
}

function make<F extends Fields>(owner: ReadOwner<F>, plan: ReadPlan): Read<F> {
  const next = (change: Partial<ReadPlan>) => make(owner, { ...plan, ...change });
  const byTime = (descending: boolean, rows: number) =>
    next({ order: [{ column: timeOf(owner), descending }], limit: checkLimit(owner, rows) });
  const self: Read<F> = {
    noun: 'read',
    plan: Object.freeze({ ...plan, where: Object.freeze(plan.where), order: Object.freeze(plan.order) }),
    where: (conditions) => next({ where: { ...plan.where, ...conditionsOf(owner, conditions) } }),
    order: (...columns) =>
      next({
        order: columns.map((given) => {
          const descending = given.startsWith('-');
          return Object.freeze({ column: checkColumn(owner, descending ? given.slice(1) : given), descending });
        }),
      }),
    limit: (rows) => next({ limit: checkLimit(owner, rows) }),
    last: (rows) => byTime(true, rows),
    first: (rows) => byTime(false, rows),
    after: (cursor) => next({ after: cursor }),
    columns: (names) => next({ columns: Object.freeze(names.map((name) => checkColumn(owner, name))) }),
    one: () => next({ isOne: true, limit: 1 }),
  };
  return Object.freeze(self);
}

// the years that every store can read
const timeMsMin = Date.parse('0001-01-01T00:00:00.000Z');
const timeMsMax = Date.parse('9999-12-31T23:59:59.999Z');

const operators = ['eq', 'ne', 'lt', 'lte', 'gt', 'gte', 'in', 'like'] as const;

function conditionsOf<F extends Fields>(owner: ReadOwner<F>, given: Conditions<F>): Record<string, ReadCondition> {
  const found: Record<string, ReadCondition> = {};
  for (const [name, condition] of Object.entries(given)) {
    checkColumn(owner, name);
    if (condition === undefined) continue;
    const read = conditionOf(owner, name, condition);
    if (Object.keys(read).length > 0) found[name] = read;
  }
  return found;
}

function conditionOf<F extends Fields>(owner: ReadOwner<F>, name: string, given: unknown): ReadCondition {
  const value = valueReader(owner, name);
  if (!isOperators(given)) return Object.freeze({ eq: value(given) });
  const condition: Record<string, unknown> = {};
  for (const [operator, operand] of Object.entries(given)) {
    if (!(operators as readonly string[]).includes(operator)) {
      throw invalid(owner, `column '${name}' has no condition '${operator}'`, `Use some of: ${operators.join(', ')}.`);
    }
    if (operand === undefined) continue;
    if (operator === 'in') condition.in = Object.freeze((operand as readonly unknown[]).map(value));
    else if (operator === 'like') condition.like = likeOf(owner, name, operand);
    else condition[operator] = value(operand);
  }
  return Object.freeze(condition);
}

function likeOf<F extends Fields>(owner: ReadOwner<F>, name: string, pattern: unknown): string {
  const { kind } = owner.fields[name]!.type;
  if (typeof pattern === 'string' && (kind === 'text' || kind === 'oneOf')) {
    if (isPattern(pattern)) return pattern;
    throw invalid(owner, `column '${name}': the pattern of like ends with a single \\`, 'Write a \\ itself as two.');
  }
  throw invalid(
    owner,
    `column '${name}' cannot be compared by like`,
    'Give a text with % and _, for a column of texts.',
  );
}

/** Whether a text can be a pattern of `like`: a `\` stands before the character that it makes literal, so none is left over at the end. */
export function isPattern(text: string): boolean {
  let end = text.length;
  while (text[end - 1] === '\\') end--;
  return (text.length - end) % 2 === 0;
}

/** Whether it is an object of operators, and no value. */
function isOperators(given: unknown): given is Record<string, unknown> {
  return (
    typeof given === 'object' &&
    given !== null &&
    !(given instanceof Date) &&
    !(given instanceof Uint8Array) &&
    !Array.isArray(given)
  );
}

function valueReader<F extends Fields>(owner: ReadOwner<F>, name: string): (given: unknown) => ReadValue {
  const field = owner.fields[name]!;
  const accept = acceptor(name, asShown(field));
  return (given) => {
    if (given === null) return null;
    const { kind } = field.type;
    if (kind === 'json' || kind === 'list') {
      throw invalid(owner, `column '${name}' cannot be compared`, 'Ask only whether it is missing: null.');
    }
    const canonical = accept(given);
    const ms = kind === 'date' ? Number(canonical) * 86_400_000 : kind === 'timestamp' ? Number(canonical) : 0;
    if (ms < timeMsMin || ms > timeMsMax)
      throw invalid(owner, `column '${name}': this is before year 1 or after year 9999`, 'Give another time.');
    return outOf(field.type, canonical) as ReadValue;
  };
}

function timeOf<F extends Fields>(owner: ReadOwner<F>): string {
  const column = owner.time ?? owner.version;
  if (column !== undefined) return column;
  throw new MillraceError('PIPELINE_INVALID', `table '${owner.name}' has neither a time nor a version`, {
    place: `table '${owner.name}'`,
    remedy: "Say the order: .order('-at').limit(60), or give the topic or stream a time.",
  });
}

function checkColumn<F extends Fields>(owner: ReadOwner<F>, name: string): string {
  if (Object.hasOwn(owner.fields, name)) return name;
  const names = Object.keys(owner.fields).join(', ');
  throw invalid(owner, `there is no column '${name.slice(0, 80)}'`, `Name one of: ${names}.`);
}

function checkLimit<F extends Fields>(owner: ReadOwner<F>, rows: number): number {
  if (Number.isInteger(rows) && rows >= 1 && rows <= limits.queryRowsMax) return rows;
  throw invalid(owner, `${rows} rows are not possible`, `Ask for 1 to ${limits.queryRowsMax}.`);
}

function invalid<F extends Fields>(owner: ReadOwner<F>, message: string, remedy: string): MillraceError {
  return new MillraceError('OPTION_INVALID', message, { place: `table '${owner.name}'`, remedy });
}
