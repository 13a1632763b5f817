// A pipeline's own routes: paths, what they take, and the functions that answer them.
import { MillraceError } from '../core/errors.ts';
import type { Fields } from './fields.ts';
import type { Given } from './input.ts';
import { checkOptions, checkValue, objectRule, textRule } from './options.ts';
import type { Read } from './read.ts';
import type { NewRecord } from './record.ts';
import { checkFields } from './topic.ts';

/** The names of the parameters in a path: `'zone' | 'day'` of `'/fares/:zone/:day'`. */
export type PathNames<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? Name | PathNames<`/${Rest}`>
  : Path extends `${string}:${infer Name}`
    ? Name
    : never;

/** What a route declares to take. What does not fit is refused with 400 before its function runs. */
export type RouteInputs = {
  /** One sentence for the OpenAPI document. */
  readonly summary?: string;
  /** Types of parameters of the path; those not named are texts. */
  readonly params?: Fields;
  /** The query string; a name that is not declared is refused. */
  readonly query?: Fields;
  /** A JSON object; a name that is not declared is refused. */
  readonly body?: Fields;
};

type Declared<I extends RouteInputs, Part extends 'params' | 'query' | 'body', Otherwise> = I[Part] extends Fields
  ? Given<I[Part]>
  : Otherwise;

/** What a route's function is given. Without a declared query its values are texts; without a declared body it is the JSON as it came. */
export type RouteRequest<Names extends string, I extends RouteInputs = Record<never, never>> = {
  readonly params: Declared<I, 'params', unknown> & {
    readonly [Name in Exclude<Names, keyof I['params']>]: string;
  };
  readonly query: Declared<I, 'query', Readonly<Record<string, string | undefined>>>;
  readonly body: Declared<I, 'body', unknown>;
};

/** What a route may answer: rows of a table, plain values, and lists and objects of both. */
export type Answer =
  | Read
  | string
  | number
  | bigint
  | boolean
  | Date
  | Uint8Array
  | null
  | readonly Answer[]
  | { readonly [name: string]: Answer | undefined };

/** What a post route may answer: the records to store, or anything that a get route may. */
export type PostAnswer = NewRecord | readonly NewRecord[] | Answer;

/** A route with declared inputs; `route()` makes it. */
export interface Route<Names extends string = string, Given = unknown> {
  readonly noun: 'route';
  readonly inputs: RouteInputs;
  readonly answer: (request: never) => unknown;
  /** Phantom: carries which parameters the path must have, and what comes back; is never there. */
  readonly '~types'?: { readonly names: (names: Names) => void; readonly answer: Given };
}

type Answering<Names extends string, A> = (request: RouteRequest<Names>) => A | Promise<A>;

/** Get routes by path. */
export type GetRoutes<Paths extends string> = {
  readonly [Path in Paths]: Answering<PathNames<Path>, Answer> | Route<PathNames<Path>, Answer>;
};

/** Post routes by path. */
export type PostRoutes<Paths extends string> = {
  readonly [Path in Paths]: Answering<PathNames<Path>, PostAnswer> | Route<PathNames<Path>, PostAnswer>;
};

/** A route of a pipeline as data. Frozen. */
export interface OwnRoute {
  readonly noun: 'route';
  readonly method: 'GET' | 'POST';
  /** As declared: `/fares/:zone`; it is served under `/api`. */
  readonly path: string;
  /** The names of the path's parameters, in order. */
  readonly names: readonly string[];
  readonly inputs: RouteInputs;
  readonly answer: (request: OwnRequest) => unknown;
}

/** What the server gives to a route's function. */
export type OwnRequest = { readonly params: unknown; readonly query: unknown; readonly body: unknown };

/**
 * A route with declared inputs: they are checked, typed, and described in the OpenAPI document.
 *
 * @example
 * route({ query: { line: text().optional(), limit: int().optional() } }, ({ query }) =>
 *   latest.where({ line: query.line }).limit(query.limit ?? 100))
 */
export function route<const I extends RouteInputs, Names extends string, A extends PostAnswer>(
  inputs: I,
  answer: (request: RouteRequest<Names, I>) => A | Promise<A>,
): Route<Names, A> {
  checkValue('route', 'the inputs', inputs, { ...objectRule, says: 'an object, and then the function that answers' });
  return Object.freeze({ noun: 'route', inputs: frozen(inputs), answer });
}

/** A request that a route's function refuses; `refuse()` makes it. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * Refuses a request from within a route's function: it answers a problem with this status (400 to 499, default 400) and message.
 *
 * @example const bus = known.get(params.vehicle) ?? refuse(404, `there is no bus ${params.vehicle}`)
 */
export function refuse(status: number, message: string): never;
export function refuse(message: string): never;
export function refuse(first: number | string, message = ''): never {
  const status = typeof first === 'number' ? first : 400;
  if (!Number.isInteger(status) || status < 400 || status > 499) {
    throw new MillraceError('PIPELINE_INVALID', `refuse(${status}): this is no status of a refusal`, {
      place: 'refuse',
      remedy: 'Give 400 to 499.',
    });
  }
  throw new Refusal(status, typeof first === 'number' ? message : first);
}

/** First segments of paths under /api that are the server's. */
export const ownSegments: readonly string[] = [
  'health',
  'pipelines',
  'topics',
  'tables',
  'query',
  'dead',
  'live',
  'openapi.json',
  'session',
  'models',
  'jobs',
];

const inputRules = { summary: textRule, params: objectRule, query: objectRule, body: objectRule };
const literal = /^[A-Za-z0-9_~.-]+$/;
const parameter = /^:[A-Za-z][A-Za-z0-9_]{0,119}$/;

/**
 * The routes of a pipeline as data.
 *
 * @throws PIPELINE_INVALID for a path that cannot be, NAME_TAKEN for one that is the server's or is there twice
 */
export function routesOf(get: object, post: object): readonly OwnRoute[] {
  const routes = [
    ...Object.entries(get).map(([path, given]) => ownRoute('GET', path, given)),
    ...Object.entries(post).map(([path, given]) => ownRoute('POST', path, given)),
  ];
  const seen = new Map<string, string>();
  for (const one of routes) {
    const shape = shapeOf(one);
    const twin = seen.get(shape);
    if (twin !== undefined) {
      throw new MillraceError('NAME_TAKEN', `'${one.path}' and '${twin}' are the same path`, {
        place: `${one.method} ${one.path}`,
        remedy: 'Leave one of them out.',
      });
    }
    seen.set(shape, one.path);
  }
  return Object.freeze(routes);
}

/** What two routes must not share: the method and the path, whatever its parameters are called. */
export function shapeOf({ method, path }: OwnRoute): string {
  return `${method} ${path.toLowerCase().replace(/:[^/]+/g, ':')}`;
}

function ownRoute(method: 'GET' | 'POST', path: string, given: unknown): OwnRoute {
  const place = `${method} ${path}`;
  const names = checkPath(place, path);
  const isRoute = (given as { noun?: unknown } | null)?.noun === 'route';
  const { inputs, answer } = (isRoute ? given : { inputs: {}, answer: given }) as Pick<OwnRoute, 'inputs' | 'answer'>;
  if (typeof answer !== 'function') {
    throw new MillraceError('PIPELINE_INVALID', 'the route has no function that answers it', {
      place,
      remedy: 'Give ({ params }) => … or route({ query: … }, ({ query }) => …).',
    });
  }
  checkOptions(place, inputs, inputRules);
  for (const part of ['params', 'query', 'body'] as const)
    if (inputs[part]) checkFields(`${place}, ${part}`, inputs[part]);
  const unknown = Object.keys(inputs.params ?? {}).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new MillraceError('PIPELINE_INVALID', `params: the path has no ':${unknown}'`, {
      place,
      remedy: `Name some of: ${names.join(', ') || 'none'}.`,
    });
  }
  if (method === 'GET' && inputs.body) {
    throw new MillraceError('PIPELINE_INVALID', 'a get route has no body', { place, remedy: 'Use query, or post.' });
  }
  return Object.freeze({ noun: 'route', method, path, names: Object.freeze(names), inputs: frozen(inputs), answer });
}

function checkPath(place: string, path: string): string[] {
  const segments = path.split('/').slice(1);
  const wrong = segments.find((one) => !literal.test(one) && !parameter.test(one));
  if (!path.startsWith('/') || wrong !== undefined || !literal.test(segments[0] ?? '')) {
    throw new MillraceError('PIPELINE_INVALID', `'${path}' cannot be a path`, {
      place,
      remedy: "Write it as '/fares/:zone': a name first, then names and parameters.",
    });
  }
  if (ownSegments.includes(segments[0]!.toLowerCase())) {
    throw new MillraceError('NAME_TAKEN', `/api/${segments[0]} is a path of Millrace itself`, {
      place,
      remedy: 'Begin the path with another name.',
    });
  }
  const names = segments.filter((one) => one.startsWith(':')).map((one) => one.slice(1));
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) {
    throw new MillraceError('NAME_TAKEN', `':${twice}' is there twice`, { place, remedy: 'Rename one of them.' });
  }
  return names;
}

function frozen(inputs: RouteInputs): RouteInputs {
  // what is no object is refused by the pipeline, which knows the path
  if (typeof inputs !== 'object' || inputs === null) return inputs;
  const copy = Object.fromEntries(
    Object.entries(inputs).map(([part, given]) => [
      part,
      typeof given === 'object' && given !== null ? Object.freeze({ ...given }) : given,
    ]),
  );
  return Object.freeze(copy);
}
