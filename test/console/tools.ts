// What the tests of the console share: a browser, a server of its own process, pages that note what goes wrong in them.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, type TestContext } from 'node:test';
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from 'playwright-core';
import { type Cli, root, startCli } from '../e2e/tools.ts';

const browserPath = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** Why these tests are skipped, else false. In continuous integration they are not: there a missing browser fails them. */
const skip =
  existsSync(browserPath) || process.env.CI
    ? false
    : `there is no Chromium at ${browserPath}; the variable CHROMIUM names another`;

/** WebGL, which maps need, is drawn by the processor. */
const browserArguments = [
  '--no-sandbox',
  '--use-gl=angle',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  '--mute-audio',
];

/** Milliseconds that a page may take for what a test waits for: much more than it ever needs. */
export const waitMsMax = 40_000;

/** Starts the browser. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: browserPath, args: browserArguments });
}

export const shopFile = join(root, 'test/console/shop.ts');

/** How the server of a file of tests is started. */
export type Wanted = { readonly files: readonly string[]; readonly words?: readonly string[] };

/** A page, and what went wrong in it so far. */
export type Visit = { readonly page: Page; readonly troubles: string[] };

/** A server and a browser that the tests of a file share; each test has a browser context of its own. */
export class Stage {
  readonly #wanted: Wanted;
  readonly #endings: (() => unknown)[] = [];
  #folder = '';
  #cli: Cli | undefined;
  #browser: Promise<Browser> | undefined;
  url = '';

  constructor(wanted: Wanted) {
    this.#wanted = wanted;
  }

  /** The data folder. */
  get data(): string {
    return join(this.#folder, 'data');
  }

  async begin(prepare?: (stage: Stage) => Promise<void>): Promise<void> {
    const page = join(root, 'console/dist/index.html');
    assert.ok(existsSync(page), 'the console is not built: node bin/build-console.js');
    this.#folder = await mkdtemp(join(tmpdir(), 'millrace-console-'));
    this.#browser = startBrowser();
    // where it does not start that is said below, once the server is there to be ended
    this.#browser.catch(() => undefined);
    await prepare?.(this);
    await this.startServer();
    await this.#browser;
  }

  /** Starts the server; on the same port where it ran before. */
  async startServer(): Promise<void> {
    const port = this.url === '' ? '0' : new URL(this.url).port;
    const words = ['run', ...this.#wanted.files, '--port', port, '--data', this.data, ...(this.#wanted.words ?? [])];
    const cli = startCli({ after: (done) => this.#endings.push(done) }, words);
    this.#cli = cli;
    this.url = await addressOf(cli);
  }

  /** Ends the server at once, as a power cut would. */
  async killServer(): Promise<void> {
    this.#cli?.process.kill('SIGKILL');
    await this.#cli?.ended;
  }

  async end(): Promise<void> {
    await (await this.#browser?.catch(() => undefined))?.close();
    await this.killServer();
    for (const done of this.#endings) done();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** A page in a context of its own, which is closed when the test ends. */
  async visit(t: TestContext, options: BrowserContextOptions = {}): Promise<Visit> {
    const context = await (await this.#browser!).newContext({
      viewport: { width: 1280, height: 860 },
      baseURL: this.url,
      reducedMotion: 'reduce',
      serviceWorkers: 'block',
      ...options,
    });
    t.after(() => context.close());
    context.setDefaultTimeout(waitMsMax);
    await context.addInitScript({ path: join(import.meta.dirname, 'in-page.js') });
    const page = await context.newPage();
    return { page, troubles: watch(page, this.url) };
  }

  /** A page of the console, shown and live. */
  async open(t: TestContext, path: string, options: BrowserContextOptions = {}): Promise<Visit> {
    const visit = await this.visit(t, options);
    await show(visit.page, path);
    return visit;
  }

  /** The JSON that the API answers; a body is posted. */
  async api<T>(path: string, body?: unknown): Promise<T> {
    const init =
      body === undefined
        ? {}
        : { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
    const response = await fetch(new URL(path, this.url), init);
    const text = await response.text();
    assert.equal(response.status, 200, `${path}: ${text}`);
    return JSON.parse(text) as T;
  }

  /** Posts orders of the shop; they are durable then. */
  async order(...orders: readonly Partial<Order>[]): Promise<void> {
    const records = orders.map((one) => ({ ...usual, at: new Date().toISOString(), ...one }));
    const { accepted } = await this.api<{ accepted: number }>('/api/topics/orders/records', records);
    assert.equal(accepted, orders.length);
  }
}

/** A record of the shop's topic. */
export type Order = { id: string; product: string; price: string; buyer: string; note: string; at: string };

const usual = { id: 'order', product: 'bread', price: '3.50', buyer: 'Ann' };

/** Tests that share a server and a browser. `prepare` runs before the server starts. */
export function describeConsole(
  name: string,
  wanted: Wanted & { prepare?: (stage: Stage) => Promise<void>; timeout?: number },
  tests: (stage: Stage) => void,
): void {
  const { prepare, timeout = 300_000 } = wanted;
  describe(name, { skip, timeout }, () => {
    const stage = new Stage(wanted);
    before(() => stage.begin(prepare), { timeout: 60_000 });
    after(() => stage.end(), { timeout: 30_000 });
    tests(stage);
  });
}

/** Goes to a page of the console, and waits until live data has come. */
export async function show(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await page.locator('[data-live=live]:visible').waitFor();
  await page.getByRole('heading', { level: 1 }).waitFor();
}

/** A grid by its label. */
export const grid = (page: Page, label: string): Locator => page.getByRole('grid', { name: label, exact: true });

/** A row of a grid that has this text in one of its cells. */
export const rowOf = (page: Page, label: string, text: string): Locator =>
  grid(page, label)
    .getByRole('row')
    .filter({ has: page.getByRole('gridcell', { name: text, exact: true }) });

/** Resolves once this is on the screen, or gone from it. */
export async function shows(locator: Locator, state: 'visible' | 'hidden' = 'visible'): Promise<void> {
  await locator.waitFor({ state });
}

/** The least contrast of text, as WCAG 2 has it. */
const contrastMin = 4.5;

/** What keeps people from using a page as it is now: nameless controls, headings out of order, faint texts, a page wider than its window. */
export async function faults(page: Page): Promise<string[]> {
  let found: string[] = [];
  // what fades in just now (a hint at the control that has the focus) is looked at again
  for (let look = 0; look === 0 || (found.length > 0 && look < 3); look++) {
    await page.evaluate('look.settled()');
    found = await page.evaluate<string[]>(
      `['unnamed', 'twins', 'headings', 'faint', 'overflow'].flatMap((what) => look[what](${contrastMin}).map((one) => what + ': ' + one))`,
    );
  }
  return found;
}

/** Notes what goes wrong in a page: errors, warnings, requests that fail or go elsewhere. */
function watch(page: Page, url: string): string[] {
  const troubles: string[] = [];
  const home = new URL(url).host;
  page.on('console', (message) => {
    const text = message.text();
    if (!['error', 'warning'].includes(message.type()) || isOfTheDrawer(text)) return;
    troubles.push(`${message.type()}: ${text} (${message.location().url})`);
  });
  page.on('pageerror', (error) => troubles.push(`exception: ${error.stack ?? error.message}`));
  page.on('request', (request) => {
    const to = new URL(request.url());
    if (to.host !== home && !['data:', 'blob:'].includes(to.protocol)) troubles.push(`request to ${request.url()}`);
  });
  page.on('requestfailed', (request) => {
    const why = request.failure()?.errorText ?? '';
    // what a page that is left no longer wants
    if (why !== 'net::ERR_ABORTED') troubles.push(`failed: ${request.url()} ${why}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 400) troubles.push(`${response.status()}: ${response.url()}`);
  });
  return troubles;
}

/** Chromium says so where a map is drawn by the processor. */
function isOfTheDrawer(text: string): boolean {
  return /GL Driver Message|GPU stall due to ReadPixels/.test(text);
}

/** The address that the process says first. */
function addressOf(cli: Cli): Promise<string> {
  return new Promise((resolve, reject) => {
    const look = () => {
      const url = /^Console {2}(http:\/\/127\.0\.0\.1:\d+)/m.exec(cli.error())?.[1];
      if (url !== undefined) resolve(url);
    };
    cli.process.stderr?.on('data', look);
    cli.ended.then(({ code, error }) => reject(new Error(`the server ended with ${code}: ${error}`)));
    look();
  });
}
