// The contract of a schema registry, in the terms of Confluent's: subjects, versions, ids, compatibility. Adapters: embedded/, confluent/.

/** What a new version must be able to do with the data of the one before it, or (transitive) of all before it. */
export type Compatibility =
  | 'NONE'
  | 'BACKWARD'
  | 'BACKWARD_TRANSITIVE'
  | 'FORWARD'
  | 'FORWARD_TRANSITIVE'
  | 'FULL'
  | 'FULL_TRANSITIVE';

/** Every mode, in the order of Confluent's documentation. */
export const compatibilities: readonly Compatibility[] = [
  'NONE',
  'BACKWARD',
  'BACKWARD_TRANSITIVE',
  'FORWARD',
  'FORWARD_TRANSITIVE',
  'FULL',
  'FULL_TRANSITIVE',
];

/** Whether a subject takes new versions. */
export type Mode = 'READWRITE' | 'READONLY' | 'IMPORT';

/** A version of a subject; `schema` is its JSON text as registered. */
export type SchemaVersion = {
  readonly subject: string;
  readonly version: number;
  readonly id: number;
  readonly schema: string;
};

/** Every message says which field breaks which direction against which version. */
export type CompatibilityResult = { readonly compatible: boolean; readonly messages: readonly string[] };

/** A schema registry. Ids are global: the same schema has the same id under every subject. */
export interface Registry {
  subjects(options?: { deleted?: boolean }): Promise<string[]>;
  versions(subject: string, options?: { deleted?: boolean }): Promise<number[]>;
  /** @throws NOT_FOUND */
  version(subject: string, version: number | 'latest', options?: { deleted?: boolean }): Promise<SchemaVersion>;
  /** The schema text of an id. @throws NOT_FOUND */
  schema(id: number): Promise<string>;
  /** Where the schema of an id is used, by subject and version; [] where no such id is. */
  usesOf(id: number, options?: { deleted?: boolean }): Promise<{ subject: string; version: number }[]>;
  /** The version under which the subject has this very schema (compared in canonical form), or undefined. @throws SCHEMA_INVALID */
  find(subject: string, schema: string, options?: { deleted?: boolean }): Promise<SchemaVersion | undefined>;
  /**
   * Registers a schema and returns its version; the one that is there where the subject has it already.
   *
   * @param options.instead versions that the new one replaces: it is not compared with them, and they are soft-deleted.
   *   The subject keeps its level and mode. Whoever gives them knows that no record has their ids.
   * @throws SCHEMA_INVALID; SCHEMA_INCOMPATIBLE, whose message says what breaks; SCHEMA_INVALID where the mode is READONLY
   */
  register(subject: string, schema: string, options?: { instead?: readonly number[] }): Promise<SchemaVersion>;
  /** Whether a schema would be accepted against the latest version (transitive modes: against all), and why not. */
  check(subject: string, schema: string, against?: number | 'latest'): Promise<CompatibilityResult>;
  /** The level of a subject, else the global one (default BACKWARD). */
  compatibility(subject?: string): Promise<Compatibility>;
  setCompatibility(level: Compatibility, subject?: string): Promise<void>;
  /** Takes the level of a subject away, or sets the global one back to BACKWARD. */
  clearCompatibility(subject?: string): Promise<void>;
  mode(subject?: string): Promise<Mode>;
  setMode(mode: Mode, subject?: string): Promise<void>;
  /** Takes the mode of a subject away, or sets the global one back to READWRITE. */
  clearMode(subject?: string): Promise<void>;
  /** What a subject has of its own, without what holds for all. */
  settings(subject: string): Promise<{ compatibility: Compatibility | undefined; mode: Mode | undefined }>;
  /** Soft delete, as Confluent's; `permanent` needs a soft delete before it. Schemas stay readable under their ids after both. Returns the versions deleted. */
  deleteSubject(subject: string, options?: { permanent?: boolean }): Promise<number[]>;
  deleteVersion(subject: string, version: number | 'latest', options?: { permanent?: boolean }): Promise<number>;
  close(): Promise<void>;
}
