// A log to try definitions on: it has the records of a data folder's log, and what is made or deleted is made and deleted in memory.
import { memoryFiles } from '../core/memory-files.ts';
import type { Log, TopicInfo } from '../log/log.ts';
import { embedded } from './adapters.ts';
import type { System } from './system.ts';

const shadowFolder = '/trial/log';

/**
 * Opens the log of a folder for a trial. Nothing on the disk is changed. Topics that are made go through the very checks of the log.
 *
 * @throws LOG_DAMAGED, DATA_VERSION
 */
export async function trialLog(folder: string, { files, clock }: System): Promise<Log> {
  const openLog = await embedded.log();
  const real = await openLog({ folder, files, clock, readOnly: true });
  const memory = memoryFiles();
  const shadow = await openLog({ folder: shadowFolder, files: memory, clock });
  const deleted = new Set<string>();
  const kept = new Map<string, TopicInfo>();
  for (const { name, partitions, retention } of await real.topics()) {
    kept.set(name, { name, partitions, retention });
    await shadow.createTopic(name, { partitions: partitions.length, retention });
  }
  /** The log that has a partition: a topic that is made, or gets more partitions, has them in memory. */
  const of = (topic: string, partition: number): Log =>
    !deleted.has(topic) && partition < (kept.get(topic)?.partitions.length ?? 0) ? real : shadow;
  const infoOf = ({ name, partitions, retention }: TopicInfo): TopicInfo => {
    const found = deleted.has(name) ? undefined : kept.get(name);
    return { name, retention, partitions: partitions.map((one) => found?.partitions[one.partition] ?? one) };
  };
  return {
    createTopic: (name, options) => shadow.createTopic(name, options),
    async deleteTopic(name) {
      deleted.add(name);
      await shadow.deleteTopic(name);
    },
    topics: async () => (await shadow.topics()).map(infoOf),
    topic: async (name) => infoOf(await shadow.topic(name)),
    append: () => Promise.reject(new Error('nothing is appended in a trial')),
    erase: () => Promise.reject(new Error('nothing is erased in a trial')),
    lastSequence: (topic, partition, producer) => of(topic, partition).lastSequence(topic, partition, producer),
    read: (topic, partition, offset, limits) => of(topic, partition).read(topic, partition, offset, limits),
    wait: (topic, partition, offset, signal) => of(topic, partition).wait(topic, partition, offset, signal),
    range: (topic, partition) => of(topic, partition).range(topic, partition),
    offsetAt: (topic, partition, timeMs) => of(topic, partition).offsetAt(topic, partition, timeMs),
    retain: async () => undefined,
    async close() {
      await real.close();
      await shadow.close();
    },
  };
}
