// What the compiler refuses in routes, and what it infers.
import {
  bool,
  double,
  int,
  json,
  list,
  long,
  oneOf,
  pipeline,
  route,
  table,
  text,
  timestamp,
  topic,
} from '../../src/index.ts';

const ride = topic(
  'ride',
  {
    zone: text(),
    kind: oneOf('a', 'b'),
    fare: double().optional(),
    n: int(),
    at: timestamp(),
    tags: list(text()),
    extra: json().optional(),
    ok: bool(),
  },
  { time: 'at' },
);
const rides = table('rides', ride, { key: 'zone' });
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
export const p = pipeline('p', {
  tables: [rides],
  get: {
    '/fares/:zone': ({ params }) => {
      const x: Same<typeof params.zone, string> = true;
      void x;
      return rides.where({ zone: params.zone, fare: { gt: 3 }, at: { gte: '2020-01-01' } }).last(60);
    },
    '/a/:b/:c': route({ query: { limit: int().optional(), day: timestamp() } }, ({ query, params }) => {
      const a: Same<typeof query.limit, number | undefined> = true;
      void a;
      const d: Date = query.day;
      void d;
      const s: string = params.b + params.c;
      void s;
      // @ts-expect-error no such param
      params.x;
      return { rides: rides.where({ n: query.limit }), s };
    }),
    '/b/:n': route({ params: { n: long() } }, ({ params }) => {
      const n: number | bigint = params.n;
      return { n };
    }),
  },
  post: {
    '/rides': route({ body: ride.fields }, ({ body }) => ride.record(body)),
    '/rides2': async ({ body }) => [ride.record({ zone: String(body), kind: 'a', n: 1, at: 0, tags: [], ok: true })],
  },
});
// @ts-expect-error column
rides.where({ zonee: 'x' });
// @ts-expect-error type
rides.where({ zone: 5 });
// @ts-expect-error type
rides.where({ fare: new Date() });
// @ts-expect-error
rides.where({ tags: 'x' });
rides.where({ extra: null, tags: { ne: null } });
// @ts-expect-error
rides.where({}).order('+zone');
// @ts-expect-error
rides.where({ fare: { like: 'x' } });
