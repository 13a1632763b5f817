// The options of the embedded registry.
import { MillraceError } from '../../core/errors.ts';

/** Where the registry keeps its schemas. */
export type EmbeddedRegistryOptions = {
  /** A SQLite file, made where there is none; `':memory:'` keeps nothing. */
  path: string;
};

/** Characters of a subject's name. */
export const subjectLengthMax = 255;

/** Characters of one schema's text. */
export const schemaLengthMax = 1_000_000;

/** Checks the options once. @throws OPTION_INVALID */
export function checkOptions(options: EmbeddedRegistryOptions): EmbeddedRegistryOptions {
  if (typeof options.path === 'string' && options.path !== '') return options;
  throw new MillraceError('OPTION_INVALID', `path ${JSON.stringify(options.path)} is not a file`, {
    place: 'registry.path',
    remedy: "Give the path of a SQLite file, or ':memory:'.",
  });
}
