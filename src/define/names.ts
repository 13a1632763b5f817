// Names of pipelines, topics, streams, tables, fields and parameters: one rule, checked where they are given.
import { MillraceError } from '../core/errors.ts';
import { shown } from '../core/shown.ts';

const pattern = /^[A-Za-z][A-Za-z0-9_-]{0,119}$/;
const fieldPattern = /^[A-Za-z][A-Za-z0-9_]{0,119}$/;

/** Whether a text can be a name: a letter, then letters, digits, `_` and `-`. */
export function isName(text: string): boolean {
  return pattern.test(text);
}

/**
 * Checks the name of a pipeline, topic, stream, table, chart or parameter: a letter, then letters, digits, `_` and `-`.
 *
 * @throws NAME_INVALID
 */
export function checkName(noun: string, name: unknown): asserts name is string {
  if (typeof name !== 'string' || !isName(name)) {
    throw new MillraceError(
      'NAME_INVALID',
      `${noun} name ${typeof name === 'string' ? JSON.stringify(name) : shown(name)} cannot be used`,
      {
        place: noun,
        remedy: 'Begin with a letter, go on with letters, digits, _ and -, 120 at most.',
      },
    );
  }
}

/** Checks the name of a field: a letter, then letters, digits and `_`, since it is a column in every store. */
export function checkFieldName(owner: string, name: string): void {
  if (!fieldPattern.test(name)) {
    throw new MillraceError('NAME_INVALID', `field name ${JSON.stringify(name)} cannot be used`, {
      place: owner,
      remedy: 'Begin with a letter, go on with letters, digits and _, 120 at most; names that begin with _ are ours.',
    });
  }
}
