// The console on this machine: built in the background where it is missing, opened in the browser where that is wished.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A build of the console, where it is not there. */
export interface ConsoleBuild {
  /** Begins it, in the background; nothing where the console is there, or cannot be built here. */
  begin(): void;
  isBuilding(): boolean;
  /** Ends it: the next start begins anew. */
  stop(): void;
}

const isWindows = process.platform === 'win32';
const root = fileURLToPath(new URL('../..', import.meta.url));

/** Builds the console where it is not there and the tools for it are. */
export function buildConsole(notice: (text: string) => void): ConsoleBuild {
  let child: ChildProcess | undefined;

  const ended = (problem: string | undefined) => {
    if (!child) return;
    child = undefined;
    notice(problem === undefined ? 'The console is built.' : `The console could not be built: ${problem}`);
  };
  return {
    begin() {
      const isThere = existsSync(join(root, 'console/dist/index.html'));
      const canBuild = ['node_modules/vite', 'console/index.html'].every((path) => existsSync(join(root, path)));
      if (isThere || !canBuild) return;
      notice('The console is being built, this once: it opens in about half a minute.');
      const script = join(root, 'bin/build-console.js');
      // a group of its own, so that what it starts ends with it
      child = spawn(process.execPath, [script], { stdio: ['ignore', 'ignore', 'pipe'], detached: !isWindows });
      // what runs has the processors first
      if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL);
      let said = '';
      child.stderr?.setEncoding('utf8').on('data', (text: string) => {
        said = (said + text).slice(-2000);
      });
      child.on('error', (error) => ended(error.message));
      child.on('close', (code) => ended(code === 0 ? undefined : said.trim() || `exit code ${code}`));
    },
    isBuilding: () => child !== undefined,
    stop() {
      const building = child;
      child = undefined;
      if (building?.pid === undefined) return;
      if (isWindows) building.kill();
      else process.kill(-building.pid);
    },
  };
}

/** Opens an address in the browser of this desktop. */
export function openBrowser(url: string, notice: (text: string) => void): void {
  const [program, ...words] =
    process.platform === 'darwin' ? ['open', url] : isWindows ? ['cmd', '/c', 'start', '', url] : ['xdg-open', url];
  const child = spawn(program!, words, { stdio: 'ignore', detached: true });
  child.on('error', () => notice(`No browser could be opened (${program}). The address is ${url}`));
  child.unref();
}
