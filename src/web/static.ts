// The console's files: hashed ones for ever, the page itself asked for anew each time, and the page for every address of the console.
import { stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { FastifyRequest } from 'fastify';
import type { App } from './app.ts';

/** Where the console is, and whether somebody is building it. */
export type ConsoleOptions = {
  /** Default: console/dist of this package. */
  readonly folder?: string;
  readonly isBuilding?: () => boolean;
};

/** Where `node bin/build-console.js` puts the console. */
export const consoleFolder = fileURLToPath(new URL('../../console/dist', import.meta.url));

const pageHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'self'",
    "script-src 'self'",
    // the libraries of charts and grids put measures into style attributes
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "worker-src 'self' blob:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; '),
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'same-origin',
};

/** What is never a page of the console. */
const notPages = /^(api\/|registry(\/|$)|metrics(\/|$))/;

/** Serves the console: its files, and its page at every other address that a browser opens. */
export async function consoleFiles(app: App, options: ConsoleOptions = {}): Promise<void> {
  const { folder = consoleFolder, isBuilding = () => false } = options;
  await app.register(fastifyStatic, {
    root: folder,
    serve: false,
    preCompressed: true,
    cacheControl: false,
    suppressWarning: true,
  });

  app.get('/*', { config: { role: 'anyone' }, schema: { hide: true } }, async (request, reply) => {
    const path = (request.params as { '*': string })['*'];
    if (notPages.test(path)) return reply.callNotFound();
    if (await isFile(folder, path)) {
      // Vite puts the hash of the content into the names in assets/
      const isHashed = path.startsWith('assets/');
      reply.headers(pageHeaders);
      reply.header('cache-control', isHashed ? 'public, max-age=31536000, immutable' : 'no-cache');
      return reply.sendFile(path);
    }
    if (path.startsWith('assets/') || !wantsPage(request)) return reply.callNotFound();
    reply.headers(pageHeaders);
    if (await isFile(folder, 'index.html')) return reply.header('cache-control', 'no-cache').sendFile('index.html');
    return reply.code(503).type('text/html; charset=utf-8').send(missingPage(isBuilding()));
  });
}

async function isFile(folder: string, path: string): Promise<boolean> {
  if (path === '' || path.includes('\0')) return false;
  const full = join(folder, path);
  if (!full.startsWith(folder + sep)) return false;
  return (await stat(full).catch(() => undefined))?.isFile() ?? false;
}

/** A browser that opens an address says that it takes HTML; a program that asks for nothing in particular gets the page at / only. */
function wantsPage({ headers, url }: FastifyRequest): boolean {
  const accept = headers.accept ?? '*/*';
  return accept.includes('text/html') || (url.split('?')[0] === '/' && accept.includes('*/*'));
}

function missingPage(isBuilding: boolean): string {
  const text = isBuilding
    ? '<h1>The console is being built</h1><p>This takes about half a minute, once. The page opens by itself.</p>'
    : '<h1>The console is not built</h1><p>Build it, then load this page again:</p><pre>node bin/build-console.js</pre>';
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
${isBuilding ? '<meta http-equiv="refresh" content="3">\n' : ''}<title>Millrace</title>
<style>body { font: 16px/1.5 system-ui, sans-serif; max-width: 36rem; margin: 15vh auto; padding: 0 1.5rem } h1 { font-size: 1.3rem }</style>
${text}
<p>The API works: <a href="/api/health">/api/health</a>, <a href="/api/openapi.json">/api/openapi.json</a>.</p>
</html>
`;
}
