// Parameters: values of a pipeline that come from `--set`, the environment or the console when it starts.
import { MillraceError } from '../core/errors.ts';
import { acceptor, type Value } from './accept.ts';
import { checkField, type Field, formatType } from './fields.ts';
import { described } from './json-schema.ts';
import { checkName } from './names.ts';
import { anyRule, checkOptions } from './options.ts';

/** A value that is given when the pipeline starts; stands in source options and in SQL. `T` is its type once given. */
export interface Param<T = unknown> {
  readonly noun: 'param';
  readonly name: string;
  readonly field: Field<T>;
  /** Used where none is given; undefined: the parameter may stay unset. */
  readonly fallback: Value | undefined;
  /** Where it is a secret, the text that its value stands in, with `{}` in its place. */
  readonly secret?: { readonly in: string };
  /** Phantom: carries the type, is never there. */
  readonly '~type'?: T;
}

/** An option that may be given as a value or as a parameter. */
export type OrParam<T> = T | Param<T>;

/**
 * A parameter, set by `--set NAME=VALUE` or the environment variable `MILLRACE_NAME` (upper case).
 * One without a default may stay unset: a source that needs it then gives way to its `.or(…)`.
 *
 * @example const file = param('file', text().describe('A CSV file in the layout of the MTA.'))
 */
export function param<T, In, O extends boolean>(
  name: string,
  field: Field<T, In, O>,
  options: { default?: NoInfer<In> } = {},
): Param<T> {
  checkName('param', name);
  const place = `param '${name}'`;
  checkField(place, 'what it is', field);
  checkOptions(place, options, { default: anyRule });
  const fallback = options.default === undefined ? undefined : acceptor(name, field)(options.default);
  return Object.freeze({ noun: 'param', name, field, fallback }) as Param<T>;
}

/** Whether a value is a parameter. */
export function isParam(value: unknown): value is Param {
  return typeof value === 'object' && value !== null && (value as { noun?: unknown }).noun === 'param';
}

/** The environment variable that sets a parameter. */
export function variableOf({ name }: Param): string {
  return `MILLRACE_${name.toUpperCase().replaceAll('-', '_')}`;
}

/** Whether a value is an object or a list that may hold parameters. */
function isHolder(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || isParam(value)) return false;
  return Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
}

/** All parameters in a value: itself, or within objects and lists. */
export function paramsIn(value: unknown): Param[] {
  if (isParam(value)) return [value];
  return isHolder(value) ? Object.values(value).flatMap(paramsIn) : [];
}

/** A value with each parameter within its objects and lists replaced. */
export function withParams(value: unknown, fill: (param: Param) => unknown): unknown {
  if (isParam(value)) return fill(value);
  if (!isHolder(value) || paramsIn(value).length === 0) return value;
  if (Array.isArray(value)) return value.map((one) => withParams(one, fill));
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, withParams(one, fill)]));
}

/** Values of parameters by name, as given: texts. */
export type GivenParams = Readonly<Record<string, string>>;

/** Values of the parameters of a pipeline, and everything that is wrong with what was given. */
export type ReadParams = { readonly values: ReadonlyMap<string, Value>; readonly errors: readonly MillraceError[] };

/**
 * The values of all parameters of a pipeline: what was given, else the environment, else the default; unset ones are absent.
 *
 * @throws PARAM_UNKNOWN for a name that no parameter has, PARAM_INVALID for a value that does not fit its type
 */
export function resolveParams(
  params: readonly Param[],
  given: GivenParams,
  environment: Readonly<Record<string, string | undefined>> = {},
): ReadonlyMap<string, Value> {
  const { values, errors } = readParams(params, given, environment);
  if (errors[0]) throw errors[0];
  return values;
}

/** As `resolveParams`, with all errors; those that are wrong are absent. */
export function readParams(
  params: readonly Param[],
  given: GivenParams,
  environment: Readonly<Record<string, string | undefined>> = {},
): ReadParams {
  const names = params.map((one) => one.name);
  const errors = Object.keys(given)
    .filter((name) => !names.includes(name))
    .map((name) => {
      return new MillraceError('PARAM_UNKNOWN', `there is no parameter '${name}'`, {
        place: `--set ${name}`,
        remedy: names.length > 0 ? `Use one of: ${names.join(', ')}.` : 'The pipeline declares none: leave it out.',
      });
    });
  const values = new Map<string, Value>();
  for (const one of params) {
    const variable = variableOf(one);
    const written = given[one.name] ?? environment[variable];
    if (written === undefined) {
      if (one.fallback !== undefined) values.set(one.name, one.fallback);
      continue;
    }
    try {
      // what is set to nothing was meant to be set
      if (one.secret && written === '') throw new MillraceError('RECORD_INVALID', `field '${one.name}' is empty`);
      values.set(one.name, acceptor(one.name, one.field)(written));
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error;
      errors.push(wrongValue(one, given[one.name] === undefined ? variable : `--set ${one.name}`, written, error));
    }
  }
  return { values, errors };
}

/** A value that does not fit; what is personal is not shown. */
function wrongValue({ field, secret }: Param, from: string, written: string, error: MillraceError): MillraceError {
  const isHidden = field.isPersonal || secret !== undefined;
  const message = isHidden ? error.masked : error.message;
  return new MillraceError('PARAM_INVALID', message.replace(/^field/, 'parameter'), {
    place: isHidden ? from : `${from}=${written}`,
    remedy: `Give a value of type ${formatType(field.type)}${described(field) ? `: ${described(field)}` : '.'}`,
    cause: error,
  });
}
