// Streams that check refuses, and some that look alike and are fine.
import {
  csv,
  double,
  type Fields,
  int,
  long,
  param,
  pipeline,
  sql,
  stream,
  table,
  text,
  timestamp,
  topic,
} from '../../../src/index.ts';

const ride = topic(
  'ride',
  { n: int(), zone: text(), fare: double().optional(), at: timestamp() },
  { key: 'zone', time: 'at' },
);
const plain = topic('plain', { n: int(), name: text() });
// tables with an end are looked up as they are
const zone = topic('zones_in', { id: text(), name: text() }).from(csv({ file: 'zones.csv' }));
const endless = table('endless', topic('endless_in', { id: text(), name: text() }), { key: 'id' });
const zones = table('zones', zone, { key: 'id' });
const least = param('least', double(), { default: 1 });
const one: Fields = { n: int() };
const counted: Fields = { zone: text(), n: long() };
const visit = ride.session('1 minute', { by: ['zone'] });
const visits: Fields = { zone: text(), w: timestamp(), fare: double(), n: long() };
const keyed = table('keyed', topic('keyed_in', { zone: text(), name: text() }).from(csv({ file: 'keyed.csv' })), {
  key: 'zone',
});
const shaped: Fields = { w: timestamp(), x: text().optional() };

/** A pipeline of one stream. */
const of =
  (fields: Fields, query: Parameters<typeof stream>[2], more: readonly ReturnType<typeof table>[] = []) =>
  () =>
    pipeline('cases', {
      tables: [table('out', stream('s', fields, query), { key: Object.keys(fields)[0]! }), ...more],
    });

export const cases = {
  'a filter with a parameter is fine': of(one, sql`select n from ${ride} where fare > ${least}`),
  'a window is fine': of(
    counted,
    sql`select zone, count(*) as n from ${ride.tumble('1 minute')} group by zone, window_start`,
  ),
  'an alias that ends in the name of our schema is fine': of(
    { n: int(), name: text() },
    sql`select domain."n" as n, main."name" as name from ${ride} domain join ${zones} main on main."id" = domain."zone"`,
    [zones],
  ),
  'numbers of every kind are fine': of(
    { n: int(), fare: double().optional() },
    sql`select n, fare * 1.5e0 as fare from ${ride} where fare > 1e3 and fare < 170141183460469231731687303715884105727`,
  ),
  'a WITH over the stream': of(one, sql`with r as (select * from ${ride}) select n from r`),
  'a correlated subquery over a table without an end': of(
    { n: int(), name: text().optional() },
    sql`select n, (select name from ${endless} e where e.id = r.zone) as name from ${ride} r`,
    [endless],
  ),
  'a table without an end, joined by USING': of(
    { n: int(), name: text() },
    sql`select r.n, e.name from ${ride} r join (select id as zone, name from ${endless}) e using (zone)`,
    [endless],
  ),
  'a table without an end is fine where it is joined on something': of(
    { n: int(), name: text() },
    sql`select r.n, e.name from ${ride} r join ${endless} e on e.id = r.zone`,
    [endless],
  ),
  'a regular expression that cannot be read': of(
    { n: int(), zone: text() },
    sql`select n, regexp_extract(zone, '(', 1) as zone from ${ride}`,
  ),
  'a unit of time that is not there, over a window': of(
    { start: timestamp(), n: timestamp() },
    sql`select window_start as start, max(date_trunc('fortnight', "at")) as n from ${ride.tumble('1 minute')} group by window_start`,
  ),
  'an unknown column': of(one, sql`select m as n from ${ride}`),
  'a misspelt column': of(one, sql`select zoen::integer as n from ${ride}`),
  'an unknown function': of(one, sql`select nearest(n) as n from ${ride}`),
  'a field whose name is a word of SQL': of({ n: int(), at: timestamp() }, sql`select n, at from ${ride}`),
  'a syntax error': of(one, sql`select n form ${ride}`),
  'an unknown column in the third line': of(
    one,
    sql`
    select n
    from ${ride}
    where fair > 1 and zone <> 'x'`,
  ),
  'an unknown column before the input, over a window': of(
    counted,
    sql`select zone,
      count(zoom) as n from ${ride.tumble('1 minute')} group by zone, window_start`,
  ),
  'a text in double quotes': of(one, sql`select n from ${ride} where zone = "A"`),
  'an expression of a wrong type': of({ m: int() }, sql`select n * 2.5 as m from ${ride}`),
  'another column of a wrong type': of({ m: int() }, sql`select r.fare as m from ${ride} r`),
  'a wrong type within a star': of(
    { n: long(), zone: int(), fare: double().optional(), at: timestamp() },
    sql`select * from ${ride}`,
  ),
  'an unfinished statement': of(one, sql`select n from ${ride} where`),
  'a wrong type': of({ n: text() }, sql`select n from ${ride}`),
  'a type that loses digits': of({ n: int() }, sql`select fare as n from ${ride}`),
  'a column too few': of({ n: int(), zone: text() }, sql`select n from ${ride}`),
  'a column too many': of(one, sql`select n, zone from ${ride}`),
  'a column without a name': of(one, sql`select n + 1 from ${ride}`),
  'a column twice': of(one, sql`select n, n from ${ride}`),
  'an aggregate without a window': of(counted, sql`select zone, count(*) as n from ${ride} group by zone`),
  'an aggregate without a window or GROUP BY': of({ n: long() }, sql`select count(*) as n from ${ride}`),
  'GROUP BY without window_start': of(
    counted,
    sql`select zone, count(*) as n from ${ride.tumble('1 minute')} group by zone`,
  ),
  'a window without GROUP BY': of({ n: long() }, sql`select count(*) as n from ${ride.tumble('1 minute')}`),
  'HAVING without a window': of({ zone: text() }, sql`select zone from ${ride} group by zone having count(*) > 1`),
  DISTINCT: of({ zone: text() }, sql`select distinct zone from ${ride}`),
  LIMIT: of(one, sql`select n from ${ride} limit 10`),
  'ORDER BY': of(one, sql`select n from ${ride} order by n`),
  'OVER ()': of({ n: long() }, sql`select row_number() over (order by n) as n from ${ride}`),
  QUALIFY: of(one, sql`select n from ${ride} qualify row_number() over (partition by zone order by n) = 1`),
  UNION: of(one, sql`select n from ${ride} union all select n + 1 as n from ${ride}`),
  'random()': of({ n: double() }, sql`select random() as n from ${ride}`),
  'now()': of({ n: timestamp() }, sql`select now()::timestamp as n from ${ride}`),
  current_timestamp: of({ n: timestamp() }, sql`select current_timestamp::timestamp as n from ${ride}`),
  'a sample': of(one, sql`select n from ${ride} using sample 50.5 percent (bernoulli)`),
  'a sample with a seed': of(one, sql`select n from ${ride} using sample reservoir(10 rows) repeatable (1)`),
  'a sample of a table': of(
    { n: int(), name: text() },
    sql`select r.n, z.name from ${ride} r join ${zones} z tablesample 50% on z.id = r.zone`,
    [zones],
  ),
  'the age of one time': of({ n: int(), name: text() }, sql`select n, ride."at".age()::varchar as name from ${ride}`),
  'the age of two times is fine': of(
    { n: int(), name: text() },
    sql`select n, concat(age("at", timestamp '2026-01-01'), ride."at".age(timestamp '2026-01-01')) as name from ${ride}`,
  ),
  'what DuckDB says differs': of(
    { n: text() },
    sql`select concat(uuidv7(), today(), get_current_timestamp(), transaction_timestamp(), txid_current(), nextval('s'), current_connection_id()) as n from ${ride}`,
  ),
  'what DuckDB does not say differs': of(
    { n: text() },
    sql`select concat(version(), current_setting('threads'), current_localtimestamp()) as n from ${ride}`,
  ),
  'a macro over what differs': of({ n: timestamp() }, sql`select ago(interval 1 day)::timestamp as n from ${ride}`),
  'an aggregate of what differs': of(
    { start: timestamp(), n: double() },
    sql`select window_start as start, max(random()) as n from ${ride.tumble('1 minute')} group by window_start`,
  ),
  'a variable of the session': of({ n: text() }, sql`select getvariable('x')::varchar as n from ${ride}`),
  'where a row lies': of({ n: long() }, sql`select rowid as n from ${ride}`),
  'a positional join': of(
    { n: int(), name: text() },
    sql`select r.n, z.name from ${ride} r positional join ${zones} z`,
    [zones],
  ),
  'an error made on purpose is fine': of(
    { n: int() },
    sql`select case when n < 0 then error('less than nothing') else n end::integer as n from ${ride}`,
  ),
  'read_csv()': of(one, sql`select n from ${ride} where n in (select x from read_csv('/etc/passwd') t(x))`),
  'a file as a table': of(one, sql`select n from ${ride} where zone in (select * from '/etc/passwd')`),
  'a setting of the machine': of({ n: text() }, sql`select getenv('HOME') as n from ${ride}`),
  'a table named in the text': of(one, sql`select n from ride`),
  'a table of the engine': of({ n: text() }, sql`select r.zone as n from ${ride} r, meta.progress`),
  'a table of the catalogue': of({ n: text() }, sql`select table_name as n from ${ride}, information_schema.tables`),
  'two statements': of(one, sql`select n from ${ride}; select 1`),
  'a statement that changes': of(one, sql`delete from ${ride}`),
  'a statement that makes': of(one, sql`create table x as select n from ${ride}`),
  'a statement of the system': of(one, sql`copy (select n from ${ride}) to '/tmp/x'`),
  'no FROM': of(one, sql`select 1 as n`),
  'two topics': of(one, sql`select r.n from ${ride} r join ${plain} p on p.n = r.n`),
  'one topic in two views': of(one, sql`select a.n from ${ride} a join ${ride.tumble('1 minute')} b on a.n = b.n`),
  'a view that is written twice is one view': of(
    { n: int(), m: int() },
    sql`select a.n, b.n as m from ${ride.tumble('1 minute')} a join ${ride.tumble('60 s')} b using (window_start)`,
  ),
  'views of a topic that are not the same': of(
    one,
    sql`select a.n from ${ride.tumble('1 minute')} a join ${ride.tumble('2 minutes')} b using (window_start)`,
  ),
  'FROM first is fine, over a view too': of(one, sql`from ${ride.dedupe({ by: ['n'], within: '1 minute' })} select n`),
  'a field that is called as a column of windows': () => {
    const shift = topic('shift', { n: int(), Window_Start: timestamp() }, { time: 'Window_Start' });
    const query = sql`select count(*)::int as n from ${shift.tumble('1 minute')} group by window_start`;
    return pipeline('cases', { tables: [table('out', stream('s', one, query), { key: 'n' })] });
  },
  'a field of a stream that is called as a column of windows': () => {
    const first = stream(
      'first',
      { n: int(), window_end: timestamp() },
      sql`select n, r."at" as window_end from ${ride} r`,
      { time: 'window_end' },
    );
    const query = sql`select count(*)::int as n from ${first.session('1 minute', { by: ['n'] })} group by window_start`;
    return pipeline('cases', { tables: [table('out', stream('s', one, query), { key: 'n' })] });
  },
  'a topic joined with itself': of(one, sql`select a.n from ${ride} a join ${ride} b on a.n = b.n`),
  'a lookup is fine': of(
    { n: int(), name: text() },
    sql`select r.n, z.name from ${ride} r join ${zones} z on z.id = r.zone`,
    [zones],
  ),
  'a right join': of(
    { name: text(), n: int().optional() },
    sql`select z.name, r.n from ${ride} r right join ${zones} z on z.id = r.zone`,
    [zones],
  ),
  'the stream in a subquery of the SELECT': of(
    { n: int() },
    sql`select (select max(n) from ${ride}) as n from ${zones}`,
    [zones],
  ),
  'a window over a window': () => {
    const first = stream(
      'first',
      { minute: timestamp(), n: long() },
      sql`select window_start as minute, count(*) as n from ${ride.tumble('1 minute')} group by all`,
      { time: 'minute' },
    );
    const second = stream(
      'second',
      { hour: timestamp(), n: long() },
      sql`select window_start as hour, sum(n)::bigint as n from ${first.tumble('1 hour')} group by all`,
    );
    return pipeline('cases', { tables: [table('out', second, { key: 'hour' })] });
  },
  'sessions with every change': () => {
    const query = sql`select window_start as at_, count(*) as n from ${ride.session('1 minute', { by: ['zone'] })} group by window_start`;
    const changing = stream('s', { at_: timestamp(), n: long() }, query, { emit: 'change' });
    return pipeline('cases', { tables: [table('out', changing, { key: 'at_' })] });
  },
  'a hidden column': of({ n: long() }, sql`select _offset as n from ${ride}`),
  'an error in the stream before': () => {
    const first = stream('first', { n: int() }, sql`select nothing as n from ${ride}`);
    return pipeline('cases', {
      tables: [table('out', stream('second', one, sql`select n from ${first}`), { key: 'n' })],
    });
  },
  // shapes that see more than one row: fine where each window is by itself
  'the first row of a window is fine: rows are in the order of their times': of(
    shaped,
    sql`select window_start as w, first(n)::text as x from ${ride.tumble('1 minute')} group by 1`,
  ),
  'DISTINCT ON a window is fine': of(
    shaped,
    sql`select distinct on (window_start) window_start as w, zone as x from ${ride.tumble('1 minute')}`,
  ),
  'DISTINCT ON without the window': of(
    shaped,
    sql`select distinct on (zone) window_start as w, zone as x from ${ride.tumble('1 minute')}`,
  ),
  'DISTINCT ON a name that the SELECT list gives to something else': of(
    { ...shaped, window_start: timestamp() },
    sql`select distinct on (window_start) window_start as w, zone as x, date_trunc('hour', window_start) as window_start from ${ride.tumble('1 minute')} r`,
  ),
  'DISTINCT ON the column itself is fine beside that name': of(
    { ...shaped, window_start: timestamp() },
    sql`select distinct on (r.window_start) window_start as w, zone as x, date_trunc('hour', r.window_start) as window_start from ${ride.tumble('1 minute')} r`,
  ),
  'grouping sets of sessions are fine, also where the key is computed under its own name': of(
    visits,
    sql`select coalesce(zone, 'none') as zone, window_start as w, coalesce(fare, 0) as fare, count(*) as n from ${visit} group by grouping sets ((zone, window_start), (zone, window_start, fare))`,
  ),
  'ROLLUP beside the key of a session is fine': of(
    visits,
    sql`select upper(zone) as zone, window_start as w, coalesce(fare, 0) as fare, count(*) as n from ${visit} v group by v.zone, window_start, rollup (fare)`,
  ),
  'grouping sets by names of the SELECT list are fine where no column is called so': of(
    { place: text(), w: timestamp(), fare: double(), n: long() },
    sql`select zone as place, window_start as w, coalesce(fare, 0) as fare, count(*) as n from ${visit} group by grouping sets ((place, w), (place, w, fare))`,
  ),
  'a grouping set without the key of a session': of(
    visits,
    sql`select coalesce(zone, 'all') as zone, window_start as w, 0::double as fare, count(*) as n from ${visit} group by grouping sets ((zone, window_start), (window_start))`,
  ),
  'ROLLUP of the window': of(
    visits,
    sql`select zone, coalesce(window_start, '2024-01-01') as w, 0::double as fare, count(*) as n from ${visit} group by zone, rollup (window_start)`,
  ),
  'a grouping set with the key of another relation in the place of that of the session': of(
    visits,
    sql`select any_value(z.id) as zone, window_start as w, 0::double as fare, count(*) as n from ${visit} v join ${zones} z on z.id <> v.zone group by grouping sets ((v.zone, window_start), (z.id, window_start))`,
    [zones],
  ),
  'a grouping set by a name of the SELECT list that is a column of its own': of(
    { ...shaped, zone: text(), n: text() },
    sql`select window_start as w, zone, 'x' as x, zone as n from ${visit} group by grouping sets ((zone, window_start), (n, window_start))`,
  ),
  'OVER the key of another relation in the place of that of the session': of(
    visits,
    sql`select v.zone, v.window_start as w, 0::double as fare, row_number() over (partition by k.zone, v.window_start order by v.n) as n from ${visit} v join ${keyed} k on k.name = v.zone`,
    [keyed],
  ),
  'a correlated subquery over a table is fine': of(
    shaped,
    sql`select window_start as w, (select max(name) from ${zones} z where z.id = r.zone) as x from ${ride.tumble('1 minute')} r`,
    [zones],
  ),
  'LATERAL over a table is fine': of(
    shaped,
    sql`select window_start as w, z.name as x from ${ride.tumble('1 minute')} r, lateral (select name from ${zones} z where z.id = r.zone) z`,
    [zones],
  ),
  'a natural join of a window with itself is fine': of(
    shaped,
    sql`select a.window_start as w, zone as x from ${ride.tumble('1 minute')} a natural join ${ride.tumble('1 minute')} b`,
  ),
  'an anti join of a window with itself is fine': of(
    shaped,
    sql`select a.window_start as w, a.zone as x from ${ride.tumble('1 minute')} a anti join ${ride.tumble('1 minute')} b on a.window_start = b.window_start and a.n < b.n`,
  ),
  'a named window is fine': of(
    shaped,
    sql`select window_start as w, sum(n) over same::text as x from ${ride.tumble('1 minute')} window same as (partition by window_start)`,
  ),
  'a named window that leaves the window out': of(
    shaped,
    sql`select window_start as w, sum(n) over same::text as x from ${ride.tumble('1 minute')} window same as (partition by zone)`,
  ),
  'a named window that is extended is fine': of(
    shaped,
    sql`select window_start as w, sum(n) over (same order by n)::text as x from ${ride.tumble('1 minute')} window same as (partition by window_start)`,
  ),
  'GROUP BY an expression of window_start': of(
    shaped,
    sql`select time_bucket(interval '1 hour', window_start) as w, count(*)::text as x from ${ride.tumble('1 minute')} group by 1`,
  ),
  'GROUP BY an alias of window_start is fine': of(
    shaped,
    sql`select window_start as w, count(*)::text as x from ${ride.tumble('1 minute')} group by w`,
  ),
  'OVER a window by its end': of(
    shaped,
    sql`select window_start as w, sum(n) over (partition by window_end)::text as x from ${ride.tumble('1 minute')}`,
  ),
  'a window joined with itself by nothing': of(
    shaped,
    sql`select a.window_start as w, a.zone as x from ${ride.tumble('1 minute')} a, ${ride.tumble('1 minute')} b where a.window_start = b.window_start`,
  ),
  'a window joined with itself by OR': of(
    shaped,
    sql`select a.window_start as w, a.zone as x from ${ride.tumble('1 minute')} a join ${ride.tumble('1 minute')} b on a.window_start = b.window_start or a.n = b.n`,
  ),
  'EXISTS over a window': of(
    shaped,
    sql`select window_start as w, zone as x from ${ride.tumble('1 minute')} a where exists (select 1 from ${ride.tumble('1 minute')} b where b.n > a.n)`,
  ),
  'PIVOT of a window': of(
    shaped,
    sql`select w, a::text as x from (pivot (select window_start as w, zone, n from ${ride.tumble('1 minute')}) on zone in ('a') using sum(n) group by w)`,
  ),
  'a recursive WITH beside the stream is fine': of(
    { n: int(), x: text().optional() },
    sql`with recursive r as (select 1 as i union all select i + 1 from r where i < 3) select n, (select sum(i) from r)::text as x from ${ride}`,
  ),
  'a lateral unnest is fine': of(
    { n: int(), x: text().optional() },
    sql`select n, u.q::text as x from ${ride} f, unnest([n, n + 1]) u(q)`,
  ),
};
