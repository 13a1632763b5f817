// The record of forgettings: when, how many records, which tables. Whom is not in it, nor anything by which a name could be guessed.
import type { Session } from '../process/database.ts';
import { within } from './known.ts';
import type { Forgotten } from './millrace.ts';

type Folder = { readonly database: { session(): Promise<Session> } };

/** All forgettings that are finished, the first one first. */
export function forgettings(folder: Folder): Promise<Forgotten[]> {
  return within(folder, async (session) => {
    const rows = await session.rows('select state from meta.forgotten order by number');
    return rows.map(([state]) => JSON.parse(String(state)) as Forgotten);
  });
}

/** The number of the next one. */
export async function nextNumber(folder: Folder): Promise<number> {
  return within(folder, async (session) => {
    const [row] = await session.rows('select coalesce(max(number), 0) from meta.forgotten');
    return Number(row![0]) + 1;
  });
}

/** Notes one, in place of what was noted under its number before a crash. */
export async function noteForgotten(folder: Folder, forgotten: Forgotten): Promise<void> {
  await within(folder, (session) =>
    session.transaction(async () => {
      await session.run('delete from meta.forgotten where number = $1', forgotten.number);
      await session.run('insert into meta.forgotten values ($1, $2)', forgotten.number, JSON.stringify(forgotten));
    }),
  );
}
