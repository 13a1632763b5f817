// Values of a request or a row as a pipeline's own code gets them, from JSON and from texts.
import { parseStored } from '../core/digits.ts';
import { MillraceError } from '../core/errors.ts';
import { acceptor, type Value } from './accept.ts';
import type { Field, Fields, FieldType } from './fields.ts';

type OutOf<F> = F extends Field<infer Out, infer _In, infer _Optional> ? Out : never;
type OptionalNames<F> = {
  [K in keyof F]: F[K] extends Field<unknown, unknown, infer O> ? (O extends true ? K : never) : never;
}[keyof F];

/** Values of these fields as a request gave them; an optional one that was not given is undefined. */
export type Given<F extends Fields> = { readonly [K in Exclude<keyof F, OptionalNames<F>>]: OutOf<F[K]> } & {
  readonly [K in OptionalNames<F>]?: NonNullable<OutOf<F[K]>>;
};

/** A canonical value as users see it: times as Date, days as text, JSON parsed. */
export function outOf(type: FieldType, value: Value): unknown {
  if (value === null) return null;
  if (type.kind === 'timestamp') return new Date(value as number);
  if (type.kind === 'date') return new Date((value as number) * 86_400_000).toISOString().replace(/T.*/, '');
  if (type.kind === 'json') return parseStored(value as string);
  if (type.kind === 'list') return (value as Value[]).map((one) => outOf(type.of, one));
  return value;
}

/**
 * A value of JSON as acceptors take it: where the field is bytes, base64 text becomes bytes. All else is as it was.
 *
 * @example fromJson(bytes().type, 'AQI=') // Uint8Array [1, 2]
 */
export function fromJson(type: FieldType, value: unknown): unknown {
  if (type.kind === 'list' && Array.isArray(value)) return value.map((one) => fromJson(type.of, one));
  if (type.kind !== 'bytes' || typeof value !== 'string') return value;
  try {
    return Uint8Array.from(atob(value), (one) => one.charCodeAt(0));
  } catch {
    return value;
  }
}

/** A record of JSON as acceptors take it; the same object where no field is bytes. */
export function recordFromJson(fields: Fields): (record: unknown) => unknown {
  const names = Object.keys(fields).filter((name) => holdsBytes(fields[name]!.type));
  if (names.length === 0) return (record) => record;
  return (record) => {
    if (typeof record !== 'object' || record === null || Array.isArray(record)) return record;
    const changed: Record<string, unknown> = { ...record };
    for (const name of names) {
      if (Object.hasOwn(changed, name)) changed[name] = fromJson(fields[name]!.type, changed[name]);
    }
    return changed;
  };
}

function holdsBytes(type: FieldType): boolean {
  return type.kind === 'bytes' || (type.kind === 'list' && holdsBytes(type.of));
}

/** What is wrong with one value of a request. */
type Wrong = { readonly name: string; readonly message: string };

const wrongMax = 10;

/**
 * The reader of one part of a request. Everything that is wrong is told at once.
 *
 * @param part `query`, `params` or `body`, for messages
 * @throws OPTION_INVALID; RECORD_INVALID for a body
 */
export function inputReader(part: 'query' | 'params' | 'body', fields: Fields): (given: unknown) => Given<Fields> {
  const names = Object.keys(fields);
  const accepts = new Map(names.map((name) => [name, acceptor(name, fields[name]!)]));
  const code = part === 'body' ? 'RECORD_INVALID' : 'OPTION_INVALID';
  return (given) => {
    if (typeof given !== 'object' || given === null || Array.isArray(given)) {
      throw new MillraceError(code, `the ${part} is no object`, {
        place: part,
        remedy: `Send a JSON object with ${names.join(', ')}.`,
      });
    }
    const wrong: Wrong[] = [];
    for (const name of Object.keys(given)) {
      if (!accepts.has(name)) wrong.push({ name, message: `there is no '${name.slice(0, 80)}'` });
    }
    const values: Record<string, unknown> = {};
    for (const [name, accept] of accepts) {
      try {
        const { type } = fields[name]!;
        const value = accept(fromJson(type, single(part, type, given, name)));
        if (value !== null) values[name] = outOf(type, value);
      } catch (error) {
        if (!(error instanceof MillraceError)) throw error;
        wrong.push({ name, message: error.masked.replace(/^field /, '') });
      }
    }
    if (wrong.length === 0) return values as Given<Fields>;
    const told = wrong.slice(0, wrongMax).map((one) => one.message);
    if (wrong.length > wrongMax) told.push(`and ${wrong.length - wrongMax} more`);
    throw new MillraceError(code, `${part}: ${told.join('; ')}`, {
      place: wrong[0]!.name.slice(0, 80),
      remedy: `This takes ${names.join(', ') || 'nothing'}; see /api.`,
    });
  };
}

/** A value as it was given. In a query a name may be repeated, which makes a list, and only that. */
function single(part: string, type: FieldType, given: object, name: string): unknown {
  const value = Object.hasOwn(given, name) ? (given as Record<string, unknown>)[name] : undefined;
  if (part !== 'query') return value;
  if (type.kind === 'list') return value === undefined || Array.isArray(value) ? value : [value];
  if (Array.isArray(value)) throw new MillraceError('OPTION_INVALID', `'${name}' is given ${value.length} times`);
  return value;
}
