// Which windows hold a time: worked out in JavaScript, one row at a time.
import type { Window } from '../../src/define/relation.ts';

/** A window: where it starts, and where it ends (exclusive), milliseconds since 1970. */
export type Span = { readonly start: number; readonly end: number };

/** The windows of fixed size that hold a time. */
export function spansOf(window: Exclude<Window, { kind: 'session' }>, time: number): Span[] {
  const every = window.kind === 'hop' ? window.everyMs : window.sizeMs;
  const local = window.zone === undefined ? time : localOf(window.zone, time);
  const utc = (moment: number) => (window.zone === undefined ? moment : beginningOf(window.zone, moment));
  const spans: Span[] = [];
  const last = Math.floor(local / every) * every;
  for (let start = last; start + window.sizeMs > local; start -= every)
    spans.push({ start: utc(start), end: utc(start + window.sizeMs) });
  return spans;
}

/** A row with the key of its session. */
export type Keyed = { readonly key: string; readonly time: number };

/** For each row the session that it belongs to: rows of one key less than `gapMs` apart. */
export function sessionsOf(gapMs: number, rows: readonly Keyed[]): Span[] {
  const spans = new Map<Keyed, Span>();
  for (const key of new Set(rows.map((row) => row.key))) {
    let session: Keyed[] = [];
    const end = () => {
      for (const row of session) spans.set(row, { start: session[0]!.time, end: session.at(-1)!.time + gapMs });
      session = [];
    };
    for (const row of rows.filter((one) => one.key === key).sort((a, b) => a.time - b.time)) {
      if (session.length > 0 && row.time - session.at(-1)!.time >= gapMs) end();
      session.push(row);
    }
    end();
  }
  return rows.map((row) => spans.get(row)!);
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** What the clock of a zone shows at a time, as if it were UTC. */
function localOf(zone: string, time: number): number {
  let format = formats.get(zone);
  if (!format) {
    const numeric = 'numeric' as const;
    const parts = { year: numeric, month: numeric, day: numeric, hour: numeric, minute: numeric, second: numeric };
    format = new Intl.DateTimeFormat('en-US', { timeZone: zone, hourCycle: 'h23', era: 'short', ...parts });
    formats.set(zone, format);
  }
  const seconds = Math.floor(time / 1000) * 1000;
  const shown = Object.fromEntries(format.formatToParts(seconds).map(({ type, value }) => [type, value]));
  const number = (name: string) => Number(shown[name]);
  return (
    Date.UTC(number('year'), number('month') - 1, number('day'), number('hour'), number('minute'), number('second')) +
    (time - seconds)
  );
}

const beginnings = new Map<string, number>();

/** The first moment at which the clock of a zone shows this or more. Clocks are moved at whole quarters of an hour. */
function beginningOf(zone: string, local: number): number {
  const name = `${zone}/${local}`;
  const known = beginnings.get(name);
  if (known !== undefined) return known;
  const quarter = 900_000;
  let time = Math.floor(local / quarter) * quarter - 16 * 3_600_000;
  while (localOf(zone, time) < local) time += quarter;
  beginnings.set(name, time);
  return time;
}
