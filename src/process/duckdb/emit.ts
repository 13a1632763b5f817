// Emits the windows of a stream that are due: closed by the watermark, corrected, changed, or asked for early.

import { quote } from '../database.ts';
import type { DuckSession } from './database.ts';
import { comparedRows, type Emission, exchange, noEmission } from './emitted.ts';
import { beginning, correctableMs, end, type FlowInput } from './flowing.ts';
import { relations } from './relations.ts';
import { rememberChangedWindows } from './sides.ts';
import { retracts, type WindowedStage } from './stage.ts';
import {
  endingWindows,
  endOf,
  keysOf,
  type SessionWindow,
  sameKeys,
  sessionsOf,
  startOf,
  steps,
  windowsOf,
  zoneOf,
} from './window.ts';

/** What a run of a windowed stream works with. */
export type Emitting = {
  readonly session: DuckSession;
  readonly pipeline: string;
  readonly stage: WindowedStage;
  readonly input: FlowInput;
  /** The watermark of what the stream reads, milliseconds since 1970. */
  readonly watermarkMs: number;
  /** Rows whose windows have changed, with their times and watermarks: those that came and those that were retracted; undefined: none. */
  readonly changed: string | undefined;
  /** Whether some of them may be in windows that were closed before. */
  readonly hasCorrections: boolean;
  /** Relations that may hold rows after this run. */
  readonly used: Set<string>;
};

/** An hour of event time: so often it is looked at what need not be kept any more. */
const hourMs = 3_600_000;

/** Fills the stream's relations with the rows that it emits and retracts. */
export async function emitWindows(emitting: Emitting): Promise<Emission> {
  const { stage, input, watermarkMs } = emitting;
  const { name } = stage.stream;
  const { progress } = input;
  const before = progress.closed[name] ?? beginning;
  if (input.held.has(name)) {
    await rememberHeldWindows(emitting);
    return noEmission;
  }
  const now = Math.max(before, watermarkMs);
  progress.closed[name] = now;
  const emission =
    stage.window.kind === 'session'
      ? await emitSessions(emitting, before, now)
      : await emitFixed(emitting, before, now);
  if (Math.floor(now / hourMs) > Math.floor(before / hourMs)) await forget(emitting, now);
  return emission;
}

async function emitSessions(emitting: Emitting, before: number, now: number): Promise<Emission> {
  return (await listKeys(emitting, before, now)) > 0 ? emitListed(emitting, now) : noEmission;
}

/**
 * Emits windows of fixed size, and those of records. The rule is that some have ended and nothing else has changed: they are then a stretch
 * of time that nothing was emitted of, and need neither be listed nor compared.
 */
async function emitFixed(emitting: Emitting, before: number, now: number): Promise<Emission> {
  const { stage, input } = emitting;
  const { window, fillEnding } = stage;
  const { everyMs } = steps(window);
  let listed = await listChanged(emitting, before);
  // local days end at any time
  const isCrossed =
    zoneOf(window) !== undefined ? now > before : Math.floor(now / everyMs) > Math.floor(before / everyMs);
  if (window.kind !== 'record' && (input.flush || isCrossed)) {
    const isAlone = listed === 0 && !input.flush && fillEnding !== undefined;
    if (isAlone && (await earlyUntil(emitting)) <= before) return emitEnding(emitting, fillEnding, before, now);
    listed += await addDue(emitting, endingWindows(window, stateOf(emitting)), before, input.flush ? end : now);
  }
  return listed > 0 ? emitListed(emitting, now) : noEmission;
}

/** Emits the windows that end after a time and not after another one. */
async function emitEnding(
  { session, stage, input }: Emitting,
  fill: string,
  after: number,
  until: number,
): Promise<Emission> {
  const { sizeMs } = steps(stage.window);
  const { name } = stage.stream;
  const base = input.progress.ids[name] ?? 0;
  const filled = await session.run(fill, after - sizeMs, until - sizeMs, base);
  input.progress.ids[name] = base + filled;
  return exchange(session, stage.emitted, { ofTheSame: 'false', before: 0, filled });
}

/** When the last of the windows ends that were emitted before their end, or have ended; milliseconds since 1970. */
async function earlyUntil({ session, stage, input }: Emitting): Promise<number> {
  const { name } = stage.stream;
  const { early } = input.progress;
  if (early[name] === undefined) {
    const [row] = await session.rows(`select max(_w) from ${stage.emitted.kept}`);
    early[name] = row![0] === null ? beginning : Number(row![0]) + steps(stage.window).sizeMs;
  }
  return early[name];
}

function stateOf({ pipeline, stage }: Emitting): string {
  return relations.state(pipeline, stage.stream.name);
}

/** Emits the windows in the list of those that are due, and retracts what they no longer have. */
async function emitListed({ session, stage, input }: Emitting, now: number): Promise<Emission> {
  const { window } = stage;
  const { name } = stage.stream;
  const due = relations.due(name);
  const { emitted } = stage;
  const base = input.progress.ids[name] ?? 0;
  const ofTheSame = sameWindows(stage);
  const [row] = await session.rows(
    `select ${window.kind === 'session' ? 'null, null' : 'min(_window), max(_window)'}, (select count(*) from ${comparedRows(emitted, ofTheSame)}) from ${due}`,
  );
  const bounds =
    window.kind === 'session' ? [beginning, isEarly(stage, input) ? end : now] : [Number(row![0]) - 1, Number(row![1])];
  const filled = await session.run(stage.fill, ...bounds, base);
  input.progress.ids[name] = base + filled;
  if (window.kind !== 'session' && input.progress.early[name] !== undefined)
    input.progress.early[name] = Math.max(input.progress.early[name], Number(row![1]) + steps(window).sizeMs);
  return exchange(session, emitted, { ofTheSame, before: Number(row![2]), filled });
}

/** That emitted rows (`e`) are of the windows that are due. */
function sameWindows({ window, emitted, stream }: WindowedStage): string {
  const due = relations.due(stream.name);
  if (window.kind !== 'session') return `e._w in (select ${startOf(window, '_window')} from ${due})`;
  const keys = window.by.map((by, i) => `e.${emitted.keys[i]} is not distinct from d.${quote(by)}`).join(' and ');
  return `exists (select 1 from ${due} d where ${keys})`;
}

/** Whether windows are emitted that are still open. */
function isEarly(stage: WindowedStage, input: FlowInput): boolean {
  return input.flush || stage.stream.emit === 'change';
}

/** Adds windows of fixed size to the list of those that are due; resolves with how many. */
function addDue({ session, stage, used }: Emitting, windows: string, ...bounds: number[]): Promise<number> {
  const due = relations.due(stage.stream.name);
  used.add(due);
  return session.run(
    `insert into ${due} select _window from (${windows}) where _window not in (select _window from ${due})`,
    ...bounds,
  );
}

/** Lists the windows of fixed size, and of records, that are due since their rows have changed; resolves with how many. */
async function listChanged(emitting: Emitting, before: number): Promise<number> {
  const { session, pipeline, stage, input, changed, hasCorrections } = emitting;
  const { window } = stage;
  const { name } = stage.stream;
  const { progress } = input;
  const first = progress.forgotten[name];
  const isKept = first === undefined || window.kind === 'record' ? 'true' : `${startOf(window, '_window')} >= ${first}`;
  let listed = 0;
  if (progress.changed[name] !== undefined) {
    listed += await addDue(emitting, `select _window from ${relations.changed(pipeline, name)} where ${isKept}`);
    await session.run(`delete from ${relations.changed(pipeline, name)}`);
    delete progress.changed[name];
  }
  const wanted = [
    hasCorrections ? `${endOf(window, '_window')} <= $1` : '',
    stage.stream.emit === 'change' ? `${endOf(window, '_window')} > $1` : '',
  ].filter(Boolean);
  if (changed !== undefined && window.kind === 'record') listed += await addDue(emitting, windowsOf(window, changed));
  else if (changed !== undefined && wanted.length > 0)
    listed += await addDue(
      emitting,
      `select _window from (${windowsOf(window, changed)}) where (${wanted.join(' or ')}) and ${isKept}`,
      before,
    );
  // an open window that was emitted early and has lost all of its rows is not found by them when it closes
  if (changed !== undefined && stage.upstream && retracts(stage.upstream))
    listed += await addDue(
      emitting,
      `select _window from (${windowsOf(window, relations.removed(name))}) where ${startOf(window, '_window')} in (select _w from ${stage.emitted.kept}) and ${isKept}`,
    );
  return listed;
}

/** Lists the keys that have sessions which are due; resolves with how many. */
async function listKeys(emitting: Emitting, before: number, now: number): Promise<number> {
  const { session, pipeline, stage, input, changed, hasCorrections, used } = emitting;
  const window = stage.window as SessionWindow;
  const { name } = stage.stream;
  const { progress, flush } = input;
  const state = relations.state(pipeline, name);
  const due = relations.due(name);
  used.add(due);
  const names = window.by.map(quote).join(', ');
  const add = (query: string) =>
    session.run(
      `insert into ${due} select ${names} from (${query}) n where not exists (select 1 from ${due} d where ${sameKeys(window, 'n', 'd')})`,
    );
  let listed = 0;
  if (flush) {
    // what ends after the watermark is emitted early, and follows each change from then on
    const [newest] = await session.rows(`select max(_ts) from ${state}`);
    progress.early[name] = newest?.[0] === null ? beginning : Number(newest![0]) + window.gapMs;
    listed += await add(keysOf(window, state, `_ts > ${before - window.gapMs}`));
  } else if (now > before)
    listed += await add(keysOf(window, state, `_ts > ${before - window.gapMs} and _ts <= ${now - window.gapMs}`));
  if (progress.changed[name] !== undefined) {
    listed += await add(`select ${names} from ${relations.changed(pipeline, name)}`);
    await session.run(`delete from ${relations.changed(pipeline, name)}`);
    delete progress.changed[name];
  }
  const follows = stage.stream.emit === 'change' || (progress.early[name] ?? beginning) > before;
  if (changed !== undefined && (hasCorrections || follows)) listed += await add(keysOf(window, changed));
  return listed;
}

/** Notes the windows that have changed, for when they can be emitted. */
async function rememberHeldWindows(emitting: Emitting): Promise<void> {
  const { session, pipeline, stage, input, changed, hasCorrections } = emitting;
  const { window } = stage;
  const isFollowed =
    hasCorrections || stage.stream.emit === 'change' || window.kind === 'session' || window.kind === 'record';
  if (changed === undefined || !isFollowed) return;
  const windows = window.kind === 'session' ? keysOf(window, changed) : windowsOf(window, changed);
  await rememberChangedWindows(session, pipeline, stage.stream.name, windows, input.progress);
}

/** Forgets the rows of windows that are closed for so long that nothing corrects them any more. */
async function forget({ session, pipeline, stage, input }: Emitting, watermarkMs: number): Promise<void> {
  const { window } = stage;
  const { name } = stage.stream;
  const state = relations.state(pipeline, name);
  const horizon = watermarkMs - steps(window).sizeMs - correctableMs;
  for (const side of stage.sides)
    if (!side.table) await session.run(`delete from ${side.relation} where _to < $1`, horizon);
  if (window.kind !== 'session') await session.run(`delete from ${state} where _ts < $1`, horizon);
  else {
    // a session is forgotten as a whole
    const old = `select * from ${state} s where exists (select 1 from ${state} o where o._ts < $1 and ${sameKeys(window, 's', 'o')})`;
    await session.run(
      `delete from ${state} where (_partition, _offset) in (select (_partition, _offset) from (${sessionsOf(window, old)}) where _end <= $1)`,
      horizon,
    );
  }
  input.progress.forgotten[name] = horizon;
}
