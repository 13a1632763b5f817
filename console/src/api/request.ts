// One request to the API: JSON out, JSON in, and every failure an ApiError that carries what happened and what to do.
import type { Problem } from '../../../src/web/schemas.ts';
import { jsonText, parseJson } from '../kit/json.ts';

/** What the API answered instead of what was asked for. `problem.remedy` says what to do next. */
export class ApiError extends Error {
  readonly problem: Problem;
  /** The whole answer, where it has more than a problem. */
  readonly body: unknown;

  constructor(problem: Problem, body?: unknown) {
    super(problem.title);
    this.name = 'ApiError';
    this.problem = problem;
    this.body = body;
  }
}

/** The problem of anything that was thrown. */
export function problemOf(error: unknown): Problem {
  if (error instanceof ApiError) return error.problem;
  const title = error instanceof Error ? error.message : String(error);
  return {
    type: 'about:blank',
    title,
    status: 0,
    code: 'CONSOLE',
    remedy: 'Reload the page; if it stays, it is a bug.',
  };
}

/** Whether the server did not answer at all. */
export function isUnreachable(error: unknown): boolean {
  return error instanceof ApiError && error.problem.code === 'UNREACHABLE';
}

/** Values of a query string; those undefined are left out, arrays are repeated. */
export type QueryValues = Record<string, string | number | boolean | readonly string[] | undefined>;

/** `/api/topics/rides?limit=5`: the path with its parts and values encoded. */
export function address(parts: readonly string[], values: QueryValues = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) continue;
    if (Array.isArray(value)) for (const one of value) query.append(name, String(one));
    else query.append(name, String(value));
  }
  const text = query.toString();
  return `/${parts.map(encodeURIComponent).join('/')}${text ? `?${text}` : ''}`;
}

/**
 * The JSON at this address.
 *
 * @throws ApiError; code UNREACHABLE where the server does not answer
 */
export async function request<T>(url: string, init: RequestInit = {}): Promise<T> {
  let response: Response;
  try {
    response = await fetch(url, {
      credentials: 'same-origin',
      ...init,
      headers: { accept: 'application/json', ...init.headers },
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiError({
      type: 'about:blank',
      title: 'Millrace does not answer.',
      status: 0,
      code: 'UNREACHABLE',
      remedy: 'See whether it still runs (millrace start), then try again.',
    });
  }
  if (response.status === 204) return undefined as T;
  const text = await response.text();
  const body = parse(text);
  if (response.ok && body !== undefined) return body as T;
  throw new ApiError(isProblem(body) ? body : unexplained(response, text), body);
}

/** Whether anything answers at the server's address, whatever it says. */
export async function serverAnswers(): Promise<boolean> {
  try {
    await fetch('/api/health', { credentials: 'same-origin', cache: 'no-store' });
    return true;
  } catch {
    return false;
  }
}

/** Posts a value as JSON. */
export function send<T>(url: string, value: unknown, init: RequestInit = {}): Promise<T> {
  return request<T>(url, {
    method: 'POST',
    body: jsonText(value),
    ...init,
    headers: { 'content-type': 'application/json', ...init.headers },
  });
}

function parse(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

function isProblem(body: unknown): body is Problem {
  return typeof body === 'object' && body !== null && 'title' in body && 'code' in body;
}

function unexplained(response: Response, text: string): Problem {
  return {
    type: 'about:blank',
    title: response.ok ? 'The answer is not JSON.' : `The server answered ${response.status} ${response.statusText}.`,
    status: response.status,
    code: 'UNEXPLAINED',
    ...(text.length > 0 && text.length < 300 && !text.startsWith('<') ? { detail: text } : {}),
    remedy: 'Look at the log of millrace start for the reason.',
  };
}
