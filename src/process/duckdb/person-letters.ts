// Dead letters and late records of a person: taken out of the letters, and counted as filtered, so that the ledger balances.
import type { Session } from '../database.ts';
import type { KeptAside } from '../engine.ts';
import { countsOf, newProgress, type Progress } from '../progress.ts';
import { fateOf, uncountLetters } from './counts.ts';
import { deleted } from './forget.ts';
import { asideColumns, asideOf, findProgress } from './keeper.ts';

/** Letters that are looked at together. */
const pageMax = 500;

/** The letters that are about a person, by pipeline. */
export type PersonLetters = ReadonlyMap<string, readonly KeptAside[]>;

/** Finds the letters that are about a person; nothing is changed. */
export async function findLetters(
  session: Session,
  isAbout: (letter: KeptAside) => Promise<boolean>,
): Promise<PersonLetters> {
  const found = new Map<string, KeptAside[]>();
  for (let last = -1; ; ) {
    const rows = await session.rows(
      `select ${asideColumns} from meta.aside where id > $1 order by id limit ${pageMax}`,
      last,
    );
    for (const row of rows) {
      const letter = asideOf(row);
      last = letter.id;
      // what was found needs no bytes any more
      if (await isAbout(letter))
        found.set(letter.pipeline, [...(found.get(letter.pipeline) ?? []), { ...letter, bytes: new Uint8Array() }]);
    }
    if (rows.length < pageMax) return found;
  }
}

/** Removes letters, within the transaction at hand. */
export async function removeLetters(session: Session, found: PersonLetters): Promise<void> {
  for (const [pipeline, letters] of found) {
    const progress = (await findProgress(session, pipeline)) ?? newProgress();
    const before = await kindsOf(session, pipeline, letters);
    await session.run(
      'delete from meta.aside where pipeline = $1 and id in (select unnest(cast(cast($2 as json) as bigint[])))',
      pipeline,
      JSON.stringify(letters.map(({ id }) => id)),
    );
    const after = await kindsOf(session, pipeline, letters);
    uncountLetters(
      progress,
      letters.filter((one) => !isRow(one)),
    );
    for (const letter of letters) {
      if (isRow(letter)) uncountRow(progress, letter);
      else if (letter.offset === undefined) uncountRefusal(progress, letter.source!);
    }
    for (const [place, kinds] of before) {
      progress.fates[fateIn(kinds)]--;
      const left = after.get(place);
      progress.fates[left ? fateIn(left) : 'filtered']++;
    }
    await session.run('update meta.progress set state = $1 where pipeline = $2', JSON.stringify(progress), pipeline);
  }
}

/** Whether a letter is a row of a window, and no record. */
function isRow({ source, offset }: KeptAside): boolean {
  return source === undefined && offset === undefined;
}

/** Its window counts it among those that went in all the same. */
function uncountRow(progress: Progress, { stage }: KeptAside): void {
  progress.deadRows--;
  countsOf(progress, `stream ${stage}`).dead--;
}

/** What a source gave, and never reached the log: it came in, and is filtered now. */
function uncountRefusal(progress: Progress, source: string): void {
  const counts = progress.sources[source];
  if (counts) progress.sources[source] = { read: counts.read - 1, refused: counts.refused - 1 };
  progress.refused--;
  const before = progress.topics[deleted]?.[0]?.next ?? 0;
  progress.topics[deleted] = [{ base: 0, next: before + 1, newestMs: undefined }];
  progress.consumed++;
  progress.fates.filtered++;
}

/** By the record of each letter, the kinds of all letters that there are of it. */
async function kindsOf(session: Session, pipeline: string, letters: readonly KeptAside[]) {
  const kinds = new Map<string, string[]>();
  const records = letters.filter(({ offset }) => offset !== undefined);
  const rows = await session.rows(
    `select topic, part, off, kind from meta.aside where pipeline = $1 and (topic, part, off) in
      (select (r.t, r.p, r.o) from (select unnest(cast(cast($2 as json) as struct(t varchar, p integer, o bigint)[])) as r))`,
    pipeline,
    JSON.stringify(records.map(({ topic, partition, offset }) => ({ t: topic, p: partition, o: offset }))),
  );
  for (const [topic, partition, offset, kind] of rows) {
    const place = `${topic}/${partition}/${offset}`;
    kinds.set(place, [...(kinds.get(place) ?? []), String(kind)]);
  }
  return kinds;
}

function fateIn(kinds: readonly string[]): 'dead' | 'late' | 'out' {
  return fateOf(new Map([['0/0', kinds]]), { partition: 0, offset: 0 });
}

/** Writes the reasons of letters anew in which a text stands: those of other records may quote it. Within the transaction at hand. */
export async function maskReasons(
  session: Session,
  masked: (reason: string) => string,
  texts: readonly string[],
): Promise<void> {
  const rows = await session.rows(
    'select id, reason from meta.aside where exists (select 1 from (select unnest(cast(cast($1 as json) as varchar[])) as t) where contains(reason, t))',
    JSON.stringify(texts),
  );
  for (const [id, reason] of rows)
    await session.run('update meta.aside set reason = $1 where id = $2', masked(String(reason)), Number(id));
}
