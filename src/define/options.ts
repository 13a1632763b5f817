// Options of definitions as they may come from plain JavaScript: what is not known, or of another type, is refused by its place.
import { MillraceError } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';
import { shown } from '../core/shown.ts';

/** What an option must be, and how that is said. */
export type Rule = { readonly fits: (value: unknown) => boolean; readonly says: string };

const isText = (value: unknown): value is string => typeof value === 'string';
const isTexts = (value: unknown) => Array.isArray(value) && Array.from(value).every(isText);

/** A text, such as the name of a column. */
export const textRule: Rule = { fits: isText, says: 'a text' };
/** Names of columns. */
export const textsRule: Rule = { fits: isTexts, says: 'a list of texts' };
export const textOrTextsRule: Rule = {
  fits: (value) => isText(value) || isTexts(value),
  says: 'a text or a list of them',
};
export const durationRule: Rule = { fits: isText, says: "a duration as '3 minutes'" };
export const sizeRule: Rule = { fits: isText, says: "a size as '64 MB'" };
export const flagRule: Rule = { fits: (value) => typeof value === 'boolean', says: 'true or false' };
export const objectRule: Rule = { fits: isObject, says: 'an object' };
/** What is looked at by itself. */
export const anyRule: Rule = { fits: () => true, says: 'anything' };

/** One of some texts. */
export function oneOfRule(...values: readonly string[]): Rule {
  return { fits: (value) => isText(value) && values.includes(value), says: `one of ${values.join(', ')}` };
}

/** A whole number. */
export function wholeRule(least: number, most: number): Rule {
  return {
    fits: (value) => Number.isInteger(value) && (value as number) >= least && (value as number) <= most,
    says: `a whole number from ${least} to ${most}`,
  };
}

/** A list of things of a noun: tables, charts. */
export function nounsRule(noun: string): Rule {
  const fits = (value: unknown) => Array.isArray(value) && Array.from(value).every((one) => isNoun(one, noun));
  return { fits, says: `a list of ${noun}s` };
}

/** Whether a value is a definition of this noun. */
export function isNoun(value: unknown, noun: string): boolean {
  return isObject(value) && (value as { noun?: unknown }).noun === noun;
}

/**
 * Checks that options are an object of these, each as its rule says; those that are undefined count as absent.
 *
 * @param what stands before the name of an option where options lie in an option: `retain`
 * @throws OPTION_INVALID
 * @example checkOptions("topic 'rides'", options, { key: textRule, time: textRule })
 */
export function checkOptions(place: string, given: unknown, rules: Readonly<Record<string, Rule>>, what = ''): void {
  const names = Object.keys(rules);
  if (!isObject(given)) {
    throw new MillraceError('OPTION_INVALID', `${what || 'the options'}: ${shown(given)} is no object`, {
      place,
      remedy: `Give an object with some of: ${names.join(', ')}.`,
    });
  }
  for (const [name, value] of Object.entries(given)) {
    const path = what === '' ? name : `${what}.${name}`;
    const rule = Object.hasOwn(rules, name) ? rules[name]! : undefined;
    if (!rule) {
      const near = nearest(name, names);
      throw new MillraceError('OPTION_INVALID', `there is no option '${path.slice(0, 80)}'`, {
        place,
        remedy: near ? `Did you mean '${near}'?` : `Use some of: ${names.join(', ')}.`,
      });
    }
    if (value !== undefined) checkValue(place, path, value, rule);
  }
}

/** Checks one value. @throws OPTION_INVALID */
export function checkValue(place: string, name: string, value: unknown, { fits, says }: Rule): void {
  if (fits(value)) return;
  throw new MillraceError('OPTION_INVALID', `${name}: ${shown(value)} is not possible`, {
    place,
    remedy: `Give ${says}.`,
  });
}

/** Whether a value is an object, and no list. */
export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
