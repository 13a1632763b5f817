// A worker as the process that asks sees it: begun with the lowest priority and a limit of memory, given one request at a time, killed.
import { type ChildProcess, spawn } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Code, MillraceError } from '../../../core/errors.ts';
import { type Frame, FrameReader, type Request } from './frames.ts';

/** Bytes of address space with rights to write that a process of Node and DuckDB has before it computes anything. */
const baseBytes = 768 * 2 ** 20;

/** Bytes of JavaScript's own memory. */
const heapMb = 256;

/** One worker. */
export class Worker {
  readonly #process: ChildProcess;
  readonly #told: { readonly ready: () => void; readonly gone: () => void };
  readonly #frames = new FrameReader();
  #take: ((frame: Frame) => Promise<void>) | undefined;
  #handling: Promise<unknown> = Promise.resolve();
  #ended: ((error: unknown) => void) | undefined;
  #resting: NodeJS.Timeout | undefined;
  #isFresh = true;
  #isAlive = true;

  /** @param told `ready`: it can be given another request; `gone`: it has ended, or is about to */
  constructor(memoryBytes: number, told: { readonly ready: () => void; readonly gone: () => void }) {
    this.#told = told;
    const file = fileURLToPath(new URL(`./worker${extname(import.meta.filename)}`, import.meta.url));
    const node = [process.execPath, `--max-old-space-size=${heapMb}`, '--no-warnings', file];
    // memory that is taken in one piece is refused by the system itself, before anybody could look
    const limit = String(Math.round((baseBytes + memoryBytes) / 1024));
    // a step of 39 ends at the lowest priority, wherever it begins
    const [command, args] =
      process.platform === 'win32'
        ? [node[0]!, node.slice(1)]
        : ['/bin/sh', ['-c', 'ulimit -d "$0" 2>/dev/null; exec nice -n 39 "$@"', limit, ...node]];
    this.#process = spawn(command, args, {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: { PATH: process.env.PATH ?? '', TZ: process.env.TZ ?? '', MALLOC_ARENA_MAX: '2', UV_THREADPOOL_SIZE: '2' },
    });
    const end = () => {
      this.#gone();
      // what it has written before is taken first
      void this.#handling.finally(() => this.#ended?.(died()));
    };
    this.#process.on('error', end);
    this.#process.on('close', end);
    this.#process.stdin!.on('error', end);
    this.#process.stdout!.on('data', (bytes: Buffer) => {
      for (const frame of this.#frames.take(bytes)) this.#given(frame);
    });
  }

  /** It has something to do. */
  wanted(): void {
    clearTimeout(this.#resting);
  }

  /** It has nothing to do, and ends after some milliseconds. */
  restUntil(ms: number): void {
    this.#resting = setTimeout(() => this.kill(), ms);
    this.#resting.unref();
  }

  kill(): void {
    this.#gone();
    this.#process.kill('SIGKILL');
  }

  /** @throws what the worker says; the reason of the signal, which kills it */
  async run(request: Request, signal: AbortSignal, take: (piece: Uint8Array) => Promise<void>): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const abort = () => {
      reject(signal.reason);
      this.kill();
    };
    this.#ended = reject;
    this.#take = async ({ kind, bytes }) => {
      if (kind === 'data') await take(bytes);
      else if (kind === 'end') resolve();
      else if (kind === 'error') reject(errorIn(bytes));
    };
    if (signal.aborted) abort();
    else if (!this.#isAlive) reject(died());
    else this.#process.stdin!.write(`${JSON.stringify(request)}\n`);
    signal.addEventListener('abort', abort);
    try {
      await promise;
    } finally {
      signal.removeEventListener('abort', abort);
      this.#take = undefined;
      this.#ended = undefined;
    }
  }

  #gone(): void {
    if (!this.#isAlive) return;
    this.#isAlive = false;
    clearTimeout(this.#resting);
    this.#told.gone();
  }

  /** Frames are taken one after the other; the worker waits meanwhile. */
  #given(frame: Frame): void {
    const { stdout } = this.#process;
    stdout!.pause();
    this.#handling = this.#handling.then(async () => {
      try {
        if (frame.kind !== 'ready') await this.#take?.(frame);
        // a new one was given its request before it was ready
        else if (this.#isFresh) this.#isFresh = false;
        else if (this.#isAlive) this.#told.ready();
      } catch (error) {
        this.#ended?.(error);
        this.kill();
      } finally {
        stdout!.resume();
      }
    });
  }
}

function errorIn(bytes: Uint8Array): MillraceError {
  const { code, message, place, remedy } = JSON.parse(Buffer.from(bytes).toString()) as {
    code: Code;
    message: string;
    place?: string;
    remedy?: string;
  };
  return new MillraceError(code, message, { place, remedy });
}

function died(): MillraceError {
  return new MillraceError(
    'QUERY_LIMIT',
    'the process of the query has ended: it needed more memory than it may have',
    {
      place: 'query',
      remedy: 'Ask for less: filter before joining or sorting, and do not collect rows into lists.',
    },
  );
}
