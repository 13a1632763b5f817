// The SQL of windows: which rows a window holds, which windows are due. Times are milliseconds since 1970 as BIGINT.
import type { Fields } from '../../define/fields.ts';
import type { Window } from '../../define/relation.ts';
import { quote } from '../database.ts';

/** Tumbling is hopping by its own size. Sessions have no fixed windows. */
export function steps(window: Window): { sizeMs: number; everyMs: number } {
  if (window.kind === 'session') return { sizeMs: window.gapMs, everyMs: 1 };
  return { sizeMs: window.sizeMs, everyMs: window.kind === 'hop' ? window.everyMs : window.sizeMs };
}

/** The start of the last window that a time falls into (rounding down below 1970 too). */
export function windowStart(window: Window, time: string): string {
  if (window.kind === 'session') return time;
  const { everyMs } = steps(window);
  return `(${time} - ((${time} % ${everyMs}) + ${everyMs}) % ${everyMs})`;
}

/**
 * Whether a row is in time: its last window is open at its watermark (a session row: it is not behind the watermark).
 *
 * @param forgottenMs rows before this are not kept any more, so that their windows cannot be given again
 */
export function inTime(window: Window, forgottenMs?: number): string {
  const { sizeMs, everyMs } = steps(window);
  const isOpen = window.kind === 'session' ? '_ts >= _wm' : `${windowStart(window, '_ts')} + ${sizeMs} > _wm`;
  if (forgottenMs === undefined) return isOpen;
  const first = window.kind === 'session' ? '_ts' : `${windowStart(window, '_ts')} - ${sizeMs - everyMs}`;
  return `(${isOpen} and ${first} >= ${forgottenMs})`;
}

/** Columns that the state of a window has beside those of its input. */
export const stateColumns = '_partition integer, _offset bigint, _ts bigint, _wm bigint, _ws bigint';

/** What is due: a range of windows, by their start ($1 exclusive, $2 inclusive), or those listed in a relation. */
export type Due = 'range' | 'listed';

/**
 * The FROM subquery of a windowed stream: the rows of the windows that are due, each with `window_start` and `window_end`.
 * Parameters: $1, $2 the range of window starts (sessions: of window ends); `listed` takes its windows from `due` instead.
 */
export function windowRows(
  window: Window,
  fields: Fields,
  state: string,
  due: string,
  which: Due,
  without: string,
): string {
  const columns = Object.keys(fields).map(quote);
  if (window.kind === 'session') return sessionRows(window, columns, state, due, which, without);
  const { sizeMs, everyMs } = steps(window);
  const chosen = which === 'range' ? 'w > $1 and w <= $2' : `w in (select w from ${due})`;
  const all = [...columns, '_wm'].join(', ');
  return `(select ${[...columns, `make_timestamp_ms(w) as window_start, make_timestamp_ms(w + ${sizeMs}) as window_end`].join(', ')}
    from (select ${all}, ${everyMs === sizeMs ? '_ws as w' : `unnest(range(_ws - ${sizeMs - everyMs}, _ws + 1, ${everyMs})) as w`}
      from ${state} where _ws > $1 and _ws <= $2 + ${sizeMs - everyMs}${without})
    where ${chosen} and w + ${sizeMs} > _wm)`;
}

function sessionRows(
  window: Window & { kind: 'session' },
  columns: string[],
  state: string,
  due: string,
  which: Due,
  without: string,
): string {
  const by = window.by.map(quote).join(', ');
  const chosen =
    which === 'range'
      ? '_end > $1 and _end <= $2'
      : `exists (select 1 from ${due} d where d.w >= _start and d.w < _end) and _end > $1 and _end <= $2`;
  return `(select ${[...columns, 'make_timestamp_ms(_start) as window_start, make_timestamp_ms(_end) as window_end'].join(', ')}
    from (select *, min(_ts) over session as _start, max(_ts) over session + ${window.gapMs} as _end
      from (select *, count(*) filter (_first) over (partition by ${by} order by _ts, _partition, _offset) as _session
        from (select *, coalesce(_ts - lag(_ts) over (partition by ${by} order by _ts, _partition, _offset) >= ${window.gapMs}, true) as _first
          from ${state} where true${without}))
      window session as (partition by ${by}, _session))
    where ${chosen})`;
}

/** The windows that the rows of a relation (with _ts and _wm) fall into, as a query of one column `w`; for sessions the rows' times. */
export function windowsOf(window: Window, relation: string): string {
  if (window.kind === 'session') return `select distinct _ts as w from ${relation}`;
  const { sizeMs, everyMs } = steps(window);
  const start = windowStart(window, '_ts');
  return `select distinct w from (select unnest(range(${start} - ${sizeMs - everyMs}, ${start} + 1, ${everyMs})) as w, _wm from ${relation}) where w + ${sizeMs} > _wm`;
}
