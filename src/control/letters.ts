// Dead letters as the API shows them, with what one edits; and sent again, or tried, through the pipeline that runs.
import { MillraceError } from '../core/errors.ts';
import { masked } from '../core/mask.ts';
import { hasPersonal } from '../define/accept.ts';
import { inputOf } from '../define/pipeline.ts';
import type { Topic } from '../define/topic.ts';
import { type KeptAside, reasonOf } from '../process/engine.ts';
import { remainsOf } from '../process/remains.ts';
import type { DeadRequest } from '../web/backend.ts';
import type { DeadLetter, DeadLetterDetail, DeadPage, RedriveAnswer, RedriveRequest } from '../web/schemas.ts';
import { DeadLetters, summary } from './dead.ts';
import { editedBytes, editText } from './edit.ts';
import type { Folder } from './folder.ts';
import type { DeadLetter as Letter } from './millrace.ts';
import type { Records } from './records.ts';
import { paused, Redrive, type Through } from './redrive.ts';
import type { Runner } from './runner.ts';

/** Letters of one page at most. */
const pageMax = 1000;

/** What the API does with dead letters. */
export class LetterDesk {
  readonly #folder: Folder;
  readonly #runners: readonly Runner[];
  readonly #records: Records;
  readonly #dead: DeadLetters;

  constructor(folder: Folder, runners: readonly Runner[], records: Records) {
    this.#folder = folder;
    this.#runners = runners;
    this.#records = records;
    this.#dead = new DeadLetters(folder);
  }

  /** A page, the newest first. @throws OPTION_INVALID */
  async page({ limit, after, ...filter }: DeadRequest): Promise<DeadPage> {
    if (!Number.isInteger(limit) || limit < 1 || limit > pageMax) {
      throw new MillraceError('OPTION_INVALID', `limit: ${limit} is not possible`, {
        place: 'limit',
        remedy: `Ask for 1 to ${pageMax} letters.`,
      });
    }
    const { letters, groups } = await this.#dead.page({ ...filter, limit: limit + 1 }, after);
    const shown = letters.slice(0, limit);
    return {
      letters: shown.map(letterView),
      ...(letters.length > limit ? { next: String(shown.at(-1)!.id) } : {}),
      groups,
    };
  }

  /** A letter with what is in it; without its bytes where they may hold what is personal, unless all may be seen. @throws NOT_FOUND */
  async letter(id: number, seesAll: boolean): Promise<DeadLetterDetail> {
    const letter = await this.#dead.letter(id);
    const bytes = Buffer.from(letter.bytes);
    const isOfLog = letter.source === undefined;
    const known = this.#known(letter);
    const record =
      known?.columns ?? (isOfLog ? await this.#records.reader(letter.topic).value(letter.bytes) : undefined);
    if (!seesAll && this.#isPersonal(letter))
      return { ...letterView(summary(letter)), ...(record === undefined ? {} : { record }), isEditable: false };
    const text = isOfLog ? undefined : utf8(letter.bytes);
    const topic = this.#topicOf(letter);
    const edit =
      topic &&
      (isOfLog
        ? await editText(topic, this.#folder.registry, letter.bytes, known?.areFields ? known.columns : {})
        : bytes.toString());
    return {
      ...letterView(summary(letter)),
      bytes: bytes.toString('base64'),
      ...(text === undefined ? {} : { text }),
      ...(record === undefined ? {} : { record }),
      isEditable: edit !== undefined,
      ...(edit === undefined ? {} : { edit }),
    };
  }

  /**
   * Sends letters again through the pipeline that runs, those of kind `dead` where neither kind nor ids are given.
   *
   * @throws NOT_FOUND, OPTION_INVALID; USAGE where the pipeline is paused or has ended
   */
  async redrive(request: RedriveRequest): Promise<RedriveAnswer> {
    const runner = this.#runners.find((one) => one.pipeline.name === request.pipeline);
    if (!runner) {
      throw new MillraceError('NOT_FOUND', `pipeline '${request.pipeline}' does not run here`, {
        place: request.pipeline,
        remedy: 'Start it, or use: millrace dead redrive.',
      });
    }
    return runner.withLetters((through) => this.#redrive(through, request));
  }

  async #redrive(through: Through, request: RedriveRequest): Promise<RedriveAnswer> {
    const { pipeline, stage, ids: named, code, replacement, isTrial = false } = request;
    const kind = request.kind ?? (named ? undefined : 'dead');
    const ids = await this.#dead.ids({
      pipeline,
      ...(stage === undefined ? {} : { stage }),
      ...(kind === undefined ? {} : { kind }),
      ...(code === undefined ? {} : { code }),
      ...(named ? { ids: named } : {}),
    });
    if (named?.length === 1 && ids.length === 0) await this.#dead.letter(named[0]!);
    const redrive = new Redrive(this.#folder, through);
    if (replacement === undefined && !isTrial) {
      if (this.#isPaused(pipeline)) throw paused(pipeline);
      const { reason, ...sent } = await redrive.send(ids);
      const there = new Set(ids);
      const notFound = [...new Set(named)].filter((id) => !there.has(id));
      return {
        ...sent,
        ...(reason !== undefined && ids.length === 1 ? { reason } : {}),
        ...(notFound.length > 0 ? { notFound } : {}),
      };
    }
    if (ids.length !== 1) {
      const what = isTrial ? 'a trial is' : 'a replacement is';
      throw new MillraceError('OPTION_INVALID', `${what} for one letter, and ${ids.length} are chosen`, {
        place: 'ids',
        remedy: 'Name one id.',
      });
    }
    const letter = await this.#dead.letter(ids[0]!);
    try {
      const bytes = replacement === undefined ? letter.bytes : await this.#replaced(through, letter, replacement);
      if (isTrial) return answerOf(await redrive.trial({ ...letter, bytes }));
      if (this.#isPaused(pipeline)) throw paused(pipeline);
      return answerOf((await redrive.send(ids, bytes)).reason);
    } catch (error) {
      if (!(error instanceof MillraceError) || error.reaction !== 'reject') throw error;
      return answerOf(reasonOf(through.pipeline, error));
    }
  }

  /** What a person wrote in place of a letter, as bytes. @throws RECORD_MALFORMED, RECORD_INVALID, RECORD_TOO_LARGE */
  async #replaced(through: Through, letter: KeptAside, text: string): Promise<Uint8Array> {
    if (letter.source !== undefined) return Buffer.from(text);
    const topic = this.#topicOf(letter);
    if (!topic) {
      throw new MillraceError('NOT_FOUND', `pipeline '${letter.pipeline}' has no topic '${letter.topic}'`, {
        place: letter.topic,
        remedy: 'Use the pipeline file that the record came from.',
      });
    }
    const { registry, system } = this.#folder;
    const editing = { topic, schemaId: through.schemaIds.get(topic.name)!, registry, clock: system.clock };
    return editedBytes(editing, letter.bytes, text);
  }

  /** The columns that are known of a record whose bytes the log no longer has, what is personal masked; and whether they are its fields. */
  #known(letter: KeptAside): { columns: Record<string, unknown>; areFields: boolean } | undefined {
    const remains = remainsOf(letter);
    const { pipeline } = this.#runners.find((one) => one.pipeline.name === letter.pipeline) ?? {};
    const stream = pipeline?.streams.find((one) => one.name === letter.stage);
    if (!remains || !stream) return undefined;
    const { noun, fields } = inputOf(stream).of;
    const shown = ([name, value]: [string, unknown]) => [
      name,
      value !== null && fields[name]?.isPersonal ? masked : value,
    ];
    return { columns: Object.fromEntries(Object.entries(remains).map(shown)), areFields: noun === 'topic' };
  }

  /** Whether the bytes of a letter may hold what is personal: where nothing is known of its topic, they may. */
  #isPersonal(letter: KeptAside): boolean {
    const topic = this.#topicOf(letter);
    return topic === undefined || hasPersonal(topic.fields);
  }

  #isPaused(pipeline: string): boolean {
    return this.#runners.find((one) => one.pipeline.name === pipeline)?.isPaused ?? false;
  }

  #topicOf(letter: KeptAside): Topic | undefined {
    const runner = this.#runners.find((one) => one.pipeline.name === letter.pipeline);
    return runner?.pipeline.topics.find((topic) => topic.name === letter.topic);
  }
}

/** What became of a single letter. */
function answerOf(reason: string | undefined): RedriveAnswer {
  return reason === undefined ? { sent: 1, stored: 1, stillDead: 0 } : { sent: 1, stored: 0, stillDead: 1, reason };
}

function letterView({ partition, offset, place, ...letter }: Letter): DeadLetter {
  return {
    ...letter,
    ...(partition === undefined ? {} : { partition }),
    ...(offset === undefined ? {} : { offset }),
    ...(place === undefined ? {} : { place }),
  };
}

/** The text in some bytes, or undefined where they are not UTF-8. */
function utf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
