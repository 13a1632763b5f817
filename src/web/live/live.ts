// /api/live: changed rows, new records and the pipelines, pushed as server-sent events.
import { randomBytes } from 'node:crypto';
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { systemClock } from '../../core/clock.ts';
import { MillraceError } from '../../core/errors.ts';
import { toJson } from '../../core/row-json.ts';
import type { Condition } from '../../store/store.ts';
import type { Routes } from '../app.ts';
import { readConditions } from '../filters.ts';
import { Filters } from '../parameters.ts';
import { problemOf, problems } from '../problem.ts';
import { EventIds, opening } from './events.ts';
import type { Hub, View } from './hub.ts';
import { Hubs } from './hubs.ts';
import { rowFilter } from './matches.ts';
import { type LiveOptions, liveLimits } from './options.ts';
import { PipelinesHub } from './pipelines.ts';
import { Streams, type Subject } from './streams.ts';

/** What a stream is about, once it is known; `release` is called when it is closed. */
type Found = Subject & { release(): void };

const tags = ['live'];
const description =
  '`ready`: connected, nothing was missed. `reset`: read again what you have read. A client that comes back with `Last-Event-ID` gets what it missed. See docs/reference/live.md.';
const events = {
  description: 'Server-sent events, until either side closes the connection.',
  content: { 'text/event-stream': { schema: Type.String() } },
};
const LastEventId = Type.Optional(
  Type.String({
    description: 'Where to go on: the id of the last event, for clients that cannot send `Last-Event-ID`.',
  }),
);

/** Routes with the default options. */
export const liveRoutes: Routes = (served) => live()(served);

/** The routes of live streams. */
export function live(options: LiveOptions = {}): Routes {
  const clock = options.clock ?? systemClock();
  const limits = { ...liveLimits, ...options.limits };
  const ids = new EventIds(options.run ?? randomBytes(6).toString('hex'));
  return ({ app, backend }) => {
    const hubs = new Hubs({ backend, clock, limits, ids });
    const pipelines = new PipelinesHub(backend, clock, limits.pipelinesMs);
    const streams = new Streams({
      clock,
      limits,
      async heartbeat() {
        pipelines.heartbeat();
        await hubs.heartbeat();
      },
    });
    app.addHook('preClose', async () => {
      streams.close();
      pipelines.close();
      await hubs.close();
    });

    app.get(
      '/api/live/pipelines',
      {
        exposeHeadRoute: false,
        config: { documented: { response: { 200: events, ...problems(400, 503) } } },
        schema: {
          tags,
          operationId: 'watchPipelines',
          summary: 'All pipelines, live',
          description: '`pipelines`: all of them, at once and then twice a second where something changed.',
          querystring: Type.Object({}),
        },
      },
      (_request, reply) =>
        open(reply, async () => {
          pipelines.ready();
          return {
            join: (client) => pipelines.join(client),
            leave: (client) => pipelines.leave(client),
            resume: (client, id) => pipelines.resume(client, id),
            release: () => undefined,
          };
        }),
    );

    app.get(
      '/api/live/tables/:name',
      {
        exposeHeadRoute: false,
        config: { documented: { response: { 200: events, ...problems(400, 404, 503) } } },
        schema: {
          tags,
          operationId: 'watchTable',
          summary: 'Changed and removed rows of a table, live',
          description: `\`rows\`: \`rows\` that were written, as they are now; the keys of rows that were \`removed\` or no longer meet the filter; how many changes (\`count\`) they stand for. ${description}`,
          params: Type.Object({ name: Type.String({ description: "The table's name." }) }),
          querystring: Type.Object({ where: Filters, lastEventId: LastEventId }),
        },
      },
      (request, reply) =>
        open(reply, async () => {
          const { hub, columns, key, release } = await hubs.table(request.params.name);
          try {
            const where = readConditions(request.query, columns);
            const view = { name: nameOf(where), filter: rowFilter(where, columns, key) };
            return { ...subjectOf(hub, view, lastEventId(request)), release };
          } catch (error) {
            release();
            throw error;
          }
        }),
    );

    app.get(
      '/api/live/topics/:name',
      {
        exposeHeadRoute: false,
        config: { documented: { response: { 200: events, ...problems(400, 404, 503) } } },
        schema: {
          tags,
          operationId: 'watchTopic',
          summary: 'New records of a topic, live',
          description: `\`records\`: the newest ones; \`skipped\`: how many before them were left out. ${description}`,
          params: Type.Object({ name: Type.String({ description: "The topic's name." }) }),
          querystring: Type.Object({ lastEventId: LastEventId }),
        },
      },
      (request, reply) =>
        open(reply, async () => {
          const { hub, release } = await hubs.topic(request.params.name);
          return { ...subjectOf(hub, { name: '', filter: undefined }, lastEventId(request)), release };
        }),
    );

    async function open(reply: FastifyReply, find: () => Promise<Found>): Promise<FastifyReply> {
      let leave: () => void;
      try {
        leave = streams.reserve();
      } catch (error) {
        return sendFull(reply, error);
      }
      let found: Found;
      try {
        found = await find();
      } catch (error) {
        leave();
        throw error;
      }
      const closed = () => {
        leave();
        found.release();
      };
      const response = begin(reply);
      if (response) streams.open(response, found, closed);
      else closed();
      return reply;
    }
  };
}

/** Sends the header of a stream; undefined where the client has gone. */
function begin(reply: FastifyReply): ServerResponse | undefined {
  const headers = {
    ...(reply.getHeaders() as OutgoingHttpHeaders),
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    // proxies would gather events before they pass them on
    'x-accel-buffering': 'no',
  };
  reply.hijack();
  const response = reply.raw;
  if (response.destroyed || response.closed) return undefined;
  // the stream ends with the connection: without chunks each event is the same bytes for all clients, in one write
  response.removeHeader('transfer-encoding');
  response.writeHead(200, headers);
  response.write(opening);
  return response;
}

function sendFull(reply: FastifyReply, error: unknown): FastifyReply {
  if (!(error instanceof MillraceError)) throw error;
  return reply
    .code(503)
    .header('retry-after', '10')
    .header('content-type', 'application/problem+json')
    .send(JSON.stringify({ ...problemOf(error), status: 503 }));
}

/** A client of a hub, with its filter. */
function subjectOf(hub: Hub, wanted: Pick<View, 'name' | 'filter'>, since: string | undefined): Subject {
  let view: View | undefined;
  return {
    join(client) {
      view = hub.view(wanted.name, wanted.filter);
      hub.join(view, client, since);
    },
    leave: (client) => view && hub.leave(view, client),
    resume: (client, id) => view && hub.resume(view, client, id),
  };
}

/** The header is of now; the parameter is what a browser that reconnects by itself goes on sending. */
function lastEventId({ headers, query }: FastifyRequest): string | undefined {
  const header = headers['last-event-id'];
  return (typeof header === 'string' && header) || (query as { lastEventId?: string }).lastEventId || undefined;
}

/** The same text for the same filter. */
function nameOf(where: Readonly<Record<string, Condition>>): string {
  const parts = Object.entries(where).map(([column, condition]) => [column, Object.entries(condition).sort()]);
  return JSON.stringify(toJson(parts.sort()));
}
