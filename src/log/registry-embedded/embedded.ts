// The embedded schema registry: subjects, versions and ids in one SQLite file, by the rules of Confluent's.
import type { DatabaseSync } from 'node:sqlite';
import { MillraceError } from '../../core/errors.ts';
import { type AvroType, parseAvro } from '../avro-schema.ts';
import {
  type Compatibility,
  type CompatibilityResult,
  compatibilities,
  type Mode,
  type Registry,
  type SchemaVersion,
} from '../registry.ts';
import { inTransaction, type SqliteFile, translated } from '../sqlite.ts';
import { canonicalHash } from './canonical.ts';
import { type Earlier, incompatibilities } from './compatibility.ts';
import { openDatabase, registryFile } from './database.ts';
import { checkOptions, type EmbeddedRegistryOptions, schemaLengthMax, subjectLengthMax } from './options.ts';
import { prepare, type Statements } from './statements.ts';

/**
 * Opens the embedded registry; several processes may have the same file open.
 *
 * @throws OPTION_INVALID, DATA_VERSION, LOG_DAMAGED, STORE_UNAVAILABLE, DISK_FULL
 * @example const registry = await embeddedRegistry({ path: '.millrace/registry.db' })
 */
export async function embeddedRegistry(options: EmbeddedRegistryOptions): Promise<Registry> {
  const { path } = checkOptions(options);
  const file = registryFile(path);
  return new EmbeddedRegistry(file, openDatabase(file));
}

/** The subject under which the global level is kept. */
const everywhere = '';
const modes: readonly Mode[] = ['READWRITE', 'READONLY', 'IMPORT'];

class EmbeddedRegistry implements Registry {
  readonly #file: SqliteFile;
  readonly #database: DatabaseSync;
  readonly #statements: Statements;
  /** Parsed schemas by id: they never change. */
  readonly #parsed = new Map<number, AvroType>();

  constructor(file: SqliteFile, database: DatabaseSync) {
    this.#file = file;
    this.#database = database;
    this.#statements = prepare(database);
  }

  async subjects({ deleted = false } = {}): Promise<string[]> {
    return this.#read((sql) => (sql.subjects.all(Number(deleted)) as { subject: string }[]).map((row) => row.subject));
  }

  async versions(subject: string, { deleted = false } = {}): Promise<number[]> {
    return this.#read((sql) => this.#rows(sql, subject, deleted).map((row) => row.version));
  }

  async version(subject: string, version: number | 'latest', { deleted = false } = {}): Promise<SchemaVersion> {
    return this.#read((sql) => this.#one(sql, subject, version, deleted));
  }

  async schema(id: number): Promise<string> {
    const row = this.#read((sql) => sql.schemaById.get(id)) as { schema: string } | undefined;
    if (row) return row.schema;
    throw notFound(`schema ${id}`, 'See the ids with `versions` and `version`, or which registry the producer used.');
  }

  async usesOf(id: number, { deleted = false } = {}): Promise<{ subject: string; version: number }[]> {
    const rows = this.#read((sql) => sql.uses.all(id, Number(deleted))) as { subject: string; version: number }[];
    return rows.map(({ subject, version }) => ({ subject, version }));
  }

  async find(subject: string, schema: string, { deleted = false } = {}): Promise<SchemaVersion | undefined> {
    const { hash } = checkSchema(schema);
    return this.#read((sql) => plain(sql.versionByHash.get(subject, hash, Number(deleted))));
  }

  async register(
    subject: string,
    schema: string,
    { instead = [] }: { instead?: readonly number[] } = {},
  ): Promise<SchemaVersion> {
    checkSubject(subject);
    const { type, hash } = checkSchema(schema);
    return this.#write((sql) => {
      const found = plain(sql.versionByHash.get(subject, hash, 0));
      if (found) return found;
      this.#checkWritable(sql, subject, false);
      const level = this.#level(sql, subject);
      const earlier = this.#earlier(sql, subject).filter(({ version }) => !instead.includes(version));
      const messages = incompatibilities(type, earlier, level);
      if (messages.length > 0) throw incompatible(subject, level, messages);
      // not by #delete, which takes the subject's level and mode away with its last version
      for (const version of instead) sql.softDelete.run(subject, version);
      // an insert that is in conflict would use up an id
      if (!sql.schemaByHash.get(hash)) sql.insertSchema.run(hash, schema);
      const { id } = sql.schemaByHash.get(hash) as { id: number };
      const { next } = sql.nextVersion.get(subject) as { next: number };
      sql.insertVersion.run(subject, next, id);
      return this.#one(sql, subject, next);
    });
  }

  async check(subject: string, schema: string, against?: number | 'latest'): Promise<CompatibilityResult> {
    const { type } = checkSchema(schema);
    return this.#read((sql) => {
      const level = this.#level(sql, subject);
      const earlier =
        against === undefined ? this.#earlier(sql, subject) : [this.#parse(this.#one(sql, subject, against))];
      const messages = incompatibilities(type, earlier, level);
      return { compatible: messages.length === 0, messages };
    });
  }

  async compatibility(subject = everywhere): Promise<Compatibility> {
    return this.#read((sql) => this.#level(sql, subject));
  }

  async setCompatibility(level: Compatibility, subject?: string): Promise<void> {
    if (!compatibilities.includes(level)) throw notOneOf(level, 'compatibility level', compatibilities);
    if (subject !== undefined) checkSubject(subject);
    this.#write((sql) => sql.setCompatibility.run(subject ?? everywhere, level));
  }

  async clearCompatibility(subject = everywhere): Promise<void> {
    this.#write((sql) => sql.setCompatibility.run(subject, null));
  }

  async clearMode(subject = everywhere): Promise<void> {
    this.#write((sql) => sql.setMode.run(subject, null));
  }

  async settings(subject: string): Promise<{ compatibility: Compatibility | undefined; mode: Mode | undefined }> {
    const row = this.#read((sql) => sql.settings.get(subject)) as
      | { compatibility: Compatibility | null; mode: Mode | null }
      | undefined;
    return { compatibility: row?.compatibility ?? undefined, mode: row?.mode ?? undefined };
  }

  async mode(subject = everywhere): Promise<Mode> {
    return this.#read((sql) => this.#mode(sql, subject));
  }

  async setMode(mode: Mode, subject?: string): Promise<void> {
    if (!modes.includes(mode)) throw notOneOf(mode, 'mode', modes);
    if (subject !== undefined) checkSubject(subject);
    this.#write((sql) => {
      if (mode === 'IMPORT') {
        const { count } = sql.countVersions.get(subject ?? null, subject ?? null) as { count: number };
        if (count > 0) {
          throw new MillraceError('OPTION_INVALID', `there are ${count} versions already, so nothing can be imported`, {
            place: subject ?? 'registry',
            remedy: 'Import into a registry or subject without versions: delete them permanently first.',
          });
        }
      }
      sql.setMode.run(subject ?? everywhere, mode);
    });
  }

  async deleteSubject(subject: string, { permanent = false } = {}): Promise<number[]> {
    return this.#write((sql) => {
      this.#checkWritable(sql, subject, true);
      const rows = this.#rows(sql, subject, true);
      if (rows.length === 0) throw noSubject(subject);
      const kept = rows.filter((row) => row.deleted === 0);
      if (permanent && kept.length > 0) throw notSoftDeleted(`subject '${subject}'`);
      if (!permanent && kept.length === 0) throw softDeleted(`subject '${subject}'`);
      const versions = (permanent ? rows : kept).map((row) => row.version);
      for (const version of versions) this.#delete(sql, subject, version, permanent);
      return versions;
    });
  }

  async deleteVersion(subject: string, version: number | 'latest', { permanent = false } = {}): Promise<number> {
    return this.#write((sql) => {
      this.#checkWritable(sql, subject, true);
      const wanted = version === 'latest' ? this.#one(sql, subject, version).version : version;
      const row = this.#rows(sql, subject, true).find((other) => other.version === wanted);
      if (!row) throw noVersion(subject, wanted);
      const place = `version ${wanted} of subject '${subject}'`;
      if (permanent && row.deleted === 0) throw notSoftDeleted(place);
      if (!permanent && row.deleted === 1) throw softDeleted(place);
      this.#delete(sql, subject, wanted, permanent);
      return wanted;
    });
  }

  async close(): Promise<void> {
    if (this.#database.isOpen) this.#database.close();
  }

  #read<Result>(run: (sql: Statements) => Result): Result {
    return translated(this.#file, () => run(this.#statements));
  }

  #write<Result>(run: (sql: Statements) => Result): Result {
    return translated(this.#file, () => inTransaction(this.#database, () => run(this.#statements)));
  }

  #rows(sql: Statements, subject: string, deleted: boolean): VersionRow[] {
    return sql.versions.all(subject, Number(deleted)) as VersionRow[];
  }

  #one(sql: Statements, subject: string, version: number | 'latest', deleted = false): SchemaVersion {
    const most = Number(deleted);
    const row = plain(version === 'latest' ? sql.latest.get(subject, most) : sql.version.get(subject, version, most));
    if (row) return row;
    if (this.#rows(sql, subject, deleted).length === 0) throw noSubject(subject);
    throw noVersion(subject, version);
  }

  #earlier(sql: Statements, subject: string): Earlier[] {
    return (sql.allVersions.all(subject) as SchemaVersion[]).map((version) => this.#parse(version));
  }

  #parse(version: SchemaVersion): Earlier {
    const type = this.#parsed.get(version.id) ?? parseAvro(version.schema);
    this.#parsed.set(version.id, type);
    return { version: version.version, type };
  }

  #level(sql: Statements, subject: string): Compatibility {
    const row = sql.compatibility.get(subject, everywhere) as { compatibility: Compatibility } | undefined;
    return row?.compatibility ?? 'BACKWARD';
  }

  #mode(sql: Statements, subject: string): Mode {
    const row = sql.mode.get(subject, everywhere) as { mode: Mode } | undefined;
    return row?.mode ?? 'READWRITE';
  }

  /** As Confluent's: READONLY takes nothing; IMPORT takes deletions, and versions only with an id given, which this contract never has. */
  #checkWritable(sql: Statements, subject: string, isDelete: boolean): void {
    const mode = this.#mode(sql, subject);
    if (mode === 'READWRITE' || (mode === 'IMPORT' && isDelete)) return;
    throw new MillraceError('SCHEMA_INVALID', `subject '${subject}' is in mode ${mode}`, {
      place: subject,
      remedy: 'Set its mode to READWRITE first.',
    });
  }

  #delete(sql: Statements, subject: string, version: number, permanent: boolean): void {
    if (permanent) {
      // its schema stays under its id: records in the log name it, and could not be read by anyone without it
      sql.removeVersion.run(subject, version);
    } else {
      sql.softDelete.run(subject, version);
      // with its last version a subject loses its own level and mode
      if (this.#rows(sql, subject, false).length === 0) sql.removeSettings.run(subject);
    }
  }
}

type VersionRow = { version: number; deleted: number };
/** A row as a plain object: SQLite's have no prototype. */
function plain(row: Record<string, unknown> | undefined): SchemaVersion | undefined {
  return row && ({ ...row } as SchemaVersion);
}

function checkSubject(subject: string): void {
  const isName = typeof subject === 'string' && subject !== '' && subject.length <= subjectLengthMax;
  if (isName && !/\p{Cc}/u.test(subject)) return;
  throw new MillraceError('NAME_INVALID', `${JSON.stringify(subject)} is not the name of a subject`, {
    place: 'subject',
    remedy: `Give 1 to ${subjectLengthMax} characters without control characters.`,
  });
}

function checkSchema(schema: string): { type: AvroType; hash: string } {
  if (schema.length > schemaLengthMax) {
    throw new MillraceError(
      'SCHEMA_INVALID',
      `a schema of ${schema.length} characters; the most is ${schemaLengthMax}`,
      {
        remedy: 'Split it into several topics.',
      },
    );
  }
  return { type: parseAvro(schema), hash: canonicalHash(schema) };
}

function incompatible(subject: string, level: Compatibility, messages: readonly string[]): MillraceError {
  return new MillraceError(
    'SCHEMA_INCOMPATIBLE',
    `the schema does not fit subject '${subject}': ${messages.join('; ')}`,
    {
      place: subject,
      remedy: `Fix the fields named (declare new ones .optional(); in Avro, give them a default), write to a new topic, or set another compatibility than ${level}.`,
    },
  );
}

function notFound(what: string, remedy: string): MillraceError {
  return new MillraceError('NOT_FOUND', `there is no ${what}`, { place: what, remedy });
}

function noSubject(subject: string): MillraceError {
  return notFound(`subject '${subject}'`, 'See the subjects that there are, or register a schema under it.');
}

function noVersion(subject: string, version: number | 'latest'): MillraceError {
  return notFound(`version ${version} of subject '${subject}'`, 'See the versions that there are.');
}

function notSoftDeleted(what: string): MillraceError {
  return new MillraceError('OPTION_INVALID', `${what} is in use and cannot be deleted permanently`, {
    place: what,
    remedy: 'Delete it without `permanent` first.',
  });
}

function softDeleted(what: string): MillraceError {
  return new MillraceError('NOT_FOUND', `${what} is deleted already`, {
    place: what,
    remedy: 'Delete it with `permanent` to remove it for good.',
  });
}

function notOneOf(value: string, what: string, known: readonly string[]): MillraceError {
  return new MillraceError('OPTION_INVALID', `'${value}' is not a ${what}`, {
    place: what,
    remedy: `Give one of ${known.join(', ')}.`,
  });
}
