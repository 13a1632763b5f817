// How fast changes reach browsers: 1,000 live streams on one table, some of them slow, beside bare sockets; and from a POST to the row.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, request, type Server } from 'node:http';
import net, { type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import { positions } from '../examples/bus/generator.ts';
import bus from '../examples/bus/pipeline.ts';
import { open } from '../src/control/open.ts';
import { random } from '../src/core/random.ts';
import { rowToJson } from '../src/core/row-json.ts';
import { makeApp, serve } from '../src/web/server.ts';
import { fakeBackend } from '../test/web/backend.ts';

const clientsCount = 1000;
const slowCount = 50;
const changesPerSecond = 1000;
const commitMs = 20;
const measuredMs = 10_000;
const warmUpMs = 3000;
/** One client in so many looks into each row; the others count. */
const sampled = 50;

/** What the clients saw while they measured; latencies in milliseconds. */
type Seen = { p50: number; p99: number; max: number; messages: number; bytes: number; rows: number };
type Order =
  | { readonly connect: string; readonly clients: number; readonly slow: number }
  | { readonly post: string; readonly perSecond: number }
  | 'measure'
  | 'report';

/** Milliseconds on a clock that all processes of this machine share. */
const sharedMs = () => Number(process.hrtime.bigint() / 1000n) / 1000;
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

if (process.argv[2] === 'clients') clients();
else await main();

async function main(): Promise<void> {
  console.log(
    `${clientsCount.toLocaleString('en')} clients on one table, ${changesPerSecond.toLocaleString('en')} rows changed a second in commits of ${(changesPerSecond * commitMs) / 1000}, pushes every 50 ms; clients in a process of their own\n`,
  );
  console.log(`  ${''.padEnd(34)} commit → client`);
  const limit = await fanOut('limit: bare sockets, the same bytes', bareServer, 0);
  const ours = await fanOut('Millrace', liveServer, 0);
  await fanOut(`Millrace, ${slowCount} of them read slowly`, liveServer, slowCount);
  console.log(
    `\n  Millrace beside the limit: p50 ${(ours.p50 / limit.p50).toFixed(2)}, p99 ${(ours.p99 / limit.p99).toFixed(2)}, processor time per message ${(ours.cpu / limit.cpu).toFixed(2)}\n`,
  );
  await fromPost();
}

type Target = {
  readonly url: string;
  change(rows: readonly Record<string, unknown>[]): void;
  sockets(): Iterable<Socket>;
  close(): Promise<void>;
};

/** What the fan-out of events needs at least: each push is made into bytes once and written to every socket. */
async function bareServer(): Promise<Target> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((_request, response) => {
    response.removeHeader('transfer-encoding');
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.flushHeaders();
    sockets.add(response.socket!);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  let rows: string[] = [];
  let id = 0;
  const timer = setInterval(() => {
    if (rows.length === 0) return;
    const data = `{"rows":[${rows.join()}],"removed":[],"count":${rows.length}}`;
    const bytes = Buffer.from(`event: rows\nid: aabbccddeeff-${++id}\ndata: ${data}\n\n`);
    rows = [];
    for (const socket of sockets) socket.write(bytes);
  }, 50);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    change: (changed) => rows.push(...changed.map((row) => JSON.stringify(rowToJson(row)))),
    sockets: () => sockets,
    async close() {
      clearInterval(timer);
      server.closeAllConnections();
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The whole web server over tables in memory. */
async function liveServer(): Promise<Target> {
  const backend = fakeBackend();
  const app = await makeApp(backend);
  const sockets = new Set<Socket>();
  app.server.on('connection', (socket: Socket) => {
    sockets.add(socket.once('close', () => sockets.delete(socket)));
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  return {
    url: `${url}/api/live/tables/rides`,
    change: (rows) => backend.changeTable('rides', { rows, removed: [], isPartial: false, count: rows.length }),
    sockets: () => sockets,
    close: () => app.close(),
  };
}

async function fanOut(
  name: string,
  start: () => Promise<Target>,
  slow: number,
): Promise<{ p50: number; p99: number; cpu: number }> {
  const target = await start();
  const child = startChild();
  await child.told({ connect: target.url, clients: slow, slow });
  let n = 0;
  const commit = (count: number) => {
    const km = sharedMs();
    const at = new Date();
    const row = () => ({ id: `ride ${n++ % 5000}`, zone: 'Manhattan', km, fare: '12.50', at, driver: null });
    target.change(Array.from({ length: count }, row));
  };
  if (slow > 0) {
    // what the system itself keeps for a connection is full before it is seen who reads slowly
    for (let i = 0; i < 120; i++) {
      commit(900);
      await sleep(60);
    }
  }
  await child.told({ connect: target.url, clients: clientsCount - slow, slow: 0 });
  let began = performance.now();
  let due = 0;
  const timer = setInterval(() => {
    const now = Math.floor(((performance.now() - began) / 1000) * changesPerSecond);
    if (now > due) commit(now - due);
    due = now;
  }, commitMs);
  await sleep(warmUpMs);
  await child.told('measure');
  began = performance.now() - (due / changesPerSecond) * 1000;
  const before = process.cpuUsage();
  const beganMs = performance.now();
  let memory = 0;
  let unsent = 0;
  let most = 0;
  const look = setInterval(() => {
    memory = Math.max(memory, process.memoryUsage.rss());
    const waiting = [...target.sockets()].map((socket) => socket.writableLength);
    unsent = Math.max(
      unsent,
      waiting.reduce((sum, one) => sum + one, 0),
    );
    most = Math.max(most, ...waiting);
  }, 100);
  await sleep(measuredMs);
  // clients that lag behind answer late, and count until then
  const seen = (await child.told('report')) as Seen;
  const seconds = (performance.now() - beganMs) / 1000;
  const { user, system } = process.cpuUsage(before);
  clearInterval(timer);
  clearInterval(look);
  child.end();
  await target.close();
  const rate = (value: number) => Math.round(value / seconds).toLocaleString('en');
  console.log(
    `  ${name.padEnd(36)} ${latency(seen)}   ${rate(seen.messages).padStart(7)} messages/s  ${(seen.bytes / seconds / 1e6).toFixed(0).padStart(4)} MB/s   processor ${(((user + system) / seconds / 1e6) * 100).toFixed(0).padStart(3)} %   memory ${(memory / 1e6).toFixed(0)} MB`,
  );
  if (slow > 0)
    console.log(
      `  ${''.padEnd(36)} waiting in the process for slow ones: ${(most / 1e3).toFixed(0)} kB for one at most, ${(unsent / 1e6).toFixed(1)} MB for all`,
    );
  return { ...seen, cpu: (user + system) / seen.messages };
}

/** From a POST to its row at a live client, through the log, the bus pipeline's SQL and its tables. */
async function fromPost(): Promise<void> {
  const folder = await mkdtemp(join(process.env.MILLRACE_BENCH_FOLDER ?? tmpdir(), 'millrace-live-'));
  const millrace = await open({ folder: join(folder, 'data') });
  const running = await millrace.start([bus], { params: { count: '1' } });
  const served = await serve(millrace.backend(running), { port: 0 });
  const child = startChild();
  await child.told({ connect: `${served.url}/api/live/tables/bus_traffic_processed`, clients: 1, slow: 0 });
  await child.told({ post: `${served.url}/api/topics/bus_positions/records`, perSecond: 1000 });
  await sleep(warmUpMs * 2);
  await child.told('measure');
  const before = process.cpuUsage();
  const beganMs = performance.now();
  await sleep(measuredMs * 2);
  const seen = (await child.told('report')) as Seen;
  const seconds = (performance.now() - beganMs) / 1000;
  const { user, system } = process.cpuUsage(before);
  child.end();
  console.log(
    '1,000 records/s of 17 columns posted in requests of 20, each durable; the bus pipeline with its three tables\n',
  );
  console.log(
    `  ${'POST → row at a live client'.padEnd(36)} ${latency(seen)}   ${Math.round(seen.rows / seconds).toLocaleString('en')} rows/s   processor ${((user + system) / seconds / 1e4).toFixed(0)} %   memory ${(process.memoryUsage.rss() / 1e6).toFixed(0)} MB`,
  );
  await served.close();
  await running.stop(10_000);
  await millrace.close();
  await rm(folder, { recursive: true });
}

function latency({ p50, p99, max }: Seen): string {
  const ms = (value: number) => `${value.toFixed(1).padStart(6)} ms`;
  return `p50 ${ms(p50)}   p99 ${ms(p99)}   max ${ms(max)}`;
}

/** The clients' process. */
function startChild(): { told(order: Order): Promise<unknown>; end(): void } {
  const child = fork(new URL(import.meta.url).pathname, ['clients'], { serialization: 'advanced' });
  return {
    told: (order) =>
      new Promise((resolve, reject) => {
        child.once('message', resolve);
        child.once('exit', (code) => reject(new Error(`the clients ended with ${code}`)));
        child.send(order as object);
      }),
    end() {
      child.removeAllListeners('exit');
      child.kill();
    },
  };
}

/** What runs in the clients' process: does as it is told, and answers. */
function clients(): void {
  let latencies: RecordableHistogram = createHistogram();
  let messages = 0;
  let bytes = 0;
  let rows = 0;
  let opened = 0;

  const read = (socket: Socket, isSampled: boolean) => {
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      for (let at = chunk.indexOf('event: rows'); at >= 0; at = chunk.indexOf('event: rows', at + 11)) messages++;
      if (!isSampled) return;
      text += chunk.toString('latin1');
      const blocks = text.split('\n\n');
      text = blocks.pop()!;
      const now = sharedMs();
      for (const block of blocks) {
        const found = /^event: rows\n.*\ndata: (.*)$/.exec(block);
        if (!found) continue;
        for (const row of (JSON.parse(found[1]!) as { rows: Record<string, unknown>[] }).rows) {
          const sentMs = Number(row.km ?? row.next_stop);
          if (!Number.isFinite(sentMs)) continue;
          rows++;
          latencies.record(Math.max(1, Math.round((now - sentMs) * 1000)));
        }
      }
    });
  };
  const readSlowly = (socket: Socket) => {
    socket.pause();
    setInterval(() => {
      socket.once('data', () => socket.pause());
      socket.resume();
    }, 5000);
  };
  const connect = async (url: string, count: number, slow: number) => {
    for (let i = 0; i < count; i++) {
      const { host, hostname, port, pathname } = new URL(url);
      const socket = net.connect(Number(port), hostname);
      socket.write(`GET ${pathname} HTTP/1.1\r\nhost: ${host}\r\n\r\n`);
      await once(socket, 'data');
      socket.on('error', () => undefined);
      if (i < slow) readSlowly(socket);
      else read(socket, opened++ % sampled === 0);
    }
  };
  const post = (url: string, perSecond: number) => {
    const traffic = positions(random('live'));
    const beganMs = sharedMs();
    let sent = 0;
    setInterval(() => {
      const due = Math.floor(((sharedMs() - beganMs) / 1000) * perSecond);
      for (; sent < due; sent += 20) {
        const records = Array.from({ length: 20 }, () => ({ ...traffic.next().value, next_stop: String(sharedMs()) }));
        const posted = request(url, { method: 'POST', headers: { 'content-type': 'application/json' } }, (answer) => {
          answer.resume();
          if (answer.statusCode !== 200) throw new Error(`a POST was answered by ${answer.statusCode}`);
        });
        posted.end(JSON.stringify(records));
      }
    }, 5);
  };
  const order = async (given: Order): Promise<unknown> => {
    if (given === 'measure') {
      latencies = createHistogram();
      messages = 0;
      bytes = 0;
      rows = 0;
    } else if (given === 'report') {
      const ms = (micros: number) => micros / 1000;
      const at = (percent: number) => ms(latencies.percentile(percent));
      return { p50: at(50), p99: at(99), max: ms(latencies.max), messages, bytes, rows } satisfies Seen;
    } else if ('connect' in given) await connect(given.connect, given.clients, given.slow);
    else post(given.post, given.perSecond);
    return undefined;
  };
  process.on(
    'message',
    (given: Order) => void order(given).then((answer) => process.send!({ answer, ...(answer ?? {}) })),
  );
  process.on('disconnect', () => process.exit());
}
