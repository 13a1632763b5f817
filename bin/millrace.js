#!/usr/bin/env node
// The command: finds a Node that is new enough (this one, else the pinned one) and hands over to the command line in src/cli.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { isNewEnough, pinnedNode, tooOld } from './check-node.js';
import { areSet, flags, settings } from './settings.js';

const pinned = isNewEnough() ? undefined : pinnedNode();
if (isNewEnough() && !areSet() && process.execve) restart();
else if (isNewEnough()) run();
else if (pinned && !process.env.MILLRACE_LAUNCHED) launch(pinned);
else {
  process.stderr.write(tooOld());
  process.exitCode = 2;
}

function run() {
  if (process.env.MILLRACE_LAUNCHED && process.channel) {
    // the launcher was killed outright: so are we, else the data folder would stay in use with nobody to stop it
    process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
    process.channel.unref();
  }
  delete process.env.MILLRACE_LAUNCHED;
  const source = new URL('../src/cli/main.ts', import.meta.url);
  const built = new URL('../dist/cli/main.js', import.meta.url);
  import(existsSync(source) ? source.href : built.href).then((cli) => cli.main(process.argv.slice(2)));
}

/** They are read when a process begins: the same process begins again, with them. */
function restart() {
  const given = process.execArgv.filter((flag) => !flags.includes(flag));
  const args = [process.execPath, ...flags, ...given, ...process.argv.slice(1)];
  process.execve(process.execPath, args, { ...settings, ...process.env });
}

function launch(node) {
  const child = spawn(node, [...flags, ...process.argv.slice(1)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...settings, ...process.env, MILLRACE_LAUNCHED: '1' },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    process.stderr.write(`${tooOld()}       (${node} could not be run: ${error.message})\n`);
    process.exitCode = 2;
  });
  child.on('exit', (code, signal) => {
    if (signal) {
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
    } else process.exit(code);
  });
}
