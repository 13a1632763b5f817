// Names and addresses: which ones are this machine's own, and whether a page of another site makes the request.
import { isIP } from 'node:net';

/** Whether an address or name to listen on can be reached from this machine only. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '').toLowerCase();
  return name === 'localhost' || name === '::1' || (isIP(name) === 4 && name.startsWith('127.'));
}

/** Whether a name in a Host header can only mean this machine: nobody else can have a name that ends with .localhost. */
export function isLoopbackName(name: string): boolean {
  return isLoopback(name) || name.endsWith('.localhost');
}

/** The name in a Host header, without its port and without brackets; undefined where it is none. */
export function nameOf(host: string | undefined): string | undefined {
  const found = /^(?:\[([0-9a-f:.]+)\]|([^\s:/@[\]]+))(?::\d{1,5})?$/i.exec(host ?? '');
  return (found?.[1] ?? found?.[2])?.toLowerCase();
}

/** Whether a text names a proxy: an address, or a network as `10.0.0.0/8`. One of all addresses would believe everybody. */
export function isProxyName(text: string): boolean {
  const [, address = '', bits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const version = isIP(address);
  if (version === 0) return false;
  return bits === undefined || (Number(bits) >= 1 && Number(bits) <= (version === 4 ? 32 : 128));
}

/** What tells where a request comes from. */
export type Origins = {
  readonly host: string | undefined;
  readonly origin: string | undefined;
  /** Sec-Fetch-Site: says whether the page that asks is of this site, where the browser tells. */
  readonly site: string | undefined;
  /** Sec-Fetch-Mode */
  readonly mode: string | undefined;
};

/**
 * Whether a page of another site makes the request: by Sec-Fetch-Site where the browser sends it, else by Origin. Programs send neither.
 * A link that leads here is none: it opens the console and changes nothing.
 */
export function isForeign(
  { host, origin, site, mode }: Origins,
  isSafe: boolean,
  hosts: ReadonlySet<string>,
  origins: ReadonlySet<string>,
): boolean {
  if (origin !== undefined) {
    const from = /^https?:\/\/([^/]+)$/.exec(origin)?.[1];
    const isOwn = from !== undefined && (from === host || hosts.has(from));
    return !isOwn && !origins.has(origin);
  }
  if (site === undefined || site === 'same-origin' || site === 'none') return false;
  return !(isSafe && mode === 'navigate');
}
