// The contract of a source, on csv, http and simulate.
import { gzipSync } from 'node:zlib';
import { type Clock, virtualClock } from '../../src/core/clock.ts';
import { double, int, text } from '../../src/define/fields.ts';
import * as csv from '../../src/ingest/csv/open.ts';
import * as http from '../../src/ingest/http/open.ts';
import * as simulate from '../../src/ingest/simulate/open.ts';
import { sourceContract } from '../contracts/source.ts';
import { memoryFiles } from './tools.ts';

/** A clock whose time passes as soon as someone waits for it. */
function hastyClock(): Clock {
  const clock = virtualClock(1e12);
  return { ...clock, sleep: (ms) => clock.advance(ms) };
}

const fields = { name: text(), age: int(), score: double().optional() };

const people = Array.from({ length: 40 }, (_, i) => ({ name: `n${i}`, age: i % 10 === 9 ? 'old' : i, score: i / 4 }));

const csvText = `name,age,score\n${people.map((one) => Object.values(one).join()).join('\n')}`;

for (const [name, content] of [
  ['csv', csvText],
  ['csv, compressed by gzip', gzipSync(csvText)],
] as const) {
  sourceContract(name, async () => ({
    ...csv,
    fields,
    // a pace makes small batches, so that there are positions in between
    options: { file: 'people.csv', pace: '400/s' },
    given: { clock: hastyClock(), files: memoryFiles({ 'people.csv': content }) },
    rows: 36,
    refusals: 4,
    replayable: true,
  }));
}

sourceContract('simulate', async () => ({
  ...simulate,
  fields,
  options: {
    seed: 7,
    rate: '400/s',
    count: 40,
    rows: function* () {
      yield* people;
    },
  },
  given: { clock: hastyClock() },
  rows: 36,
  refusals: 4,
  replayable: true,
}));

sourceContract('http', async () => {
  const clock = virtualClock(1e12);
  // the time passes by itself, since the poll waits for the timeout's sleeper only to end it
  const given = {
    clock: {
      ...clock,
      sleep: async (ms: number, signal?: AbortSignal) => (ms < 2000 ? clock.advance(ms) : clock.sleep(ms, signal)),
    },
    lookup: async () => [{ address: '93.184.216.34', family: 4 }],
    fetch: async () => Response.json({ people }),
  };
  return {
    ...http,
    fields,
    options: { url: 'https://example.com/', every: '1s', for: '2s', items: 'people' },
    given,
    rows: 72,
    refusals: 8,
    replayable: false,
  };
});
