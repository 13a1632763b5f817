// What feeds a table or a stream: the topics whose records flow into it, and the tables that are looked up on the way.
import { isParam } from './param.ts';
import type { Stream } from './stream.ts';
import type { Table } from './table.ts';
import type { Topic } from './topic.ts';

/** The tables that a stream looks up, each once. */
export function lookedUpBy(stream: Stream): Table[] {
  const found = new Set<Table>();
  for (const one of stream.query.references) if (!isParam(one) && one.of.noun === 'table') found.add(one.of);
  return [...found];
}

/** The topics whose records flow into something; those of the tables that are looked up on the way are not among them. */
export function topicsOf(node: Topic | Stream | Table): Topic[] {
  if (node.noun === 'topic') return [node];
  if (node.noun === 'table') return topicsOf(node.from);
  const found = new Set<Topic>();
  for (const one of node.query.references)
    if (!isParam(one) && one.of.noun !== 'table') for (const topic of topicsOf(one.of)) found.add(topic);
  return [...found];
}

/** Every topic that the rows of a table depend on: those whose records flow into it, and those of the tables that are looked up on the way. */
export function feedingTopics(table: Table): Topic[] {
  const found = new Set<Topic>();
  const visit = (node: Topic | Stream | Table): void => {
    if (node.noun === 'topic') found.add(node);
    else if (node.noun === 'table') visit(node.from);
    else for (const one of node.query.references) if (!isParam(one)) visit(one.of);
  };
  visit(table);
  return [...found];
}

/** Whether windows stand between a table and its topics: its last rows come when these are given. */
export function isWindowed(table: Table): boolean {
  const visit = (node: Topic | Stream): boolean =>
    node.noun === 'stream' &&
    node.query.references.some(
      (one) => !isParam(one) && one.of.noun !== 'table' && (one.window !== undefined || visit(one.of)),
    );
  return visit(table.from);
}
