// The SQL of the registry, prepared once.
import type { DatabaseSync } from 'node:sqlite';

/** The prepared statements. */
export type Statements = ReturnType<typeof prepare>;

/** Prepares them once for an open file. */
export function prepare(database: DatabaseSync) {
  const select = `select v.subject, v.version, v.id, s.schema from versions v join schemas s on s.id = v.id`;
  return {
    subjects: database.prepare('select distinct subject from versions where deleted <= ? order by subject'),
    versions: database.prepare(
      'select version, deleted from versions where subject = ? and deleted <= ? order by version',
    ),
    version: database.prepare(`${select} where v.subject = ? and v.version = ? and v.deleted <= ?`),
    latest: database.prepare(`${select} where v.subject = ? and v.deleted <= ? order by v.version desc limit 1`),
    uses: database.prepare(
      'select subject, version from versions where id = ? and deleted <= ? order by subject, version',
    ),
    allVersions: database.prepare(`${select} where v.subject = ? and v.deleted = 0 order by v.version`),
    versionByHash: database.prepare(
      `${select} where v.subject = ? and s.hash = ? and v.deleted <= ? order by v.version desc limit 1`,
    ),
    schemaById: database.prepare('select schema from schemas where id = ?'),
    schemaByHash: database.prepare('select id from schemas where hash = ?'),
    insertSchema: database.prepare('insert into schemas (hash, schema) values (?, ?) on conflict (hash) do nothing'),
    insertVersion: database.prepare('insert into versions (subject, version, id) values (?, ?, ?)'),
    nextVersion: database.prepare('select coalesce(max(version), 0) + 1 as next from versions where subject = ?'),
    countVersions: database.prepare(
      'select count(*) as count from versions where deleted = 0 and (? is null or subject = ?)',
    ),
    softDelete: database.prepare('update versions set deleted = 1 where subject = ? and version = ?'),
    removeVersion: database.prepare('delete from versions where subject = ? and version = ?'),
    removeSettings: database.prepare('delete from settings where subject = ?'),
    // the subject's own before the global one, whose subject is ''
    compatibility: database.prepare(
      'select compatibility from settings where subject in (?, ?) and compatibility is not null order by subject desc limit 1',
    ),
    mode: database.prepare(
      'select mode from settings where subject in (?, ?) and mode is not null order by subject desc limit 1',
    ),
    settings: database.prepare('select compatibility, mode from settings where subject = ?'),
    setCompatibility: database.prepare(
      'insert into settings (subject, compatibility) values (?, ?) on conflict (subject) do update set compatibility = excluded.compatibility',
    ),
    setMode: database.prepare(
      'insert into settings (subject, mode) values (?, ?) on conflict (subject) do update set mode = excluded.mode',
    ),
  };
}
