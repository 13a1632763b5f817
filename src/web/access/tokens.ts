// Access tokens in the data folder's control.db: made, listed, revoked and recognised, also beside a running process.
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { MillraceError } from '../../core/errors.ts';
import { openSqlite } from '../../log/sqlite.ts';
import type { Role } from '../app.ts';

/** A token as it is listed: the token itself is nowhere. Times are milliseconds since 1970. */
export type TokenView = {
  readonly id: number;
  readonly role: Role;
  readonly name: string;
  readonly createdAt: number;
  readonly expiresAt: number | undefined;
  /** The day when it was last used. */
  readonly usedAt: number | undefined;
  readonly revokedAt: number | undefined;
};

/** What a new token is to be; `expiresAt` in milliseconds since 1970. */
export type NewToken = { readonly role: Role; readonly name?: string; readonly expiresAt?: number };

/** The tokens of a data folder. */
export interface Tokens {
  /** Makes a token. It is given this once: only its hash is kept. @throws OPTION_INVALID where there are too many */
  create(wanted: NewToken): { readonly token: string; readonly view: TokenView };
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

const tokensMax = 1000;
const dayMs = 86_400_000;

const tables = `
  create table if not exists tokens (
    id integer primary key autoincrement,
    hash blob not null unique,
    role text not null check (role in ('reader', 'writer', 'admin')),
    name text not null,
    created_ms integer not null,
    expires_ms integer,
    used_ms integer,
    revoked_ms integer
  ) strict;
  create table if not exists token_secrets (name text primary key, value blob not null) strict;
`;

type Row = TokenView & { readonly hash: Buffer };

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
  const database = openSqlite({ path, name: 'the tokens in' }, tables);
  const select = database.prepare('select * from tokens order by id');
  const version = database.prepare('pragma data_version');
  const insert = database.prepare(
    'insert into tokens (hash, role, name, created_ms, expires_ms) values (?, ?, ?, ?, ?)',
  );
  const setRevoked = database.prepare('update tokens set revoked_ms = ? where id = ?');
  const setUsed = database.prepare('update tokens set used_ms = ? where id = ?');
  const secret = secretOf(database);

  let rows: readonly Row[] = [];
  let seen: unknown;
  const used = new Map<number, number>();
  let flushing: NodeJS.Timeout | undefined;

  // data_version changes with each commit of another process: what it revokes is refused from the next request on
  const current = (): readonly Row[] => {
    const at = (version.get() as { data_version: number }).data_version;
    if (at !== seen) {
      rows = select.all().map((row) => rowOf(row as SqlRow));
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
      } catch {
        // another process holds the file: the day is written at the next use
      }
    }
    used.clear();
    changed();
  };
  const noteUse = (row: Row) => {
    const day = Math.floor(now() / dayMs) * dayMs;
    if (row.usedAt === day || used.has(row.id)) return;
    used.set(row.id, day);
    // not within the request, which would wait for the disk
    flushing ??= setTimeout(flush, 1000).unref();
  };

  return {
    create({ role, name = '', expiresAt }) {
      if (current().filter(isValid).length >= tokensMax) {
        throw new MillraceError('OPTION_INVALID', `there are ${tokensMax} valid tokens already`, {
          place: path,
          remedy: 'Revoke some: millrace token revoke ID.',
        });
      }
      const token = `mlr_${randomBytes(32).toString('base64url')}`;
      const { lastInsertRowid } = insert.run(hashOf(token), role, name, now(), expiresAt ?? null);
      changed();
      return { token, view: viewOf(current().find((row) => row.id === Number(lastInsertRowid))!) };
    },
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
      const hash = hashOf(token);
      let found: Row | undefined;
      // all of them, always: how long it takes says nothing about which one is near
      for (const row of current()) if (timingSafeEqual(row.hash, hash)) found = row;
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
    createdAt: row.created_ms,
    expiresAt: row.expires_ms ?? undefined,
    usedAt: row.used_ms ?? undefined,
    revokedAt: row.revoked_ms ?? undefined,
  };
}

function viewOf({ hash: _hash, ...view }: Row): TokenView {
  return view;
}
