// Why a pipeline is not as it should be, in words: what its health is made of.
import type { MillraceError } from '../core/errors.ts';
import type { Topic } from '../define/topic.ts';
import type { Progress } from '../process/progress.ts';
import type { Holds } from './loading.ts';
import type { Health, Ledger, WrongTable } from './millrace.ts';
import { secondsReasons } from './seconds.ts';

/** What the reasons are found in. */
export type Findings = {
  readonly topics: readonly Topic[];
  readonly progress: Pick<Progress, 'topics' | 'deadRows'>;
  readonly ledger: Ledger;
  readonly failure: MillraceError | undefined;
  /** What the pump and the sources wait for after a failure that may pass. */
  readonly troubles: readonly (string | undefined)[];
  /** Streams for whose windows most records come too late. */
  readonly mostlyLate: readonly string[];
  /** What topics wait for, and whether that does not come by itself. */
  readonly holds: Pick<Holds, 'textOf' | 'isStuck'>;
};

/** `reasons`: why the pipeline is degraded. `told`: those, and that a table is being loaded, which is nothing to look at. */
export function reasonsOf(found: Findings): { reasons: string[]; told: string[] } {
  const { failure, ledger, topics } = found;
  const reasons = [failure && `${failure.message}. ${failure.remedy ?? ''}`.trim(), ...found.troubles].filter(
    (one): one is string => Boolean(one),
  );
  if (ledger.dead > 0)
    reasons.push(`${ledger.dead} ${ledger.dead === 1 ? 'record is' : 'records are'} in the dead letters`);
  const { deadRows } = found.progress;
  if (deadRows > 0)
    reasons.push(`${deadRows} ${deadRows === 1 ? 'row of a window is' : 'rows of windows are'} in the dead letters`);
  if (!ledger.balanced)
    reasons.push(`the ledger does not balance${(ledger.wrongTables ?? []).map(wrongTable).join('')}`);
  for (const stream of found.mostlyLate)
    reasons.push(
      `most records come too late for the windows of stream ${stream}: one with a later time may have moved the watermark. They are kept: see \`millrace dead list\``,
    );
  reasons.push(...secondsReasons(found.topics, found.progress.topics));
  const waiting = topics.filter(({ name }) => found.holds.textOf(name) !== undefined);
  const texts = waiting.map(({ name }) => `topic '${name}' ${found.holds.textOf(name)}`);
  if (waiting.some(({ name }) => found.holds.isStuck(name))) reasons.push(...texts.splice(0));
  return { reasons, told: [...reasons, ...texts] };
}

/** What is wrong with a table, to go on with. */
function wrongTable({ table, rows, counted }: WrongTable): string {
  return `; table ${table} has ${rows} ${rows === 1 ? 'row' : 'rows'}, and ${counted} by its counts`;
}

/** The health that is shown: one that runs is paused or degraded where it is. */
export function healthOf(own: Health, isPaused: boolean, reasons: readonly string[]): Health {
  if (own !== 'healthy') return own;
  if (isPaused) return 'paused';
  return reasons.length > 0 ? 'degraded' : 'healthy';
}

/** What people should know of a stream that has another query than the one that made its rows. */
export function changedNotice(pipeline: string, stream: string): string {
  return `it has another query than the one that made the rows that are there: they stay as they are, and what comes from now on goes by the new one. To make all rows again: millrace rebuild ${pipeline} ${stream}`;
}
