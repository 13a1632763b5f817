// One poll: a GET with its redirects followed by hand, a time limit and a size limit.
import { MillraceError, messageOf, systemCode } from '../../core/errors.ts';
import type { SourceContext } from '../source.ts';
import { checkAddress, shown } from './address.ts';
import { retryAfterMs } from './backoff.ts';
import type { HttpSettings } from './options.ts';

/** What a poll came to: a body (cut where it is too long), or why there is none. */
export type Answer =
  | { readonly body: Uint8Array; readonly isCut: boolean }
  | { readonly failure: string; readonly isNetwork: boolean; readonly isPassing: boolean; readonly waitMs: number };

const redirectsMax = 5;

/** Bytes that are kept of a body that is too long. */
const keptBytesMax = 65_536;

const passing = new Set([408, 425, 429]);
const redirects = new Set([301, 302, 303, 307, 308]);

/** Polls once. Never throws for what network and server do; only for the address of the option itself. */
export async function poll(options: HttpSettings, context: SourceContext, agent: object | undefined): Promise<Answer> {
  const { clock, signal } = context;
  const stop = new AbortController();
  const done = new AbortController();
  let isLate = false;
  const onAbort = () => stop.abort();
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) stop.abort();
  const late = clock.sleep(options.timeout, done.signal).then(() => {
    if (done.signal.aborted) return;
    isLate = true;
    stop.abort();
  });
  // a fetch that does not mind its signal must not hold the poll
  const aborted = new Promise<never>((_, reject) => {
    const fail = () => reject(new Error('aborted'));
    if (stop.signal.aborted) fail();
    else stop.signal.addEventListener('abort', fail, { once: true });
  });
  aborted.catch(() => {});
  try {
    return await Promise.race([request(options, context, agent, stop.signal), aborted]);
  } catch (error) {
    const refused = addressRefused(error);
    if (refused) return { failure: refused.message, isNetwork: false, isPassing: false, waitMs: 0 };
    const why = isLate ? `did not answer within ${options.timeout} ms` : `could not be reached: ${reasonOf(error)}`;
    return { failure: `${shown(options.url)} ${why}`, isNetwork: true, isPassing: true, waitMs: 0 };
  } finally {
    signal.removeEventListener('abort', onAbort);
    done.abort();
    stop.abort();
    await late;
  }
}

async function request(
  options: HttpSettings,
  { fetch, lookup, clock }: SourceContext,
  agent: object | undefined,
  signal: AbortSignal,
): Promise<Answer> {
  let url = new URL(options.url);
  const headers = new Headers({ accept: 'application/json', ...options.headers });
  if (url.username || url.password) {
    const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    headers.set('authorization', `Basic ${Buffer.from(pair).toString('base64')}`);
  }
  for (let hops = 0; hops <= redirectsMax; hops++) {
    await checkAddress(url, lookup, options.allowPrivate);
    url.username = '';
    url.password = '';
    const init = { headers, redirect: 'manual', signal, ...(agent ? { dispatcher: agent } : {}) };
    const response = await fetch(url.href, init as RequestInit);
    const { status } = response;
    const target = response.headers.get('location');
    if (redirects.has(status) && target !== null && URL.canParse(target, url.href)) {
      await response.body?.cancel();
      const next = new URL(target, url);
      // what the user gave for one origin is not for another
      if (next.origin !== url.origin) {
        for (const name of [...Object.keys(options.headers), 'authorization']) headers.delete(name);
        headers.set('accept', 'application/json');
      }
      url = next;
    } else if (status >= 200 && status < 300) {
      return status === 204 ? { body: Buffer.from('[]'), isCut: false } : await readBody(response, options.bytesMax);
    } else {
      await response.body?.cancel();
      const isPassing = status >= 500 || passing.has(status);
      const waitMs = retryAfterMs(response.headers.get('retry-after'), clock.now()) ?? 0;
      return { failure: `${shown(options.url)} answered ${status}`, isNetwork: false, isPassing, waitMs };
    }
  }
  const failure = `${shown(options.url)} sent on more than ${redirectsMax} times`;
  return { failure, isNetwork: false, isPassing: false, waitMs: 0 };
}

async function readBody(response: Response, bytesMax: number): Promise<Answer> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of response.body ?? []) {
    parts.push(part);
    length += part.length;
    // leaving the loop cancels the rest
    if (length > bytesMax)
      return { body: Buffer.concat(parts).subarray(0, Math.min(bytesMax, keptBytesMax)), isCut: true };
  }
  return { body: Buffer.concat(parts), isCut: false };
}

/** The refusal of an address, also where fetch has wrapped it. */
function addressRefused(error: unknown): MillraceError | undefined {
  for (let one = error; one instanceof Error; one = one.cause)
    if (one instanceof MillraceError && one.code === 'ADDRESS_REFUSED') return one;
  return undefined;
}

/** Why a request failed: the system's code where there is one, since messages of the platform may hold the URL. */
function reasonOf(error: unknown): string {
  for (let one = error; one instanceof Error; one = one.cause) {
    const code = systemCode(one);
    if (code !== undefined) return code;
  }
  return error instanceof TypeError ? 'the connection failed' : messageOf(error).replace(/\S*:\/\/\S*/g, '…');
}
