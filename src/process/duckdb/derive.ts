// Emits the rows of a stream over rows that may be retracted: what is made of a retracted row is retracted with it.
import type { DuckSession } from './database.ts';
import { type Emission, keep, noEmission, retractChildren } from './emitted.ts';
import type { FlowInput } from './flowing.ts';
import { relations } from './relations.ts';
import type { DerivedStage, WindowedStage } from './stage.ts';

/** What a run of a stream over rows that may be retracted works with. */
export type Deriving = {
  readonly session: DuckSession;
  readonly pipeline: string;
  readonly stage: DerivedStage;
  readonly upstream: WindowedStage | DerivedStage;
  /** What the stream that it reads has emitted and retracted. */
  readonly of: Emission;
  readonly input: FlowInput;
};

/** Fills the stream's relations with the rows that it emits and retracts. */
export async function emitDerived({ session, pipeline, stage, upstream, of, input }: Deriving): Promise<Emission> {
  const { progress } = input;
  const { name } = stage.stream;
  let retracted = 0;
  if (of.retracted > 0) {
    retracted = await retractChildren(session, stage.emitted, upstream.emitted);
    const refused = relations.refused(pipeline, name);
    await session.run(`delete from ${refused} where id in (select _id from ${upstream.emitted.retracted})`);
  }
  if (input.held.has(name)) {
    // ids only grow: the rows that are not taken now are those after the last one that was
    if (of.emitted > 0) progress.changed[name] ??= (progress.ids[upstream.stream.name] ?? 0) - of.filled;
    return { ...noEmission, retracted };
  }
  const since = progress.changed[name];
  if (of.emitted === 0 && since === undefined) return { ...noEmission, retracted };
  const base = progress.ids[name] ?? 0;
  const emitted = await (since === undefined ? session.run(stage.fill, base) : session.run(stage.catchUp, base, since));
  delete progress.changed[name];
  progress.ids[name] = base + emitted;
  if (emitted > 0) await keep(session, stage.emitted);
  return { emitted, filled: emitted, retracted, isFirst: of.isFirst && since === undefined };
}
