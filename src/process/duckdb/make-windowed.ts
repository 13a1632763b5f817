// Makes the stage of a stream over windows, or of one that joins by time: its state, and the statements that emit from it.
import { MillraceError } from '../../core/errors.ts';
import type { Fields } from '../../define/fields.ts';
import { isParam } from '../../define/param.ts';
import { quote } from '../database.ts';
import { type Analysis, aliasOf, analyse, hasWholeRow } from './analyse.ts';
import { type Compiled, checked, compile, type Making } from './compile.ts';
import type { DuckSession } from './database.ts';
import { makeEmitted, pinsOf, windowPins } from './emitted.ts';
import { functions } from './functions.ts';
import { refuseMixedWindows } from './mixed-windows.ts';
import { isOrderFree } from './order-free.ts';
import { makeTemp, relations } from './relations.ts';
import { insideRelation, render, tableRelation } from './render.ts';
import { changedSide, type Side } from './sides.ts';
import type { WindowedStage } from './stage.ts';
import { columnList, nullable, sqlColumns } from './types.ts';
import {
  boundParameters,
  noBounds,
  stateColumns,
  type Window,
  type WindowRead,
  windowRows,
  windowStart,
} from './window.ts';

export async function makeWindowed(making: Making): Promise<WindowedStage> {
  const { session, pipeline, stream, place, input, upstream, topic, identity, clock, sides } = making;
  const window: Window = input.window ?? { kind: 'record' };
  const from = input.of;
  const by = window.kind === 'session' ? window.by : [];
  const due = relations.due(stream.name);
  const probe = relations.probe(stream.name);
  const keys = by.map((name) => ({ name, field: from.fields[name]! }));
  const windowColumns =
    window.kind === 'session'
      ? sqlColumns(nullable(Object.fromEntries(keys.map(({ name, field }) => [name, field]))))
      : '_window bigint';
  await makeTemp(session, due, windowColumns);
  await makeTemp(session, probe, 'p integer, o bigint');
  await makeChanged(session, relations.changed(pipeline.name, stream.name), due, windowColumns);
  // the time of a row is read where something is joined by it, and `*` does not have it
  const more = sides.length > 0 ? ['_ts'] : [];
  const hidden = window.kind === 'record' ? [...more, '_ws'] : more;
  const carriedOver = window.kind === 'record' ? ['_ws'] : ['window_start', ...by];
  // the columns that are used are known only after the query was read, so it is read first over a scratch state with all of them
  const scratch = quote(`${stream.name}/scratch`);
  await session.run(`create or replace temp table ${scratch} (${stateOf(from.fields)})`);
  const hasTies = upstream !== undefined;
  const all = {
    window,
    fields: from.fields,
    more,
    state: `temp.main.${scratch}`,
    due: undefined,
    bounds: noBounds,
    hasTies,
    isOrderFree: true,
  };
  const first = await compile(making, windowRows(all), carriedOver, hidden);
  const stored = await checked(making, first);
  await session.run(`drop table temp.main.${scratch}`);
  // as written, without the subquery of the window, which names every column
  const written = await analyse(
    session,
    render(stream.query, (reference) => (reference.within ? tableRelation(reference) : insideRelation(from.name))),
    place,
  );
  const references = stream.query.references.filter((one) => !isParam(one));
  if (input.window) refuseMixedWindows(place, written.tree, identity, input, references);
  const isFree = sides.length === 0 && isOrderFree(written, from.fields, await functions(session));
  const stateFields = usedFields(written, from.fields, by, aliasOf(written, from.name) ?? from.name);
  const state = relations.state(pipeline.name, stream.name);
  await makeState(making, state, stateFields);
  await makeTemp(session, relations.removed(stream.name), stateOf(stateFields));
  // rows that were kept for another window lie in those of this one
  const start = windowStart(window, '_ts');
  await session.run(`update ${state} set _ws = ${start} where _ws <> ${start}`);
  // a table has rows of many records of one key
  const origins = window.kind === 'record' ? new Map([['record', new Set<string>()]]) : windowPins(identity);
  const pins = pinsOf(stream, first.analysis.tree, first.alias, origins);
  const emitted = await makeEmitted(session, pipeline.name, stream, { pins, keys });
  const names = [columnList(stream.fields), '_id', '_w', ...emitted.keys].join(', ');
  const number = window.kind === 'record' ? '_carried_ws' : 'epoch_ms(_carriedwindow_start)';
  const carriedList = [number, ...by.map((name) => quote(`_carried${name}`))].join(', ');
  const fill = async (read: Pick<WindowRead, 'due' | 'emitted' | 'only'>) => {
    const rows = windowRows({
      window,
      fields: stateFields,
      more,
      state,
      bounds: boundParameters,
      hasTies,
      isOrderFree: isFree,
      ...read,
    });
    const { carried } = await compile(making, rows, carriedOver, hidden);
    return `insert into ${insideRelation(stream.name)} (${names}) select ${stored}, $3::bigint + row_number() over (), ${carriedList} from (${carried})`;
  };
  return {
    kind: 'windowed',
    stream,
    input,
    upstream,
    topic,
    relation: [insideRelation(stream.name), insideRelation(stream.name)],
    renew: undefined,
    isAhead: false,
    clock,
    window,
    sides,
    touched: await touchedOf(session, first, state),
    emitted,
    fill: await fill({ due, emitted }),
    fillEnding: hasEvenSteps(window) ? await fill({ due: undefined }) : undefined,
    probe: await fill({ due: undefined, only: `and (_partition, _offset) in (select (p, o) from ${probe})` }),
    stateFields,
  };
}

/** Whether windows start and end at the same times for all rows and all days. */
function hasEvenSteps(window: Window): boolean {
  return (window.kind === 'tumble' || window.kind === 'hop') && window.zone === undefined;
}

/** By side: the rows of the state that its new rows are joined with; where the condition needs more than both, those of the same time. */
async function touchedOf(session: DuckSession, { joined, alias }: Compiled, state: string): Promise<Map<Side, string>> {
  const touched = new Map<Side, string>();
  for (const { side, alias: name, condition } of joined) {
    const rows = (on: string) =>
      `(select ${quote(alias)}.* from ${state} as ${quote(alias)} semi join ${changedSide(side)} as ${quote(name)} on ${on})`;
    const ofSameTime = rows(`${quote(alias)}._ts >= ${quote(name)}._from and ${quote(alias)}._ts < ${quote(name)}._to`);
    const isEnough = await session.describe(`select * from ${rows(condition)}`).then(
      () => true,
      () => false,
    );
    touched.set(side, isEnough ? rows(condition) : ofSameTime);
  }
  return touched;
}

/** Makes the relation of windows that have changed and could not be emitted yet; that of windows of another form is forgotten. */
async function makeChanged(session: DuckSession, relation: string, due: string, columns: string): Promise<void> {
  await session.run(`create table if not exists ${relation} (${columns})`);
  const describe = async (one: string) => JSON.stringify(await session.describe(`select * from ${one}`));
  if ((await describe(relation)) === (await describe(due))) return;
  await session.run(`drop table ${relation}`);
  await session.run(`create table ${relation} (${columns})`);
}

async function makeState({ session, pipeline, stream, place }: Making, state: string, fields: Fields): Promise<void> {
  await session.run(`create table if not exists ${state} (${stateOf(fields)})`);
  const columnsOf = async (relation: string) =>
    (await session.describe(`select * from ${relation}`)).map(({ name, type }) => `${name} ${type}`).sort();
  const declared = relations.declared(stream.name);
  await makeTemp(session, declared, stateOf(fields));
  const [kept, wanted] = [await columnsOf(state), await columnsOf(declared)];
  if (wanted.every((one) => kept.includes(one))) {
    // rows to come do not have what the query no longer uses: one that uses it again must not find it in some rows only
    for (const one of kept.filter((column) => !wanted.includes(column)))
      await session.run(`alter table ${state} drop column ${quote(one.split(' ')[0]!)}`);
    return;
  }
  if (Number((await session.rows(`select count(*) from ${state}`))[0]![0]) > 0) {
    const missing = wanted.filter((one) => !kept.includes(one)).map((one) => one.split(' ')[0]);
    throw new MillraceError(
      'TABLE_CHANGED',
      `its windows now need ${missing.join(', ')}, which the rows of open windows were kept without, or with another type`,
      { place, remedy: `Make the stream again from the log: millrace rebuild ${pipeline.name} ${stream.name}.` },
    );
  }
  await session.run(`drop table ${state}`);
  await session.run(`create table ${state} (${stateOf(fields)})`);
}

function stateOf(fields: Fields): string {
  return [sqlColumns(nullable(fields)), stateColumns].filter(Boolean).join(', ');
}

function usedFields(analysis: Analysis, fields: Fields, by: readonly string[], alias: string): Fields {
  const isAll = analysis.columns === undefined || hasWholeRow(analysis, alias);
  const used = Object.entries(fields).filter(
    ([name]) => isAll || analysis.columns!.has(name.toLowerCase()) || by.includes(name),
  );
  return Object.fromEntries(used);
}
