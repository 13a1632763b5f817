// How long records wait while their pipeline is made again from its log beside them, and how fast that is.
// npm run bench -- rebuild [--pipeline bus|rebuilt] [--rows N] [--rate N] [--seconds N]
// With --kills N [--seed N]: whether a rebuild that is killed at so many moments ends as a clean run.
import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';
import { subjects } from './rebuild/subjects.ts';

const { values } = parseArgs({
  options: {
    pipeline: { type: 'string', default: 'bus' },
    rows: { type: 'string', default: '1000000' },
    rate: { type: 'string', default: '2000' },
    seconds: { type: 'string', default: '20' },
    kills: { type: 'string', default: '0' },
    seed: { type: 'string', default: '1' },
  },
});
type Settings = { areSet(): boolean; flags: string[]; settings: Record<string, string> };
const { areSet, flags, settings } = (await import(String(new URL('../bin/settings.js', import.meta.url)))) as Settings;

// as the command runs, so that statements do not wait for a thread
if (!areSet()) {
  const child = spawn(process.execPath, [...flags, ...process.argv.slice(1)], {
    stdio: 'inherit',
    env: { ...settings, ...process.env },
  });
  process.exitCode = await new Promise((resolve) => child.on('exit', resolve));
} else {
  const subject = subjects[values.pipeline];
  if (!subject)
    throw new Error(`There is no pipeline '${values.pipeline}'. There are: ${Object.keys(subjects).join(', ')}.`);
  const [rows, rate, seconds, kills, seed] = [values.rows, values.rate, values.seconds, values.kills, values.seed].map(
    Number,
  ) as [number, number, number, number, number];
  if (kills) await (await import('./rebuild/kills.ts')).kill(values.pipeline, subject, { rows, rate, kills, seed });
  else await (await import('./rebuild/measure.ts')).measure(subject, { rows, rate, seconds });
}
