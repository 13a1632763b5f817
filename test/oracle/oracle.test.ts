// Millrace's first promise: whatever the batches, the arrival, the restarts and the pauses, tables are those of one batch query over the log.
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { compare } from './compare.ts';
import { dayHistories, type History, histories, weekHistories } from './histories.ts';
import { dayPlans, type Plan, plans, weekPlans } from './queries.ts';

/** Cases of all tests together: `MILLRACE_CASES=20000` for a long run. */
const cases = Number(process.env.MILLRACE_CASES ?? 600);

/** Continuous integration looks at the same cases each time; a run by hand at others, or at those of `MILLRACE_SEED`. */
const chosen = process.env.MILLRACE_SEED ?? (process.env.CI ? '20261130' : undefined);
const seed = chosen === undefined ? {} : { seed: Number(chosen) };

function holds(share: number, plan: fc.Arbitrary<Plan>, history: fc.Arbitrary<History>): Promise<void> {
  return fc.assert(fc.asyncProperty(plan, history, compare), { numRuns: Math.ceil(cases * share), ...seed });
}

// each case waits for the disk in memory and for DuckDB's thread in turns: two at a time keep two cores busy
describe('tables equal one batch query over the whole log, at every quiet moment', { concurrency: 2 }, () => {
  test('over some minutes, with late and dead letters that are sent again', () => holds(0.4, plans, histories));
  test('and with other queries and other histories beside them', () => holds(0.3, plans, histories));
  test('where windows are local days', () => holds(0.15, dayPlans, dayHistories));
  test('over a week, in which old windows are forgotten', () => holds(0.15, weekPlans, weekHistories));
});
