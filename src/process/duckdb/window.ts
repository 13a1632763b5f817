// The SQL of windows: which rows a window holds, which windows a row is in, which windows end in a span of time.
//
// Times are milliseconds since 1970 as BIGINT. A window is known by `_window`: where it starts, on the clock of its zone (UTC where it has none).
import type { Fields } from '../../define/fields.ts';
import type { Window as DeclaredWindow } from '../../define/relation.ts';
import { literal, quote } from '../database.ts';

/** A window as the engine has it: as declared, or each record by itself, whose number is where it lies in the log. */
export type Window = DeclaredWindow | { readonly kind: 'record' };

export type SessionWindow = Extract<Window, { kind: 'session' }>;

/** Where a record lies in the log, as one number: by its offset, then by its partition. */
export const placeOfRow = '(_offset * 65536 + _partition)';

/** Tumbling is hopping by its own size. Sessions and records have no size. */
export function steps(window: Window): { sizeMs: number; everyMs: number } {
  if (window.kind === 'record') return { sizeMs: 0, everyMs: 1 };
  if (window.kind === 'session') return { sizeMs: window.gapMs, everyMs: 1 };
  return { sizeMs: window.sizeMs, everyMs: window.kind === 'hop' ? window.everyMs : window.sizeMs };
}

/** How far a zone's clock may be from UTC, and how much it may be moved at once: 14 hours and 24. */
const zoneSlackMs = 2 * 86_400_000;

/** How much earlier or later than its start on the zone's clock a window may start or end in UTC, at most, beyond its size. */
export function slackMs(window: Window): number {
  return zoneOf(window) === undefined ? 0 : zoneSlackMs;
}

export function zoneOf(window: Window): string | undefined {
  return window.kind === 'tumble' || window.kind === 'hop' ? window.zone : undefined;
}

/** A time in UTC on the clock of a zone. */
function localOf(zone: string, time: string): string {
  return `epoch_ms(timezone(${literal(zone)}, make_timestamp_ms(${time})::timestamptz))`;
}

/** A time on the clock of a window's zone in UTC; the earlier one where the clock shows it twice, so that a day begins with its first midnight. */
function utcOf(window: Window, time: string): string {
  const zone = zoneOf(window);
  if (zone === undefined) return time;
  // of two moments DuckDB takes the later one
  const last = `epoch_ms(timezone(${literal(zone)}, make_timestamp_ms(${time})))`;
  const dayBefore = `(${last} - 86400000)`;
  const first = `(${time} - ${localOf(zone, dayBefore)} + ${dayBefore})`;
  return `(case when ${localOf(zone, first)} = ${time} then least(${first}, ${last}) else ${last} end)`;
}

/** Where a window starts in UTC. */
export function startOf(window: Window, w: string): string {
  return utcOf(window, w);
}

/** Where a window of fixed size ends in UTC: a local day has 23 hours or 25 where the clock is moved. */
export function endOf(window: Window, w: string): string {
  return utcOf(window, `${w} + ${steps(window).sizeMs}`);
}

/** The last window that a time falls into (rounding down below 1970 too); for sessions the time itself. */
export function windowStart(window: Window, time: string): string {
  if (window.kind === 'session') return time;
  if (window.kind === 'record') return placeOfRow;
  const { everyMs } = steps(window);
  const zone = zoneOf(window);
  const local = zone === undefined ? time : localOf(zone, time);
  return `(${local} - ((${local} % ${everyMs}) + ${everyMs}) % ${everyMs})`;
}

/**
 * Whether a row is in time: its last window is open at its watermark (a session row: it is not behind the watermark).
 *
 * @param forgottenMs rows before this are not kept any more, so that their windows cannot be emitted again
 */
export function inTime(window: Window, forgottenMs?: number): string {
  // a record is never late: what it is joined with is looked for again when that changes
  if (window.kind === 'record') return 'true';
  const { sizeMs, everyMs } = steps(window);
  const last = windowStart(window, '_ts');
  const isOpen = window.kind === 'session' ? '_ts >= _wm' : `${endOf(window, last)} > _wm`;
  if (forgottenMs === undefined) return isOpen;
  const first = window.kind === 'session' ? '_ts' : startOf(window, `${last} - ${sizeMs - everyMs}`);
  return `(${isOpen} and ${first} >= ${forgottenMs})`;
}

/** Columns that the state of a window has beside those of its input. */
export const stateColumns = '_partition integer, _offset bigint, _ts bigint, _wm bigint, _ws bigint';

/** Bounds of `_window` (exclusive, inclusive) for windows of fixed size, of the end for sessions: parameters, or numbers where none can be bound. */
export type Bounds = readonly [low: string, high: string];
export const boundParameters: Bounds = ['$1', '$2'];
export const noBounds: Bounds = ['0::bigint', '0::bigint'];

/** What `windowRows` reads. */
export type WindowRead = {
  readonly window: Window;
  /** The columns that the state keeps. */
  readonly fields: Fields;
  /** Columns of ours that are read, too. */
  readonly more?: readonly string[];
  readonly state: string;
  /** The relation of the windows (`_window`) or, for sessions, of the keys that are due; undefined: all that lie within the bounds. */
  readonly due: string | undefined;
  readonly bounds: Bounds;
  /** Sessions: where the emitted rows are kept, and the columns of the session's key there. */
  readonly emitted?: { readonly kept: string; readonly keys: readonly string[] };
  /** A condition on the rows of the state, as SQL that begins with `and`. */
  readonly only?: string;
  /** Whether several rows may have one place in the log, or none. */
  readonly hasTies: boolean;
  /** Whether the order of the rows says nothing. */
  readonly isOrderFree: boolean;
};

/**
 * The order in which a query sees the rows of a window: by event time, then by their place in the log, so that what depends on an order (`first`,
 * `list`, the ties of `arg_max`, the last digits of a sum) does not depend on the batches. Emitted rows have no place: they are ordered by their values.
 */
function orderOf({ fields, hasTies, isOrderFree }: WindowRead): string {
  if (isOrderFree) return '';
  const place = ['_ts', '_partition', hasTies ? 'case when _partition >= 0 then _offset end' : '_offset'];
  return `order by ${[...place, ...(hasTies ? Object.keys(fields).map(quote) : [])].join(', ')}`;
}

/** The FROM subquery of a windowed stream: the rows of the windows that are due, each with `window_start` and `window_end`. */
export function windowRows(read: WindowRead): string {
  const { window, fields, state, due, bounds, more = [], only = '' } = read;
  if (window.kind === 'session') return sessionRows(window, read);
  const columns = [...Object.keys(fields), ...more].map(quote);
  const { sizeMs, everyMs } = steps(window);
  const [low, high] = bounds;
  if (window.kind === 'record') {
    const isDue = due === undefined ? 'true' : `_ws in (select _window from ${due})`;
    return `(select ${[...columns, '_ws'].join(', ')} from ${state} where _ws > ${low} and _ws <= ${high} and ${isDue} ${only})`;
  }
  const chosen =
    due === undefined ? `_window > ${low} and _window <= ${high}` : `_window in (select _window from ${due})`;
  const all = [...Object.keys(fields).map(quote), '_wm, _ts, _partition, _offset'].join(', ');
  return `(select ${[...columns, `make_timestamp_ms(${startOf(window, '_window')}) as window_start, make_timestamp_ms(${endOf(window, '_window')}) as window_end`].join(', ')}
    from (select ${all}, ${eachWindow(window, '_ws')} as _window from ${state} where _ws > ${low} and _ws <= ${high} + ${sizeMs - everyMs} ${only})
    where ${chosen} and ${endOf(window, '_window')} > _wm ${orderOf(read)})`;
}

/** All windows of a row, given its last one. */
function eachWindow(window: Window, last: string): string {
  const { sizeMs, everyMs } = steps(window);
  return everyMs === sizeMs ? last : `unnest(range(${last} - ${sizeMs - everyMs}, ${last} + 1, ${everyMs}))`;
}

/** The sessions of the keys that are due which end within the bounds, and those that were emitted before they ended. */
function sessionRows(window: SessionWindow, read: WindowRead): string {
  const { fields, state, due, bounds, emitted, more = [], only = '' } = read;
  const columns = [...Object.keys(fields), ...more].map(quote);
  const [low, high] = bounds;
  const ofDue = due === undefined ? 'true' : `exists (select 1 from ${due} d where ${sameKeys(window, 's', 'd')})`;
  const wasEmitted =
    emitted === undefined
      ? ''
      : ` or exists (select 1 from ${emitted.kept} e where e._w >= r._start and e._w < r._end and ${window.by.map((name, i) => `e.${emitted.keys[i]} is not distinct from r.${quote(name)}`).join(' and ')})`;
  return `(select ${[...columns, 'make_timestamp_ms(_start) as window_start, make_timestamp_ms(_end) as window_end'].join(', ')}
    from (${sessionsOf(window, `select * from ${state} s where ${ofDue} ${only}`)}) r where _end > ${low} and (_end <= ${high}${wasEmitted}) ${orderOf(read)})`;
}

/** Rows of a state with the session that each belongs to: `_start`, `_end`. */
export function sessionsOf(window: SessionWindow, rows: string): string {
  const by = window.by.map(quote).join(', ');
  const order = `partition by ${by} order by _ts, _partition, _offset`;
  return `select *, min(_ts) over session as _start, max(_ts) over session + ${window.gapMs} as _end
      from (select *, count(*) filter (_first) over (${order}) as _session
        from (select *, coalesce(_ts - lag(_ts) over (${order}) >= ${window.gapMs}, true) as _first from (${rows})))
      window session as (partition by ${by}, _session)`;
}

/** That two relations have the same session key; a missing value is a value like others. */
export function sameKeys(window: SessionWindow, one: string, other: string): string {
  return window.by.map((name) => `${one}.${quote(name)} is not distinct from ${other}.${quote(name)}`).join(' and ');
}

/** The windows of fixed size that rows of the state are in and that end after $1 and not after $2, as a query of one column `_window`. */
export function endingWindows(window: Window, state: string): string {
  const { sizeMs, everyMs } = steps(window);
  const slack = slackMs(window);
  const low = `$1::bigint - ${sizeMs + slack}`;
  const high = `least($2::bigint, ${maxMs}) - ${everyMs - slack}`;
  const end = endOf(window, '_window');
  return `select distinct _window from (select ${eachWindow(window, '_ws')} as _window, _wm from ${state} where _ws > ${low} and _ws <= ${high})
    where ${end} > $1 and ${end} <= $2 and ${end} > _wm`;
}

/** No row has a time after this: the sums of `endingWindows` stay within 64 bits. */
const maxMs = 9e15;

/** The windows that the rows of a relation (with `_ts` and `_wm`) are in, as a query of one column `_window`. */
export function windowsOf(window: Window, relation: string): string {
  if (window.kind === 'record') return `select distinct ${placeOfRow} as _window from ${relation}`;
  return `select distinct _window from (select ${eachWindow(window, windowStart(window, '_ts'))} as _window, _wm from ${relation}) where ${endOf(window, '_window')} > _wm`;
}

/** The session keys of the rows of a relation, as a query of the columns of the key. */
export function keysOf(window: SessionWindow, relation: string, where = 'true'): string {
  return `select distinct ${window.by.map(quote).join(', ')} from ${relation} where ${where}`;
}
