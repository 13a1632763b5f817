// The schema of an adapter's options: one declaration checks them, fills in the defaults and documents them.
import { type Duration, durationMs, type Size, sizeBytes } from '../core/durations.ts';
import { MillraceError, messageOf } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';
import { isName } from '../define/names.ts';
import { isParam, withParams } from '../define/param.ts';

/** A kind of value: its name for people, and how a value of it is read; `undefined` where it does not fit. */
export type Kind<T> = { readonly name: string; readonly read: (value: unknown, place: string) => T | undefined };

/** One option: its kind, what it is for, and what stands for it when it is not given. */
export type Rule<T> = {
  readonly kind: Kind<unknown>;
  readonly doc: string;
  readonly isRequired: boolean;
  readonly fallback: T | undefined;
};

/** The options of an adapter, by name. */
export type Rules = Readonly<Record<string, Rule<unknown>>>;

/** What the options are once read. */
export type Read<R extends Rules> = { readonly [K in keyof R]: R[K] extends Rule<infer T> ? T : never };

/** An option that must be given. */
export const required = <T>(kind: Kind<T>, doc: string): Rule<T> => ({
  kind,
  doc,
  isRequired: true,
  fallback: undefined,
});

/** An option that may be left out: then it is undefined. */
export const optional = <T>(kind: Kind<T>, doc: string): Rule<T | undefined> => ({
  kind,
  doc,
  isRequired: false,
  fallback: undefined,
});

/** An option that may be left out: then it is the default. */
export const withDefault = <T>(kind: Kind<T>, fallback: NoInfer<T>, doc: string): Rule<T> => ({
  kind,
  doc,
  isRequired: false,
  fallback,
});

/**
 * The options as they will be used.
 *
 * @param isCheck parameters may still stand in the options: their default is checked where there is one
 * @throws OPTION_INVALID that names the option, what was given and what is wanted
 */
export function readOptions<R extends Rules>(
  rules: R,
  given: Readonly<Record<string, unknown>>,
  place: string,
  isCheck = false,
): Read<R> {
  const names = Object.keys(rules);
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(rules, name)) {
      const like = nearest(name, names);
      throw new MillraceError('OPTION_INVALID', `there is no option '${name}'`, {
        place,
        remedy: like ? `Write '${like}'?` : `Use some of: ${names.join(', ')}.`,
      });
    }
  }
  const values: Record<string, unknown> = {};
  for (const name of names) {
    const rule = rules[name]!;
    const value = isCheck ? standIn(given[name]) : given[name];
    if (value !== undefined) values[name] = readOne(rule, name, value, place);
    else if (rule.isRequired && !(isCheck && isParam(given[name]))) {
      throw new MillraceError('OPTION_INVALID', `option '${name}' is missing`, {
        place,
        remedy: `Give ${rule.kind.name}: ${rule.doc}`,
      });
    } else values[name] = rule.fallback;
  }
  return values as Read<R>;
}

/** What is checked in place of an option with parameters: the default of one; within an object a text, whatever will be there. */
function standIn(value: unknown): unknown {
  if (isParam(value)) return value.fallback;
  return withParams(value, (param) => param.fallback ?? param.name);
}

function readOne(rule: Rule<unknown>, name: string, value: unknown, place: string): unknown {
  let cause: unknown;
  try {
    const read = isParam(value) ? undefined : rule.kind.read(value, place);
    if (read !== undefined) return read;
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'ADDRESS_REFUSED') throw error;
    cause = error;
  }
  const why = cause === undefined ? `${show(value)} is not ${rule.kind.name}` : messageOf(cause);
  const remedy = cause instanceof MillraceError ? cause.remedy : undefined;
  throw new MillraceError('OPTION_INVALID', `option '${name}': ${why}`, {
    place,
    remedy: remedy ?? `Give ${rule.kind.name}: ${rule.doc}`,
    cause,
  });
}

/** A value for an error message, cut short. */
function show(value: unknown): string {
  if (isParam(value)) return `the parameter '${value.name}', which is not set,`;
  const written =
    typeof value === 'string' ? `'${value}'` : typeof value === 'function' ? 'a function' : JSON.stringify(value);
  return written && written.length > 60 ? `${written.slice(0, 57)}…` : String(written);
}

/** A text that is not empty. */
export const someText: Kind<string> = {
  name: 'a text',
  read: (value) => (typeof value === 'string' && value !== '' ? value : undefined),
};

/** The name of a source. */
export const sourceName: Kind<string> = {
  name: 'a letter, then letters, digits, _ and -',
  read: (value) => (typeof value === 'string' && isName(value) ? value : undefined),
};

/** What the option `name` is for, of every source. */
export const nameDoc = 'what it is called in its topic; absent: its kind.';

/** True or false. */
export const yesOrNo: Kind<boolean> = {
  name: 'true or false',
  read: (value) =>
    value === 'true' ? true : value === 'false' ? false : typeof value === 'boolean' ? value : undefined,
};

/** A list of texts. */
export const texts: Kind<readonly string[]> = {
  name: 'a list of texts',
  read: (value) => (Array.isArray(value) && value.every((one) => typeof one === 'string') ? value : undefined),
};

/** An object whose values are texts. */
export const textByName: Kind<Readonly<Record<string, string>>> = {
  name: 'an object of texts',
  read: (value) =>
    typeof value === 'object' && value !== null && Object.values(value).every((one) => typeof one === 'string')
      ? (value as Record<string, string>)
      : undefined,
};

/** A whole number from `low`. */
export const whole = (low: number): Kind<number> => ({
  name: `a whole number from ${low}`,
  read: (value) => (Number.isSafeInteger(value) && (value as number) >= low ? (value as number) : undefined),
});

/** A duration above zero, read as milliseconds. */
export const duration: Kind<number> = {
  name: "a duration as '10s' or '3 minutes'",
  read(value, place) {
    const ms = typeof value === 'string' ? durationMs(value as Duration, place) : 0;
    return ms > 0 ? ms : undefined;
  },
};

/** A size above zero, read as bytes. */
export const size: Kind<number> = {
  name: "a size as '64 MB', or a number of bytes",
  read(value, place) {
    const bytes = typeof value === 'string' ? sizeBytes(value as Size, place) : value;
    return Number.isSafeInteger(bytes) && (bytes as number) > 0 ? (bytes as number) : undefined;
  },
};
