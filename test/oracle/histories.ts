// Random histories: records near strange moments, in and out of order, in batches, with pauses, restarts and letters that are sent again.
import fc from 'fast-check';

/** A record of the tests' topic. `v` is a multiple of 0.25, so that sums are exact in any order; `at` in milliseconds since 1970. */
export type Event = { n: number; k: string; v: number | null; tag: string; s: string; at: number };

/** What happens beside records. `rest` and `flush` are quiet moments. */
export type Action =
  | { kind: 'send'; events: Event[] }
  | { kind: 'rest'; seconds: number }
  | { kind: 'flush' }
  | { kind: 'restart' }
  | { kind: 'late again' }
  | { kind: 'dead again' };

export type History = Action[];

/** Moments at which clocks and calendars are strange, as milliseconds since 1970. */
const moments = [
  0,
  -1,
  -86_400_000 * 400 - 61_001,
  Date.UTC(2024, 1, 28, 23, 55),
  Date.UTC(2000, 1, 29, 0, 0),
  Date.UTC(1900, 1, 28, 23, 59),
  Date.UTC(2026, 2, 29, 0, 58),
  Date.UTC(9999, 11, 31, 23, 50),
];

/** Days on which clocks are moved somewhere. */
const days = [
  Date.UTC(2026, 2, 28, 12),
  Date.UTC(2026, 9, 24, 12),
  Date.UTC(2026, 10, 1, 0),
  Date.UTC(2026, 2, 8, 0),
  Date.UTC(2026, 9, 4, 0),
];

const beside = fc.constantFrom(-1, 0, 0, 1);
const near = fc.oneof(
  fc.integer({ min: 0, max: 1_200_000 }),
  fc.tuple(fc.integer({ min: 0, max: 120 }), beside).map(([tens, by]) => tens * 10_000 + by),
);
const withinDays = fc.tuple(fc.integer({ min: 0, max: 82 }), beside).map(([halves, by]) => halves * 1_800_000 + by);

const eventOf = (offset: fc.Arbitrary<number>) =>
  fc.record({
    k: fc.constantFrom('a', 'b', 'c\'"é'),
    v: fc.option(
      fc.integer({ min: -400, max: 400 }).map((quarters) => quarters / 4),
      { nil: null, freq: 9 },
    ),
    tag: fc.constantFrom('x', 'y', 'z'),
    s: fc.constantFrom('1', '2.5', '-3', '4', '0.25', 'bad'),
    offset,
  });

const between: fc.Arbitrary<Action[]> = fc.oneof(
  { arbitrary: fc.constant<Action[]>([]), weight: 4 },
  {
    arbitrary: fc.array(
      fc.oneof(
        fc.constantFrom(2, 3, 15).map((seconds): Action => ({ kind: 'rest', seconds })),
        fc.constantFrom<Action>(
          { kind: 'flush' },
          { kind: 'restart' },
          { kind: 'late again' },
          { kind: 'late again' },
          { kind: 'dead again' },
        ),
      ),
      { minLength: 1, maxLength: 3 },
    ),
    weight: 5,
  },
);

function historiesOf(bases: readonly number[], offset: fc.Arbitrary<number>, isLong: boolean): fc.Arbitrary<History> {
  return fc
    .record({
      base: fc.constantFrom(...bases),
      found: fc.array(eventOf(offset), { minLength: 1, maxLength: 24 }),
      jitterMs: fc.constantFrom(0, 5000, 180_000, 600_000).map((ms) => ms * (isLong ? 100 : 1)),
      jitter: fc.array(fc.nat(1_000_000), { minLength: 1, maxLength: 10 }),
      breaks: fc.array(fc.tuple(fc.nat(30), between), { maxLength: 3 }),
      last: between,
    })
    .map(({ base, found, jitterMs, jitter, breaks, last }) => {
      const start = Math.floor(base / 10_000) * 10_000;
      const events = found.map(({ offset: after, ...event }, n) => ({ ...event, n, at: start + after }));
      const arrival = (event: Event, i: number) => event.at + (jitter[i % jitter.length]! / 1_000_000) * jitterMs;
      const ordered = events
        .map((event, i) => ({ event, at: arrival(event, i) }))
        .sort((a, b) => a.at - b.at)
        .map(({ event }) => event);
      const history: History = [];
      let from = 0;
      for (const [place, actions] of [...breaks].sort(([a], [b]) => a - b)) {
        const to = Math.min(place, ordered.length);
        if (to > from) history.push({ kind: 'send', events: ordered.slice(from, to) });
        history.push(...actions);
        from = Math.max(from, to);
      }
      if (from < ordered.length) history.push({ kind: 'send', events: ordered.slice(from) });
      return [...history, ...last, { kind: 'flush' }];
    });
}

/** Histories of some minutes, and such of two days. */
export const histories = historiesOf(moments, near, false);
export const dayHistories = historiesOf(days, withinDays, true);

/** Bursts of records over a week: old windows are forgotten. Corrections reach back one day, so that no letters are sent again. */
export const weekHistories = historiesOf(
  moments,
  fc.tuple(fc.nat(6), fc.nat(120), beside).map(([day, tens, by]) => day * 86_400_000 + tens * 10_000 + by),
  false,
).map((history) => history.filter(({ kind }) => kind !== 'late again' && kind !== 'dead again'));

/** A history in words. */
export function told(history: History): string {
  return history
    .map((action) => {
      if (action.kind === 'send')
        return `send\n    ${action.events.map((event) => JSON.stringify(event)).join('\n    ')}`;
      return action.kind === 'rest' ? `rest ${action.seconds} s` : action.kind;
    })
    .map((line) => `  ${line}`)
    .join('\n');
}
