// Gives the windows of a stream that are due: closed by the watermark, corrected by a record sent again, or asked for early.
import type { Table } from '../../define/table.ts';
import type { Sink } from '../engine.ts';
import type { DuckSession } from './database.ts';
import { beginning, correctableMs, end, type FlowInput } from './flowing.ts';
import { relations, type Stage } from './stage.ts';
import { columnList } from './types.ts';
import { inTime, steps, windowsOf } from './window.ts';

/** What giving windows works with. */
export type Giving = {
  readonly session: DuckSession;
  readonly pipeline: string;
  readonly stage: Stage;
  readonly input: FlowInput;
  /** The rows of the micro-batch that the stage reads, with their times and watermarks. */
  readonly rows: string;
  /** How many of them were kept. */
  readonly kept: number;
  /** The tables that the stream feeds. */
  readonly tables: readonly Table[];
  readonly sink: Sink;
};

/** Fills the stream's relation with the rows of all windows that are due; resolves with how many. */
export async function giveWindows(giving: Giving): Promise<number> {
  const { session, stage, input, kept } = giving;
  const window = stage.input.window!;
  const { name } = stage.stream;
  const { sizeMs, everyMs } = steps(window);
  const isSession = window.kind === 'session';
  const shift = isSession ? 0 : sizeMs;
  const before = input.progress.closed[name] ?? beginning;
  const isHeld = input.held.has(name);
  const now = isHeld ? before : Math.max(before, input.watermarkMs);
  input.progress.closed[name] = now;
  if (isHeld) return 0;
  const { range } = stage.fill as { range: string };
  const crossed = isSession ? now > before : Math.floor(now / everyMs) > Math.floor(before / everyMs);
  let given = 0;
  if (isSession) given += await giveOpenSessions(giving, now, crossed || kept > 0);
  else if (input.flush) given += await session.run(range, now - shift, end, -1);
  if (crossed) {
    given += await session.run(range, before - shift, now - shift, given - 1);
    if (Math.floor(now / 3_600_000) > Math.floor(before / 3_600_000)) await forget(giving, now);
  }
  if (kept > 0) given += await giveListed(giving, before, now, given);
  return given;
}

/**
 * Sessions that are given before they are closed may still grow or join others, under another key: their rows are withdrawn, and given
 * anew, with every change until they are closed.
 */
async function giveOpenSessions(
  { session, pipeline, stage, input, tables, sink }: Giving,
  now: number,
  isTouched: boolean,
): Promise<number> {
  const early = relations.early(pipeline, stage.stream.name);
  const count = Number((await session.rows(`select count(*) from ${early}`))[0]![0]);
  if (!input.flush && (count === 0 || !isTouched)) return 0;
  if (count > 0) {
    for (const table of tables) await sink.remove(table, { session, relation: early, count });
    await session.run(`delete from ${early}`);
  }
  const given = await session.run((stage.fill as { range: string }).range, now, end, -1);
  const names = columnList(stage.stream.fields);
  if (given > 0) await session.run(`insert into ${early} select ${names} from ${stage.relation}`);
  return given;
}

/** Windows that are given out of turn: closed before and corrected now, or (emit: 'change') open and touched. */
async function giveListed(
  { session, stage, input, rows }: Giving,
  before: number,
  now: number,
  given: number,
): Promise<number> {
  const window = stage.input.window!;
  const again = input.hasAgain;
  const change = stage.stream.emit === 'change';
  if (!again && !change) return 0;
  const due = relations.due(stage.stream.name);
  await session.run(`delete from ${due}`);
  const isSession = window.kind === 'session';
  const ends = isSession ? 'w' : `w + ${steps(window).sizeMs}`;
  const wanted = [again ? `${ends} <= $1` : '', change ? `${ends} > $2` : ''].filter(Boolean).join(' or ');
  const listed = await session.run(
    `insert into ${due} select w from (${windowsOf(window, `(select * from ${rows} where ${inTime(window)})`)}) where ($1 <= $2) and (${wanted})`,
    isSession ? end : before,
    isSession ? end : now,
  );
  if (listed === 0) return 0;
  const [bounds] = await session.rows(`select min(w), max(w) from ${due}`);
  const low = isSession ? beginning : Number(bounds![0]) - 1;
  const high = isSession ? before : Number(bounds![1]);
  return session.run((stage.fill as { listed: string }).listed, low, high, given - 1);
}

/** Forgets the rows of windows that are closed for so long that nothing can correct them any more. */
async function forget({ session, pipeline, stage, input }: Giving, watermarkMs: number): Promise<void> {
  const { name } = stage.stream;
  const horizon = watermarkMs - steps(stage.input.window!).sizeMs - correctableMs;
  await session.run(`delete from ${relations.state(pipeline, name)} where _ts < $1`, horizon);
  input.progress.forgotten[name] = horizon;
}
