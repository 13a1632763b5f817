// Watches pipelines run: shows them, and sees to the signals that ask them to stop.

import type { Running } from '../control/millrace.ts';
import { limits } from '../core/limits.ts';
import type { Context, EndSignal } from './command.ts';
import { live } from './live.ts';
import { paintFor } from './paint.ts';
import { eta, statusLine, statusLines } from './status.ts';
import { harmless } from './width.ts';

const drawEveryMs = 150;
const lineEveryMs = 3000;
/** npm and our own launcher pass on a signal that the terminal has given us already: within this time it is the same one. */
const sameSignalMs = 500;

/** Shows what runs, on standard error. */
export interface Screen {
  notice(text: string): void;
  /** A line that stands above the picture for as long as it is drawn. */
  headline(text: string): void;
  /** Resolves when all has ended: how, and by which signal, if by one. */
  watch(running: Running): Promise<{ signal: EndSignal | undefined; isCut: boolean }>;
}

/** The exit code of a process that a signal ended. */
export function signalCode(signal: EndSignal): number {
  return signal === 'SIGINT' ? 130 : 143;
}

/** A live picture where standard error is a terminal, else a line every few seconds. */
export function screen(context: Context): Screen {
  const output = context.error;
  const isLive = output.isTerminal && context.environment.TERM !== 'dumb';
  const paint = paintFor(output, context.environment);
  const picture = live(output);
  const left = eta(context.elapsed);
  const write = (text: string) => (isLive ? picture.note(text) : output.write(`${text}\n`));
  const told = new Set<string>();
  let head: readonly string[] = [];

  const show = (running: Running) => {
    const statuses = running.status();
    if (isLive) return picture.draw([...head, ...statusLines(statuses, paint, output.columns, left), '']);
    for (const status of statuses) {
      for (const { name, notice } of status.sources) {
        const text = notice && `${status.name}  ! ${name}: ${harmless(notice)}`;
        if (text && !told.has(text)) output.write(`${text}\n`);
        if (text) told.add(text);
      }
      output.write(`${statusLine(status)}\n`);
    }
  };

  return {
    notice: (text) => write(`${paint.yellow('!')} ${harmless(text)}`),
    headline(text) {
      if (isLive) head = [text];
      else output.write(`${text}\n`);
    },
    async watch(running) {
      let signal: EndSignal | undefined;
      let signalMs = 0;
      let stopped: Promise<boolean> | undefined;
      let last: NodeJS.Timeout | undefined;
      const endAtOnce = (one: EndSignal) => {
        picture.end();
        output.write('Ended at once: what was not stored yet is read again at the next start.\n');
        context.exit(signalCode(one));
      };
      let wake: () => void = () => {};
      const asked = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const off = context.onSignal((one) => {
        if (signal) {
          if (context.elapsed() - signalMs < sameSignalMs) return;
          endAtOnce(one);
          return;
        }
        signal = one;
        signalMs = context.elapsed();
        write(`${paint.dim('Stopping: what is in flight is stored first. Once more (Ctrl-C) ends at once.')}`);
        stopped = running.stop(limits.stopMsMax);
        // what is cut short may be where nothing can interrupt it
        last = setTimeout(() => endAtOnce(one), limits.stopMsMax + limits.cutMsMax).unref();
        wake();
      });
      const timer = setInterval(() => show(running), isLive ? drawEveryMs : lineEveryMs);
      try {
        if (isLive) show(running);
        await Promise.race([running.done, asked]);
        const isCut = stopped ? !(await stopped) : false;
        clearTimeout(last);
        return { signal, isCut };
      } finally {
        clearInterval(timer);
        off();
        // all is stored and the folder is being closed: another signal must not kill the process halfway through that
        if (signal) context.onSignal(() => undefined);
        picture.end();
      }
    },
  };
}
