// Parameters of queries and paths as their schemas have them: unknown ones are refused by name, numbers and booleans are read from text.
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { MillraceError } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';
import { boolOf, doubleOf, wholeOf } from '../define/numbers.ts';
import { timeReader, timeReading } from '../define/time-reading.ts';
import { filterPrefix, wrong } from './filters.ts';

/** Filters, as they stand in a route's schema: in OpenAPI's words an object whose members are parameters of their own. */
export const Filters = Type.Optional(
  Type.Record(Type.String({ pattern: '^where\\.' }), Type.String(), {
    description:
      'What columns must be: `where.COLUMN=VALUE` or `where.COLUMN.OPERATOR=VALUE` with eq, ne, lt, lte, gt, gte, in (given several times), like (% and _), missing (true or false). All must be met.',
  }),
);

/** A moment, as it stands in a route's schema; {@link readTime} reads it. */
export const Time = (description: string) =>
  Type.Optional(Type.String({ description: `${description}: ISO 8601 or milliseconds since 1970` }));

/** The header with which a request can be repeated. */
export const IdempotencyKey = Type.String({
  minLength: 1,
  maxLength: 255,
  description: 'Any text that is new for each request: with the same one nothing is stored twice.',
});

type Kind = 'integer' | 'number' | 'boolean' | 'array' | 'filters' | 'text';
type Shape = ReadonlyMap<string, Kind>;
const shapes = new WeakMap<object, Shape>();

/** A hook before validation. @throws OPTION_INVALID */
export async function readParameters(request: FastifyRequest): Promise<void> {
  const { schema } = request.routeOptions;
  checkEncoding(request.url);
  const query = shapeOf(schema?.querystring);
  if (query) request.query = readAll(query, request.query as Record<string, unknown>, true);
  const params = shapeOf(schema?.params);
  if (params) request.params = readAll(params, request.params as Record<string, unknown>, false);
}

const times = timeReader(timeReading({ unit: 'ms' }));

/**
 * Milliseconds since 1970 of a text: a time as ISO 8601 writes it, or the milliseconds themselves.
 *
 * @throws OPTION_INVALID
 */
export function readTime(name: string, given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  const ms = times.read(given);
  if (!Number.isNaN(ms)) return ms;
  throw wrong(
    name,
    `'${given.slice(0, 80)}' is not a time`,
    "Write it as '2026-11-22T08:00:00Z' or as milliseconds since 1970.",
  );
}

/** The parser of queries takes what it cannot decode as it stands, so that a filter would look for '%FF' itself. */
function checkEncoding(url: string): void {
  const start = url.indexOf('?');
  if (start < 0 || !url.includes('%', start)) return;
  try {
    decodeURIComponent(url.slice(start + 1));
  } catch {
    throw wrong('query', 'it is not percent-encoded UTF-8', 'Write a % itself as %25, and other characters as UTF-8.');
  }
}

function shapeOf(schema: unknown): Shape | undefined {
  const { properties } = (schema ?? {}) as { properties?: Record<string, { type?: string }> };
  if (properties === undefined) return undefined;
  const known = shapes.get(properties);
  if (known) return known;
  const shape = new Map(Object.entries(properties).map(([name, { type }]) => [name, kindOf(type)]));
  shapes.set(properties, shape);
  return shape;
}

function kindOf(type: string | undefined): Kind {
  if (type === 'object') return 'filters';
  return type === 'integer' || type === 'number' || type === 'boolean' || type === 'array' ? type : 'text';
}

function readAll(shape: Shape, given: Record<string, unknown>, isStrict: boolean): Record<string, unknown> {
  const read: Record<string, unknown> = Object.create(null);
  const hasFilters = [...shape.values()].includes('filters');
  for (const [name, value] of Object.entries(given)) {
    const kind = shape.get(name);
    if (hasFilters && name.startsWith(filterPrefix)) read[name] = value;
    else if (isStrict && (kind === undefined || kind === 'filters')) throw unknown(name, shape, hasFilters);
    else read[name] = readOne(name, value, kind ?? 'text');
  }
  return read;
}

function readOne(name: string, value: unknown, kind: Kind): unknown {
  if (kind === 'array') return Array.isArray(value) ? value : [value];
  if (Array.isArray(value)) throw wrong(name, 'it is given twice', 'Give it once.');
  const text = String(value);
  if (kind === 'boolean') {
    const truth = boolOf(text);
    if (truth !== undefined) return truth;
    throw wrong(name, `'${text.slice(0, 80)}' is neither true nor false`, 'Give true or false.');
  }
  if (kind === 'integer' || kind === 'number') {
    const number = kind === 'number' ? doubleOf(text) : wholeOf(text);
    if (typeof number === 'number' && Number.isFinite(number)) return number;
    throw wrong(
      name,
      `'${text.slice(0, 80)}' is not a ${kind === 'integer' ? 'whole number' : 'number'}`,
      'Give digits.',
    );
  }
  return text;
}

function unknown(name: string, shape: Shape, hasFilters: boolean): MillraceError {
  const names = [...shape].filter(([, kind]) => kind !== 'filters').map(([known]) => known);
  const near = nearest(name, names);
  const all = [...names, ...(hasFilters ? ['where.COLUMN'] : [])];
  const remedy = near
    ? `Did you mean '${near}'?`
    : all.length > 0
      ? `Use one of ${all.join(', ')}.`
      : 'This route takes none.';
  return new MillraceError('OPTION_INVALID', `there is no parameter '${name.slice(0, 80)}'`, {
    place: name.slice(0, 80),
    remedy,
  });
}
