// Errors as the command line shows them: the code, what happened, where, and what to do; and the exit code they mean.
import { codes, MillraceError, messageOf, systemCode, translateSystemError } from '../core/errors.ts';
import type { Paint } from './paint.ts';
import { harmless } from './width.ts';

/** An error as it is shown: `code` is one of ours, or the system's (`EACCES`). */
export type Failure = {
  readonly code: string;
  readonly message: string;
  readonly place: string | undefined;
  readonly remedy: string | undefined;
  readonly isBug: boolean;
};

/** Anything thrown, as it is shown. */
export function failureOf(thrown: unknown): Failure {
  const error = translateSystemError(thrown, String((thrown as { path?: unknown } | null)?.path ?? 'the data folder'));
  if (error instanceof MillraceError) {
    const { code, message, place, remedy } = error;
    return { code, message, place, remedy, isBug: codes[code] === 'bug' };
  }
  const { syscall, path } = (error ?? {}) as { syscall?: unknown; path?: unknown };
  if (typeof syscall === 'string') {
    return {
      code: systemCode(error) ?? 'SYSTEM',
      message: messageOf(error),
      place: typeof path === 'string' ? path : undefined,
      remedy: 'Look at the path and at the rights of the user who runs this.',
      isBug: false,
    };
  }
  return { code: 'ASSERTION', message: messageOf(error), place: undefined, remedy: undefined, isBug: true };
}

/** The exit code that an error means: 2 the user can fix it, 3 the data folder is in use, else 1. */
export function exitCodeOf(thrown: unknown): number {
  if (!(thrown instanceof MillraceError)) return 1;
  if (thrown.code === 'DATA_IN_USE') return 3;
  return thrown.reaction === 'fix' ? 2 : 1;
}

/** An error as text of a few lines; with `stack`, the trace and its causes below. */
export function renderFailure(thrown: unknown, paint: Paint, options: { stack?: boolean } = {}): string {
  const failure = failureOf(thrown);
  const code = failure.code === 'ASSERTION' ? 'BUG' : failure.code;
  const [first = '', ...more] = failure.message.split('\n').map(harmless);
  const lines = [`${paint.red('✗')} ${paint.red(paint.bold(code))}  ${first}`];
  lines.push(...more.map((line) => `  ${line}`));
  if (failure.place) lines.push(`  ${paint.dim('at')}   ${harmless(failure.place)}`);
  if (failure.isBug) {
    lines.push(
      `  ${paint.dim('fix')}  This is a mistake of ours. Run the command again with --stack and report what it prints.`,
    );
  } else if (failure.remedy) lines.push(`  ${paint.dim('fix')}  ${harmless(failure.remedy)}`);
  if (options.stack) lines.push(...traceOf(thrown).map((line) => `  ${paint.dim(harmless(line))}`));
  return `${lines.join('\n')}\n`;
}

/** What is to be fixed beside an error that was thrown. */
export function othersOf(thrown: unknown): readonly MillraceError[] {
  return thrown instanceof MillraceError ? thrown.others : [];
}

/** An error as the object that --json prints. */
export type FailureJson = { code: string; message: string; place?: string; remedy?: string; others?: FailureJson[] };

export function failureJson(thrown: unknown): FailureJson {
  const { code, message, place, remedy } = failureOf(thrown);
  const others = othersOf(thrown).map(failureJson);
  return {
    code,
    message,
    ...(place === undefined ? {} : { place }),
    ...(remedy === undefined ? {} : { remedy }),
    ...(others.length > 0 ? { others } : {}),
  };
}

function traceOf(thrown: unknown): string[] {
  const lines: string[] = [];
  for (let error = thrown; error instanceof Error && lines.length < 200; error = error.cause) {
    lines.push(...`${lines.length > 0 ? 'because of ' : ''}${error.stack ?? error.message}`.split('\n'));
  }
  return lines;
}
