// Which addresses may be polled: none of this machine, of the local network or of a cloud's metadata, unless allowed.
import { BlockList, isIP } from 'node:net';
import { MillraceError } from '../../core/errors.ts';
import type { SourceContext } from '../source.ts';

/** Ranges that are not of the public internet (IANA special-purpose registries). */
const refused4: readonly (readonly [string, number, string])[] = [
  ['0.0.0.0', 8, 'unspecified'],
  ['10.0.0.0', 8, 'private'],
  ['100.64.0.0', 10, 'shared (carrier-grade NAT)'],
  ['127.0.0.0', 8, 'loopback'],
  ['169.254.0.0', 16, 'link-local (cloud metadata)'],
  ['172.16.0.0', 12, 'private'],
  ['192.0.0.0', 24, 'reserved'],
  ['192.0.2.0', 24, 'documentation'],
  ['192.88.99.0', 24, 'reserved'],
  ['192.168.0.0', 16, 'private'],
  ['198.18.0.0', 15, 'benchmarking'],
  ['198.51.100.0', 24, 'documentation'],
  ['203.0.113.0', 24, 'documentation'],
  ['224.0.0.0', 4, 'multicast'],
  ['240.0.0.0', 4, 'reserved or broadcast'],
];

const refused6: readonly (readonly [string, number, string])[] = [
  ['::1', 128, 'loopback'],
  ['::ffff:0:0', 96, 'IPv4 within IPv6'],
  ['::', 96, 'unspecified or IPv4 within IPv6'],
  ['64:ff9b::', 96, 'NAT64'],
  ['64:ff9b:1::', 48, 'NAT64'],
  ['100::', 64, 'discard-only'],
  ['2001::', 23, 'reserved'],
  ['2001:db8::', 32, 'documentation'],
  ['2002::', 16, '6to4'],
  ['3fff::', 20, 'documentation'],
  ['5f00::', 16, 'reserved'],
  ['fc00::', 7, 'private'],
  ['fe80::', 10, 'link-local'],
  ['fec0::', 10, 'site-local'],
  ['ff00::', 8, 'multicast'],
];

// a list of each family: one list would match IPv4 addresses with ::ffff:0:0/96
const lists = [refused4, refused6].map((ranges, i) =>
  ranges.map(([network, prefix, name]) => {
    const list = new BlockList();
    list.addSubnet(network, prefix, i === 0 ? 'ipv4' : 'ipv6');
    return { list, name };
  }),
);

/** What kind of address it is, where it is not a public one; undefined: public. Anything that is no address counts as refused. */
export function refusedKind(address: string): string | undefined {
  const bare = address.replace(/%.*$/, '');
  const version = isIP(bare);
  if (version === 0) return 'unknown';
  const family = version === 4 ? 'ipv4' : 'ipv6';
  return lists[version === 4 ? 0 : 1]!.find(({ list }) => list.check(bare, family))?.name;
}

/** A URL for people: without name, password, query and fragment, since each may hold a secret. */
export function shown(url: URL): string {
  return `${url.origin === 'null' ? url.protocol : url.origin}${url.pathname}${url.search ? '?…' : ''}`;
}

/** Refuses every scheme but http and https. */
export function checkScheme(url: URL): void {
  if (url.protocol === 'http:' || url.protocol === 'https:') return;
  throw new MillraceError('ADDRESS_REFUSED', `${url.protocol} is not polled`, {
    place: url.protocol,
    remedy: 'Give a URL that begins with https:// or http://.',
  });
}

/**
 * Resolves the host of a URL and refuses it where any of its addresses is not public.
 *
 * @throws ADDRESS_REFUSED; the errors of `lookup`
 */
export async function checkAddress(url: URL, lookup: SourceContext['lookup'], allowPrivate: boolean): Promise<void> {
  checkScheme(url);
  if (allowPrivate) return;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  checkResolved(shown(url), isIP(host) ? [{ address: host }] : await lookup(host));
}

/** Refuses a name of which one address is not public, or that has none; `what` names it for people. */
export function checkResolved(what: string, addresses: readonly { address: string }[]): void {
  if (addresses.length === 0) throw Object.assign(new Error(`${what} has no address`), { code: 'ENOTFOUND' });
  for (const { address } of addresses) {
    const kind = refusedKind(address);
    if (kind === undefined) continue;
    throw new MillraceError('ADDRESS_REFUSED', `${what} has the address ${address}, which is ${kind}`, {
      place: what,
      remedy: 'Poll a public address, or give allowPrivate: true where this one is meant.',
    });
  }
}
