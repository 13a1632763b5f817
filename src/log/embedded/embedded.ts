// The embedded log: topics as folders, partitions as segment files, in the process itself. README.md says what it guarantees.
import { assert, MillraceError } from '../../core/errors.ts';
import { makeDurableFolder } from '../../core/files.ts';
import { Gate } from '../../core/gate.ts';
import { checkName } from '../../define/names.ts';
import type { Batch, Headers } from '../batch.ts';
import type { Log, Producer, ReadLimits, Retention, TopicInfo } from '../log.ts';
import { asMillraceError } from './failures.ts';
import { refresh, reload } from './follow.ts';
import { type CheckedOptions, checkOptions, type EmbeddedLogOptions } from './options.ts';
import { Partition } from './partition.ts';
import { recover } from './recovery.ts';
import { removeTopic } from './removal.ts';
import { CacheLimit } from './tail-cache.ts';
import { readTopicFiles, type TopicFacts, writeTopicFile } from './topic-file.ts';
import { shareOf, Writer } from './writer.ts';

const partitionsMax = 1024;

type Topic = { retention: Retention; readonly partitions: Partition[]; readonly writers: Writer[] };

/**
 * Opens the log in a folder, which is made where it is missing.
 *
 * @throws LOG_DAMAGED where something else than a torn tail is wrong; OPTION_INVALID
 * @example const log = await embeddedLog({ folder: '.millrace/log', files: nodeFiles(), clock: systemClock() })
 */
export async function embeddedLog(options: EmbeddedLogOptions): Promise<Log> {
  const checked = checkOptions(options);
  assert(new Uint8Array(new Uint32Array([1]).buffer)[0] === 1, 'the log needs a little-endian machine');
  const log = new EmbeddedLog(checked);
  try {
    await log.open();
  } catch (error) {
    throw asMillraceError(error, checked.folder);
  }
  return log;
}

class EmbeddedLog implements Log {
  readonly #options: CheckedOptions;
  readonly #topics = new Map<string, Topic>();
  readonly #cacheLimit: CacheLimit;
  readonly #syncs: Gate;
  /** One change of topics at a time. */
  readonly #lock = new Gate(1);
  readonly #closed = new AbortController();

  constructor(options: CheckedOptions) {
    this.#options = options;
    this.#cacheLimit = new CacheLimit(options.cacheBytesMax, options.cachePartitionBytesMax);
    this.#syncs = new Gate(options.syncsMax);
  }

  async open(): Promise<void> {
    const { files, folder, readOnly } = this.#options;
    if (!readOnly) await makeDurableFolder(files, folder);
    await this.#load();
  }

  /** Opens the partitions of the topic files that are not open yet. */
  async #load(): Promise<void> {
    const { files, folder, leaveOut } = this.#options;
    const there = (await readTopicFiles(files, folder)).filter(({ name }) => name !== leaveOut);
    for (const facts of there) await this.#openTopic(facts);
    // the process that writes may have deleted some
    for (const name of this.#topics.keys()) if (!there.some((facts) => facts.name === name)) this.#topics.delete(name);
  }

  async #openTopic({ name, partitions, retention }: TopicFacts): Promise<void> {
    const topic = this.#topics.get(name) ?? { retention, partitions: [], writers: [] };
    topic.retention = retention;
    const opening = new Gate(8);
    const missing = Array.from({ length: partitions - topic.partitions.length }, (_, i) => topic.partitions.length + i);
    const opened = await Promise.all(missing.map((number) => opening.run(() => this.#openPartition(name, number))));
    for (const partition of opened) {
      topic.partitions.push(partition);
      topic.writers.push(new Writer(partition, this.#options, this.#syncs));
    }
    const share = shareOf(retention, partitions) ?? Number.POSITIVE_INFINITY;
    const { segmentBytes } = this.#options;
    for (const writer of topic.writers) writer.segmentBytes = Math.min(segmentBytes, Math.max(share / 8, 2 ** 20));
    this.#topics.set(name, topic);
  }

  async #openPartition(topic: string, partition: number): Promise<Partition> {
    const { files, folder, readOnly } = this.#options;
    assert(!/[/\\.]/.test(topic), `topic name '${topic}' is no folder name`);
    const place = { topic, partition, folder: `${folder}/${topic}/${partition}` };
    if (!readOnly) {
      await files.makeFolder(place.folder);
      await files.syncFolder(`${folder}/${topic}`);
    }
    return new Partition(place, await recover(place, this.#options), this.#options, this.#cacheLimit);
  }

  async createTopic(name: string, options: { partitions: number; retention: Retention }): Promise<void> {
    checkName('topic', name);
    this.#assertWritable();
    const { partitions, retention } = options;
    const { files, folder } = this.#options;
    await this.#lock.run(async () => {
      const there = this.#topics.get(name)?.partitions.length ?? 0;
      if (!Number.isInteger(partitions) || partitions < Math.max(1, there) || partitions > partitionsMax) {
        throw new MillraceError('OPTION_INVALID', `topic '${name}' cannot have ${partitions} partitions`, {
          place: name,
          remedy: `Give a whole number from ${Math.max(1, there)} to ${partitionsMax}; partitions are added, never taken away. To do without its records: millrace topic delete ${name} --force.`,
        });
      }
      for (const other of this.#topics.keys())
        if (other !== name && other.toLowerCase() === name.toLowerCase()) {
          throw new MillraceError('NAME_TAKEN', `topics '${other}' and '${name}' differ only in case`, {
            place: name,
            remedy: 'Rename one of them: some file systems cannot tell their folders apart.',
          });
        }
      try {
        const facts = { name, partitions, retention: { ageMs: retention.ageMs, bytes: retention.bytes } };
        // a start on a full disk must not fail for what is there already
        const known = this.#topics.get(name)?.retention;
        if (there !== partitions || known?.ageMs !== retention.ageMs || known?.bytes !== retention.bytes) {
          await files.makeFolder(`${folder}/${name}`);
          await files.syncFolder(folder);
          await writeTopicFile(files, folder, facts);
        }
        await this.#openTopic(facts);
      } catch (error) {
        throw asMillraceError(error, `${folder}/${name}`);
      }
    });
  }

  async deleteTopic(name: string): Promise<void> {
    checkName('topic', name);
    this.#assertWritable();
    const { files, folder } = this.#options;
    await this.#lock.run(async () => {
      const { partitions = [], writers = [] } = this.#topics.get(name) ?? {};
      await Promise.all(writers.map((writer) => writer.close()));
      this.#topics.delete(name);
      for (const partition of partitions) partition.wake(true);
      try {
        await removeTopic(files, folder, name);
      } catch (error) {
        throw asMillraceError(error, `${folder}/${name}`);
      }
    });
  }

  async topics(): Promise<TopicInfo[]> {
    if (this.#options.readOnly) await this.#refreshAll();
    return [...this.#topics.keys()].sort().map((name) => this.#info(name));
  }

  async topic(name: string): Promise<TopicInfo> {
    if (this.#options.readOnly) await this.#refreshAll(name);
    return this.#info(name);
  }

  #info(name: string): TopicInfo {
    const { retention, partitions } = this.#topic(name);
    return { name, retention, partitions: partitions.map((partition) => partition.info()) };
  }

  async append(topic: string, partition: number, batch: Batch, producer?: Producer): Promise<number> {
    this.#assertWritable();
    this.#partition(topic, partition);
    assert(batch.count > 0, `an empty batch was appended to topic '${topic}'`);
    const { batchBytesMax } = this.#options;
    const bytes = batch.bytes.length + 21 * batch.count;
    if (bytes > batchBytesMax) {
      throw new MillraceError('RECORD_TOO_LARGE', `a batch of ${batch.count} records has ${bytes} bytes`, {
        place: `${topic}/${partition}`,
        remedy: `Send smaller batches, or raise batchBytesMax of the log (${batchBytesMax}).`,
      });
    }
    return await this.#topic(topic).writers[partition]!.append(batch, producer);
  }

  async lastSequence(topic: string, partition: number, producerId: string): Promise<number> {
    return this.#partition(topic, partition).producers.get(producerId) ?? -1;
  }

  async read(topic: string, partition: number, offset: number, limits: ReadLimits): Promise<Batch[]> {
    const read = this.#partition(topic, partition);
    try {
      return await read.read(offset, limits);
    } catch (error) {
      // the process that writes may have written segments anew since their places were read
      if (!this.#options.readOnly || !(error instanceof MillraceError) || error.code !== 'LOG_DAMAGED') throw error;
      await refreshed(read, true);
      return await read.read(offset, limits);
    }
  }

  async erase(topic: string, partition: number, offsets: readonly number[], headers: Headers): Promise<number> {
    this.#assertWritable();
    this.#partition(topic, partition);
    return await this.#topic(topic).writers[partition]!.erase(offsets, headers);
  }

  async wait(topic: string, partition: number, offset: number, signal: AbortSignal): Promise<void> {
    const waited = this.#partition(topic, partition);
    if (!this.#options.readOnly) return await waited.wait(offset, signal);
    const { clock, pollMs } = this.#options;
    const stop = AbortSignal.any([signal, this.#closed.signal]);
    while (waited.end <= offset && !stop.aborted) {
      await refreshed(waited);
      if (waited.end <= offset) await clock.sleep(pollMs, stop);
    }
  }

  range(topic: string, partition: number): { start: number; end: number } {
    const { start, end } = this.#partition(topic, partition);
    return { start, end };
  }

  async offsetAt(topic: string, partition: number, timeMs: number): Promise<number> {
    return await this.#partition(topic, partition).offsetAt(timeMs);
  }

  async retain(held: (topic: string, partition: number) => number): Promise<void> {
    this.#assertWritable();
    for (const [name, { retention, writers }] of this.#topics) {
      const share = shareOf(retention, writers.length);
      for (let i = 0; i < writers.length; i++) await writers[i]!.retain(held(name, i), retention.ageMs, share);
    }
  }

  async close(): Promise<void> {
    if (this.#closed.signal.aborted) return;
    this.#closed.abort();
    for (const { partitions, writers } of this.#topics.values()) {
      if (!this.#options.readOnly) await Promise.all(writers.map((writer) => writer.close()));
      for (const partition of partitions) partition.wake(true);
    }
  }

  async #refreshAll(name?: string): Promise<void> {
    try {
      await this.#lock.run(() => this.#load());
    } catch (error) {
      throw asMillraceError(error, this.#options.folder);
    }
    for (const [other, { partitions }] of this.#topics)
      if (name === undefined || name === other) for (const partition of partitions) await refreshed(partition);
  }

  #topic(name: string): Topic {
    const topic = this.#topics.get(name);
    if (topic) return topic;
    throw new MillraceError('NOT_FOUND', `there is no topic '${name}'`, {
      place: name,
      remedy: `Name one that is there: ${[...this.#topics.keys()].sort().join(', ') || 'none yet'}.`,
    });
  }

  #partition(topic: string, partition: number): Partition {
    assert(!this.#closed.signal.aborted, 'the log is closed');
    const { partitions } = this.#topic(topic);
    const found = partitions[partition];
    if (found) return found;
    throw new MillraceError('NOT_FOUND', `topic '${topic}' has no partition ${partition}`, {
      place: topic,
      remedy: `Its partitions are 0 to ${partitions.length - 1}.`,
    });
  }

  #assertWritable(): void {
    assert(!this.#options.readOnly, 'the log was opened to be read only');
    assert(!this.#closed.signal.aborted, 'the log is closed');
  }
}

async function refreshed(partition: Partition, isAnew = false): Promise<void> {
  try {
    await (isAnew ? reload : refresh)(partition);
  } catch (error) {
    throw asMillraceError(error, partition.place.folder);
  }
}
