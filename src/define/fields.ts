// Field types: one declaration gives the TypeScript type, the validation at the edge, the Avro schema and the SQL column.
import { MillraceError } from '../core/errors.ts';
import { shown } from '../core/shown.ts';
import { checkValue, isObject, textRule, textsRule } from './options.ts';
import { type TimeReading, type TimestampOptions, timeReading, withIso } from './time-reading.ts';

/** The type of a field as data: what is stored, compared and printed. */
export type FieldType =
  | { readonly kind: 'text' | 'int' | 'long' | 'float' | 'double' | 'bool' | 'date' | 'bytes' | 'json' }
  /** `reading`: how it is read at the edge; what is stored is the same without it. */
  | { readonly kind: 'timestamp'; readonly reading?: TimeReading | undefined }
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  | { readonly kind: 'oneOf'; readonly values: readonly string[] }
  | { readonly kind: 'list'; readonly of: FieldType };

/**
 * A field of a topic, stream or table. `Out` is the TypeScript type of its value as read, `In` what may be written to it.
 * Frozen; each method returns a new field.
 */
export interface Field<Out = unknown, In = unknown, Optional extends boolean = boolean> {
  readonly type: FieldType;
  readonly isOptional: Optional;
  readonly description: string | undefined;
  readonly isPersonal: boolean;
  /** Phantom: carries the types, is never there. */
  readonly '~types'?: { out: Out; in: In };
  /** May be missing: null in rows and in SQL. */
  optional(): Field<Out | null, In | null | undefined, true>;
  /** One sentence for people: shown by the console and the API. */
  describe(description: string): Field<Out, In, Optional>;
  /** Personal data: masked in logs, dead letters and the console. */
  personal(): Field<Out, In, Optional>;
}

/** Fields by name, in order. */
export type Fields = Readonly<Record<string, Field>>;

type OutOf<F> = F extends Field<infer Out, infer _In, infer _Optional> ? Out : never;
type InOf<F> = F extends Field<infer _Out, infer In, infer _Optional> ? In : never;
type OptionalNames<F> = {
  [K in keyof F]: F[K] extends Field<unknown, unknown, infer O> ? (O extends true ? K : never) : never;
}[keyof F];

/** A row of these fields, as read: `Row<typeof ride.fields>`. */
export type Row<F extends Fields> = { readonly [K in keyof F]: OutOf<F[K]> };

/** A record of these fields, as written: timestamps as Date, milliseconds or ISO text; optional ones may be left out. */
export type Input<F extends Fields> = { readonly [K in Exclude<keyof F, OptionalNames<F>>]: InOf<F[K]> } & {
  readonly [K in OptionalNames<F>]?: InOf<F[K]>;
};

function field<Out, In>(type: FieldType): Field<Out, In, false> {
  return make(type, false, undefined, false) as Field<Out, In, false>;
}

function make(type: FieldType, isOptional: boolean, description: string | undefined, isPersonal: boolean): Field {
  const self: Field = {
    type,
    isOptional,
    description,
    isPersonal,
    optional: () => make(type, true, description, isPersonal) as Field<unknown, unknown, true>,
    describe(text) {
      checkValue('describe', 'the description', text, textRule);
      return make(type, isOptional, text, isPersonal);
    },
    personal: () => make(type, isOptional, description, true),
  };
  return Object.freeze(self);
}

/** Whether a value is a field, as `text()` makes one. */
export function isField(value: unknown): value is Field {
  if (!isObject(value)) return false;
  const { type, optional } = value as { type?: { kind?: unknown } | null; optional?: unknown };
  return typeof type?.kind === 'string' && typeof optional === 'function';
}

/**
 * Checks that a value is a field. Who wrote `int` or `'int'` meant `int()`.
 *
 * @throws OPTION_INVALID
 */
export function checkField(place: string, name: string, value: unknown): void {
  if (isField(value)) return;
  throw new MillraceError('OPTION_INVALID', `${name}: ${shown(value)} is no field`, {
    place,
    remedy: `Write ${meant(value) ?? 'a field, as text() or double()'}.`,
  });
}

/** The call of a builder that was written as the builder itself, or as its name. */
function meant(value: unknown): string | undefined {
  const calls: Readonly<Record<string, string>> = {
    decimal: 'decimal(12, 2)',
    oneOf: "oneOf('one', 'other')",
    list: 'list(text())',
  };
  const builders = { text, int, long, float, double, bool, timestamp, date, bytes, json, decimal, oneOf, list };
  const found = Object.entries(builders).find(([name, builder]) => value === name || value === builder)?.[0];
  return found === undefined ? undefined : (calls[found] ?? `${found}()`);
}

/**
 * Text of any length, UTF-8. A number or boolean written to it becomes its text.
 *
 * @example topic('rides', { zone: text() })
 */
export const text = () => field<string, string | number | boolean>(Object.freeze({ kind: 'text' }));
/**
 * A whole number of 32 bits.
 *
 * @example topic('rides', { passengers: int().optional() })
 */
export const int = () => field<number, number | string>(Object.freeze({ kind: 'int' }));
/**
 * A whole number of 64 bits: a `bigint` only beyond ±(2^53 − 1).
 *
 * @example topic('rides', { id: long() }, { key: 'id' })
 */
export const long = () => field<number | bigint, number | bigint | string>(Object.freeze({ kind: 'long' }));
/**
 * A binary floating-point number of 32 bits; NaN and the infinities included, finite ones beyond 3.4e38 refused.
 *
 * @example topic('rooms', { celsius: float() })
 */
export const float = () => field<number, number | string>(Object.freeze({ kind: 'float' }));
/**
 * A binary floating-point number of 64 bits; NaN and the infinities included.
 *
 * @example topic('rides', { km: double().describe('Kilometres driven.') })
 */
export const double = () => field<number, number | string>(Object.freeze({ kind: 'double' }));
/** Texts that `bool()` takes, in any case. */
export type BoolText = 'true' | 'false' | 't' | 'f' | 'yes' | 'no' | 'y' | 'n' | 'on' | 'off' | '1' | '0';
/**
 * True or false; `1` and `0`, and the texts that PostgreSQL and DuckDB take: true, t, yes, y, on, 1 and their opposites, in any case.
 *
 * @example topic('users', { active: bool() })
 */
export const bool = () => field<boolean, boolean | BoolText | 1 | 0>(Object.freeze({ kind: 'bool' }));
/**
 * A moment in UTC, to the millisecond; digits beyond it are cut off. Text is read as ISO 8601 or SQL write it, in UTC where it names no
 * zone, a number as milliseconds since 1970. `format`, `zone` and `unit` say otherwise, at every edge; what is stored is the same.
 *
 * @throws OPTION_INVALID for an unknown token of a format, an unknown zone or unit
 * @example topic('rides', { at: timestamp() }, { time: 'at' })
 * @example timestamp({ format: 'dd/MM/yyyy HH.mm', zone: 'Europe/Berlin' })
 * @example timestamp({ unit: 's' })
 */
export function timestamp(options: TimestampOptions = {}): Field<Date, Date | number | bigint | string, false> {
  const reading = timeReading(options);
  return field(Object.freeze(reading ? { kind: 'timestamp', reading } : { kind: 'timestamp' }));
}
/**
 * A calendar day, read as `'2026-11-22'`. Of a text the day that is written, whatever time follows; of a Date the day in UTC.
 *
 * @example topic('users', { born: date().personal() })
 */
export const date = () => field<string, Date | string>(Object.freeze({ kind: 'date' }));
/**
 * Bytes; base64 in JSON.
 *
 * @example topic('frames', { jpeg: bytes() })
 */
export const bytes = () => field<Uint8Array, Uint8Array>(Object.freeze({ kind: 'bytes' }));
/**
 * Any JSON value, its lists and objects at most 100 deep.
 *
 * @example topic('events', { payload: json() })
 */
export const json = () => field<unknown, unknown>(Object.freeze({ kind: 'json' }));

/**
 * An exact decimal number of `precision` digits (1 to 38), `scale` of them after the point; read as text, so that no digit is lost.
 *
 * @throws OPTION_INVALID for digits that are not possible
 * @example decimal(12, 2)
 */
export function decimal(precision: number, scale: number): Field<string, string | number | bigint, false> {
  if (
    !Number.isInteger(precision) ||
    !Number.isInteger(scale) ||
    precision < 1 ||
    precision > 38 ||
    scale < 0 ||
    scale > precision
  ) {
    throw new MillraceError('OPTION_INVALID', `decimal(${shown(precision)}, ${shown(scale)}) is not possible`, {
      place: 'decimal',
      remedy: 'Give a precision from 1 to 38 and a scale from 0 to the precision.',
    });
  }
  return field(Object.freeze({ kind: 'decimal', precision, scale }));
}

/**
 * One of the given texts.
 *
 * @example oneOf('male', 'female')
 */
export function oneOf<const V extends string>(...values: readonly [V, ...V[]]): Field<V, V, false> {
  checkValue('oneOf', 'the values', values, {
    fits: () => values.length > 0 && new Set(values).size === values.length && textsRule.fits(values),
    says: 'one or more texts, each once',
  });
  return field(Object.freeze({ kind: 'oneOf', values: Object.freeze([...values]) }));
}

/**
 * A list of values of one field type.
 *
 * @example list(double())
 */
export function list<Out, In>(of: Field<Out, In, false>): Field<readonly Out[], readonly In[], false> {
  checkField('list', 'what it is of', of);
  if (of.isOptional) {
    throw new MillraceError('OPTION_INVALID', 'what it is of is optional: nothing can be missing within a list', {
      place: 'list',
      remedy: `Write list(${formatType(of.type)}), or json() for lists with gaps.`,
    });
  }
  return field(Object.freeze({ kind: 'list', of: of.type }));
}

/** The field where its times may also be written as Millrace shows them, in ISO 8601, besides its own formats. */
export function asShown<F extends Field>(field: F): F {
  return { ...field, type: typeAsShown(field.type) };
}

function typeAsShown(type: FieldType): FieldType {
  if (type.kind === 'list') return { ...type, of: typeAsShown(type.of) };
  return type.kind === 'timestamp' && type.reading ? { kind: 'timestamp', reading: withIso(type.reading) } : type;
}

/** A field type as people write it: `decimal(12, 2)`, `list(text)`. */
export function formatType(type: FieldType): string {
  switch (type.kind) {
    case 'decimal':
      return `decimal(${type.precision}, ${type.scale})`;
    case 'oneOf':
      return `oneOf(${type.values.map((value) => `'${value}'`).join(', ')})`;
    case 'list':
      return `list(${formatType(type.of)})`;
    default:
      return type.kind;
  }
}
