// Brings one source into its topic: accepted rows encoded and appended, and only then reported, with what was refused.
import type { Clock } from '../core/clock.ts';
import { MillraceError, messageOf } from '../core/errors.ts';
import type { Value } from '../define/accept.ts';
import type { SourceDefinition } from '../define/source.ts';
import type { Topic } from '../define/topic.ts';
import type { Receiver, Refusal, Source, SourceBatch, SourceContext } from '../ingest/source.ts';
import { BatchBuilder, type Headers } from '../log/batch.ts';
import { type RecordEncoder, recordEncoder } from '../log/encode.ts';
import type { Log } from '../log/log.ts';
import { partitionOf } from '../log/partition.ts';
import type { SourceReport } from '../process/engine.ts';
import type { SourceProgress } from '../process/progress.ts';
import { type ChosenSource, sourceAdapter } from './adapters.ts';
import type { SourceStatus } from './millrace.ts';

/** Batches that may be on their way to the disk at once. */
const appendsMax = 3;

/** Encodes rows of a topic into a batch for each partition. */
export class TopicWriter {
  readonly topic: Topic;
  readonly #encode: RecordEncoder;
  readonly #keyIndex: number;
  readonly #timeIndex: number;
  readonly #clock: Clock;
  readonly #builders: BatchBuilder[];
  #bytes = 0;

  constructor(topic: Topic, schemaId: number, clock: Clock) {
    const names = Object.keys(topic.fields);
    this.topic = topic;
    this.#encode = recordEncoder(topic.fields, schemaId);
    this.#keyIndex = topic.key === undefined ? -1 : names.indexOf(topic.key);
    this.#timeIndex = topic.time === undefined ? -1 : names.indexOf(topic.time);
    this.#clock = clock;
    this.#builders = Array.from({ length: topic.partitions }, () => new BatchBuilder());
  }

  /** The partition of a row: by its key, else by its number, so that a second reading puts it in the same place. */
  partition(row: readonly Value[], sequence: number): number {
    if (this.topic.partitions === 1) return 0;
    const key = this.#key(row);
    return key ? partitionOf(key, this.topic.partitions) : sequence % this.topic.partitions;
  }

  /** Adds a row to the batch of its partition. @throws RECORD_TOO_LARGE */
  add(partition: number, row: readonly Value[], headers?: Headers): void {
    const builder = this.#builders[partition]!;
    const before = builder.at;
    const time = this.#timeIndex < 0 ? this.#clock.now() : (row[this.#timeIndex] as number);
    builder.begin(time, this.#key(row));
    this.#encode(builder, row);
    builder.end(headers);
    this.#bytes += builder.at - before;
  }

  /** Adds a row and takes it away again. @throws RECORD_TOO_LARGE */
  tryOut(partition: number, row: readonly Value[]): void {
    const builder = this.#builders[partition]!;
    builder.begin(0, this.#key(row));
    this.#encode(builder, row);
    builder.abandon();
  }

  /** Bytes that were added and not taken yet. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The batch of a partition; undefined where it is empty. */
  take(partition: number): ReturnType<BatchBuilder['take']> | undefined {
    const builder = this.#builders[partition]!;
    if (builder.count === 0) return undefined;
    this.#bytes -= builder.at;
    return builder.take();
  }

  #key(row: readonly Value[]): Uint8Array | null {
    const value = this.#keyIndex < 0 ? null : row[this.#keyIndex];
    return value === null || value === undefined ? null : Buffer.from(String(value));
  }
}

/** A source to read: its name, and how far it was read under this. */
export type SourceToRead = {
  readonly name: string;
  readonly chosen: ChosenSource;
  readonly progress: SourceProgress | undefined;
};

/** What a feeder works with. */
export type FeederOptions = SourceToRead & {
  readonly topic: Topic;
  readonly writer: TopicWriter;
  readonly log: Log;
  readonly clock: Clock;
  readonly context: (
    name: string,
    position: SourceProgress | undefined,
    nextSequence: number,
    notice: (text: string | undefined) => void,
    signal: AbortSignal,
  ) => SourceContext;
  /** Resolves when the pipelines have room for more records. */
  readonly room: (signal: AbortSignal) => Promise<void>;
  readonly report: (report: SourceReport) => void;
};

/** A posted record that was refused, on its way to the dead letters. */
export type RefusedPost = Omit<Refusal, 'sequence'>;

/** The progress of a source that was never read. */
const nothingRead: SourceProgress = { position: undefined, next: 0, read: 0, refused: 0 };

/** A source at work. */
export class Feeder {
  readonly #options: FeederOptions;
  #source: Source | undefined;
  #receiver: Receiver | undefined;
  #name: string;
  #chosen: ChosenSource;
  #progress: SourceProgress;
  /** The progress that was reported last: where to go on after a failure. */
  #reported: SourceProgress;
  #lastSequences: number[] = [];
  #state: SourceStatus['state'] = 'starting';
  #notice: string | undefined;
  #fraction: number | undefined;
  #running: Promise<unknown> = Promise.resolve();
  readonly parts = { encode: 0, append: 0 };

  constructor(options: FeederOptions) {
    this.#name = options.name;
    this.#options = options;
    this.#chosen = options.chosen;
    this.#reported = options.progress ?? nothingRead;
    this.#progress = this.#reported;
  }

  get name(): string {
    return this.#name;
  }

  /** What it reads. */
  get definition(): SourceDefinition {
    return this.#chosen.definition;
  }

  /** The receiving side, where requests bring its records. */
  get receiver(): Receiver | undefined {
    return this.#receiver;
  }

  /**
   * Counts records that requests brought: those that are durable by now; those that were refused, of which only the caller was told; and
   * those that were refused and become dead letters.
   */
  count(accepted: number, told: number, letters: readonly RefusedPost[] = []): void {
    const { position, next, read, refused } = this.#progress;
    const come = accepted + letters.length;
    this.#progress = {
      position,
      next: next + come,
      read: read + come,
      refused: refused + told + letters.length,
      told: (this.#progress.told ?? refused) + told,
      isAtEnd: false,
    };
    this.#reported = this.#progress;
    const { topic, report } = this.#options;
    const refusals = letters.map((one, i): Refusal => ({ ...one, sequence: next + accepted + i }));
    report({ source: this.name, topic: topic.name, progress: this.#progress, refusals });
  }

  /** Whether it ends by itself. */
  get finite(): boolean {
    return this.#source?.finite ?? false;
  }

  /**
   * Whether it has been read to its end by an earlier run, and is not read from there on: what it gives now is newer, and no part of what
   * there was.
   */
  get wasAtEnd(): boolean {
    return this.#source?.replayable === false && this.#progress.isAtEnd === true;
  }

  /** The source has ended and had not a single answer: no success, though nothing failed for good. */
  get unanswered(): MillraceError | undefined {
    const why = this.#state === 'ended' ? this.#source?.unanswered?.() : undefined;
    if (why === undefined) return undefined;
    return new MillraceError('SOURCE_REFUSED', `source ${this.name}: ${why}`, {
      place: `source ${this.name}`,
      remedy: 'Look at its address, its headers and the service, then run it again.',
    });
  }

  status(): SourceStatus {
    return {
      name: this.name,
      kind: this.#chosen.definition.kind,
      topic: this.#options.topic.name,
      state: this.#state,
      // of what only the caller was told never counts as arrived: the ledger is of what did
      read: this.#progress.read + (this.#receiver ? (this.#progress.told ?? this.#progress.refused) : 0),
      refused: this.#progress.refused,
      progress: this.#state === 'ended' ? 1 : this.#fraction,
      notice: this.#notice,
    };
  }

  /** The source at its beginning, where that is not kept yet: it must be saved before `run`, for a second reading to number alike. */
  get beginning(): SourceReport | undefined {
    const start = this.#source?.start;
    if (!start || JSON.stringify(start) === JSON.stringify(this.#progress.position)) return undefined;
    this.#progress = { ...this.#progress, position: start, isAtEnd: false };
    this.#reported = this.#progress;
    return { source: this.name, topic: this.#options.topic.name, progress: this.#progress, refusals: [] };
  }

  /** Opens the source, or the one that it gives way to where its network is absent. */
  async open(signal: AbortSignal, otherwise: (from: SourceToRead) => Promise<SourceToRead | undefined>): Promise<void> {
    const { log, topic } = this.#options;
    for (;;) {
      this.#progress = this.#reported;
      this.#lastSequences = await Promise.all(
        Array.from({ length: topic.partitions }, (_, partition) => log.lastSequence(topic.name, partition, this.name)),
      );
      const adapter = await sourceAdapter(this.#chosen.definition.kind);
      const last = Math.max(-1, ...this.#lastSequences);
      try {
        const notice = (text: string | undefined) => {
          this.#notice = text;
        };
        const context = this.#options.context(
          this.name,
          this.#progress,
          Math.max(this.#progress.next, last + 1),
          notice,
          signal,
        );
        this.#source = await adapter.open(this.#chosen.options, context);
        this.#receiver = adapter.receive?.(this.#chosen.options, topic.fields);
        break;
      } catch (error) {
        const next =
          error instanceof MillraceError && error.code === 'SOURCE_UNAVAILABLE'
            ? await otherwise({ name: this.name, chosen: this.#chosen, progress: this.#reported })
            : undefined;
        if (!next) throw error;
        this.#notice = `${this.#chosen.definition.kind}: ${messageOf(error)}; using ${next.chosen.definition.kind} instead`;
        this.#name = next.name;
        this.#chosen = next.chosen;
        this.#reported = next.progress ?? nothingRead;
      }
    }
    if (!this.#source.replayable) {
      // what was appended but not yet reported when the process ended was read all the same
      const next = Math.max(this.#progress.next, ...this.#lastSequences.map((last) => last + 1));
      this.#progress = { ...this.#progress, read: this.#progress.read + next - this.#progress.next, next };
    }
  }

  /** Closes the source where it was opened and `run` never began. */
  async close(): Promise<void> {
    await this.#source?.close();
  }

  /** Reads to the end of the source, or until the signal aborts. Everything that it took is durable and reported when it resolves. */
  run(signal: AbortSignal): Promise<void> {
    const running = this.#run(signal);
    this.#running = running.catch(() => undefined);
    return running;
  }

  /** Resolves when it reads no more. */
  get ended(): Promise<unknown> {
    return this.#running;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const source = this.#source!;
    const underWay = new Set<Promise<void>>();
    let reported: Promise<void> = Promise.resolve();
    let failure: unknown;
    this.#state = 'waiting';
    try {
      for await (const batch of source.batches()) {
        this.#state = 'reading';
        this.#fraction = batch.progress;
        const { appends, report } = this.#take(batch);
        // reports follow each other in the order of the batches, each after its records are durable
        const step: Promise<void> = Promise.all([reported, ...appends]).then(() => {
          this.#reported = report.progress;
          this.#options.report(report);
        });
        reported = step;
        underWay.add(step);
        step.then(
          () => underWay.delete(step),
          (error) => {
            failure ??= error;
            underWay.delete(step);
          },
        );
        while (underWay.size >= appendsMax && !failure) await Promise.race(underWay);
        if (failure) throw failure;
        this.#state = 'waiting';
        await this.#options.room(signal);
        if (signal.aborted) break;
      }
      await reported;
      if (!signal.aborted) this.#noteEnd();
      this.#state = signal.aborted ? 'waiting' : 'ended';
    } catch (error) {
      this.#state = 'failed';
      throw error;
    } finally {
      await Promise.allSettled(underWay);
      await source.close();
    }
  }

  /** Says that the source is at its end, where that is not known from the last run. */
  #noteEnd(): void {
    if (this.#progress.isAtEnd || this.#source?.unanswered?.() !== undefined) return;
    this.#progress = { ...this.#progress, isAtEnd: true };
    this.#reported = this.#progress;
    const { topic, report } = this.#options;
    report({ source: this.name, topic: topic.name, progress: this.#progress, refusals: [] });
  }

  /** Encodes and begins to append a batch; rows that an earlier run has appended already are left out. */
  #take(batch: SourceBatch): { appends: Promise<unknown>[]; report: SourceReport } {
    const { topic, log, writer } = this.#options;
    const started = performance.now();
    const refusals: Refusal[] = [...batch.refusals];
    const lasts = new Map<number, number>();
    batch.rows.forEach((row, i) => {
      const sequence = batch.sequences[i]!;
      const partition = writer.partition(row, sequence);
      try {
        // what an earlier run appended is only looked at: a row that cannot be written is refused again
        if (sequence <= this.#lastSequences[partition]!) writer.tryOut(partition, row);
        else {
          writer.add(partition, row);
          lasts.set(partition, sequence);
        }
      } catch (error) {
        if (!(error instanceof MillraceError) || error.reaction !== 'reject') throw error;
        refusals.push({
          sequence,
          bytes: batch.original?.(sequence) ?? rowBytes(topic, row),
          error,
          place: `record ${sequence}`,
        });
      }
    });
    const encoded = performance.now();
    this.parts.encode += encoded - started;
    const appends = [...lasts].map(([partition, sequence]) => {
      this.#lastSequences[partition] = sequence;
      return log.append(topic.name, partition, writer.take(partition)!, { id: this.name, sequence });
    });
    void Promise.allSettled(appends).then(() => {
      this.parts.append += performance.now() - encoded;
    });
    const read = batch.rows.length + batch.refusals.length;
    const lastSequence = Math.max(
      this.#progress.next - 1,
      batch.sequences.at(-1) ?? -1,
      batch.refusals.at(-1)?.sequence ?? -1,
    );
    this.#progress = {
      position: batch.position,
      next: lastSequence + 1,
      read: this.#progress.read + read,
      refused: this.#progress.refused + refusals.length,
      isAtEnd: this.wasAtEnd,
    };
    return { appends, report: { source: this.name, topic: topic.name, progress: this.#progress, refusals } };
  }
}

/** A row that cannot be encoded, as JSON, for its dead letter. */
function rowBytes(topic: Topic, row: readonly Value[]): Uint8Array {
  const record = Object.fromEntries(Object.keys(topic.fields).map((name, i) => [name, row[i]]));
  return Buffer.from(JSON.stringify(record, (_key, value) => (typeof value === 'bigint' ? String(value) : value)));
}
