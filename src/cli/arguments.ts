// The words after a command, to its arguments and options; what is unknown is named, with the nearest that is known.
import { MillraceError } from '../core/errors.ts';
import type { GivenParams } from '../define/param.ts';
import { didYouMean } from './suggest.ts';

/** An option as `--name`; with `value` (what help calls it) it takes one, otherwise it is a switch. */
export type OptionSpec = {
  readonly name: string;
  readonly short?: string;
  readonly value?: string;
  /** The value is a whole number from 0. */
  readonly isCount?: boolean;
  readonly choices?: readonly string[];
  readonly isRepeatable?: boolean;
  readonly description: string;
};

/** An argument without a name, as FILE. */
export type PositionalSpec = {
  readonly name: string;
  readonly isOptional?: boolean;
  readonly isRepeatable?: boolean;
  readonly description: string;
};

/** What was given. */
export interface Arguments {
  readonly positionals: readonly string[];
  has(option: string): boolean;
  text(option: string): string | undefined;
  texts(option: string): readonly string[];
  count(option: string): number | undefined;
}

type Taker = {
  readonly name: string;
  readonly options: readonly OptionSpec[];
  readonly positionals: readonly PositionalSpec[];
};

/** Options that every command has. */
export const everywhere: readonly OptionSpec[] = [
  { name: 'help', short: 'h', description: 'Explain this command.' },
  { name: 'stack', description: 'Show the stack trace of an error (also MILLRACE_STACK=1).' },
];

/**
 * Reads the words after a command's name. `--name value`, `--name=value`, `-n value`; `--` ends the options.
 *
 * @throws USAGE
 */
export function parseArguments(taker: Taker, words: readonly string[]): Arguments {
  const options = [...taker.options, ...everywhere];
  const found = new Map<string, string[]>();
  const positionals: string[] = [];
  const rest = [...words];
  while (rest.length > 0) {
    const word = rest.shift()!;
    if (word === '--') {
      positionals.push(...rest.splice(0));
    } else if (!/^-./.test(word) || /^-\d/.test(word)) {
      positionals.push(word);
    } else {
      const [written, inline] = split(word);
      const option = options.find((one) => written === `--${one.name}` || written === `-${one.short}`);
      if (!option) throw unknownOption(taker, options, written);
      found.set(option.name, [...(found.get(option.name) ?? []), takeValue(taker, option, inline, rest)]);
    }
  }
  const given: Arguments = {
    positionals,
    has: (name) => found.has(name),
    text: (name) => found.get(name)?.at(-1),
    texts: (name) => found.get(name) ?? [],
    count: (name) => (found.has(name) ? Number(found.get(name)!.at(-1)) : undefined),
  };
  if (!given.has('help')) checkPositionals(taker, positionals);
  return given;
}

/** A complaint about how a command was called; the remedy points to its help. */
export function usage(taker: { name: string }, message: string, remedy?: string): MillraceError {
  return new MillraceError('USAGE', message, {
    place: `millrace ${taker.name}`.trim(),
    remedy: remedy ?? `See: millrace help ${taker.name}`.trim(),
  });
}

/**
 * The parameters of `--set NAME=VALUE`; a later one of the same name wins.
 *
 * @throws USAGE where there is no `=`
 */
export function givenParams(taker: Taker, given: Arguments): GivenParams {
  return Object.fromEntries(
    given.texts('set').map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1)
        throw usage(taker, `--set ${pair} has no value`, `Write it as --set ${pair.replace('=', '') || 'NAME'}=VALUE.`);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}

function split(word: string): [string, string | undefined] {
  const at = word.indexOf('=');
  return at < 0 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)];
}

function takeValue(taker: Taker, option: OptionSpec, inline: string | undefined, rest: string[]): string {
  if (option.value === undefined) {
    if (inline !== undefined) throw usage(taker, `--${option.name} takes no value`, `Write just --${option.name}.`);
    return '';
  }
  const value = inline ?? rest.shift();
  if (value === undefined || (inline === undefined && value.startsWith('--'))) {
    throw usage(taker, `--${option.name} needs a value`, `Write it as --${option.name} ${option.value}.`);
  }
  if (option.isCount && !/^\d{1,15}$/.test(value)) {
    throw usage(taker, `--${option.name}: '${value}' is no whole number`, `Write it as --${option.name} 100.`);
  }
  if (option.choices && !option.choices.includes(value)) {
    throw usage(taker, `--${option.name}: '${value}' is not known`, `Use one of: ${option.choices.join(', ')}.`);
  }
  return value;
}

function unknownOption(taker: Taker, options: readonly OptionSpec[], written: string): MillraceError {
  const names = options.flatMap((one) => [`--${one.name}`, ...(one.short ? [`-${one.short}`] : [])]);
  const near = didYouMean(written, names);
  return usage(taker, `there is no option ${written}`, near && `Did you mean ${near}?`);
}

function checkPositionals(taker: Taker, given: readonly string[]): void {
  const needed = taker.positionals.filter((one) => !one.isOptional);
  if (given.length < needed.length) throw usage(taker, `${needed[given.length]!.name} is missing`);
  const isOpen = taker.positionals.some((one) => one.isRepeatable);
  if (!isOpen && given.length > taker.positionals.length) {
    const extra = given[taker.positionals.length]!;
    throw usage(
      taker,
      `'${extra}' is one argument too many`,
      /\s/.test(given[0] ?? '') ? undefined : 'Put quotes around text with spaces.',
    );
  }
}
