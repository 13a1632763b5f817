// Writes generated bus traffic as a CSV file in the layout of the MTA: node examples/bus/write-csv.ts ROWS FILE [SEED]
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { pathToFileURL } from 'node:url';
import { random } from '../../src/core/random.ts';
import { type Position, positions } from './generator.ts';
import { headers } from './layout.ts';

const charactersPerWrite = 256 * 1024;

/**
 * The lines of such a file, without their ends: the header, then so many positions.
 *
 * @example for (const line of lines(positions(random(1)), 3)) console.log(line)
 */
export function* lines(traffic: Iterable<Position>, rows: number): Generator<string> {
  yield Object.values(headers).join(',');
  if (rows === 0) return;
  let left = rows;
  const write = timeWriter();
  for (const one of traffic) {
    const start = `${write(one.recorded_at)},${one.direction},${one.line},${one.origin},${one.origin_latitude},${one.origin_longitude}`;
    const end = `${one.destination},${one.destination_latitude},${one.destination_longitude},${one.vehicle},${one.latitude},${one.longitude}`;
    const expected = one.expected_at === null ? 'NA' : write(one.expected_at);
    yield `${start},${end},${one.next_stop},${one.proximity ?? 'NA'},${one.distance_m ?? 'NA'},${expected},${one.scheduled ?? 'NA'}`;
    if (--left === 0) return;
  }
}

/** Writes a time as `2017-06-01 00:03:34`; remembers the latest ones, since positions of one moment come together. */
function timeWriter(): (ms: number) => string {
  const slots = 1024;
  const times = new Float64Array(slots).fill(Number.NaN);
  const texts = new Array<string>(slots);
  return (ms) => {
    const slot = (ms / 1000) % slots;
    if (times[slot] !== ms) {
      times[slot] = ms;
      texts[slot] = new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
    }
    return texts[slot]!;
  };
}

/**
 * Writes a file of so many rows; the same rows for the same seed, in constant memory.
 *
 * @example await writeCsv(1_000_000, '/tmp/bus.csv')
 */
export async function writeCsv(rows: number, file: string, seed: number | string = 1): Promise<void> {
  const out = createWriteStream(file);
  const done = finished(out);
  let text = '';
  for (const line of lines(positions(random(seed)), rows)) {
    text += `${line}\n`;
    if (text.length < charactersPerWrite) continue;
    if (!out.write(text)) await Promise.race([once(out, 'drain'), done]);
    text = '';
  }
  out.end(text);
  await done;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [rows, file, seed] = process.argv.slice(2);
  if (!rows || !/^\d+$/.test(rows) || !file) {
    console.error('usage: node examples/bus/write-csv.ts ROWS FILE [SEED]');
    process.exitCode = 2;
  } else {
    await writeCsv(Number(rows), file, seed);
  }
}
