// A pipeline whose own routes do all that routes may do, and what they may not; with the rows that they read.
import { MillraceError } from '../../src/core/errors.ts';
import { double, int, list, long, pipeline, refuse, route, table, text, timestamp, topic } from '../../src/index.ts';
import type { StoredRow } from '../../src/store/store.ts';

const buses = topic(
  'buses',
  { vehicle: text(), line: text(), at: timestamp(), delay_s: double().optional(), count: long() },
  { key: 'vehicle', time: 'at' },
);
const alarms = topic('alarms', { id: text() });
const latest = table('latest', buses, { key: 'vehicle' });
const rung = table('rung', alarms, { key: 'id' });
const elsewhere = table('elsewhere', topic('elsewhere', { id: text() }), { key: 'id' });
export const minute = (i: number) => new Date(Date.UTC(2026, 10, 22, 8, i));
export const rows: StoredRow[] = Array.from({ length: 25 }, (_, i) => ({
  vehicle: `v${String(i).padStart(2, '0')}`,
  line: i % 2 ? 'B8' : 'M1',
  at: minute(i),
  delay_s: i === 3 ? null : i * 10,
  count: i === 0 ? 2n ** 60n : i,
}));

let calls = 0;
export const made = pipeline('bus', {
  tables: [latest, rung],
  get: {
    '/all': () => latest.where(),
    '/lines/:line': ({ params }) => latest.where({ line: params.line }).last(3).columns(['vehicle', 'at']),
    '/buses/newest': () => latest.where().last(1),
    '/buses/:vehicle': ({ params }) => latest.where({ vehicle: params.vehicle }).one(),
    '/pages': route(
      { query: { limit: int().optional(), after: text().optional().describe('Where to go on.') } },
      ({ query }) =>
        latest
          .where()
          .order('-line', 'at')
          .limit(query.limit ?? 10)
          .after(query.after),
    ),
    '/echo/:n': route(
      {
        summary: 'Says it again',
        params: { n: long().describe('Any number.') },
        query: { at: timestamp().optional(), lines: list(text()).optional() },
      },
      ({ params, query }) => ({ ...params, ...query }),
    ),
    '/texts': ({ query, params, body }) => ({
      ...query,
      params: Object.keys(params).length,
      hasBody: body !== undefined,
    }),
    '/mixed': async () => ({
      late: latest.where({ delay_s: { gt: 200 } }),
      first: latest.where().first(1).one(),
      list: [latest.where({ line: 'none' }), 1, null, { big: 2n ** 60n, at: minute(0), bytes: Uint8Array.of(1, 2) }],
      missing: undefined,
      nothing: Number.NaN,
    }),
    '/null': () => null,
    '/refused': () => refuse(404, 'there is no bus 7'),
    '/teapot': () => refuse(418, 'short and stout'),
    '/invalid': () => {
      throw new MillraceError('RECORD_INVALID', 'no such day', { place: 'day', remedy: 'Give another one.' });
    },
    '/broken': () => {
      throw new TypeError('x is not a function');
    },
    '/thrown': () => {
      throw 'a text';
    },
    '/untimed': () => rung.where().last(1),
    '/elsewhere': () => elsewhere.where(),
    '/function': () => ({ f: (() => 1) as unknown as null }),
    '/cycle': () => {
      const loop: Record<string, null> = {};
      (loop as Record<string, unknown>).loop = loop;
      return loop;
    },
    '/many': () => Array.from({ length: 101 }, () => latest.where()),
  },
  post: {
    '/buses': route({ body: buses.fields }, ({ body }) => buses.record(body)),
    '/both': route({ body: { id: text() } }, ({ body: { id } }) => [
      alarms.record({ id }),
      buses.record({ vehicle: id, line: 'X', at: 0, count: 1 }),
    ]),
    '/check/:line': ({ body, params }) => ({ body: body as null, line: params.line }),
    '/count': () => ({ calls: ++calls }),
    '/foreign': () => topic('foreign', { id: text() }).record({ id: 'x' }),
    '/inside': () => ({ record: alarms.record({ id: 'x' }) }) as unknown as null,
  },
});
