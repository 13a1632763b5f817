// Makes a part of a pipeline again from the log, beside the one that runs, and puts it in its place in one step.
//
// What is made again (the shadow) is a pipeline of its own, under other names. It never gets ahead of the one that runs: when it has come
// as far, that one stands still for a moment, and the two change places in one transaction. Killed at any moment, it goes on where it was.
import { createHash } from 'node:crypto';
import { MillraceError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import { nearest } from '../core/nearest.ts';
import type { Value } from '../define/accept.ts';
import { lookedUpBy, topicsOf } from '../define/feeding.ts';
import { isParam } from '../define/param.ts';
import type { Pipeline } from '../define/pipeline.ts';
import { type Scope, scopeOf, shadowOf } from '../define/shadow.ts';
import type { Topic } from '../define/topic.ts';
import { firstRecords } from '../log/batch.ts';
import type { Processor, Rebuild } from '../process/engine.ts';
import type { Progress } from '../process/progress.ts';
import { endlessLookups } from './finite.ts';
import type { Folder } from './folder.ts';
import { given } from './given.ts';
import type { RebuildStatus } from './millrace.ts';

/** What a rebuild works with. */
export type RebuildParts = {
  readonly folder: Folder;
  readonly pipeline: Pipeline;
  readonly params: ReadonlyMap<string, Value>;
  readonly names: readonly string[] | undefined;
  /** The offset up to which the pipeline that runs has processed a partition; undefined: it has not begun with it. */
  readonly next: (topic: string, partition: number) => number | undefined;
  /** Holds the pipeline that runs while the two change places. */
  readonly exclusive: (work: () => Promise<void>) => Promise<void>;
  readonly adopt: (scope: Scope, shadow: Progress) => Promise<void>;
};

/** Records that may be left when the pipeline that runs is held. */
const restMax = 5000;

/** Milliseconds between two tries after a failure that may pass: doubled each time, up to the second. */
const retryMs = { first: 200, most: 15_000 };

/** @throws NOT_FOUND, with the nearest name */
function scopeFor(pipeline: Pipeline, names: readonly string[] | undefined): Scope {
  const scope = scopeOf(pipeline, names);
  if (scope && scope.tables.length > 0) return scope;
  const known = [...pipeline.streams, ...pipeline.tables].map((one) => one.name);
  const wrong = names!.find((name) => !known.includes(name));
  const near = wrong && nearest(wrong, known);
  throw new MillraceError(
    'NOT_FOUND',
    wrong === undefined
      ? `no table is fed by stream '${names!.join("', '")}'`
      : `pipeline '${pipeline.name}' has no stream and no table '${wrong}'`,
    {
      place: `pipeline '${pipeline.name}'`,
      remedy: near
        ? `Perhaps you mean '${near}'.`
        : `Name one of: ${known.join(', ')}. Without a name all are made again.`,
    },
  );
}

/** A rebuild at work. */
export class Rebuilding {
  readonly names: readonly string[] | undefined;
  readonly #parts: RebuildParts;
  readonly #scope: Scope;
  readonly #shadow: Pipeline;
  readonly #topics: readonly Topic[];
  #processor: Processor | undefined;
  #state: RebuildStatus['state'] = 'running';
  #reason: string | undefined;

  /** @throws NOT_FOUND; OFFSET_OUT_OF_RANGE where the log no longer has all records */
  constructor(parts: RebuildParts, isPartial = false) {
    this.#parts = parts;
    this.names = parts.names;
    this.#scope = scopeFor(parts.pipeline, parts.names);
    this.#shadow = shadowOf(parts.pipeline, this.#scope);
    this.#topics = inOrder(this.#shadow);
    if (!isPartial) for (const topic of this.#topics) this.#checkRetention(topic);
  }

  /** What is made must not have less than what is there. */
  #checkRetention({ name, partitions }: Topic): void {
    const { log } = this.#parts.folder;
    for (let partition = 0; partition < partitions; partition++) {
      const { start } = log.range(name, partition);
      if (start === 0 || this.#parts.next(name, partition) === undefined) continue;
      throw new MillraceError(
        'OFFSET_OUT_OF_RANGE',
        `topic ${name}, partition ${partition}: the log no longer has the records before offset ${start}, and rows that were made of them would go`,
        {
          place: `topic '${name}'`,
          remedy: 'To make again what the log still has, add --partial (REST: "partial": true).',
        },
      );
    }
  }

  get status(): RebuildStatus {
    let done = 0;
    let total = 0;
    for (const { topic, partition } of this.#partitions()) {
      const { start } = this.#parts.folder.log.range(topic, partition);
      done += Math.max(0, this.#next(topic, partition) - start);
      total += Math.max(0, (this.#parts.next(topic, partition) ?? start) - start);
    }
    return {
      state: this.#state,
      done,
      total,
      ...given('names', this.names && [...this.names]),
      ...given('reason', this.#reason),
    };
  }

  /** Runs until the two have changed places, or the signal aborts: it then goes on with the next run. @throws what a person must fix */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#parts.folder.system;
    for (let failures = 0; !signal.aborted; ) {
      try {
        await this.#open();
        while (!signal.aborted && this.#left > restMax) {
          if (!(await this.#step())) break;
          failures = 0;
        }
        if (!signal.aborted) await this.#parts.exclusive(() => this.#exchange());
        return;
      } catch (error) {
        const passes = error instanceof MillraceError && /^(retry|reconnect)$/.test(error.reaction);
        this.#state = passes ? 'waiting' : 'failed';
        this.#reason = error instanceof Error ? error.message : String(error);
        if (!passes) throw error;
        this.#close();
        const ceilingMs = Math.min(retryMs.most, retryMs.first * 2 ** failures++);
        await clock.sleep(ceilingMs * (0.5 + random.next() / 2), signal);
      } finally {
        if (signal.aborted) this.#close();
      }
    }
  }

  async #open(): Promise<void> {
    if (this.#processor) return;
    const { folder, pipeline, params } = this.#parts;
    const { engine, store } = folder;
    const wanted: Rebuild = {
      ...(this.names ? { names: this.names } : {}),
      definition: definitionOf(pipeline, this.#shadow),
    };
    // what was begun with another definition is thrown away
    if (JSON.stringify(await engine.rebuild(pipeline.name)) !== JSON.stringify(wanted))
      await engine.beginRebuild(pipeline.name, wanted);
    await store.prepare(this.#shadow.name, this.#shadow.tables);
    this.#processor = await engine.open(this.#shadow, params, await endlessLookups(this.#shadow, params));
    this.#state = 'running';
    this.#reason = undefined;
  }

  #close(): void {
    this.#processor?.close();
    this.#processor = undefined;
  }

  #partitions(): { topic: string; partition: number }[] {
    return this.#topics.flatMap(({ name, partitions }) =>
      Array.from({ length: partitions }, (_, partition) => ({ topic: name, partition })),
    );
  }

  /** The offset at which what is made again goes on. */
  #next(topic: string, partition: number): number {
    const { start } = this.#parts.folder.log.range(topic, partition);
    return this.#processor?.progress.topics[topic]?.[partition]?.next ?? start;
  }

  /** Records that the pipeline that runs has processed and what is made again has not. */
  get #left(): number {
    return this.#partitions().reduce(
      (sum, { topic, partition }) =>
        sum + Math.max(0, (this.#parts.next(topic, partition) ?? 0) - this.#next(topic, partition)),
      0,
    );
  }

  /** Processes a micro-batch; whether there was one. */
  async #step(): Promise<boolean> {
    const { log } = this.#parts.folder;
    const processor = this.#processor!;
    for (const { topic, partition } of this.#partitions()) {
      const from = this.#next(topic, partition);
      const room = (this.#parts.next(topic, partition) ?? 0) - from;
      if (room <= 0) continue;
      const batches = await log.read(topic, partition, from, {
        recordsMax: limits.microBatchRecordsMax + limits.batchRecordsMax,
        bytesMax: limits.readBytesMax,
      });
      const cut = firstRecords(batches, Math.min(room, limits.microBatchRecordsMax));
      if (cut.length === 0) continue;
      await processor.step(await processor.prepare(cut), []);
      await processor.tidy();
      return true;
    }
    return false;
  }

  /** The pipeline that runs stands still: what is left is processed, and the two change places. */
  async #exchange(): Promise<void> {
    while (await this.#step());
    const processor = this.#processor!;
    await processor.flush();
    const { progress } = processor;
    this.#close();
    await this.#parts.adopt(this.#scope, progress);
  }
}

/** Topics whose records feed tables that others look up come first: a finite table is loaded before it is looked up. */
function inOrder(pipeline: Pipeline): Topic[] {
  const lookedUp = new Set(pipeline.streams.flatMap(lookedUpBy).flatMap((table) => topicsOf(table.from)));
  const isFirst = (topic: Topic) => [...lookedUp].some(({ name }) => name === topic.name);
  return [...pipeline.topics].sort((a, b) => Number(isFirst(b)) - Number(isFirst(a)));
}

/** What is made, as a text that is another one when the definition changes. */
function definitionOf(pipeline: Pipeline, shadow: Pipeline): string {
  const streams = shadow.streams.map(({ name, fields, query, time, latenessMs, emit }) => [
    name,
    Object.entries(fields).map(([field, { type, isOptional }]) => [field, type, isOptional]),
    query.texts,
    query.references.map((one) =>
      isParam(one) ? one.name : [one.of.name, one.window, one.dedupe, one.previous, one.within],
    ),
    time,
    latenessMs,
    emit,
  ]);
  const tables = shadow.tables.map(({ name, from, fields, key, version, unique, keepMs }) => [
    name,
    from.name,
    Object.keys(fields),
    key,
    version,
    unique,
    keepMs,
  ]);
  return createHash('sha256')
    .update(JSON.stringify([pipeline.name, streams, tables]))
    .digest('hex')
    .slice(0, 32);
}
