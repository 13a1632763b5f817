// Reads the query of a stream over a relation: what it may not be is refused, and where each row came from is carried along.
import { MillraceError } from '../../core/errors.ts';
import type { Pipeline } from '../../define/pipeline.ts';
import type { Relation } from '../../define/relation.ts';
import type { Stream } from '../../define/stream.ts';
import type { Topic } from '../../define/topic.ts';
import { type Analysis, aliasOf, analyse, carry } from './analyse.ts';
import type { DuckSession } from './database.ts';
import { isOfTheData } from './failure.ts';
import { type JoinedSide, joinSides } from './join-sides.ts';
import { storedColumns } from './moments.ts';
import { checkColumns, refuseShapes } from './refuse.ts';
import { insideRelation, render, tableRelation } from './render.ts';
import { type Side, sideColumns, sideOf } from './sides.ts';
import type { Stage } from './stage.ts';

/** What the stage of a stream is made of. */
export type Making = {
  readonly session: DuckSession;
  readonly pipeline: Pipeline;
  readonly stream: Stream;
  readonly place: string;
  readonly input: Relation;
  readonly upstream: Stage | undefined;
  readonly topic: Topic;
  /** The columns that tell two of its windows apart. */
  readonly identity: readonly string[];
  readonly clock: Stage['clock'];
  readonly sides: readonly Side[];
  /** Whether queries are run over no rows, which shows what fails whatever the rows are: only where there are none. */
  readonly isTried: boolean;
};

/** A query over a relation: read, refused where it must be, and with the columns that are carried along. */
export type Compiled = {
  readonly rows: string;
  readonly analysis: Analysis;
  readonly alias: string;
  readonly plain: string;
  readonly carried: string;
  readonly joined: readonly JoinedSide[];
};

/** Reads a query over a relation, and carries columns of the relation along. */
export async function compile(
  { session, stream, place, input, sides }: Making,
  rows: string,
  columns: readonly string[],
  hidden: readonly string[],
): Promise<Compiled> {
  const text = render(
    stream.query,
    (reference) => sideOf(sides, reference)?.relation ?? rows,
    (reference) => sideOf(sides, reference)?.relation ?? tableRelation(reference),
  );
  const analysis = await analyse(session, text, place);
  const alias = aliasOf(analysis, input.of.name);
  // what is put in place of the input has shapes of its own
  const written = input.previous
    ? await analyse(
        session,
        render(stream.query, () => insideRelation(input.of.name)),
        place,
      )
    : analysis;
  refuseShapes(place, written, input, alias);
  const joined = await joinSides(session, place, analysis.tree, alias!, sides);
  const row = [...Object.keys(input.of.fields), ...(input.window ? ['window_start', 'window_end'] : [])];
  const others = joined.map((one) => ({
    alias: one.alias,
    hidden: sideColumns,
    row: Object.keys(one.side.reference.of.fields),
  }));
  const carried = await carry(session, analysis, [{ alias: alias!, hidden, row }, ...others], columns);
  return { rows, analysis, alias: alias!, joined, ...carried };
}

/** Compares what a compiled query gives with the declaration; resolves with the SELECT list that stores its columns. */
export async function checked(making: Making, compiled: Compiled): Promise<string> {
  const { session, place, stream, input } = making;
  const { rows, plain, carried, analysis, alias } = compiled;
  const query = { rows, tree: analysis.tree, text: plain, query: carried };
  const types = await checkColumns(session, place, stream, query, input);
  if (making.isTried) await tryOut(making, carried);
  return storedColumns(stream, types, analysis.tree, alias);
}

/** Runs a query over no rows. @throws SQL_INVALID where it fails all the same, as with a regular expression that cannot be read */
async function tryOut({ session, place }: Making, query: string): Promise<void> {
  try {
    await session.rows(query);
  } catch (error) {
    if (!isOfTheData(error)) throw error;
    throw new MillraceError(
      'SQL_INVALID',
      `it fails whatever the record is: ${error.message.replace(/^[A-Z][A-Za-z ]* Error: /, '')}`,
      {
        place,
        remedy: 'Look at the constants of the query: regular expressions, formats, units of time.',
        cause: error,
      },
    );
  }
}
