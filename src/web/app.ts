// The web server's frame: Fastify with TypeBox types, and what each file of routes is given.
import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyTypeProvider,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { Static, TSchema } from 'typebox';
import type { Backend } from './backend.ts';

/** Types of requests and answers from their TypeBox schemas. */
export interface TypeBoxProvider extends FastifyTypeProvider {
  readonly validator: this['schema'] extends TSchema ? Static<this['schema']> : unknown;
  readonly serializer: this['schema'] extends TSchema ? Static<this['schema']> : unknown;
}

/** Fastify as all routes see it. */
export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxProvider
>;

/** What a request may do: a writer may also post records, pause, resume and send dead letters again; an admin may also change the registry's settings. */
export type Role = 'reader' | 'writer' | 'admin';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The role that a route needs; absent: reader. */
    readonly role?: Role | 'anyone';
    /** Parts of the schema that are only shown: the route checks them itself. */
    readonly documented?: Readonly<Record<string, unknown>>;
  }
}

/** What each file of routes gets. */
export type Served = { readonly app: App; readonly backend: Backend };

/** A file of routes. */
export type Routes = (served: Served) => void | Promise<void>;
