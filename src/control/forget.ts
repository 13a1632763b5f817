// Forgets persons: erases their records in the log, removes what was made of them, and leaves no byte of their names in the data folder.
//
// First all is searched, and nothing changed. Then it is decided, by a file that has the names. What follows is done again until it is done,
// however often the process is killed, and that file goes last: log, letters and rows; tables made again from the log; files written anew.
import { resolve } from 'node:path';
import { MillraceError, messageOf, systemCode, throwAll, translateSystemError } from '../core/errors.ts';
import type { Value } from '../define/accept.ts';
import { type GivenParams, resolveParams } from '../define/param.ts';
import type { Pipeline } from '../define/pipeline.ts';
import type { Topic } from '../define/topic.ts';
import { checkDefinitions, ownParams } from './check.ts';
import { endlessLookups } from './finite.ts';
import { closeParts, type Folder } from './folder.ts';
import { compactFiles } from './forget-files.ts';
import { eraseRecords, removeRest } from './forget-remove.ts';
import { checkGiven, type Remaking, remakings } from './forget-scope.ts';
import { countLetters, findRecords, findRows, type Hunt, type Records } from './forget-search.ts';
import { checkUndeclared, type Mentions, mentionsOf, personTopics } from './forget-topics.ts';
import { begun, type Decision, decide, endForgetting, type Forgetting, noteStand, type Stand } from './forgetting.ts';
import { nextNumber, noteForgotten } from './forgotten.ts';
import { given } from './given.ts';
import { knownPipelines } from './known.ts';
import type { Forgotten } from './millrace.ts';
import { openFolder } from './open.ts';
import { rebuildAlone } from './rebuilds.ts';
import { system as realSystem, type System } from './system.ts';

/** What is found of persons, before anything is changed. */
export type Found = {
  /** Records that are erased, by topic. */
  readonly records: Readonly<Record<string, number>>;
  readonly letters: number;
  /** Tables that are made again from the log, by pipeline; and tables that lose rows, since the log no longer has all of their records. */
  readonly remade: Readonly<Record<string, readonly string[]>>;
  readonly rows: Readonly<Record<string, number>>;
};

/** Options of forgetting. */
export type ForgetOptions = {
  readonly folder: string;
  /** Values of person fields, as texts; none: one that was cut short is finished. */
  readonly names: readonly string[];
  /** Those that have run in the folder, and perhaps more: their definitions say where a person is. */
  readonly pipelines: readonly Pipeline[];
  readonly params?: GivenParams;
  /** Only persons of this topic. Absent: of all topics that declare one. */
  readonly topic?: string;
  /** What is noted as the command: without the names. */
  readonly command: string;
  /** Asked before anything is changed. Absent: it is not asked. */
  readonly confirm?: (found: Found) => Promise<boolean>;
  /** Told how it goes, in a few words. */
  readonly told?: (text: string) => void;
  readonly notice?: (text: string) => void;
};

/**
 * What became of it. `nothing`: nobody of these names was found, and nothing changed; `declined`: it was not confirmed; `mentions`: where a name
 * still stands, though no field says that it is a person; `sources`: what may bring them back.
 */
export type ForgetResult =
  | { readonly state: 'nothing' }
  | { readonly state: 'declined' }
  | {
      readonly state: 'forgotten';
      readonly forgotten: Forgotten;
      readonly mentions: Mentions;
      readonly sources: readonly { readonly topic: string; readonly kind: string }[];
    };

/** Bytes that DuckDB may use: nothing runs beside it, and rows that are deleted take memory until a checkpoint. */
const memoryBytes = 512e6;

/**
 * Forgets persons in a data folder that nothing runs in, or finishes what was cut short.
 *
 * @throws DATA_IN_USE; NOT_FOUND where no topic declares a person, a pipeline is not given or a table is not declared any more; USAGE, DISK_FULL,
 *   FORGET_UNFINISHED
 * @example await forget({ folder: '.millrace', names: ['anna@example.org'], pipelines: [rides], command: 'millrace forget' })
 */
export async function forget(options: ForgetOptions, system: System = realSystem()): Promise<ForgetResult> {
  const path = resolve(options.folder);
  let forgetting: Forgetting | undefined;
  try {
    const folder = await openFolder({ folder: path, ...given('notice', options.notice) }, system, memoryBytes);
    forgetting = folder.forgetting;
    let mentions: Mentions;
    let hunt: Hunt;
    try {
      checkNames(options, forgetting);
      const names = forgetting?.decision.names ?? options.names;
      hunt = await huntOf(folder, names, forgetting?.decision.topic ?? options.topic, options);
      if (!forgetting) {
        const decided = await search(hunt, options);
        if (typeof decided === 'string') return { state: decided };
        await decide(system.files, path, decided);
        forgetting = { decision: decided, stand: begun(decided.number) };
      }
      forgetting = await removeAll(hunt, forgetting, options);
      mentions = await mentionsOf(hunt);
    } finally {
      await closeParts(folder);
    }
    options.told?.('writing files anew');
    await compactFiles(path, system.files);
    await endForgetting(system.files, path, forgetting.stand);
    const sources = hunt.topics.flatMap((topic) => topic.sources.map(({ kind }) => ({ topic: topic.name, kind })));
    return { state: 'forgotten', forgotten: forgottenOf(forgetting), mentions, sources };
  } catch (error) {
    throw stopped(error, path, forgetting !== undefined);
  }
}

/** @throws FORGET_UNFINISHED, USAGE */
function checkNames({ names, folder }: ForgetOptions, forgetting: Forgetting | undefined): void {
  if (names.some((name) => name === ''))
    throw new MillraceError('USAGE', 'the value that names a person is empty', {
      place: 'millrace forget',
      remedy: 'Give the value of the person field: millrace forget VALUE.',
    });
  if (!forgetting && names.length === 0)
    throw new MillraceError('USAGE', 'there is nothing to finish: no forgetting was cut short', {
      place: folder,
      remedy: 'Say whom: millrace forget VALUE.',
    });
  const isOther = names.length > 0 && JSON.stringify(names) !== JSON.stringify(forgetting?.decision.names);
  if (forgetting && isOther)
    throw new MillraceError('FORGET_UNFINISHED', 'a forgetting of somebody else was cut short', {
      place: folder,
      remedy: 'Finish it first: millrace forget --finish.',
    });
}

/** @throws what is wrong with the pipelines, before anything is changed */
async function huntOf(
  folder: Folder,
  names: readonly string[],
  topic: string | undefined,
  { pipelines, params = {} }: ForgetOptions,
): Promise<Hunt> {
  const known = (await knownPipelines(folder)).map(({ name }) => name);
  checkGiven(known, pipelines);
  throwAll(checkDefinitions(pipelines));
  const values = new Map<Pipeline, ReadonlyMap<string, Value>>();
  for (const one of pipelines)
    values.set(one, resolveParams(one.params, ownParams(one, pipelines, params), process.env));
  const topics: readonly Topic[] = personTopics(pipelines, names, topic);
  return { folder, names, pipelines, params: values, topics };
}

/** Looks for the persons, and asks: what is decided, or why nothing is. */
async function search(hunt: Hunt, options: ForgetOptions): Promise<Decision | 'nothing' | 'declined'> {
  const { folder, pipelines } = hunt;
  await checkUndeclared(hunt);
  const all = new Map<Topic, Records>();
  for (const topic of hunt.topics) {
    options.told?.(`looking through topic ${topic.name}`);
    all.set(topic, await findRecords(hunt, topic));
  }
  const records = Object.fromEntries([...all].flatMap(([{ name }, { count }]) => (count > 0 ? [[name, count]] : [])));
  const letters = await countLetters(hunt, all);
  const found = await findRows(hunt);
  if (Object.keys(records).length === 0 && letters === 0 && found.size === 0) return 'nothing';
  const made = await remakings(folder, pipelines, new Set(Object.keys(records)));
  for (const one of made) await checkRemaking(hunt, one, found.has(one.pipeline));
  const isRemade = (table: string) => made.some(({ scope }) => scope.tables.includes(table));
  const rows = Object.fromEntries(
    [...found.values()].flatMap(({ tables }) => Object.entries(tables).filter(([name]) => !isRemade(name))),
  );
  const remade = remadeOf(made);
  if (options.confirm && !(await options.confirm({ records, letters, remade, rows }))) return 'declined';
  return {
    number: await nextNumber(folder),
    names: hunt.names,
    atMs: folder.system.clock.now(),
    command: options.command,
    ...given('topic', options.topic),
    records,
    letters,
    rows,
  };
}

/** Finds out whether a pipeline can be opened and made again, before anything is changed. @throws what keeps it from that */
async function checkRemaking(hunt: Hunt, { pipeline, scope, left }: Remaking, hasRows: boolean): Promise<void> {
  if (scope.tables.length === 0 && left.length === 0 && !hasRows) return;
  const { engine, store } = hunt.folder;
  const params = hunt.params.get(pipeline)!;
  const endless = await endlessLookups(pipeline, params);
  throwAll(await engine.check(pipeline, params, endless));
  if (left.length === 0 && !hasRows) return;
  await store.prepare(pipeline.name, pipeline.tables);
  (await engine.open(pipeline, params, endless)).close();
}

function remadeOf(made: readonly Remaking[]): Record<string, readonly string[]> {
  return Object.fromEntries(
    made.flatMap(({ pipeline, scope }) => (scope.tables.length > 0 ? [[pipeline.name, scope.tables]] : [])),
  );
}

/** Does what is decided, from where it stands, up to the files. */
async function removeAll(hunt: Hunt, { decision, stand }: Forgetting, options: ForgetOptions): Promise<Forgetting> {
  const { folder } = hunt;
  const note = async (next: Stand): Promise<Stand> => {
    await noteStand(folder.system.files, folder.path, next);
    return next;
  };
  const made = await remakings(folder, hunt.pipelines, new Set(Object.keys(decision.records)));
  let at = stand;
  if (at.phase === 'log') {
    options.told?.('erasing records');
    await eraseRecords(hunt, decision);
    const removed = await removeRest(hunt, decision, made);
    at = await note({ ...at, ...removed, remade: remadeOf(made), phase: 'tables' });
  }
  if (at.phase === 'tables') {
    for (const { pipeline, names, scope } of made) {
      if (scope.tables.length === 0 || at.done.includes(pipeline.name)) continue;
      options.told?.(`making ${pipeline.name} again from the log`);
      await rebuildAlone(folder, pipeline, names, {
        params: ownParams(pipeline, hunt.pipelines, options.params ?? {}),
      });
      at = await note({ ...at, done: [...at.done, pipeline.name] });
    }
    at = await note({ ...at, phase: 'files' });
  }
  await noteForgotten(folder, forgottenOf({ decision, stand: at }));
  return { decision, stand: at };
}

function forgottenOf({ decision, stand }: Forgetting): Forgotten {
  const { number, atMs, command, records, letters } = decision;
  const { remade, rows, stale } = stand;
  return { number, at: atMs, command, records, letters, remade, rows, stale };
}

/** What has stopped it says how to go on, where something was decided. */
function stopped(error: unknown, folder: string, isDecided: boolean): unknown {
  const known = ofDisk(error, folder);
  if (!(known instanceof MillraceError) || !isDecided) return known;
  if (known.reaction === 'bug' || known.code === 'FORGET_UNFINISHED') return known;
  const first = known.code === 'DISK_FULL' ? 'Free some space.' : (known.remedy ?? '');
  return new MillraceError(known.code, known.message, {
    place: known.place,
    masked: known.masked,
    remedy: `${first} Then finish it, it goes on where it was: millrace forget --finish.`.trim(),
    cause: error,
  });
}

function ofDisk(error: unknown, folder: string): unknown {
  const translated = translateSystemError(error, folder);
  if (translated instanceof MillraceError || systemCode(error) === undefined) return translated;
  return new MillraceError('STORE_UNAVAILABLE', `the data folder cannot be written: ${messageOf(error)}`, {
    place: folder,
    remedy: 'Look after the disk that holds it.',
    cause: error,
  });
}
