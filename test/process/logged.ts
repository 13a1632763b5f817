// A pipeline over a log in memory: records are put into the log as they are, and processed when the test says so.
import type { TestContext } from 'node:test';
import { DeadLetters } from '../../src/control/dead.ts';
import { TopicWriter } from '../../src/control/feeder.ts';
import { type Folder, openParts, registerTopics } from '../../src/control/folder.ts';
import { ledgerOf } from '../../src/control/ledger.ts';
import type { DeadLetter } from '../../src/control/millrace.ts';
import { system as realSystem } from '../../src/control/system.ts';
import { memoryFiles } from '../../src/core/memory-files.ts';
import { random } from '../../src/core/random.ts';
import { recordAcceptor } from '../../src/define/accept.ts';
import type { Pipeline, Topic } from '../../src/index.ts';
import { BatchBuilder, type Headers } from '../../src/log/batch.ts';
import type { Processor } from '../../src/process/engine.ts';

/** A pipeline at work. */
export class Logged {
  readonly folder: Folder;
  readonly #schemaIds: ReadonlyMap<string, number>;
  #pipeline: Pipeline;
  processor: Processor;

  constructor(folder: Folder, schemaIds: ReadonlyMap<string, number>, pipeline: Pipeline, processor: Processor) {
    this.folder = folder;
    this.#schemaIds = schemaIds;
    this.#pipeline = pipeline;
    this.processor = processor;
  }

  /** Appends records as a source would. */
  async append(topic: Topic, partition: number, ...records: readonly object[]): Promise<void> {
    const writer = new TopicWriter(topic, this.#schemaIds.get(topic.name)!, this.folder.system.clock);
    const accept = recordAcceptor(topic.fields);
    for (const record of records) writer.add(partition, accept(record as never));
    await this.folder.log.append(topic.name, partition, writer.take(partition)!);
  }

  /** Appends a record of any key and value. */
  async appendRaw(
    topic: Topic,
    partition: number,
    key: string | Uint8Array | null,
    value: Uint8Array | null,
    headers: Headers = {},
    timeMs = 0,
  ): Promise<void> {
    const builder = new BatchBuilder();
    builder.add(timeMs, typeof key === 'string' ? Buffer.from(key) : key, value, headers);
    await this.folder.log.append(topic.name, partition, builder.take());
  }

  /** Processes what is in a partition of the log, as micro-batches of so many records. */
  async step(topic: Topic, partition = 0, recordsMax = 10_000): Promise<void> {
    const { log } = this.folder;
    for (;;) {
      const from =
        this.processor.progress.topics[topic.name]?.[partition]?.next ?? log.range(topic.name, partition).start;
      const batches = await log.read(topic.name, partition, from, { recordsMax, bytesMax: 1e7 });
      if (batches.length === 0) return;
      await this.processor.step(await this.processor.prepare(batches), []);
    }
  }

  /** Begins anew from what was committed, perhaps with a changed pipeline. */
  async restart(pipeline = this.#pipeline): Promise<void> {
    this.processor.close();
    await this.folder.store.prepare(pipeline.name, pipeline.tables);
    this.processor = await this.folder.engine.open(pipeline, new Map());
    this.#pipeline = pipeline;
  }

  rows(table: string): Promise<Record<string, unknown>[]> {
    return this.folder.store.read(table, { limit: 1000 });
  }

  /** What became of the records; those that are zero are left out. */
  ledger(): Record<string, unknown> {
    const ledger = ledgerOf(this.#pipeline, this.processor.progress, this.folder.log, 0);
    return Object.fromEntries(Object.entries(ledger).filter(([, value]) => value !== 0));
  }

  letters(): Promise<DeadLetter[]> {
    return new DeadLetters(this.folder).list();
  }

  async close(): Promise<void> {
    this.processor.close();
    await this.folder.store.close();
    this.folder.database.close();
    await this.folder.log.close();
    await this.folder.registry.close();
  }
}

/** Opens a pipeline over an empty log, until the test ends. */
export async function logged(t: Pick<TestContext, 'after'>, pipeline: Pipeline): Promise<Logged> {
  const system = { ...realSystem(), files: memoryFiles(), random: random('logged') };
  const folder = await openParts({ path: '/logged', database: {}, log: '/logged/log', registry: ':memory:' }, system);
  const schemaIds = await registerTopics(folder, pipeline);
  await folder.store.prepare(pipeline.name, pipeline.tables);
  const made = new Logged(folder, schemaIds, pipeline, await folder.engine.open(pipeline, new Map()));
  t.after(() => made.close());
  return made;
}
