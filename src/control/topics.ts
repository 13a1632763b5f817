// Topics as the API shows them: what the log has, with what the pipelines that run declare.
import { MillraceError } from '../core/errors.ts';
import type { Pipeline } from '../define/pipeline.ts';
import type { Topic } from '../define/topic.ts';
import type { TopicInfo } from '../log/log.ts';
import { inputColumnsOf } from '../web/columns.ts';
import type { TopicView } from '../web/schemas.ts';
import type { Folder } from './folder.ts';

/** The topic of this name that a pipeline declares, or undefined. */
export function declaredTopic(pipelines: readonly Pipeline[], name: string): Topic | undefined {
  for (const pipeline of pipelines) {
    const found = pipeline.topics.find((topic) => topic.name === name);
    if (found) return found;
  }
  return undefined;
}

/** Whether and how records can be posted to topics. */
export type Posting = { accepts(topic: string): boolean; isSigned(topic: string): boolean };

/** What views of topics are made from. */
export type TopicsOf = Pick<Folder, 'log' | 'registry'> & {
  readonly pipelines: readonly Pipeline[];
  readonly posting: Posting;
};

/** All topics of the folder. */
export async function topicViews(of: TopicsOf): Promise<TopicView[]> {
  return Promise.all((await of.log.topics()).map((info) => viewOf(of, info)));
}

/** One topic. @throws NOT_FOUND */
export async function topicView(of: TopicsOf, name: string): Promise<TopicView> {
  return viewOf(of, await of.log.topic(name));
}

async function viewOf(
  { registry, pipelines, posting }: TopicsOf,
  { name, partitions, retention }: TopicInfo,
): Promise<TopicView> {
  const declared = declaredTopic(pipelines, name);
  const schema = await registry.version(`${name}-value`, 'latest').catch((error) => {
    if (error instanceof MillraceError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  });
  const newest = partitions.map((one) => one.newestMs).filter((one) => one !== undefined);
  return {
    name,
    partitions: partitions.map(({ partition, start, end, bytes, newestMs }) => ({
      partition,
      start,
      end,
      bytes,
      ...(newestMs === undefined ? {} : { newestAt: newestMs }),
    })),
    records: partitions.reduce((sum, one) => sum + one.end - one.start, 0),
    bytes: partitions.reduce((sum, one) => sum + one.bytes, 0),
    ...(newest.length > 0 ? { newestAt: Math.max(...newest) } : {}),
    retention: {
      ...(retention.ageMs === undefined ? {} : { ageMs: retention.ageMs }),
      ...(retention.bytes === undefined ? {} : { bytes: retention.bytes }),
    },
    ...(schema ? { schema: { subject: schema.subject, id: schema.id, version: schema.version } } : {}),
    pipelines: pipelines.filter((one) => one.topics.some((topic) => topic.name === name)).map((one) => one.name),
    fields: declared ? inputColumnsOf(declared.fields) : [],
    ...(declared?.key === undefined ? {} : { key: declared.key }),
    ...(declared?.time === undefined ? {} : { time: declared.time }),
    accepts: posting.accepts(name),
    isSigned: posting.isSigned(name),
  };
}
