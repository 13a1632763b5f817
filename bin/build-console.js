// Builds the console into console/dist, where it is not newer than its sources; without Vite (as in a production install) it does nothing.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { isNewEnough, pinnedNode, tooOld } from './check-node.js';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const source = join(root, 'console');
const target = join(source, 'dist');
const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
const bytesWorthCompressing = 1024;

process.exitCode = build(process.argv.includes('--force'));

function build(isForced) {
  if (!existsSync(join(source, 'index.html')) || !existsSync(vite)) {
    say(`The console is not built here: ${existsSync(vite) ? 'its sources are' : 'Vite is'} not installed.`);
    return 0;
  }
  if (!isForced && isFresh()) {
    say('The console is built already.');
    return 0;
  }
  const node = isNewEnough() ? process.execPath : pinnedNode();
  if (!node) {
    process.stderr.write(tooOld());
    return 2;
  }
  // a folder of its own, then one rename: a server that runs never has half a console, nor do two builds mix
  const fresh = join(source, `.dist-${process.pid}`);
  removeLeftOvers();
  try {
    const ended = spawnSync(node, [vite, 'build', source, '--outDir', fresh, '--emptyOutDir', '--logLevel', 'warn'], {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, NODE_ENV: 'production' },
    });
    if (ended.status !== 0) {
      process.stderr.write(`The console could not be built${ended.error ? `: ${ended.error.message}` : ''}.\n`);
      return 1;
    }
    compress(fresh);
    rmSync(target, { recursive: true, force: true });
    renameSync(fresh, target);
    say('The console is built: console/dist.');
    return 0;
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

function say(text) {
  process.stdout.write(`${text}\n`);
}

/** What builds that were killed have left behind. */
function removeLeftOvers() {
  for (const name of readdirSync(source)) {
    const pid = /^\.dist-(\d+)$/.exec(name)?.[1];
    if (pid && !isAlive(Number(pid))) rmSync(join(source, name), { recursive: true, force: true });
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Whether nothing that it is made of has changed since. */
function isFresh() {
  const page = join(target, 'index.html');
  if (!existsSync(page)) return false;
  const builtMs = statSync(page).mtimeMs;
  const sources = [...filesOf(source), join(root, 'package-lock.json')].filter((path) => existsSync(path));
  return sources.every((path) => statSync(path).mtimeMs <= builtMs);
}

function filesOf(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name === 'dist' || entry.name.startsWith('.')) return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesOf(path) : [path];
  });
}

/** Compressed twins beside the files, made once here in place of once for each request. */
function compress(folder) {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  for (const name of names.filter((one) => /\.(js|mjs|css|html|svg|json)$/.test(one))) {
    const bytes = readFileSync(join(folder, name));
    if (bytes.length < bytesWorthCompressing) continue;
    const params = { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
    writeFileSync(join(folder, `${name}.br`), brotliCompressSync(bytes, { params }));
    writeFileSync(join(folder, `${name}.gz`), gzipSync(bytes, { level: 9 }));
  }
}
