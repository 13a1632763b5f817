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

/**
 * What a request may do: a poster may only post records to topics that its token names; a reader may read all; a writer may also post
 * records, pause, resume and send dead letters again; an admin may also change the registry's settings.
 */
export type Role = 'poster' | 'reader' | 'writer' | 'admin';

/** All roles, each of which may do what the one before it may, but for the topics of a poster. */
export const roles = ['poster', 'reader', 'writer', 'admin'] as const satisfies readonly Role[];

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The role that a route needs; absent: reader. */
    readonly role?: Role | 'anyone';
    /** Whether it posts records to the topic that its parameter `name` names: a poster of that topic may. */
    readonly isPosting?: boolean;
    /** Parts of the schema that are only shown: the route checks them itself. */
    readonly documented?: Readonly<Record<string, unknown>>;
  }
}

/** What each file of routes gets. */
export type Served = { readonly app: App; readonly backend: Backend };

/** A file of routes. */
export type Routes = (served: Served) => void | Promise<void>;
