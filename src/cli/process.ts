// The world of a command, as this process has it: terminal, environment, signals, and the real control.
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import type { Context, EndSignal, Output } from './command.ts';
import { buildConsole, openBrowser } from './console.ts';

/**
 * The context of this process.
 *
 * @param isData standard output is read by a program: what a pipeline file prints goes to standard error
 */
export function processContext(isData = false): Context {
  quiet();
  const out = output(process.stdout);
  if (isData) process.stdout.write = process.stderr.write.bind(process.stderr) as typeof process.stdout.write;
  return {
    out,
    error: output(process.stderr),
    environment: process.env,
    control: {
      open: async (options) => (await import('../control/open.ts')).open(options),
      async *tail(options) {
        yield* (await import('../control/tail.ts')).tail(options);
      },
      check: async (pipelines, params) => (await import('../control/check.ts')).check(pipelines, params),
      outlook: async (pipelines, params, folder) =>
        (await import('../control/outlook.ts')).outlook(pipelines, params, folder),
      forget: async (options) => (await import('../control/forget.ts')).forget(options),
      planOf: async (pipeline, params) => (await import('../control/shown-plan.ts')).planOf(pipeline, params),
      loadPipeline: async (path) => (await import('../control/load.ts')).loadPipeline(path),
      prepareServing: async (options) => (await import('../control/serve.ts')).prepareServing(options),
      tokens: async (folder) => (await import('../control/serve.ts')).folderTokens(folder),
    },
    elapsed: () => performance.now(),
    now: () => Date.now(),
    console: buildConsole,
    openBrowser,
    confirm,
    onSignal(listener) {
      const signals: readonly EndSignal[] = ['SIGINT', 'SIGTERM'];
      for (const signal of signals) process.on(signal, listener);
      return () => {
        for (const signal of signals) process.off(signal, listener);
      };
    },
    exit: endAtOnce,
  };
}

async function confirm(question: string): Promise<boolean | undefined> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined;
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await asking.question(`${question} [y/N] `)).trim());
  } finally {
    asking.close();
  }
}

let isEnding = false;

/** Calls `say` where the process is ended by anything but `Context.exit` or what is returned, which says that the end is ours. */
export function guardEnd(say: () => void): () => void {
  process.once('exit', () => {
    if (!isEnding) say();
  });
  return () => {
    isEnding = true;
  };
}

function output(stream: NodeJS.WriteStream): Output {
  const write: (chunk: string | Uint8Array) => boolean = stream.write.bind(stream);
  return {
    write: (text) => void write(text),
    writeBytes: (bytes) => void write(bytes),
    isTerminal: stream.isTTY === true,
    get columns() {
      return stream.columns || 80;
    },
    get rows() {
      return stream.rows || 24;
    },
  };
}

/** What a pipe or a terminal brings with it, taken care of once. */
function quiet(): void {
  // the reader of a pipe may go (| head): that ends us without a word
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') endAtOnce(0);
    throw error;
  });
  process.stderr.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  process.on('exit', showCursor);
}

/** A cursor that a live picture has hidden comes back, however this ends. */
function showCursor(): void {
  if (process.stderr.isTTY) process.stderr.write('\x1b[?25h');
}

/**
 * Ends the process with work under way. `process.exit` waits for the threads of that work, and one of them may wait for this thread: a
 * micro-batch is read from JavaScript. Another program in our place takes all threads away.
 */
export function endAtOnce(code: number): void {
  isEnding = true;
  showCursor();
  const shell = '/bin/sh';
  if (process.execve && existsSync(shell)) process.execve(shell, [shell, '-c', `exit ${code}`], {});
  process.exit(code);
}
