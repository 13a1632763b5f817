// How long it takes from a POST to the row on the screen, at 1,000 records a second: a server, a poster and a Chromium with the table
// open, each a process of its own. npm run bench screen, or node bench/screen.ts [SECONDS] [RECORDS A SECOND]
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, get, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import { chromium, type Page } from 'playwright-core';
import { open } from '../src/control/open.ts';
import { serveRunning } from '../src/control/serve.ts';
import { long, pipeline, sql, stream, table, text, timestamp, topic } from '../src/index.ts';

/** So many that each row of the grid changes about once a second: what the screen shows is not replaced before it is seen. */
const sensors = 1000;
const batchRecords = 10;
const tickMs = 5;
const warmUpMs = 3000;
const settleMs = 2000;

const measured = topic('measured', { sensor: text(), n: long(), celsius: long(), at: timestamp() }, { key: 'sensor' });
const readings = stream('readings', measured.fields, sql`select sensor, n, celsius, "at" from ${measured}`);
const screen = pipeline('screen', { tables: [table('latest', readings, { key: 'sensor' })] });

if (process.argv[2] === 'serve') await server(process.argv[3]!);
else await main(Number(process.argv[2] ?? 30), Number(process.argv[3] ?? 1000));

/** What runs in the server's process, until its parent lets go of it. */
async function server(folder: string): Promise<void> {
  const millrace = await open({ folder });
  const running = await millrace.start([screen]);
  const served = await serveRunning(millrace, running, { folder, port: 0 });
  process.send!(served.url);
  await once(process, 'disconnect');
  await served.close();
  await running.stop(10_000);
  await millrace.close();
}

/** When something was sent and seen, by the number of the record, in milliseconds since 1970 on the clock of this machine. */
type Times = { [n: number]: number };

async function main(seconds: number, perSecond: number): Promise<void> {
  const folder = await mkdtemp(join(process.env.MILLRACE_BENCH_FOLDER ?? tmpdir(), 'millrace-screen-'));
  const child = fork(new URL(import.meta.url).pathname, ['serve', folder]);
  const [url] = (await once(child, 'message')) as [string];
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox'],
  });
  try {
    const poster = startPosting(url, perSecond);
    await poster.once;
    const page = await browser.newPage({ viewport: { width: 1280, height: 1000 } });
    await page.goto(`${url}/tables/latest`);
    await page.locator('[data-live=live]:visible').waitFor();
    await page.locator('[aria-rowindex="2"]').waitFor();
    await page.evaluate(watching());
    const heard = listen(`${url}/api/live/tables/latest`);
    await sleep(warmUpMs);

    const first = poster.sent.count;
    await sleep(seconds * 1000);
    const last = poster.sent.count;
    await sleep(settleMs);
    const seen = await page.evaluate<{ dom: Times; painted: Times; replaced: number[]; rows: number }>('seen()');
    await poster.stop();
    heard.close();

    const skew = await clockSkewMs(page);
    const within = (n: number) => n >= first && n < last;
    const spans = (times: Times) => spansOf(poster.sent.times, times, within);
    const dom = spans(seen.dom);
    const replaced = seen.replaced.filter(within).length;
    console.log(
      `${perSecond.toLocaleString('en')} records/s for ${seconds} s: half of them one by one, half in requests of ${batchRecords}, each durable; ${sensors} rows, of which ${seen.rows} are in the grid\n`,
    );
    print('POST → durable answer', spans(poster.answered));
    print('POST → event at a plain client', spans(heard.times));
    print('POST → row in the page', dom);
    print('POST → painted', spans(seen.painted));
    const sent = ((last - first) / seconds).toFixed(0);
    console.log(
      `\n  ${sent} records/s were sent, ${poster.failed()} requests failed. The grid takes live rows in a few times a second, so that it can be read.` +
        `\n  Of the records whose row was in the grid ${dom.count.toLocaleString('en')} were seen; ${replaced} never were, since newer ones took their place.` +
        `\n  The clocks of browser and poster differ by ${skew.toFixed(1)} ms.`,
    );
  } finally {
    await browser.close();
    child.disconnect();
    await once(child, 'exit');
    await rm(folder, { recursive: true });
  }
}

/** Posts records with numbers from 0 on; `once` resolves when each sensor has had one. */
function startPosting(url: string, perSecond: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: 128 });
  const sent: { times: Times; count: number } = { times: [], count: 0 };
  const answered: Times = [];
  let failed = 0;
  let open = 0;
  const post = (numbers: readonly number[]) => {
    const now = clockMs();
    const at = new Date().toISOString();
    for (const n of numbers) sent.times[n] = now;
    const records = numbers.map((n) => ({
      sensor: `s${String(n % sensors).padStart(4, '0')}`,
      n,
      celsius: n % 37,
      at,
    }));
    const headers = { 'content-type': 'application/json' };
    open++;
    const posted = request(`${url}/api/topics/measured/records`, { method: 'POST', agent, headers }, (answer) => {
      answer.resume().on('end', () => {
        open--;
        if (answer.statusCode !== 200) failed++;
        else for (const n of numbers) answered[n] = clockMs();
      });
    });
    posted.on('error', () => {
      open--;
      failed++;
    });
    posted.end(JSON.stringify(numbers.length === 1 ? records[0] : records));
  };
  const beganMs = performance.now();
  let batch: number[] = [];
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - beganMs) / 1000) * perSecond);
    for (; sent.count < due; sent.count++) {
      if (sent.count % 2 === 0) post([sent.count]);
      else if (batch.push(sent.count) === batchRecords) {
        post(batch);
        batch = [];
      }
    }
  }, tickMs);
  return {
    sent,
    answered,
    failed: () => failed,
    once: sleep((sensors / perSecond) * 1000 + 1000),
    async stop() {
      clearInterval(timer);
      while (open > 0) await sleep(10);
      agent.destroy();
    },
  };
}

/** A plain client of the live stream. */
function listen(url: string) {
  const times: Times = [];
  let rest = '';
  const asked = get(url, { headers: { accept: 'text/event-stream' } }, (answer) => {
    answer.setEncoding('utf8').on('data', (chunk: string) => {
      const now = clockMs();
      const blocks = (rest + chunk).split('\n\n');
      rest = blocks.pop()!;
      for (const block of blocks) {
        const data = /^event: rows\n(?:.*\n)?data: (.*)$/m.exec(block)?.[1];
        if (data === undefined) continue;
        for (const { n } of (JSON.parse(data) as { rows: { n: number }[] }).rows) times[n] ??= now;
      }
    });
  });
  asked.on('error', () => undefined);
  return { times, close: () => asked.destroy() };
}

/**
 * Runs in the page: notes when each number comes into the second column of the grid, and when it has been painted; and which numbers
 * the page's own stream brought for rows of the grid without their ever being shown.
 */
function watching(): string {
  return `(() => {
  const now = () => performance.timeOrigin + performance.now();
  const grid = document.querySelector('[role=grid]');
  const dom = {}, painted = {};
  let fresh = [];
  const numberIn = (node) => {
    const cell = (node.nodeType === 1 ? node : node.parentElement)?.closest('[aria-colindex="2"]');
    const n = Number(cell?.textContent.replace(/\\D/g, ''));
    if (!cell || cell.role === 'columnheader' || n in dom) return;
    dom[n] = now();
    fresh.push(n);
  };
  new MutationObserver((changes) => {
    for (const change of changes) {
      numberIn(change.target);
      for (const node of change.addedNodes) {
        numberIn(node);
        if (node.nodeType === 1) for (const cell of node.querySelectorAll('[aria-colindex="2"]')) numberIn(cell);
      }
    }
    const shown = fresh;
    fresh = [];
    if (shown.length === 0) return;
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => { for (const n of shown) painted[n] = now(); };
      port2.postMessage(0);
    });
  }).observe(grid, { subtree: true, childList: true, characterData: true });
  globalThis.seen = () => {
    const keys = [...grid.querySelectorAll('[aria-colindex="1"]')].map((cell) => /^s(\\d+)$/.exec(cell.textContent)?.[1]).filter(Boolean).map(Number);
    const numbers = Object.keys(dom).map(Number);
    const newest = Math.max(...numbers), oldest = Math.min(...numbers);
    const replaced = [];
    for (const key of keys) for (let n = key; n <= newest; n += ${sensors}) if (n > oldest && !(n in dom)) replaced.push(n);
    return { dom, painted, replaced, rows: keys.length };
  };
})()`;
}

/** How far the browser's clock is ahead of this process's: from the quickest of some questions. */
async function clockSkewMs(page: Page): Promise<number> {
  let best = { took: Number.POSITIVE_INFINITY, skew: 0 };
  for (let i = 0; i < 50; i++) {
    const asked = clockMs();
    const there = await page.evaluate<number>('performance.timeOrigin + performance.now()');
    const took = clockMs() - asked;
    if (took < best.took) best = { took, skew: there - asked - took / 2 };
  }
  return best.skew;
}

function spansOf(from: Times, to: Times, isWanted: (n: number) => boolean): RecordableHistogram {
  const spans = createHistogram();
  for (const [key, at] of Object.entries(to)) {
    const n = Number(key);
    if (isWanted(n)) spans.record(Math.max(1, Math.round((at - from[n]!) * 1000)));
  }
  return spans;
}

function print(name: string, spans: RecordableHistogram): void {
  const ms = (micros: number) => `${(micros / 1000).toFixed(1).padStart(7)} ms`;
  console.log(
    `  ${name.padEnd(32)} p50 ${ms(spans.percentile(50))}   p99 ${ms(spans.percentile(99))}   max ${ms(spans.max)}   ${spans.count.toLocaleString('en').padStart(7)} records`,
  );
}

function clockMs(): number {
  return performance.timeOrigin + performance.now();
}

function sleep(ms: number): Promise<unknown> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
