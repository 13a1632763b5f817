// The console's session: a browser trades a token for a cookie that scripts cannot read and that can only be used here.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Tokens, TokenView } from './tokens.ts';

/** A session as its cookie holds it, NUMBER.EXPIRES.SIGNATURE: it names a token and is none. `expiresAt` in milliseconds since 1970. */
export function sessionText(tokens: Tokens, tokenId: number, expiresAt: number): string {
  const signed = `${tokenId}.${expiresAt}`;
  return `${signed}.${tokens.sign(signed).toString('base64url')}`;
}

/** The token that a session stands for, while both are valid. */
export function tokenOfSession(tokens: Tokens, text: string, now: number): TokenView | undefined {
  const [, signed = '', id, expires, signature] = /^((\d{1,15})\.(\d{1,16}))\.([\w-]{43})$/.exec(text) ?? [];
  if (signature === undefined) return undefined;
  const given = Buffer.from(signature, 'base64url');
  const wanted = tokens.sign(signed);
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted) || Number(expires) <= now) return undefined;
  return tokens.valid(Number(id));
}

/** The cookie's name: of the data folder, since the cookies of all ports of a host are in one jar. */
export function cookieName(tokens: Tokens): string {
  return `millrace_${createHash('sha256').update(tokens.sign('cookie')).digest('hex').slice(0, 8)}`;
}

/** The cookie with this name in a Cookie header. */
export function cookieOf(header: string | undefined, name: string): string | undefined {
  for (const pair of (header ?? '').split(';')) {
    const at = pair.indexOf('=');
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim();
  }
  return undefined;
}
