// What a topic's folder says of it: partitions and retention, in a small JSON file that is replaced as a whole.
import { MillraceError, messageOf } from '../../core/errors.ts';
import type { Files } from '../../core/files.ts';
import type { Retention } from '../log.ts';

/** A topic's own facts. */
export type TopicFacts = { readonly name: string; readonly partitions: number; readonly retention: Retention };

/** The path of the file by which a folder is a topic. */
export const topicPath = (folder: string, name: string): string => `${folder}/${name}/topic.json`;

/** Writes the facts durably. */
export async function writeTopicFile(files: Files, folder: string, facts: TopicFacts): Promise<void> {
  await files.replace(topicPath(folder, facts.name), `${JSON.stringify({ version: 1, ...facts }, null, 2)}\n`);
}

/**
 * The facts of every topic under a folder. A folder without the file is none of ours, or a crash met its making.
 *
 * @throws LOG_DAMAGED, DATA_VERSION
 */
export async function readTopicFiles(files: Files, folder: string): Promise<TopicFacts[]> {
  const all: TopicFacts[] = [];
  for (const name of await files.list(folder)) {
    const file = topicPath(folder, name);
    if (!(await files.exists(file))) continue;
    all.push(parse(await files.readText(file), file, name));
  }
  return all;
}

function parse(text: string, file: string, name: string): TopicFacts {
  let problem: string;
  try {
    const facts = JSON.parse(text) as TopicFacts & { version: number };
    if (facts.version !== 1) {
      throw new MillraceError('DATA_VERSION', `${file} has version ${facts.version}; this Millrace reads version 1`, {
        place: file,
        remedy: 'Run the Millrace that wrote it, or a newer one.',
      });
    }
    const { partitions, retention } = facts;
    if (facts.name === name && Number.isInteger(partitions) && partitions > 0 && typeof retention === 'object')
      return { name, partitions, retention };
    problem = facts.name === name ? 'it lacks the partitions or the retention' : `it is of topic '${facts.name}'`;
  } catch (error) {
    if (error instanceof MillraceError) throw error;
    problem = messageOf(error);
  }
  throw new MillraceError('LOG_DAMAGED', `${file} is damaged: ${problem}`, {
    place: file,
    remedy: `Write it again, as {"version":1,"name":"${name}","partitions":1,"retention":{}} with the right number of partitions.`,
  });
}
