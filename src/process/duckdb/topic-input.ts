// The rows of a topic as they come into DuckDB, and the relations of what is prepared ahead of the transaction.
import { isParam } from '../../define/param.ts';
import type { Pipeline } from '../../define/pipeline.ts';
import type { Stream } from '../../define/stream.ts';
import type { Topic } from '../../define/topic.ts';
import type { DuckSession } from './database.ts';
import { Feed, metaColumns } from './feed.ts';
import { aheadRelation, feedName, type PerSlot, perSlot, slotSchema, slots } from './render.ts';
import { nullable, sqlColumns } from './types.ts';

/** A topic's rows in a micro-batch. */
export type TopicInput = {
  readonly topic: Topic;
  /** Give the rows, one for each slot. */
  readonly feeds: PerSlot<Feed>;
  /** Make the relations anew. */
  readonly renew: PerSlot<string> | undefined;
  /** Where they are put; undefined where the one stream that reads them takes them as they are fed. */
  readonly relation: PerSlot<string> | undefined;
};

let feeds = 0;

/** Makes the feeds of a topic, and the relations in which its rows are put where more than one plain stream reads them. */
export async function makeTopicInput(session: DuckSession, pipeline: Pipeline, topic: Topic): Promise<TopicInput> {
  const number = ++feeds;
  const made = await perSlot((slot) => new Feed(session, topic.fields, feedName(number, slot)));
  const readers = pipeline.streams.filter((stream) =>
    stream.query.references.some((one) => !isParam(one) && one.of === topic),
  );
  const isFedOnce =
    readers.length === 1 && isPlain(readers[0]!) && !pipeline.tables.some((table) => table.from === topic);
  if (isFedOnce) return { topic, feeds: made, relation: undefined, renew: undefined };
  const relation = await perSlot((slot) => aheadRelation(pipeline.name, topic.name, slot));
  const columns = `${sqlColumns(nullable(topic.fields))}, ${metaColumns}`;
  return { topic, feeds: made, relation, renew: await makeAhead(session, relation, columns) };
}

/** Makes the schemas of a pipeline's slots. */
export async function makeSlots(session: DuckSession, pipeline: Pipeline): Promise<void> {
  for (const slot of slots) await session.run(`create schema if not exists ${slotSchema(pipeline.name, slot)}`);
}

/** Makes the relations of what is ahead; resolves with the statements that empty them by making them anew. */
export async function makeAhead(
  session: DuckSession,
  relation: PerSlot<string>,
  columns: string,
): Promise<PerSlot<string>> {
  const create = await perSlot((slot) => `create or replace table ${relation[slot]} (${columns})`);
  for (const slot of slots) await session.run(create[slot]);
  return create;
}

/** Whether a stream needs nothing but the rows at hand: no window, no state, no table. */
export function isPlain(stream: Stream): boolean {
  return stream.query.references.every(
    (one) => isParam(one) || (one.of.noun !== 'table' && !one.window && !one.dedupe && !one.previous && !one.within),
  );
}
