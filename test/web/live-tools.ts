// A server of live streams alone, with limits and a clock of the test, and a client that reads them event by event.
import { type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import fastify from 'fastify';
import { type VirtualClock, virtualClock } from '../../src/core/clock.ts';
import type { App } from '../../src/web/app.ts';
import type { Backend, TableChange } from '../../src/web/backend.ts';
import { live } from '../../src/web/live/live.ts';
import type { LiveOptions } from '../../src/web/live/options.ts';
import { readParameters } from '../../src/web/parameters.ts';
import { sendProblem } from '../../src/web/problem.ts';
import { type FakeBackend, fakeBackend } from './backend.ts';
import { start } from './data.ts';

/** A server that listens. */
export type LiveServer = AsyncDisposable & {
  readonly url: string;
  /** Bytes that wait to be sent to the client that has most of them. */
  unsent(): number;
  close(): Promise<void>;
};

/** An event as it came; a comment has the name `:`. */
export type LiveEvent = { readonly event: string; readonly id: string | undefined; readonly data: unknown };

export async function liveServer(backend: Backend, options: LiveOptions): Promise<LiveServer> {
  const app: App = fastify({ forceCloseConnections: true });
  app.setErrorHandler((error, _request, reply) => sendProblem(reply, error));
  app.addHook('preValidation', readParameters);
  await live({ run: 'run', ...options })({ app, backend });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const sockets = new Set<Socket>();
  app.server.on('connection', (socket: Socket) => sockets.add(socket));
  const unsent = () => Math.max(0, ...[...sockets].map((socket) => socket.writableLength));
  const close = () => app.close();
  return { url, unsent, close, [Symbol.asyncDispose]: close };
}

/** A stream that is read. */
export class LiveClient implements Disposable {
  readonly response: IncomingMessage;
  readonly #events: LiveEvent[] = [];
  #waiting: (() => void) | undefined;
  #parts: string[] = [];
  #isClosed = false;

  constructor(response: IncomingMessage) {
    this.response = response;
    response.setEncoding('utf8');
    response.on('data', (text: string) => this.#read(text));
    response.resume();
    response.on('error', () => undefined);
    response.on('close', () => {
      this.#isClosed = true;
      this.#waiting?.();
    });
  }

  /** The next event; undefined when the stream has ended. */
  async next(): Promise<LiveEvent | undefined> {
    while (this.#events.length === 0 && !this.#isClosed) {
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
    }
    return this.#events.shift();
  }

  /** What has come and was not taken yet. */
  get waiting(): number {
    return this.#events.length;
  }

  close(): void {
    this.response.destroy();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #read(text: string): void {
    const isEnd = text.includes('\n\n') || (text.startsWith('\n') && this.#parts.at(-1)?.endsWith('\n'));
    this.#parts.push(text);
    if (!isEnd) return;
    const blocks = this.#parts.join('').split('\n\n');
    this.#parts = [blocks.pop()!];
    for (const block of blocks) {
      const of = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
      const data = of('data');
      const event = of('event') ?? (block.startsWith(':') ? ':' : undefined);
      if (event !== undefined) this.#events.push({ event, id: of('id'), data: data && JSON.parse(data) });
    }
    this.#waiting?.();
  }
}

/** Opens a stream; whatever the status is. */
export function connect(url: string, headers: Record<string, string> = {}): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request(url, { headers, agent: false }, resolve).on('error', reject).end();
  });
}

/** Opens a stream and reads it. */
export async function listen(url: string, lastEventId?: string): Promise<LiveClient> {
  const headers: Record<string, string> = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
  return new LiveClient(await connect(url, headers));
}

/** Moves the clock on, in steps, until something that the other side of a connection does has come true. */
export async function advanceUntil(clock: VirtualClock, ms: number, isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await clock.advance(ms);
}

/** A row of the table `rides`. */
export const ride = (id: string, km = 1, zone = 'A') => ({
  id,
  zone,
  km,
  fare: null,
  at: new Date(start),
  driver: null,
});
/** The same row as it is sent. */
export const sent = (id: string, km = 1, zone = 'A') => ({ ...ride(id, km, zone), at: '2026-11-22T08:00:00.000Z' });
/** A commit that wrote these rows. */
export const change = (...rows: TableChange['rows'][number][]): TableChange => ({
  rows,
  removed: [],
  isPartial: false,
  count: rows.length,
});
/** A commit that removed the rows of these keys. */
export const removal = (...ids: string[]): TableChange => ({
  rows: [],
  removed: ids.map((id) => ({ id })),
  isPartial: false,
  count: 0,
});
/** A commit of which not all is known. */
export const partial: TableChange = { rows: [], removed: [], isPartial: true, count: 0 };
/** The data of an event with these rows; `removed`: the ids of rows that are gone. */
export const told = (rows: object[], removed: string[] = [], count = rows.length + removed.length) => ({
  rows,
  removed: removed.map((id) => ({ id })),
  count,
});

/** Runs a test with a server whose clock stands still. */
export async function withServer(
  run: (parts: {
    backend: FakeBackend;
    url: string;
    clock: ReturnType<typeof virtualClock>;
    open: (path: string, lastEventId?: string) => Promise<LiveClient>;
    close: () => Promise<void>;
  }) => Promise<void>,
  options: LiveOptions = {},
  overrides: Parameters<typeof fakeBackend>[0] = {},
): Promise<void> {
  const backend = fakeBackend(overrides);
  const clock = virtualClock(start);
  await using server = await liveServer(backend, { clock, ...options });
  const clients: LiveClient[] = [];
  try {
    await run({
      backend,
      url: server.url,
      clock,
      async open(path, lastEventId) {
        const client = await listen(`${server.url}/api/live/${path}`, lastEventId);
        clients.push(client);
        return client;
      },
      close: () => server.close(),
    });
  } finally {
    for (const client of clients) client.close();
  }
}
