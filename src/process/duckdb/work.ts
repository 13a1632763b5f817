// What the parts of a processor share: the pipeline's topics, its progress, and the one way to commit.
import { assert, MillraceError } from '../../core/errors.ts';
import type { Pipeline } from '../../define/pipeline.ts';
import type { Topic } from '../../define/topic.ts';
import { type Aside, isPersonal, reasonOf, type Sink } from '../engine.ts';
import type { Progress } from '../progress.ts';
import { countLetters } from './counts.ts';
import { type DuckSession, fileCatalog } from './database.ts';
import { isOfTheData } from './failure.ts';
import { Flow } from './flow.ts';
import { beginning, type FlowInput, type FlowResult } from './flowing.ts';
import type { Keeper } from './keeper.ts';
import { ownWords } from './own-words.ts';
import { Preparer, type Schemas } from './prepare.ts';
import type { Settled } from './settle.ts';
import type { Stage } from './stage.ts';
import type { Ahead, Tallying } from './tally.ts';
import type { TopicInput } from './topic-input.ts';
import { type RangeOf, Watermarks } from './watermarks.ts';

/** What the processor needs to know of the log: the offsets of a partition, and the bytes of a record; undefined where retention has removed it. */
export type LogView = {
  range: RangeOf;
  record(topic: string, partition: number, offset: number): Promise<Uint8Array | undefined>;
  /** When a record was written, milliseconds since 1970; undefined where retention has removed it. */
  time(topic: string, partition: number, offset: number): Promise<number | undefined>;
};

/** Parts of a pipeline that the processor is made of. */
export type ProcessorParts = {
  session: DuckSession;
  /** Prepares micro-batches beside the transactions of `session`. */
  side: DuckSession;
  pipeline: Pipeline;
  inputs: ReadonlyMap<string, TopicInput>;
  stages: ReadonlyMap<string, Stage>;
  settled: readonly Settled[];
  keeper: Keeper;
  progress: Progress;
  sink: Sink;
  ahead: Ahead;
  tallying: Tallying;
  /** Milliseconds since 1970. */
  now: () => number;
  log: LogView;
  schemas: Schemas;
};

/** A topic with what decodes and processes its records. */
export type TopicWork = { readonly topic: Topic; readonly preparer: Preparer; readonly flow: Flow };

/** Rows that the session's own relations may lose, being emptied by each transaction, before their memory is freed. */
const writtenMax = 8192;

/** What a transaction counts for, however few its records: windows give rows as well. */
const commitWrites = 32;

/** A pipeline at work in a database. */
export class Work {
  /** As of the last commit. */
  progress: Progress;
  /** Milliseconds spent, by part. */
  readonly parts: Record<string, number> = {};
  readonly session: DuckSession;
  readonly side: DuckSession;
  readonly pipeline: Pipeline;
  readonly keeper: Keeper;
  readonly log: LogView;
  readonly topics = new Map<string, TopicWork>();
  readonly watermarks: Watermarks;
  /** Topics with windows that have rows which `flush` has not given yet. */
  readonly unflushed = new Set<string>();
  readonly sink: Sink;
  /** Rows that the session's own relations may have lost since their memory was freed. */
  #written = 0;

  constructor(parts: ProcessorParts) {
    this.session = parts.session;
    this.side = parts.side;
    this.pipeline = parts.pipeline;
    this.keeper = parts.keeper;
    this.log = parts.log;
    this.sink = parts.sink;
    this.progress = parts.progress;
    this.watermarks = new Watermarks((topic, partition) => this.log.range(topic, partition), parts.now);
    const sides = [...parts.stages.values()].flatMap((stage) =>
      stage.kind === 'windowed' ? stage.sides.map((side) => ({ side, stage })) : [],
    );
    for (const topic of parts.pipeline.topics) {
      const stages = [...parts.stages.values()].filter((stage) => stage.topic === topic);
      const tables = parts.pipeline.tables.filter(
        (table) => table.from === topic || stages.some((stage) => stage.stream === table.from),
      );
      const flow = new Flow({
        ...parts,
        pipeline: parts.pipeline.name,
        input: parts.inputs.get(topic.name)!,
        stages,
        tables,
        sides: sides.filter(
          ({ side }) => side.from === topic.name || stages.some(({ stream }) => stream.name === side.from),
        ),
        spent: (part, started) => this.spent(part, started),
      });
      this.topics.set(topic.name, { topic, preparer: new Preparer(topic, parts.schemas), flow });
      // windows that were open when the process ended may not have been given since
      if (flow.windowed.length > 0) this.unflushed.add(topic.name);
    }
  }

  /** @throws NOT_FOUND */
  of(topic: string): TopicWork {
    const found = this.topics.get(topic);
    if (!found)
      throw new MillraceError('NOT_FOUND', `pipeline '${this.pipeline.name}' has no topic '${topic}'`, {
        remedy: 'Use the pipeline file that the record came from.',
      });
    return found;
  }

  /** Frees what deleted rows keep of the session's own relations, and checkpoints the file, where there is enough of either. */
  async tidy(): Promise<void> {
    const started = performance.now();
    if (this.#written > writtenMax && (await this.session.checkpoint('temp'))) this.#written = 0;
    // where another pipeline is writing it cannot be made, and is due after the next commit as well
    if (this.session.database.isCheckpointDue) await this.session.checkpoint(fileCatalog);
    this.spent('checkpoint', started);
  }

  /** Runs the steps and commits them with the progress, which is the pipeline's from then on. Tells when the commit begins. */
  async commit<T>(progress: Progress, steps: () => Promise<T>, committing?: () => void): Promise<T> {
    let began = 0;
    let isCommitted = false;
    try {
      const result = await this.session.transaction(async () => {
        const value = await steps();
        began = performance.now();
        await this.keeper.save(progress);
        return value;
      }, committing);
      isCommitted = true;
      this.spent('commit', began);
      this.#written += commitWrites + progress.consumed - this.progress.consumed;
      this.progress = progress;
      return result;
    } finally {
      this.sink.settled(this.session, isCommitted);
    }
  }

  /** Runs steps that make another progress of the pipeline's own, and commits both. */
  async replace(steps: () => Promise<Progress>): Promise<void> {
    let isCommitted = false;
    try {
      const progress = await this.session.transaction(async () => {
        const made = await steps();
        await this.keeper.save(made);
        return made;
      });
      isCommitted = true;
      this.progress = progress;
    } finally {
      this.sink.settled(this.session, isCommitted);
    }
  }

  /** The watermark of a topic: the newest time of the partition that is furthest behind, less the lateness. Never goes back. */
  advance(progress: Progress, topic: Topic): number {
    const partitions = progress.topics[topic.name];
    const least = this.watermarks.least(progress, topic, topic.name, (partition) => partitions?.[partition]?.newestMs);
    const now = Math.max(progress.watermarks[topic.name] ?? beginning, least - topic.latenessMs);
    if (now > beginning) progress.watermarks[topic.name] = now;
    return now;
  }

  /** Runs the flow of a topic, and those of others whose rows are joined with what changed. */
  async run(flow: Flow, input: FlowInput): Promise<FlowResult> {
    const result = await flow.run(input);
    for (const { topic, flow: other } of this.topics.values()) {
      const isChanged = other.windowed.some(
        ({ stream }) => input.progress.changed[stream.name] !== undefined && !input.held.has(stream.name),
      );
      if (!isChanged) continue;
      // what it emits may change windows that are still open
      this.unflushed.add(topic.name);
      await other.run(this.runOf(topic, input.progress, { held: input.held }));
    }
    return result;
  }

  /** The topic that a stream hangs on. */
  topicOf(stream: string): TopicWork {
    const found = [...this.topics.values()].find(({ flow }) => flow.stages.some((one) => one.stream.name === stream));
    assert(found, `stream ${stream} hangs on no topic`);
    return found;
  }

  /** A run of a topic's flow, for a given progress; where nothing else is said no rows come in. */
  runOf(topic: Topic, progress: Progress, more: Partial<FlowInput> = {}): FlowInput {
    return {
      filled: undefined,
      records: undefined,
      again: new Set<number>(),
      hasAgain: false,
      watermarkMs: this.advance(progress, topic),
      watermarkOf: (stream, newestMs) =>
        this.watermarks.least(progress, topic, stream, (partition) => newestMs[partition]),
      heard: (stream, partition) => this.watermarks.heard(stream, partition),
      progress,
      held: new Set<string>(),
      flush: false,
      only: undefined,
      ...more,
    };
  }

  /** Why a record was put aside, without values that are personal, or, in the engine's own messages, may be made of such. */
  reasonOf(error: MillraceError): string {
    if (!isOfTheData(error) || !isPersonal(this.pipeline)) return reasonOf(this.pipeline, error);
    const { topics, streams, tables } = this.pipeline;
    const names = [...topics, ...streams, ...tables].flatMap(({ fields }) => Object.keys(fields));
    return ownWords(error.message, new Set(names));
  }

  /** Keeps what was put aside, and counts it. */
  async putAside(progress: Progress, letters: readonly Aside[]): Promise<void> {
    if (letters.length === 0) return;
    const started = performance.now();
    await this.keeper.put(letters);
    countLetters(progress, letters);
    this.spent('letters', started);
  }

  /** Adds the time since `started` to a part. */
  spent(part: string, started: number): void {
    this.parts[part] = (this.parts[part] ?? 0) + performance.now() - started;
  }
}
