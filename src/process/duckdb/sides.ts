// The other side of joins by time: versions of looked-up tables, and rows of other topics that happened near those of the input.
//
// Each row of a side holds for rows of the input whose time is in [_from, _to). A version holds until the next one of its key, the first
// one of a key from the beginning; a row of `within` holds around its own time. What a row of a side changes is computed anew.
import { MillraceError } from '../../core/errors.ts';
import { isParam } from '../../define/param.ts';
import type { Pipeline } from '../../define/pipeline.ts';
import type { Relation } from '../../define/relation.ts';
import type { Stream } from '../../define/stream.ts';
import type { Table } from '../../define/table.ts';
import type { Topic } from '../../define/topic.ts';
import { quote } from '../database.ts';
import type { Progress } from '../progress.ts';
import type { DuckSession } from './database.ts';
import { beginning, end } from './flowing.ts';
import { makeTemp, relations } from './relations.ts';
import { columnList, nullable, sqlColumns } from './types.ts';

/** One side of a join by time. */
export type Side = {
  /** The stream whose query reads it. */
  readonly stream: string;
  readonly reference: Relation;
  /** The topic or stream whose rows come in. */
  readonly from: string;
  /** The table whose versions they are; undefined: rows of `within`. */
  readonly table: Table | undefined;
  /** Where the rows are. */
  readonly relation: string;
  /** The name of that relation in a syntax tree. */
  readonly name: string;
  /** Rows of the micro-batch at hand, and those of the same keys. */
  readonly fresh: string;
  readonly columns: string;
  /** The event time of what comes in, milliseconds since 1970, as SQL. */
  readonly time: string;
};

/** Columns of ours that a side has. */
export const sideColumns = ['_at', '_from', '_to', '_place'] as const;

/** The sides of a stream: its `within` views, and the looked-up tables that have no end. */
export async function makeSides(
  session: DuckSession,
  pipeline: Pipeline,
  stream: Stream,
  endless: ReadonlySet<string>,
): Promise<Side[]> {
  const sides: Side[] = [];
  for (const reference of stream.query.references) {
    if (isParam(reference)) continue;
    const { of, within } = reference;
    const isVersioned = of.noun === 'table' && endless.has(of.name);
    if (!within && !isVersioned) continue;
    const name = sideName(pipeline.name, stream.name, reference);
    if (sides.some((one) => one.name === name)) continue;
    const from = of.noun === 'table' ? of.from : of;
    const isOwn = [...pipeline.topics, ...pipeline.streams].some(
      (one) => one.noun === from.noun && one.name === from.name,
    );
    if (of.noun === 'table' && !isOwn) throw isForeign(stream, of);
    if (of.noun === 'table' && of.isByPlace) throw hasNoVersions(stream, of);
    if (from.noun === 'stream' && from.time === undefined) throw needsTime(stream, of as Table, from);
    const relation = `state.${quote(name)}`;
    const fresh = relations.side(name);
    const columns = `${sqlColumns(nullable(of.fields))}, _at bigint, _from bigint, _to bigint, _place bigint`;
    await session.run(`create table if not exists ${relation} (${columns})`);
    await makeTemp(session, fresh, `${columns}, _new boolean`);
    sides.push({
      stream: stream.name,
      reference,
      from: from.name,
      table: of.noun === 'table' ? of : undefined,
      relation,
      name,
      fresh,
      columns: columnList(of.fields),
      time: from.noun === 'topic' ? '_ts' : `epoch_ms(${quote(from.time!)})`,
    });
  }
  return sides;
}

/** Whether rows of a topic or stream may be retracted: those of windows, of joins by time, and what is made of them. */
export function mayRetract(node: Topic | Stream, endless: ReadonlySet<string>): boolean {
  if (node.noun === 'topic') return false;
  return node.query.references.some((one) => {
    if (isParam(one)) return false;
    const { of, window, within } = one;
    if (window || within) return true;
    return of.noun === 'table' ? endless.has(of.name) : mayRetract(of, endless);
  });
}

function sideName(pipeline: string, stream: string, { of, within }: Relation): string {
  const what = within ? `within ${within.beforeMs} ${within.afterMs}` : 'versions';
  return `${pipeline}/${stream}/${what}/${of.name}`;
}

function isForeign(stream: Stream, table: Table): MillraceError {
  return new MillraceError(
    'PIPELINE_INVALID',
    `it looks up table '${table.name}' of another pipeline, which has no end: a stream knows the versions of tables of its own pipeline only`,
    {
      place: `stream '${stream.name}'`,
      remedy: `Declare the stream in the pipeline that keeps table '${table.name}'. Or feed the table from a source with an end, as csv().`,
    },
  );
}

function hasNoVersions(stream: Stream, table: Table): MillraceError {
  return new MillraceError(
    'PIPELINE_INVALID',
    `it looks up table '${table.name}', which has no end and no key but the place of its records: no row of it is a later version of another one`,
    {
      place: `stream '${stream.name}'`,
      remedy: `Join what feeds the table: \${${table.from.name}.within('10 minutes')}. Or look up a table whose key is the column that is joined by.`,
    },
  );
}

function needsTime(stream: Stream, table: Table, from: Stream): MillraceError {
  return new MillraceError(
    'PIPELINE_INVALID',
    `it looks up table '${table.name}', which has no end, and stream '${from.name}' that feeds it has no time: which version of a row holds for a record cannot be said`,
    {
      place: `stream '${stream.name}'`,
      remedy: `Declare the time of stream '${from.name}': { time: '…' }. Or feed the table from a source with an end, as csv().`,
    },
  );
}

/** The side that a reference of a stream's query stands for. */
export function sideOf(sides: readonly Side[], reference: Relation): Side | undefined {
  return sides.find((one) => one.reference === reference || isSameView(one.reference, reference));
}

function isSameView(one: Relation, other: Relation): boolean {
  return one.of === other.of && JSON.stringify(one.within ?? null) === JSON.stringify(other.within ?? null);
}

/** Takes the rows of a micro-batch into a side. `place`: where a row's record lies in the log. */
export async function feedSide(session: DuckSession, side: Side, rows: string, place: string): Promise<void> {
  const { relation, fresh, columns, time, table, reference } = side;
  await session.run(`delete from ${fresh}`);
  if (!table) {
    const { beforeMs, afterMs } = reference.within!;
    await session.run(
      `insert into ${fresh} (${columns}, _at, _from, _to, _place, _new)
        select ${columns}, ${time}, ${time} - ${afterMs}, ${time} + ${beforeMs + 1}, ${place}, true from ${rows}`,
    );
    await session.run(`insert into ${relation} select * exclude (_new) from ${fresh}`);
    return;
  }
  const keys = table.key.map(quote).join(', ');
  await session.run(
    `insert into ${fresh} (${columns}, _at, _place, _new) select ${columns}, ${time}, ${place}, true from ${rows}`,
  );
  await session.run(
    `insert into ${fresh} select *, false from ${relation} semi join (select ${keys} from ${fresh}) using (${keys})`,
  );
  await session.run(
    `delete from ${relation} s using (select distinct ${keys} from ${fresh}) f where ${table.key.map((name) => `s.${quote(name)} = f.${quote(name)}`).join(' and ')}`,
  );
  await session.run(
    `insert into ${relation} select ${columns}, _at, case when row_number() over versions = 1 then ${beginning} else _at end,
        coalesce(lead(_at) over versions, ${end}), _place
      from ${fresh} window versions as (partition by ${keys} order by _at, _place, ${columns})`,
  );
}

/**
 * What a micro-batch has changed in a side: its new rows, where they hold now, and the versions before, where they held until then. Rows of
 * the input that are joined with neither have the same partners as before.
 */
export function changedSide({ relation, fresh, table, columns }: Side): string {
  if (!table) return fresh;
  const keys = table.key.map(quote).join(', ');
  const added = `select * from ${relation} semi join (select ${keys}, _place from ${fresh} where _new) using (${keys}, _place)`;
  return `(${added} union all
    select ${columns}, _at, greatest(_from, _since), least(_to, _until), _place from ${fresh}
      join (select ${keys}, _from as _since, _to as _until from (${added})) using (${keys}) where not _new and _from < _until and _to > _since)`;
}

/** Takes note of windows that a side has changed, for when their stream runs. */
export async function rememberChangedWindows(
  session: DuckSession,
  pipeline: string,
  stream: string,
  windows: string,
  progress: Progress,
): Promise<void> {
  const count = await session.run(`insert into ${relations.changed(pipeline, stream)} ${windows}`);
  if (count > 0) progress.changed[stream] ??= progress.closed[stream] ?? beginning;
}
