// What idempotency keys keep of a person: hashes of bodies, which can be guessed, and what answers quote. The keys themselves stay known, so that a
// request which comes again stores nothing.
import type { Clock } from '../core/clock.ts';
import { type Batch, headersOf } from '../log/batch.ts';
import type { Log } from '../log/log.ts';
import { inTransaction, openSqlite, translated } from '../log/sqlite.ts';
import type { PostResult } from '../web/schemas.ts';
import { hashBytes, makeTables, PostKeys, postHeader } from './post-keys.ts';

/** The key that a record was posted with, as control.db knows it; undefined: with none. */
export function postKeyOf(batch: Batch, i: number): Uint8Array | undefined {
  if (batch.ends[3 * i + 1] === batch.ends[3 * i + 2]) return undefined;
  return headersOf(batch, i)[postHeader]?.slice(0, hashBytes);
}

/**
 * Has control.db know all keys that stand in the log, whose records may lose them; and forgets the bodies of some, and what answers quote.
 *
 * @param path control.db, which is there
 */
export async function forgetBodies(
  { path, log, clock }: { readonly path: string; readonly log: Log; readonly clock: Clock },
  keys: readonly Uint8Array[],
  masked: (text: string) => string,
): Promise<void> {
  const known = new PostKeys({ path, log, clock });
  await known.complete().finally(() => known.close());
  const file = { path };
  const database = openSqlite(file, makeTables);
  try {
    translated(file, () =>
      inTransaction(database, () => {
        // what of a request is not stored yet never is
        const forget = database.prepare("update posts set body = x'', answer = coalesce(answer, ?) where id = ?");
        for (const key of keys) forget.run(JSON.stringify(nothingMore), key);
        const answers = database.prepare('select id, answer from posts where answer is not null').all() as Answer[];
        const answer = database.prepare('update posts set answer = ? where id = ?');
        for (const { id, answer: text } of answers) {
          const said = withoutNames(text, masked);
          if (said !== text) answer.run(said, id);
        }
      }),
    );
  } finally {
    database.close();
  }
}

/** The answer to a request that was cut short, and whose records were forgotten. */
const nothingMore: PostResult = { accepted: 0, rejected: [], offsets: [], isRepeated: true };

type Answer = { readonly id: Uint8Array; readonly answer: string };

function withoutNames(text: string, masked: (text: string) => string): string {
  const result = JSON.parse(text) as PostResult;
  const rejected = result.rejected.map((one) => ({ ...one, reason: masked(one.reason) }));
  return JSON.stringify({ ...result, rejected });
}

/** Takes what is deleted out of a SQLite file and its log. Nobody may have it open. */
export function compactSqlite(path: string): void {
  const file = { path };
  const database = openSqlite(file, '');
  try {
    translated(file, () => database.exec('pragma secure_delete = on; vacuum; pragma wal_checkpoint(truncate)'));
  } finally {
    database.close();
  }
}
