// Emits the rows of a stream over rows that may be retracted: what is made of a retracted row is retracted with it.
import type { Progress } from '../progress.ts';
import type { DuckSession } from './database.ts';
import { type Emission, keep, noEmission, retractChildren } from './emitted.ts';
import type { DerivedStage, WindowedStage } from './stage.ts';

/** Fills the stream's relations with the rows that it emits and retracts. */
export async function emitDerived(
  session: DuckSession,
  stage: DerivedStage,
  upstream: WindowedStage | DerivedStage,
  of: Emission,
  progress: Progress,
): Promise<Emission> {
  if (of.emitted === 0 && of.retracted === 0) return noEmission;
  const { name } = stage.stream;
  const retracted = of.retracted > 0 ? await retractChildren(session, stage.emitted, upstream.emitted) : 0;
  const base = progress.ids[name] ?? 0;
  const emitted = of.emitted > 0 ? await session.run(stage.fill, base) : 0;
  progress.ids[name] = base + emitted;
  if (emitted > 0) await keep(session, stage.emitted);
  return { emitted, retracted, isFirst: of.isFirst };
}
