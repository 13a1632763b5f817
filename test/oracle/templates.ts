// The queries that the property test draws from. `$V` stands for the input, under the alias f; `$T` for a table that is looked up.

/** A query. Its columns are n, k, v, tag, s, at, and w where windows stand before it. */
export type Template = {
  readonly text: string;
  readonly isWindowed: boolean;
  /** It is no window itself, and reads a stream over windows. */
  readonly isOverWindows: boolean;
  readonly computesTime: boolean;
  /** It mixes the keys of a window, which no session allows. */
  readonly leavesKey: boolean;
  /** It fails for some rows. */
  readonly fails: boolean;
  /** It sees the order of rows: by event time, then by their place in the log, which one row alone may have. */
  readonly isOrdered: boolean;
  /** It makes several rows of one. */
  readonly fansOut: boolean;
};

const template = (text: string, more: Partial<Template> = {}): Template => ({
  text,
  isWindowed: false,
  isOverWindows: false,
  computesTime: false,
  leavesKey: false,
  fails: false,
  isOrdered: false,
  fansOut: /unnest/.test(text),
  ...more,
});

/** An order in which only rows that are the same are equal. */
const total = 'row(n, "at", k, tag, v, s)';

const values = [
  'sum(v)',
  'min(v)',
  'max(v)',
  'floor(avg(v) * 4) / 4',
  'count(distinct tag)::double',
  "sum(v) filter (where tag = 'x')",
  `arg_max(v, ${total})`,
  'quantile_disc(v, 0.3)',
  'count(distinct f)::double',
  'max(length(to_json(f)::varchar))::double',
];
const tags = [
  'min(tag)',
  `string_agg(tag, '' order by ${total})`,
  `list(tag order by ${total} desc)::varchar`,
  `arg_min(tag, ${total})`,
  'max(to_json(f)::varchar)',
];
const times = ['window_start', 'max("at")', "max(window_end) - interval '1 millisecond'"];
const havings = [
  '',
  '',
  'having sum(v) > 0',
  'having count(*) < 3',
  'having avg(v) < 10',
  'having count(distinct tag) = 1',
];
const groupings = ['k, window_start', 'k, window_start, window_end', '2, 7, window_end', 'f.k, f.window_start'];

const grouped = values.flatMap((value, i) =>
  [0, 1, 2].map((turn) => {
    const at = i + turn;
    return template(
      `select count(*)::int as n, k, ${value} as v, ${tags[(at + turn) % tags.length]} as tag, min(s) as s, ${times[at % times.length]} as "at", window_start as w from $V f group by ${groupings[(at * 3 + turn) % groupings.length]} ${havings[(at + 2 * turn) % havings.length]}`,
      { isWindowed: true },
    );
  }),
);

const all = 'n, k, v, tag, s, "at"';
const windowed = [
  ...grouped,
  template(
    `select count(*)::int as n, min(k) as k, sum(v) as v, max(tag) as tag, min(s) as s, window_start as "at", window_start as w from $V f group by window_start having sum(v) > 0`,
    { leavesKey: true },
  ),
  template(
    `select sum(count(*)) over (partition by window_start)::int as n, k, max(sum(v)) over (partition by window_start) as v, max(tag) as tag, '' as s, window_start as "at", window_start as w from $V f group by k, window_start`,
    { leavesKey: true },
  ),
  template(
    `select count(*)::int as n, coalesce(k, 'all') as k, sum(v) as v, max(tag) as tag, min(s) as s, max("at") as "at", window_start as w from $V f group by grouping sets ((window_start), (window_start, k))`,
    { leavesKey: true },
  ),
  template(
    `select count(*)::int as n, k, sum(v) as v, coalesce(tag, 'all') as tag, min(s) as s, max("at") as "at", window_start as w from $V f group by window_start, k, rollup (tag)`,
  ),
  template(
    `select ${all}, window_start as w from $V f qualify row_number() over (partition by window_start order by v desc nulls last, ${total}) <= 2`,
    { leavesKey: true },
  ),
  template(
    `select ${all}, window_start as w from $V f qualify row_number() over (partition by window_start, k order by v nulls first, ${total}) = 1`,
  ),
  template(
    `select ${all}, window_start as w from $V f window same as (partition by k, window_start) qualify count(*) over same < 3`,
  ),
  template(
    `select n, k, sum(v) over (partition by window_start, k order by ${total}) as v, tag, s, "at", window_start as w from $V f`,
  ),
  template(
    `select n, k, v - lag(v) over (partition by window_start, k order by ${total}) as v, tag, s, "at", window_start as w from $V f where tag <> 'z'`,
  ),
  template(
    `select distinct 0 as n, k, 0.5::double as v, tag, '' as s, window_start as "at", window_start as w from $V f`,
  ),
  template(
    `select distinct on (window_start, k) count(*) over (partition by window_start, k)::int as n, k, max(v) over (partition by window_start, k) as v, min(tag) over (partition by window_start, k) as tag, '' as s, window_start as "at", window_start as w from $V f`,
  ),
  template(
    `select a.n, a.k, b.v, a.tag, b.s, a."at", a.window_start as w from $V a join $V b on a.window_start = b.window_start and a.k = b.k and a.n < b.n`,
  ),
  template(
    `select a.n, k, b.v, a.tag, coalesce(b.s, '') as s, a."at", window_start as w from $V a left join $V b using (window_start, k, tag) where a.n >= coalesce(b.n, 0)`,
  ),
  template(`select ${all}, window_start as w from $V f where v > 0 or tag = 'y'`),
  template(
    `select count(*)::int as n, k, sum(v * z.factor) as v, f.tag, min(s) as s, max("at") as "at", window_start as w from $V f join $T z on z.tag = f.tag group by k, window_start, f.tag`,
  ),
  template(
    `select count(*)::int as n, k, sum(s::double) as v, max(tag) as tag, '' as s, max("at") as "at", window_start as w from $V f group by k, window_start having count(*) > 0`,
    { fails: true },
  ),
  ...[
    `select first(n)::int as n, k, sum(v / 3.0) as v, list(tag)::varchar as tag, last(s) as s, arg_max("at", tag) as "at", window_start as w from $V f group by k, window_start`,
    `select any_value(n)::int as n, k, avg(v / 3.0) as v, string_agg(tag, '' order by v) as tag, mode(s) as s, coalesce(arg_min("at", v), window_start) as "at", window_start as w from $V f group by k, window_start`,
    `select ${all}, window_start as w from $V f qualify row_number() over (partition by window_start, k order by tag) = 1`,
    `select distinct on (window_start, k) ${all}, window_start as w from $V f`,
    `select n, k, lag(v) over (partition by window_start, k order by tag) as v, tag, s, "at", window_start as w from $V f`,
  ].map((text) => template(text, { isOrdered: true })),
].map((one) => ({ ...one, isWindowed: true }));

const plain = [
  template(`select n, k, v * 2 as v, tag, s, "at" from $V f where v > -50`),
  template(`select * from $V f where tag <> 'z'`),
  template(`select n, k, v, tag, s, "at" - to_seconds(n % 3 * 20) as "at" from $V f`, { computesTime: true }),
  template(`select n, k, v, tag, s, time_bucket(interval '10 s', "at") as "at" from $V f where k <> 'b'`, {
    computesTime: true,
  }),
  template(`select n, k, v + unnest(range(n % 3)) as v, tag, s, "at" from $V f`),
  template(`select n, k, v, tag, s, "at" + to_seconds(unnest([40, 0]) * (n % 3)) as "at" from $V f`, {
    computesTime: true,
  }),
  template(`select n, k, v * z.factor as v, f.tag, s, "at" from $V f left join $T z on z.tag = f.tag`),
  template(`select n, f.k, v, to_json(f)::varchar as tag, s, "at" from $V as f semi join $T z on z.tag = f.tag`),
  template(`select n, k, s::double as v, tag, s, "at" from $V f`, { fails: true }),
];

const derived = [
  template(`select ${all}, w from $V f where v > 0`),
  template(`select * from $V f where n < 3`),
  template(`select n + 1 as n, k, v + 1 as v, tag || '!' as tag, s, "at", w from $V f`),
  template(`select n, k, v + unnest(range(n % 3)) as v, tag, s, "at", w from $V f`),
  template(`select n, k, v * z.factor as v, f.tag, s, "at", w from $V f left join $T z on z.tag = f.tag`),
].map((one) => ({ ...one, isOverWindows: true }));

export const templates: readonly Template[] = [...windowed, ...plain, ...derived];
