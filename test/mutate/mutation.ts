// A mutation: one place of the code changed so that a promise is broken, and the tests that must then fail.

/** A test file, all of it or the tests whose name has these words (a regular expression). */
export type Guard = string | { readonly file: string; readonly name: string };

/** A mutation as data. */
export type Mutation = {
  /** Its name, for `--only`: what it breaks, in a few words with hyphens. */
  readonly name: string;
  /** What is promised, and does not hold any more. */
  readonly promise: string;
  /** The file that is changed. */
  readonly file: string;
  /** The text that is replaced: it must be there exactly once. */
  readonly find: string;
  readonly replace: string;
  /** One to three, the one that fails most probably first. */
  readonly tests: readonly Guard[];
  /** Why no test can tell it from the code as it is. Such a mutation is listed and not run. */
  readonly equivalent?: string;
};

/** The file of a guard. */
export function fileOf(guard: Guard): string {
  return typeof guard === 'string' ? guard : guard.file;
}

/** A guard in one text. */
export function textOf(guard: Guard): string {
  return typeof guard === 'string' ? guard : `${guard.file} /${guard.name}/`;
}
