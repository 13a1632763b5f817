// Sends requests from a process of its own, the paths of one connection in turns; prints what autocannon found. Called by bench/requests.ts.
import { readFileSync } from 'node:fs';

/** What is sent: `paths` by all connections, each beginning at another one. */
export type Shots = {
  readonly url: string;
  readonly paths: readonly string[];
  readonly body?: string;
  readonly atOnce: number;
  readonly seconds: number;
};

/** The part of autocannon, which has no types of its own, that is used here. */
type Fire = (options: {
  readonly url: string;
  readonly connections: number;
  readonly duration: number;
  readonly setupClient: (client: { setRequests(requests: readonly object[]): void }) => void;
}) => Promise<Record<'latency' | 'requests' | 'non2xx' | 'errors', unknown>>;

const program: string = 'autocannon';
const { default: autocannon } = (await import(program)) as { readonly default: Fire };
const shots = JSON.parse(readFileSync(0, 'utf8')) as Shots;
let connections = 0;
const { latency, requests, non2xx, errors } = await autocannon({
  url: shots.url,
  connections: shots.atOnce,
  duration: shots.seconds,
  setupClient(client) {
    const from = Math.floor((connections++ * shots.paths.length) / shots.atOnce);
    const paths = [...shots.paths.slice(from), ...shots.paths.slice(0, from)];
    const post = { method: 'POST', body: shots.body!, headers: { 'content-type': 'application/json' } } as const;
    client.setRequests(paths.map((path) => (shots.body === undefined ? { path } : { path, ...post })));
  },
});
console.log(JSON.stringify({ latency, requests, non2xx, errors }));
