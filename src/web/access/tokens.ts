// Access tokens in the data folder's control.db: made, listed, revoked and recognised, also beside a running process.
import { createHash, createHmac, randomBytes } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { MillraceError } from '../../core/errors.ts';
import { inTransaction, openSqlite } from '../../log/sqlite.ts';
import type { Role } from '../app.ts';

/** A token as it is listed: the token itself is nowhere. Times are milliseconds since 1970. */
export type TokenView = {
  readonly id: number;
  readonly role: Role;
  readonly name: string;
  /** The topics that a poster may post to; undefined for other roles. */
  readonly topics: readonly string[] | undefined;
  /** Requests a minute; 0 is without end; undefined: as the server has it. */
  readonly requestsPerMinute: number | undefined;
  readonly createdAt: number;
  readonly expiresAt: number | undefined;
  /** The day when it was last used. */
  readonly usedAt: number | undefined;
  readonly revokedAt: number | undefined;
};

/** What a new token is to be; `expiresAt` in milliseconds since 1970. */
export type NewToken = {
  readonly role: Role;
  readonly name?: string;
  readonly expiresAt?: number;
  /** Of a poster. */
  readonly topics?: readonly string[];
  readonly requestsPerMinute?: number;
};

/** A token that was made. It is given this once: only its hash is kept. */
export type MadeToken = { readonly token: string; readonly view: TokenView };

/** The tokens of a data folder. */
export interface Tokens {
  /** Makes tokens, all of them or none. @throws OPTION_INVALID where there are too many */
  createAll(wanted: readonly NewToken[]): MadeToken[];
  /** Makes a token. @throws OPTION_INVALID */
  create(wanted: NewToken): MadeToken;
  list(): TokenView[];
  /** From now on it is refused, by a running server too. @throws NOT_FOUND */
  revoke(id: number): TokenView;
  /** The token with this text, or undefined where it is unknown, expired or revoked. */
  verify(token: string): TokenView | undefined;
  /** The token with this number while it is valid. */
  valid(id: number): TokenView | undefined;
  hasValid(): boolean;
  /** An HMAC-SHA256 under a secret of this data folder. */
  sign(text: string): Buffer;
  close(): void;
}

const tokensMax = 20_000;
const dayMs = 86_400_000;

const tables = `
  create table if not exists tokens (
    id integer primary key autoincrement,
    hash blob not null unique,
    role text not null,
    name text not null,
    topics text,
    per_minute integer,
    created_ms integer not null,
    expires_ms integer,
    used_ms integer,
    revoked_ms integer
  ) strict;
  create table if not exists token_secrets (name text primary key, value blob not null) strict;
`;

type Row = Omit<TokenView, 'usedAt'> & { readonly hash: Buffer; usedAt: number | undefined };

/**
 * Opens the tokens in this file, making it where there is none.
 *
 * A token is `mlr_` and 32 random bytes. What is kept is its SHA-256: against 256 bits of chance no list of guesses helps, so a slow
 * hash, which passwords need, would only make every request slow.
 *
 * @param now milliseconds since 1970
 * @throws STORE_UNAVAILABLE
 * @example const { token } = openTokens('.millrace/control.db').create({ role: 'reader' })
 */
export function openTokens(path: string, now: () => number = Date.now): Tokens {
  const database = openSqlite({ path, name: 'the tokens in' }, makeTables);
  const select = database.prepare('select * from tokens order by id');
  const version = database.prepare('pragma data_version');
  const insert = database.prepare(
    'insert into tokens (hash, role, name, topics, per_minute, created_ms, expires_ms) values (?, ?, ?, ?, ?, ?, ?)',
  );
  const setRevoked = database.prepare('update tokens set revoked_ms = ? where id = ?');
  const setUsed = database.prepare('update tokens set used_ms = ? where id = ?');
  const secret = secretOf(database);

  let rows: readonly Row[] = [];
  let byHash: ReadonlyMap<string, Row> = new Map();
  let seen: unknown;
  const used = new Map<number, number>();
  let flushing: NodeJS.Timeout | undefined;

  // data_version changes with each commit of another process: what it revokes is refused from the next request on
  const current = (): readonly Row[] => {
    const at = (version.get() as { data_version: number }).data_version;
    if (at !== seen) {
      rows = select.all().map((row) => rowOf(row as SqlRow));
      byHash = new Map(rows.map((row) => [row.hash.toString('base64'), row]));
      seen = at;
    }
    return rows;
  };
  const changed = () => {
    seen = undefined;
  };
  const isValid = (row: Row) => row.revokedAt === undefined && (row.expiresAt === undefined || row.expiresAt > now());

  const flush = () => {
    clearTimeout(flushing);
    flushing = undefined;
    for (const [id, day] of used) {
      try {
        setUsed.run(day, id);
        const row = rows.find((one) => one.id === id);
        if (row) row.usedAt = day;
      } catch {
        // another process holds the file: the day is written at the next use
      }
    }
    used.clear();
  };
  const noteUse = (row: Row) => {
    const day = Math.floor(now() / dayMs) * dayMs;
    if (row.usedAt === day || used.has(row.id)) return;
    used.set(row.id, day);
    // not within the request, which would wait for the disk
    flushing ??= setTimeout(flush, 1000).unref();
  };

  const createAll = (wanted: readonly NewToken[]): MadeToken[] => {
    const valid = current().filter(isValid).length;
    if (valid + wanted.length > tokensMax) {
      throw new MillraceError('OPTION_INVALID', `there are ${valid} valid tokens, and may be ${tokensMax}`, {
        place: path,
        remedy: 'Revoke some: millrace token revoke ID.',
      });
    }
    const made = inTransaction(database, () =>
      wanted.map(({ role, name = '', expiresAt, topics, requestsPerMinute }) => {
        const token = `mlr_${randomBytes(32).toString('base64url')}`;
        const of = topics === undefined ? null : JSON.stringify(topics);
        const hash = hashOf(token);
        insert.run(hash, role, name, of, requestsPerMinute ?? null, now(), expiresAt ?? null);
        return { token, hash: hash.toString('base64') };
      }),
    );
    changed();
    current();
    return made.map(({ token, hash }) => ({ token, view: viewOf(byHash.get(hash)!) }));
  };

  return {
    create: (wanted) => createAll([wanted])[0]!,
    createAll,
    list: () => current().map(viewOf),
    revoke(id) {
      const row = current().find((one) => one.id === id);
      if (!row) {
        throw new MillraceError('NOT_FOUND', `there is no token ${id}`, {
          place: `token ${id}`,
          remedy: 'See millrace token list.',
        });
      }
      if (row.revokedAt === undefined) setRevoked.run(now(), id);
      changed();
      return viewOf(current().find((one) => one.id === id)!);
    },
    verify(token) {
      current();
      // how long it takes to find a hash says nothing of use about the token: nobody can choose a token by its hash
      const found = byHash.get(hashOf(token).toString('base64'));
      if (!found || !isValid(found)) return undefined;
      noteUse(found);
      return viewOf(found);
    },
    valid(id) {
      const row = current().find((one) => one.id === id);
      if (!row || !isValid(row)) return undefined;
      noteUse(row);
      return viewOf(row);
    },
    hasValid: () => current().some(isValid),
    sign: (text) => createHmac('sha256', secret).update(text).digest(),
    close() {
      if (!database.isOpen) return;
      if (used.size > 0) flush();
      database.close();
    },
  };
}

/** Makes the tables; tokens of a file that knows no posters are taken over. */
function makeTables(database: DatabaseSync): void {
  inTransaction(database, () => {
    const isOld = database
      .prepare("select 1 from sqlite_master where name = 'tokens' and sql like '%check (role%'")
      .get();
    if (isOld) database.exec('alter table tokens rename to old_tokens');
    database.exec(tables);
    if (!isOld) return;
    const kept = 'id, hash, role, name, created_ms, expires_ms, used_ms, revoked_ms';
    database.exec(`insert into tokens (${kept}) select ${kept} from old_tokens; drop table old_tokens`);
  });
}

/** The secret that sessions are signed with; whoever comes first makes it. */
function secretOf(database: DatabaseSync): Buffer {
  database
    .prepare(`insert into token_secrets (name, value) values ('session', ?) on conflict (name) do nothing`)
    .run(randomBytes(32));
  const row = database.prepare(`select value from token_secrets where name = 'session'`).get();
  return Buffer.from((row as { value: Uint8Array }).value);
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

type SqlRow = {
  id: number;
  hash: Uint8Array;
  role: Role;
  name: string;
  topics: string | null;
  per_minute: number | null;
  created_ms: number;
  expires_ms: number | null;
  used_ms: number | null;
  revoked_ms: number | null;
};

function rowOf(row: SqlRow): Row {
  return {
    id: row.id,
    hash: Buffer.from(row.hash),
    role: row.role,
    name: row.name,
    topics: row.topics === null ? undefined : (JSON.parse(row.topics) as string[]),
    requestsPerMinute: row.per_minute ?? undefined,
    createdAt: row.created_ms,
    expiresAt: row.expires_ms ?? undefined,
    usedAt: row.used_ms ?? undefined,
    revokedAt: row.revoked_ms ?? undefined,
  };
}

function viewOf({ hash: _hash, ...view }: Row): TokenView {
  return view;
}
