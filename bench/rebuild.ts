// How long records wait while a pipeline is made again from its log beside them, and how fast that is: npm run bench -- rebuild [--rows N] [--rate N]
// With --kills N: whether a rebuild that is killed so often ends as a clean run.
import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';
import { areSet, flags, settings } from '../bin/settings.js';

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    rate: { type: 'string', default: '2000' },
    seconds: { type: 'string', default: '20' },
    kills: { type: 'string', default: '0' },
    seed: { type: 'string', default: '1' },
  },
});
const numbers = Object.fromEntries(Object.entries(values).map(([name, text]) => [name, Number(text)])) as Record<
  keyof typeof values,
  number
>;

// as the command runs, so that statements do not wait for a thread
if (!areSet()) {
  const child = spawn(process.execPath, [...flags, ...process.argv.slice(1)], {
    stdio: 'inherit',
    env: { ...settings, ...process.env },
  });
  process.exitCode = await new Promise((resolve) => child.on('exit', resolve));
} else {
  const { measure } = await import('./rebuild/measure.ts');
  await measure(numbers);
}
