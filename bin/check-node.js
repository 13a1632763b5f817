// Says whether the Node that runs this is new enough; in the JavaScript of 2019, since an old Node has to read it.
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const majorMin = 24;
const self = fileURLToPath(import.meta.url);
const root = dirname(dirname(self));

/** Whether this Node runs TypeScript as it is. */
export function isNewEnough() {
  return Number(process.version.slice(1).split('.')[0]) >= majorMin;
}

/** The pinned Node that `npm ci` puts beside the package, or undefined. */
export function pinnedNode() {
  const path = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  return existsSync(path) ? path : undefined;
}

/** What was found, what is needed and what to do, for a Node that is too old. */
export function tooOld() {
  return [
    `✗ NODE_TOO_OLD  Millrace needs Node ${majorMin} or newer, and this is ${process.version}`,
    `  at   ${process.execPath}`,
    `  fix  Run \`npm ci\` in ${root} without --ignore-scripts: it brings the right Node along.`,
    `       Or install Node ${majorMin} from https://nodejs.org`,
    '',
  ].join('\n');
}

if (process.argv[1] && existsSync(process.argv[1]) && realpathSync(process.argv[1]) === self && !isNewEnough()) {
  process.stderr.write(tooOld());
  process.exitCode = 2;
}
