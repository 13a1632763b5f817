// A pipeline over a log in memory, for tests that look at what the engine keeps.
import { TopicWriter } from '../../src/control/feeder.ts';
import { openParts, registerTopics } from '../../src/control/folder.ts';
import { system as realSystem } from '../../src/control/system.ts';
import { memoryFiles } from '../../src/core/memory-files.ts';
import { random } from '../../src/core/random.ts';
import { recordAcceptor } from '../../src/define/accept.ts';
import type { Pipeline, Topic } from '../../src/index.ts';

/** Opens a pipeline; `send` processes its records as one micro-batch of partition 0. */
export async function opened(made: Pipeline) {
  const system = { ...realSystem(), files: memoryFiles(), random: random('x') };
  const folder = await openParts({ path: '/opened', database: {}, log: '/opened/log', registry: ':memory:' }, system);
  const schemaIds = await registerTopics(folder, made);
  await folder.store.prepare(made.name, made.tables);
  const processor = await folder.engine.open(made, new Map());
  const session = await folder.database.session();
  return {
    async send(topic: Topic, ...records: readonly object[]) {
      const writer = new TopicWriter(topic, schemaIds.get(topic.name)!, system.clock);
      const accept = recordAcceptor(topic.fields);
      for (const record of records) writer.add(0, accept(record));
      await folder.log.append(topic.name, 0, writer.take(0)!);
      const next = processor.progress.topics[topic.name]?.[0]?.next ?? 0;
      const batches = await folder.log.read(topic.name, 0, next, { recordsMax: 10_000, bytesMax: 1e6 });
      await processor.step(await processor.prepare(batches), []);
    },
    flush: () => processor.flush(),
    /** The rows of a query of the engine's database. */
    query: (query: string) => session.rows(query),
    async close() {
      session.close();
      processor.close();
      await folder.store.close();
      folder.database.close();
      await folder.log.close();
      await folder.registry.close();
    },
  };
}
