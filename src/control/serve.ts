// Serves what runs in an open data folder: chooses the port, sees to the tokens, and opens the web server.
import { createServer } from 'node:net';
import { join } from 'node:path';
import { MillraceError, messageOf, systemCode } from '../core/errors.ts';
import type { AccessOptions } from '../web/access/guard.ts';
import { isLoopback, isProxyName } from '../web/access/hosts.ts';
import { openTokens, type Tokens } from '../web/access/tokens.ts';
import type { Served } from '../web/server.ts';
import type { ConsoleOptions } from '../web/static.ts';
import type { Millrace, Running } from './millrace.ts';
import { open } from './open.ts';
import { nodeFiles } from './system.ts';

/** How to serve. */
export type ServingOptions = Pick<AccessOptions, 'allowHosts' | 'origins' | 'requestsPerMinute' | 'proxies'> & {
  /** The data folder, whose tokens are asked for. Absent: there are no tokens. */
  readonly folder?: string;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** This one and no other; 0: any free one. Default: the first free one of 4000 to 4019. */
  readonly port?: number;
  /** Ask for tokens on loopback too. */
  readonly requireTokens?: boolean;
  readonly console?: ConsoleOptions;
  /** Called with failures that are bugs. */
  readonly notice?: (text: string) => void;
};

/** What has been seen to before the pipelines start, so that nothing runs where it cannot be served. */
export interface Serving {
  /** Opens the web server. @throws PORT_TAKEN */
  serve(millrace: Millrace, running: Running): Promise<Address>;
  /** Closes it, where it is open, and ends all its connections. */
  close(): Promise<void>;
}

/** Where the web server listens. */
export type Address = {
  /** `http://127.0.0.1:4000` */
  readonly url: string;
  /** What is worth saying beside it: that the usual port was taken. */
  readonly remark: string | undefined;
};

const portDefault = 4000;
const portLast = 4019;

/**
 * Serves pipelines that run.
 *
 * @throws FORBIDDEN, PORT_TAKEN
 * @example const served = await serveRunning(millrace, running, { folder: '.millrace', port: 0 })
 */
export async function serveRunning(
  millrace: Millrace,
  running: Running,
  options: ServingOptions = {},
): Promise<Served> {
  const serving = await prepareServing(options);
  try {
    const { url } = await serving.serve(millrace, running);
    return { url, close: () => serving.close() };
  } catch (error) {
    await serving.close();
    throw error;
  }
}

/**
 * Checks that it can be served, before anything runs.
 *
 * @throws FORBIDDEN where tokens are needed and there are none; PORT_TAKEN; USAGE where the address is not this machine's, or one of a proxy is none
 */
export async function prepareServing(options: ServingOptions): Promise<Serving> {
  const { folder, host = '127.0.0.1', port, allowHosts = [], proxies = [], requireTokens = false } = options;
  checkProxies(proxies);
  const tokens = folder === undefined ? undefined : openTokens(join(folder, 'control.db'));
  try {
    // what is reached under another name, or through a proxy, is reached from elsewhere
    const needsTokens = requireTokens || !isLoopback(host) || allowHosts.length > 0 || proxies.length > 0;
    if (needsTokens && !tokens?.hasValid()) throw noTokens(options, host);
    if (port !== undefined && !(await isFree(host, port))) throw portTaken(host, String(port));
    const access: AccessOptions = { ...options, ...(tokens ? { tokens } : {}), needsTokens };
    let served: Served | undefined;
    return {
      async serve(millrace, running) {
        const { serve } = await import('../web/server.ts');
        const backend = millrace.backend(running);
        const found = await firstFree(host, port, (one) => serve(backend, { ...options, host, port: one, access }));
        served = found.served;
        return { url: served.url, remark: remarkOf(host, port, found.port) };
      },
      async close() {
        await served?.close();
        tokens?.close();
      },
    };
  } catch (error) {
    tokens?.close();
    throw error;
  }
}

/** The tokens of a data folder, which is made where there is none. @throws DATA_VERSION, DATA_IN_USE, STORE_UNAVAILABLE */
export async function folderTokens(folder: string): Promise<Tokens> {
  if (!(await nodeFiles().exists(join(folder, 'millrace.json')))) await (await open({ folder })).close();
  return openTokens(join(folder, 'control.db'));
}

async function firstFree(
  host: string,
  wanted: number | undefined,
  listen: (port: number) => Promise<Served>,
): Promise<{ served: Served; port: number }> {
  if (wanted !== undefined) return { served: await listen(wanted), port: wanted };
  for (let port = portDefault; port <= portLast; port++) {
    if (!(await isFree(host, port))) continue;
    try {
      return { served: await listen(port), port };
    } catch (error) {
      // another process was faster
      if (!(error instanceof MillraceError && error.code === 'PORT_TAKEN')) throw error;
    }
  }
  throw portTaken(host, `${portDefault} to ${portLast}`);
}

async function isFree(host: string, port: number): Promise<boolean> {
  const probe = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      probe.once('error', reject).listen({ host, port, exclusive: true }, resolve);
    });
    return true;
  } catch (error) {
    const code = systemCode(error);
    if (code === 'EADDRINUSE') return false;
    const isAddress = code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAI_AGAIN';
    throw new MillraceError(
      'USAGE',
      isAddress ? `${host} is no address of this machine` : `port ${port} of ${host}: ${messageOf(error)}`,
      {
        place: isAddress ? `--host ${host}` : `--port ${port}`,
        remedy: isAddress
          ? 'Give an address of this machine, or 0.0.0.0 for all of them.'
          : 'Give another port with --port; those below 1024 need rights of their own.',
        cause: error,
      },
    );
  } finally {
    await new Promise((resolve) => probe.close(resolve));
  }
}

function portTaken(host: string, ports: string): MillraceError {
  return new MillraceError(
    'PORT_TAKEN',
    ports.includes(' ') ? `ports ${ports} are in use` : `port ${ports} is in use`,
    {
      place: host,
      remedy: 'Give another one with --port (0 takes any free one), or end what uses it.',
    },
  );
}

function checkProxies(proxies: readonly string[]): void {
  const wrong = proxies.find((one) => !isProxyName(one));
  if (wrong === undefined) return;
  throw new MillraceError('USAGE', `'${wrong}' names no proxy`, {
    place: `--trust-proxy ${wrong}`,
    remedy: 'Give its address, or its network: 127.0.0.1, 10.0.0.0/8, ::1.',
  });
}

function noTokens(
  { folder = '.millrace', allowHosts = [], proxies = [], requireTokens }: ServingOptions,
  host: string,
): MillraceError {
  const option = !isLoopback(host)
    ? `--host ${host}`
    : requireTokens
      ? '--require-tokens'
      : allowHosts.length > 0
        ? `--allow-host ${allowHosts[0]}`
        : `--trust-proxy ${proxies[0]}`;
  return new MillraceError('FORBIDDEN', 'others could reach this server, and the data folder has no valid token', {
    place: option,
    remedy: `Make one first: millrace token create --role admin --data ${folder}`,
  });
}

function remarkOf(host: string, wanted: number | undefined, port: number): string | undefined {
  const remarks = [
    ...(wanted === undefined && port !== portDefault ? [`port ${portDefault} is in use`] : []),
    ...(isLoopback(host) ? [] : [`on ${host === '0.0.0.0' || host === '::' ? 'all addresses' : host}, with tokens`]),
  ];
  return remarks.length > 0 ? remarks.join('; ') : undefined;
}
