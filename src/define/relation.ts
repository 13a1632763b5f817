// What may stand in a FROM clause: a topic, stream or table, perhaps seen through a window or without its duplicates.
import { type Duration, durationMs } from '../core/durations.ts';
import { MillraceError } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';
import type { Fields } from './fields.ts';
import { checkOptions, durationRule, textRule, textsRule, wholeRule } from './options.ts';
import type { Stream } from './stream.ts';
import type { Table } from './table.ts';
import type { Topic } from './topic.ts';

/** How rows are grouped by event time. Sizes in milliseconds; `zone`: the clock on which windows of whole days start, absent: UTC. */
export type Window =
  | { readonly kind: 'tumble'; readonly sizeMs: number; readonly zone?: string }
  | { readonly kind: 'hop'; readonly sizeMs: number; readonly everyMs: number; readonly zone?: string }
  | { readonly kind: 'session'; readonly gapMs: number; readonly by: readonly string[] };

/** Rows whose `by` fields equal those of a row kept less than `withinMs` (milliseconds of event time) away are left out. */
export type Dedupe = { readonly by: readonly string[]; readonly withinMs: number };

/** Rows come with the rows before them that have the same `by` fields, `count` of them, in the order of the log. */
export type Previous = { readonly by: readonly string[]; readonly count: number };

/** Rows are joined with those of another topic or stream that happened at most so long before or after them, milliseconds of event time. */
export type Within = { readonly beforeMs: number; readonly afterMs: number };

/** A view of a topic or stream for a FROM clause. Frozen. */
export interface Relation<F extends Fields = Fields> {
  readonly noun: 'relation';
  readonly of: Topic | Stream | Table;
  readonly window: Window | undefined;
  readonly dedupe: Dedupe | undefined;
  readonly previous?: Previous;
  readonly within?: Within;
  /** The name under which a query knows it where it gives none. Absent: its own. */
  readonly as?: string;
  /** Phantom: carries the fields' types, is never there. */
  readonly '~fields'?: F;
}

/** The views that a topic or a stream with a time column offers. */
export interface Windowed<F extends Fields> {
  /**
   * Windows of one size that do not overlap; adds the columns `window_start` and `window_end`. With `zone`, windows of whole days start at
   * midnight there: a day on which the clock is moved has 23 or 25 hours.
   *
   * @throws OPTION_INVALID
   * @example sql`select zone, window_start as minute, count(*) as rides from ${ride.tumble('1 minute')} group by all`
   * @example meter.tumble('1 day', { zone: 'Europe/Berlin' })
   */
  tumble(size: Duration, options?: { zone?: string }): Relation<F>;
  /** Windows of one size, one starting every `every`: a row is in size / every of them; adds `window_start`, `window_end`. `zone`: as of `tumble`. */
  hop(size: Duration, options: { every: Duration; zone?: string }): Relation<F>;
  /** Windows of activity: rows with the same `by` fields less than `gap` apart; adds `window_start`, `window_end` (last row + gap). */
  session(gap: Duration, options: { by: readonly (keyof F & string)[] }): Relation<F>;
}

/** What a topic or stream offers to those who read it in SQL. */
export interface Readable<F extends Fields> extends Windowed<F> {
  /**
   * Leaves out a row whose `by` fields equal those of a row kept less than `within` of event time before or after it.
   * The view can be windowed in turn.
   */
  dedupe(options: { by: readonly (keyof F & string)[]; within: Duration }): Relation<F> & Windowed<F>;
  /**
   * Each row with the row before it that has the same `by` fields, in the order of the log: as the column `previous`, missing for the first.
   * With `count: 3` there are `previous_2` and `previous_3`, too.
   *
   * @throws OPTION_INVALID, PIPELINE_INVALID
   * @example sql`select device, "at" from ${reading.previous({ by: ['device'] })} where celsius > 80 and previous.celsius <= 80`
   */
  previous(options: { by: readonly (keyof F & string)[]; count?: number }): Relation<F>;
  /**
   * The rows to join another topic or stream with: those that happened at most so long before or after a row of it. The other one stands
   * first in the FROM clause; both have an event time.
   *
   * @throws OPTION_INVALID, PIPELINE_INVALID
   * @example sql`select o.id, p.paid from ${order} o left join ${payment.within('10 minutes')} p on p.order_id = o.id`
   * @example payment.within({ before: '1 minute', after: '1 hour' })
   */
  within(span: Duration | { before: Duration; after: Duration }): Relation<F>;
}

/** Makes the views of a topic or stream; `self` is called late, since the definition is still being made. */
export function readable<F extends Fields>(self: () => Topic<F> | Stream<F>): Readable<F> {
  return {
    ...windowed(self, undefined),
    dedupe: (options) => deduped(self, options),
    previous: (options) => previous(self(), options),
    within: (span) => within(self(), span),
  };
}

/** The most rows before a row that it can come with. */
const previousMax = 20;

function previous<F extends Fields>(
  owner: Topic<F> | Stream<F>,
  options: { by: readonly (keyof F & string)[]; count?: number },
): Relation<F> {
  checkOptions(placeOf(owner), options, { by: textsRule, count: wholeRule(1, previousMax) }, 'previous');
  checkBy(owner, 'previous', options.by);
  const taken = Object.keys(owner.fields).find((name) => /^previous(_\d+)?$/i.test(name));
  if (taken !== undefined)
    throw new MillraceError('NAME_INVALID', `field '${taken}' is called as the column that previous() adds`, {
      place: placeOf(owner),
      remedy: 'Give the field another name.',
    });
  const { by, count = 1 } = options;
  return view(owner, { previous: Object.freeze({ by: Object.freeze([...by]), count }) });
}

function within<F extends Fields>(
  owner: Topic<F> | Stream<F>,
  span: Duration | { before: Duration; after: Duration },
): Relation<F> {
  needTime(owner, 'within');
  if (typeof span === 'object')
    checkOptions(placeOf(owner), span, { before: durationRule, after: durationRule }, 'within');
  const { before, after } = typeof span === 'object' ? span : { before: span, after: span };
  const ms = (option: string, text: Duration) => Math.round(durationMs(text, `${placeOf(owner)}, ${option}`));
  return view(owner, { within: Object.freeze({ beforeMs: ms('before', before), afterMs: ms('after', after) }) });
}

function view<F extends Fields>(of: Topic<F> | Stream<F>, more: { previous?: Previous; within?: Within }): Relation<F> {
  return Object.freeze({
    noun: 'relation' as const,
    of: of as Topic | Stream,
    window: undefined,
    dedupe: undefined,
    ...more,
  });
}

function deduped<F extends Fields>(
  self: () => Topic<F> | Stream<F>,
  options: { by: readonly (keyof F & string)[]; within: Duration },
): Relation<F> & Windowed<F> {
  const owner = self();
  checkOptions(placeOf(owner), options, { by: textsRule, within: durationRule }, 'dedupe');
  needTime(owner, 'dedupe');
  checkBy(owner, 'dedupe', options.by);
  const dedupe = Object.freeze({
    by: Object.freeze([...options.by]),
    withinMs: positiveMs(owner, 'within', options.within),
  });
  return Object.freeze({
    noun: 'relation' as const,
    of: owner as Topic | Stream,
    window: undefined,
    dedupe,
    ...windowed(self, dedupe),
  });
}

function windowed<F extends Fields>(self: () => Topic<F> | Stream<F>, dedupe: Dedupe | undefined): Windowed<F> {
  function view(window: Window): Relation<F> {
    needTime(self(), window.kind);
    return Object.freeze({ noun: 'relation', of: self() as Topic | Stream, window: Object.freeze(window), dedupe });
  }
  return {
    tumble(size, options = {}) {
      checkOptions(placeOf(self()), options, { zone: textRule }, 'tumble');
      const sizeMs = positiveMs(self(), 'size', size);
      return view({ kind: 'tumble', sizeMs, ...zoneOf(self(), options.zone, { size: sizeMs }) });
    },
    hop(size, options) {
      checkOptions(placeOf(self()), options, { every: durationRule, zone: textRule }, 'hop');
      const { every } = options;
      const sizeMs = positiveMs(self(), 'size', size);
      const everyMs = positiveMs(self(), 'every', every);
      if (sizeMs % everyMs !== 0 || sizeMs / everyMs > 1000) {
        throw new MillraceError(
          'OPTION_INVALID',
          `hop('${size}', { every: '${every}' }): the size must be a multiple of every, 1,000 times at most`,
          {
            place: `${self().noun} '${self().name}'`,
            remedy: 'Choose a size that is a whole multiple of every.',
          },
        );
      }
      return view({ kind: 'hop', sizeMs, everyMs, ...zoneOf(self(), options.zone, { size: sizeMs, every: everyMs }) });
    },
    session(gap, options) {
      checkOptions(placeOf(self()), options, { by: textsRule }, 'session');
      const { by } = options;
      checkBy(self(), 'session', by);
      return view({ kind: 'session', gapMs: positiveMs(self(), 'gap', gap), by: Object.freeze([...by]) });
    },
  };
}

const dayMs = 86_400_000;

/** A zone that is there, for windows of whole days. */
function zoneOf(
  owner: { noun: string; name: string },
  zone: string | undefined,
  sizes: Readonly<Record<string, number>>,
): { zone?: string } {
  if (zone === undefined) return {};
  const invalid = (message: string, remedy: string) =>
    new MillraceError('OPTION_INVALID', message, { place: placeOf(owner), remedy });
  const odd = Object.entries(sizes).find(([, ms]) => ms % dayMs !== 0);
  if (odd)
    throw invalid(
      `zone: '${zone}' is given, and the ${odd[0]} of the windows is not a number of whole days`,
      'Leave zone out: hours and minutes start at the same moment everywhere. Or choose days.',
    );
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
  } catch {
    const near = nearest(zone, Intl.supportedValuesOf('timeZone'));
    throw invalid(
      `zone: there is no time zone '${zone}'`,
      near === undefined ? "Give a name as 'Europe/Berlin'." : `Perhaps you mean '${near}'.`,
    );
  }
  return { zone };
}

function placeOf({ noun, name }: { noun: string; name: string }): string {
  return `${noun} '${name}'`;
}

function needTime(owner: { noun: string; name: string; time: string | undefined }, what: string): void {
  if (owner.time === undefined) {
    throw new MillraceError(
      'PIPELINE_INVALID',
      `${owner.noun} '${owner.name}' has no time column, so ${what} cannot be used`,
      {
        place: `${owner.noun} '${owner.name}'`,
        remedy: "Name a timestamp field in its options: { time: 'at' }.",
      },
    );
  }
}

function checkBy(
  owner: { noun: string; name: string; fields: Fields },
  what: string,
  by: readonly string[] = [],
): void {
  const unknown = by.find((name) => !Object.hasOwn(owner.fields, name));
  if (unknown !== undefined || by.length === 0) {
    throw new MillraceError(
      'PIPELINE_INVALID',
      unknown === undefined ? `${what}: by is empty` : `${what}: there is no field '${unknown}'`,
      {
        place: `${owner.noun} '${owner.name}'`,
        remedy: `Name one or more of: ${Object.keys(owner.fields).join(', ')}.`,
      },
    );
  }
}

function positiveMs(owner: { noun: string; name: string }, option: string, text: Duration): number {
  const ms = durationMs(text, `${owner.noun} '${owner.name}', ${option}`);
  if (ms < 1) {
    throw new MillraceError('OPTION_INVALID', `${option}: '${text}' is too short`, {
      place: `${owner.noun} '${owner.name}'`,
      remedy: 'Give at least 1 ms.',
    });
  }
  return Math.round(ms);
}
