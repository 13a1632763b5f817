// Event time within a flow: when the rows of a stream happened, what their watermarks are, and how far a stream's time has come.
import type { Stream } from '../../define/stream.ts';
import { quote } from '../database.ts';
import type { Progress } from '../progress.ts';
import type { DuckSession } from './database.ts';
import type { Emission } from './emitted.ts';
import { beginning, type FlowInput } from './flowing.ts';
import { relations } from './relations.ts';
import { retracts, type Stage, type WindowedStage } from './stage.ts';
import { columnList } from './types.ts';
import { inTime, steps, windowStart } from './window.ts';

/**
 * Rows of a stage's input with `_ts` and `_wm`, as a relation. Where the time is the stream's own, each row has a watermark of its own as well:
 * the newest time of the stream in its partition before it, less the lateness.
 *
 * @param rows where they are
 */
export async function timedRows(session: DuckSession, stage: Stage, rows: string, input: FlowInput): Promise<string> {
  const from = stage.input.of;
  if (from.noun === 'topic') return rows;
  const time = `epoch_ms(${quote((from as Stream).time!)})`;
  if (stage.clock !== 'own') return `(select *, ${time} as _ts from ${rows})`;
  if (input.again === 'all')
    return `(select * exclude (_wm), ${time} as _ts, ${beginning}::bigint as _wm from ${rows})`;
  const { name } = stage.stream;
  const newest = relations.newest(name);
  const again = relations.again(name);
  await session.run(`delete from ${newest}`);
  await session.run(`insert into ${newest} values ($1)`, newestOf(stage, input));
  await session.run(`delete from ${again}`);
  for (const row of input.again) await session.run(`insert into ${again} values ($1)`, row);
  const before = `max(${time}) over (order by _row range between unbounded preceding and 1 preceding)`;
  const watermark = `greatest(coalesce(${before}, ${beginning}), (select ms from ${newest})) - ${latenessOf(stage)}`;
  return `(select * exclude (_wm), ${time} as _ts,
    case when _row in (select row from ${again}) then ${beginning}::bigint else greatest(${watermark}, ${beginning})::bigint end as _wm from ${rows})`;
}

function latenessOf(stage: Stage): number {
  return (stage.input.of as Stream).latenessMs ?? 0;
}

function newestOf(stage: Stage, input: FlowInput): number {
  return input.progress.times[stage.stream.name]?.[input.filled!.partition] ?? beginning;
}

/** Notes the newest time of a stream with a time of its own. */
export async function takeTimes(session: DuckSession, stage: Stage, rows: string, input: FlowInput): Promise<void> {
  if (stage.clock !== 'own' || input.again === 'all') return;
  const time = quote((stage.input.of as Stream).time!);
  const [row] = await session.rows(`select max(epoch_ms(${time})) from ${rows}`);
  if (row?.[0] === null || row?.[0] === undefined) return;
  input.heard(stage.stream.name, input.filled!.partition);
  const newest = Math.max(newestOf(stage, input), Number(row[0]));
  input.progress.times[stage.stream.name] ??= [];
  const times = input.progress.times[stage.stream.name]!;
  for (let i = times.length; i <= input.filled!.partition; i++) times.push(null);
  times[input.filled!.partition] = newest;
}

/** How far the time of what a stage reads has come, where that time is the stream's own, milliseconds since 1970. */
export function ownWatermark({ stream, input: { of } }: Stage, input: FlowInput): number {
  return input.watermarkOf(stream.name, input.progress.times[stream.name] ?? []) - ((of as Stream).latenessMs ?? 0);
}

/** How far the time of what a windowed stage reads has come, milliseconds since 1970. */
export function stageWatermark(stage: WindowedStage, input: FlowInput): number {
  if (stage.clock === 'topic') return input.watermarkMs;
  if (stage.clock === 'own') return ownWatermark(stage, input);
  // what is emitted of a window lies within it
  let windowed = stage.upstream;
  while (windowed?.kind === 'derived') windowed = windowed.upstream;
  const { stream, window } = windowed as WindowedStage;
  const closed = input.progress.closed[stream.name] ?? beginning;
  return Math.max(beginning, closed - steps(window).sizeMs - latenessOf(stage));
}

/** Takes the rows out of a state that have the place of a record which is sent again: some of its rows may have been in time. */
export async function takeOut(
  session: DuckSession,
  pipeline: string,
  stage: WindowedStage,
  rows: string,
): Promise<number> {
  const state = relations.state(pipeline, stage.stream.name);
  const removed = relations.removed(stage.stream.name);
  const isThere = `(_partition, _offset) in (select (_partition, _offset) from ${rows})`;
  await session.run(`delete from ${removed}`);
  const count = await session.run(`insert into ${removed} select * from ${state} where ${isThere}`);
  if (count > 0) await session.run(`delete from ${state} where ${isThere}`);
  return count;
}

/** The rows of a window that came, and those that `takeOut` took out. */
export function arrivedRows(stage: WindowedStage, rows: string, forgottenMs: number | undefined): string {
  const by = stage.input.window!.kind === 'session' ? stage.input.window!.by.map(quote) : [];
  const columns = [...by, '_ts', '_wm'].join(', ');
  return `(select ${columns} from ${rows} where ${inTime(stage.input.window!, forgottenMs)}
    union all select ${columns} from ${relations.removed(stage.stream.name)})`;
}

/** Rows that a stream over windows emits, as rows of the state of another window: they are never late. */
function emittedRows(stage: WindowedStage, relation: string): string {
  const time = quote((stage.input.of as Stream).time!);
  return `(select *, -1 as _partition, _id as _offset, epoch_ms(${time}) as _ts, ${beginning}::bigint as _wm from ${relation})`;
}

/** Brings the state of a window over rows that may be retracted to what holds now; resolves with how many new rows were kept. */
export async function keepChanges(
  session: DuckSession,
  pipeline: string,
  stage: WindowedStage,
  upstream: Emission,
  progress: Progress,
): Promise<number> {
  const { name } = stage.stream;
  const { window } = stage;
  const state = relations.state(pipeline, name);
  const removed = relations.removed(name);
  const { emitted } = stage.upstream && retracts(stage.upstream) ? stage.upstream : (undefined as never);
  const columns = [columnList(stage.stateFields), '_partition, _offset, _ts, _wm'].filter(Boolean).join(', ');
  const all = `${columns}, _ws`;
  await session.run(`delete from ${removed}`);
  if (upstream.retracted > 0) {
    await session.run(
      `insert into ${removed} by name select ${all} from ${state} where _offset in (select _id from ${emitted.retracted})`,
    );
    await session.run(`delete from ${state} where _offset in (select _id from ${emitted.retracted})`);
  }
  if (upstream.emitted === 0) return 0;
  return session.run(
    `insert into ${state} (${all}) select ${columns}, ${windowStart(window, '_ts')} from ${emittedRows(stage, emitted.fresh)}
      where ${inTime(window, progress.forgotten[name])}`,
  );
}

/** The rows of a window that `keepChanges` took in and took out. */
export function changedRows(stage: WindowedStage, forgottenMs: number | undefined): string {
  const { emitted } = stage.upstream && retracts(stage.upstream) ? stage.upstream : (undefined as never);
  const by = stage.window.kind === 'session' ? stage.window.by.map(quote) : [];
  const columns = [...by, '_ts', '_wm'].join(', ');
  return `(select ${columns} from ${emittedRows(stage, emitted.fresh)} where ${inTime(stage.window, forgottenMs)}
    union all select ${columns} from ${relations.removed(stage.stream.name)})`;
}
