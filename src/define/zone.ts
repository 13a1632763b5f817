// Times of a zone's clocks to moments, by the rules that Intl knows.
import { MillraceError } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';

const dayMs = 86_400_000;
/** Days that are remembered; data lie on far fewer. */
const daysMax = 10_000;
/** The last second that a Date can hold. */
const secondsMax = 8.64e12;

/** A time zone. */
export type Zone = {
  readonly name: string;
  /**
   * The moment at which the zone's clocks show a time, given as milliseconds as if it were in UTC. An hour that is left out when clocks go
   * forward is read as if they had not gone yet; of an hour that comes twice, the first is taken.
   */
  moment(localMs: number): number;
};

const zones = new Map<string, Zone>();

/**
 * The zone of a name of the IANA database, or of an offset such as `+02:00`.
 *
 * @throws OPTION_INVALID with the nearest name
 * @example zoneOf('Europe/Berlin').moment(Date.UTC(2026, 6, 1, 12)) // 10:00 UTC
 */
export function zoneOf(name: string): Zone {
  const zone = zones.get(name) ?? makeZone(name);
  zones.set(name, zone);
  return zone;
}

function makeZone(name: string): Zone {
  const offset = offsetOf(name);
  const days = new Map<number, Clocks>();
  let lastDay = Number.NaN;
  let clocks: Clocks = { before: 0, after: 0, changeMs: Number.POSITIVE_INFINITY };
  return {
    name,
    moment(localMs) {
      const day = Math.floor(localMs / dayMs);
      if (day !== lastDay) {
        clocks = days.get(day) ?? clocksOf(day, offset);
        if (days.size >= daysMax) days.clear();
        days.set(day, clocks);
        lastDay = day;
      }
      const before = localMs - clocks.before;
      if (before < clocks.changeMs) return before;
      const after = localMs - clocks.after;
      // where neither is, clocks have left the time out
      return after >= clocks.changeMs ? after : before;
    },
  };
}

/** What clocks are ahead of UTC, in milliseconds, before and after a change of theirs; where there is none, the change never comes. */
type Clocks = { readonly before: number; readonly after: number; readonly changeMs: number };

/** The clocks on a day that they show, and a day to either side. */
function clocksOf(day: number, offset: (second: number) => number): Clocks {
  let low = ((day - 1) * dayMs) / 1000;
  let high = ((day + 2) * dayMs) / 1000;
  const before = offset(low);
  const after = offset(high);
  if (before === after) return { before, after, changeMs: Number.POSITIVE_INFINITY };
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offset(middle) === before) low = middle;
    else high = middle;
  }
  return { before, after, changeMs: high * 1000 };
}

/** What the clocks of a zone are ahead of UTC, in milliseconds, at a second since 1970. */
function offsetOf(name: string): (second: number) => number {
  const format = formatOf(name);
  return (second) => {
    // the last moments that a Date can hold have no neighbours
    const written = format.format(Math.max(-secondsMax, Math.min(secondsMax, second)) * 1000);
    const [, sign, hours, minutes, seconds = '0'] = /GMT([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(written) ?? [];
    const size = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
    return sign === undefined ? 0 : sign === '-' ? -size : size;
  };
}

function formatOf(name: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' });
  } catch (cause) {
    const names = ['UTC', ...Intl.supportedValuesOf('timeZone')];
    const near = names.find((one) => one.toLowerCase().endsWith(`/${name.toLowerCase()}`)) ?? nearest(name, names);
    throw new MillraceError('OPTION_INVALID', `there is no time zone '${name.slice(0, 80)}'`, {
      place: 'timestamp',
      remedy: near ? `Did you mean '${near}'?` : "Give a name of the IANA database, as 'Europe/Berlin'.",
      cause,
    });
  }
}
