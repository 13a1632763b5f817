// Dead letters sent again through a pipeline: those of sources come back through the log, the others go straight to the stages.

import { MillraceError } from '../core/errors.ts';
import type { Value } from '../define/accept.ts';
import { topicsOf } from '../define/feeding.ts';
import { resolveParams } from '../define/param.ts';
import type { Pipeline } from '../define/pipeline.ts';
import { valueIn } from '../log/batch.ts';
import { againHeader, type KeptAside, type Processor, reasonOf } from '../process/engine.ts';
import { DeadLetters } from './dead.ts';
import { environmentOf } from './environment.ts';
import { TopicWriter } from './feeder.ts';
import { endlessLookups } from './finite.ts';
import { type Folder, registerTopics } from './folder.ts';
import { isPaused } from './known.ts';
import { savedEnding, type Wait, waitsOf } from './loading.ts';
import type { DeadFilter, RedriveResult } from './millrace.ts';
import { Pump } from './pump.ts';
import { Revivers } from './revive.ts';

/** Letters that are sent again at a time, and of these in one go between two micro-batches. */
const batchSize = 500;
const errandSize = 50;

/** A record of the log. */
type Place = { readonly topic: string; readonly partition: number; readonly offset: number };

/** A pipeline that letters are sent through. */
export type Through = {
  readonly pipeline: Pipeline;
  readonly params: ReadonlyMap<string, Value>;
  /** Schema ids by topic. */
  readonly schemaIds: ReadonlyMap<string, number>;
  readonly processor: Processor;
  /** Does something with the processor that must not overlap with micro-batches. */
  exclusive<T>(work: () => Promise<T>): Promise<T>;
  /** Resolves once these records of the log are processed. */
  settle(records: readonly Place[]): Promise<void>;
  /** Why letters of a topic cannot be processed now: a table that its streams look up is not loaded. Undefined where they can. */
  waitOf(topic: string): string | undefined;
};

/** What became of letters; `reason`: why the last of those that are still dead was refused. */
export type Sent = RedriveResult & { readonly reason: string | undefined };

/** Sends letters again. Calls must not overlap. */
export class Redrive {
  readonly #folder: Folder;
  readonly #through: Through;
  readonly #dead: DeadLetters;
  readonly #revivers: Revivers;

  constructor(folder: Folder, through: Through) {
    this.#folder = folder;
    this.#through = through;
    this.#dead = new DeadLetters(folder);
    this.#revivers = new Revivers({ ...through, ...folder });
  }

  /** Sends letters again, in the order in which they were put aside. `replacement`: other bytes for all of them. */
  async send(ids: readonly number[], replacement?: Uint8Array): Promise<Sent> {
    const reasons: string[] = [];
    for (let at = 0; at < ids.length; at += batchSize) {
      // those that are still there
      const found = await this.#dead.find({
        ids: ids.slice(at, at + batchSize),
        pipeline: this.#through.pipeline.name,
      });
      const letters = replacement ? found.map((one) => ({ ...one, bytes: replacement })) : found;
      reasons.push(...(await this.#sendToLog(letters.filter((one) => one.source !== undefined))));
      reasons.push(...(await this.#sendAgain(letters.filter((one) => one.source === undefined))));
    }
    const stillDead = reasons.length;
    return { sent: ids.length, stored: ids.length - stillDead, stillDead, reason: reasons.at(-1) };
  }

  /** Why a letter would be refused again, or undefined where it would be taken. Nothing is changed. */
  async trial(letter: KeptAside): Promise<string | undefined> {
    const { processor, exclusive } = this.#through;
    this.#checkLoaded(letter.topic);
    try {
      const aside = letter.source === undefined ? letter : await this.#asRecord(letter);
      return await exclusive(() => processor.trial(aside));
    } catch (error) {
      if (error instanceof MillraceError && error.reaction === 'reject') return reasonOf(this.#through.pipeline, error);
      throw error;
    }
  }

  /** Checks that the tables which the streams of a topic look up are loaded. @throws USAGE */
  #checkLoaded(topic: string): void {
    const wait = this.#through.waitOf(topic);
    if (wait === undefined) return;
    throw new MillraceError('USAGE', `topic '${topic}' ${wait}`, {
      place: `pipeline '${this.#through.pipeline.name}'`,
      remedy: 'Send the letters again when the table is loaded.',
    });
  }

  /** A letter of a source as the record of the log that it would become. @throws what refuses it */
  async #asRecord(letter: KeptAside): Promise<KeptAside> {
    const revive = await this.#revivers.of(letter);
    if (!revive) throw new MillraceError('RECORD_INVALID', noSource(letter));
    const row = revive(letter.bytes);
    const writer = this.#writer(letter.topic);
    const partition = writer.partition(row, letter.sequence ?? 0);
    writer.add(partition, row);
    const bytes = Uint8Array.from(valueIn(writer.take(partition)!, 0)!);
    return { ...letter, partition, offset: this.#folder.log.range(letter.topic, partition).end, bytes };
  }

  /** Letters from the log: straight to the stages. Resolves with why some are refused again. */
  async #sendAgain(letters: readonly KeptAside[]): Promise<string[]> {
    const left: number[] = [];
    for (const { topic } of letters) this.#checkLoaded(topic);
    for (let at = 0; at < letters.length; at += errandSize) {
      const some = letters.slice(at, at + errandSize);
      left.push(...(await this.#through.exclusive(() => this.#through.processor.again(some))));
    }
    return left.length === 0 ? [] : (await this.#dead.find({ ids: left })).map((one) => one.reason);
  }

  /** Letters that never reached the log: read again by their source, appended with their id in the headers, processed in their turn. */
  async #sendToLog(letters: readonly KeptAside[]): Promise<string[]> {
    const { pipeline } = this.#through;
    const refused: { id: number; reason: string }[] = [];
    const sent: Place[] = [];
    for (const topic of pipeline.topics) {
      const writer = this.#writer(topic.name);
      for (const letter of letters.filter((one) => one.topic === topic.name)) {
        try {
          const revive = await this.#revivers.of(letter);
          if (!revive) throw new MillraceError('RECORD_INVALID', noSource(letter));
          const row = revive(letter.bytes);
          const headers = { [againHeader]: Buffer.from(String(letter.id)) };
          writer.add(writer.partition(row, letter.sequence ?? 0), row, headers);
        } catch (error) {
          if (!(error instanceof MillraceError) || error.reaction !== 'reject') throw error;
          refused.push({ id: letter.id, reason: reasonOf(pipeline, error) });
        }
      }
      for (let partition = 0; partition < topic.partitions; partition++) {
        const batch = writer.take(partition);
        if (!batch) continue;
        const first = await this.#folder.log.append(topic.name, partition, batch);
        for (let i = 0; i < batch.count; i++) sent.push({ topic: topic.name, partition, offset: first + i });
      }
    }
    const known = new Set(pipeline.topics.map((topic) => topic.name));
    for (const letter of letters)
      if (!known.has(letter.topic)) refused.push({ id: letter.id, reason: noSource(letter) });
    await this.#dead.retried(refused);
    const reasons = refused.map(({ reason }) => reason);
    if (sent.length === 0) return reasons;
    await this.#through.settle(sent);
    // one that a stage refuses now lies aside anew, as a record of the log
    for (const { name } of pipeline.topics) {
      const records = sent.filter((one) => one.topic === name);
      if (records.length > 0) reasons.push(...(await this.#dead.reasons(pipeline.name, name, records)).values());
    }
    return reasons;
  }

  #writer(name: string): TopicWriter {
    const { pipeline, schemaIds } = this.#through;
    const topic = pipeline.topics.find((one) => one.name === name)!;
    return new TopicWriter(topic, schemaIds.get(name)!, this.#folder.system.clock);
  }
}

function noSource({ source }: KeptAside): string {
  return `the pipeline has no source like '${source}' any more`;
}

/**
 * Sends dead letters of a pipeline that does not run here again, through the definition that is given.
 *
 * @throws USAGE where it is paused, or where replacement bytes are for more than one letter
 */
export async function redriveAlone(
  folder: Folder,
  pipeline: Pipeline,
  filter: DeadFilter,
  options: { params?: Readonly<Record<string, string>>; replacement?: Uint8Array } = {},
): Promise<RedriveResult> {
  const params = resolveParams(pipeline.params, options.params ?? {}, environmentOf(pipeline.params));
  const ids = await chosen(folder, pipeline, filter, options.replacement);
  if (await isPaused(folder, pipeline.name)) throw paused(pipeline.name);
  const schemaIds = await registerTopics(folder, pipeline);
  await folder.store.prepare(pipeline.name, pipeline.tables);
  const processor = await folder.engine.open(pipeline, params, await endlessLookups(pipeline, params));
  const waits = await waitsOf([pipeline], () => params);
  const held = await heldAlone(folder, waits);
  // records of a table that is looked up come first, also where they are all in the log
  const isBehind = (name: string) =>
    pipeline.topics
      .filter((topic) => topic.name === name)
      .some(({ partitions }) =>
        Array.from({ length: partitions }).some((_, i) => pump.next(name, i) < folder.log.range(name, i).end),
      );
  const isHeld = (topic: string): boolean =>
    held.has(topic) ||
    waits.some((wait) => wait.topic === topic && topicsOf(wait.table).some(({ name }) => isBehind(name)));
  const pump: Pump = new Pump({ ...folder, ...folder.system, pipeline, processor, isHeld, troubled: () => undefined });
  pump.checkLog();
  const settle = async (records: readonly Place[] = []) => {
    // what is held stays in the log
    pump.drain(true);
    await pump.run(new AbortController().signal);
    if (records.some(({ topic, partition, offset }) => pump.next(topic, partition) <= offset))
      throw notSettled(pipeline);
  };
  const waitOf = (topic: string) => held.get(topic);
  try {
    // what is in the log already comes first: among it may be letters that were sent again before the process ended
    await settle();
    const exclusive: Through['exclusive'] = (work) => work();
    const redrive = new Redrive(folder, { pipeline, params, schemaIds, processor, exclusive, settle, waitOf });
    const { sent, stored, stillDead } = await redrive.send(ids, options.replacement);
    await settle();
    return { sent, stored, stillDead };
  } finally {
    processor.close();
  }
}

/** The topics whose streams look up a table that was not loaded to its end when the pipeline ran last, each with what it waits for. */
async function heldAlone({ engine }: Folder, waits: readonly Wait[]): Promise<Map<string, string>> {
  const held = new Map<string, string>();
  for (const { topic, table } of waits) {
    for (const { name } of topicsOf(table)) {
      if (!savedEnding(name, await engine.sources(name)).areAtEnd)
        held.set(topic, `waits until table '${table.name}' is loaded, which a run of the pipeline does`);
    }
  }
  return held;
}

/** Letters that were put into the log again, and whose records wait there. */
export function notSettled({ name }: Pipeline): MillraceError {
  return new MillraceError('USAGE', 'letters are in the log again, and were not processed yet', {
    place: `pipeline '${name}'`,
    remedy: 'It is paused, has ended or waits for a table: they are processed when it goes on.',
  });
}

/** The letters of a pipeline that a filter chooses. @throws USAGE where replacement bytes are for more than one */
export async function chosen(
  folder: Folder,
  pipeline: Pipeline,
  filter: DeadFilter,
  replacement: Uint8Array | undefined,
): Promise<number[]> {
  const ids = await new DeadLetters(folder).ids({ ...filter, pipeline: pipeline.name });
  if (replacement && ids.length !== 1) {
    throw new MillraceError('USAGE', `replacement bytes are for one letter, and ${ids.length} are chosen`, {
      place: 'dead redrive',
      remedy: 'Name one id.',
    });
  }
  return ids;
}

/** Letters are not sent into a pipeline that takes nothing: what became of them could not be said. */
export function paused(pipeline: string): MillraceError {
  return new MillraceError('USAGE', `pipeline '${pipeline}' is paused`, {
    place: `pipeline '${pipeline}'`,
    remedy: 'Resume it, then send the letters again.',
  });
}
