// The names of the relations that the stage of a stream works with, and those that are made in one step.
import { quote } from '../database.ts';
import type { DuckSession } from './database.ts';

/** In the database (`state`), or of the session (`temp`), where a transaction leaves nothing in them that counts. */
export const relations = {
  /** Rows of windows. */
  state: (pipeline: string, stream: string) => `state.${quote(`${pipeline}/${stream}`)}`,
  /** Rows that were emitted and not retracted. */
  emitted: (pipeline: string, stream: string) => `state.${quote(`${pipeline}/${stream}/emitted`)}`,
  /** Windows that have changed while they could not be emitted. */
  changed: (pipeline: string, stream: string) => `state.${quote(`${pipeline}/${stream}/changed`)}`,
  /** Rows of its input, by id, that a stream over rows which may be retracted fails for. */
  refused: (pipeline: string, stream: string) => `state.${quote(`${pipeline}/${stream}/refused`)}`,
  /** Keys of a deduplicated view. */
  keys: (pipeline: string, stream: string) => `state.${quote(`${pipeline}/${stream}/keys`)}`,
  /** The last rows of each key. */
  last: (pipeline: string, stream: string) => `state.${quote(`${pipeline}/${stream}/last`)}`,
  /** Windows that are emitted now. */
  due: (stream: string) => temp(`${stream}/due`),
  /** No rows: the columns that a relation of the database should have. */
  declared: (stream: string) => temp(`${stream}/declared`),
  duplicates: (stream: string) => temp(`${stream}/duplicates`),
  /** Rows of the state that the query of a window is tried with. */
  probe: (stream: string) => temp(`${stream}/probe`),
  retracted: (stream: string) => temp(`${stream}/retracted`),
  /** Rows that are taken out of the state. */
  removed: (stream: string) => temp(`${stream}/removed`),
  /** Rows that come into one side of a join by time. */
  side: (name: string) => temp(`${name}/fresh`),
  /** The newest time of a partition before the micro-batch at hand. */
  newest: (stream: string) => temp(`${stream}/newest`),
  /** Rows that are never late. */
  again: (stream: string) => temp(`${stream}/again`),
};

function temp(name: string): string {
  return `temp.main.${quote(name)}`;
}

/** Makes a relation of the session. */
export async function makeTemp(session: DuckSession, relation: string, columns: string): Promise<void> {
  await session.run(`create or replace temp table ${relation} (${columns})`);
}
