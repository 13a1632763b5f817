// Dead letters and late records, as they are put aside.
import { formatMs } from '../../core/durations.ts';
import type { Aside } from '../engine.ts';
import type { DuckPrepared } from './prepare.ts';

/** The fields of an aside that many do not have. */
export const emptyAside = {
  partition: undefined,
  offset: undefined,
  place: undefined,
  source: undefined,
  sequence: undefined,
};

/** The node that puts something aside. */
export type Place = Pick<Aside, 'noun' | 'stage'>;

/** The dead letter of a row of a micro-batch. */
export function letterOf(duck: DuckPrepared, row: number, { noun, stage }: Place, code: string, reason: string): Aside {
  return {
    ...emptyAside,
    kind: 'dead',
    noun,
    stage,
    code,
    reason,
    topic: duck.topic,
    partition: duck.partition,
    offset: duck.rows.offsets[row]!,
    bytes: duck.bytesOf(row),
  };
}

/** The aside of a row that came too late for a windowed stream. */
export function lateOf(duck: DuckPrepared, row: number, stage: string): Aside {
  const behindMs = duck.rows.watermarks[row]! - duck.rows.times[row]!;
  const reason = `it came ${formatMs(behindMs)} behind the watermark, when its window was closed`;
  return { ...letterOf(duck, row, { noun: 'stream', stage }, 'RECORD_LATE', reason), kind: 'late' };
}
