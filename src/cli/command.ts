// What a command is, and what it is given: its world comes in through a context, so that a test can stand in for it.

import type { ForgetOptions, ForgetResult } from '../control/forget.ts';
import type { Change, Millrace, OpenOptions, TailOptions, TailRecord } from '../control/millrace.ts';
import type { Serving, ServingOptions } from '../control/serve.ts';
import type { MillraceError } from '../core/errors.ts';
import type { GivenParams } from '../define/param.ts';
import type { Pipeline } from '../define/pipeline.ts';
import type { Tokens } from '../web/access/tokens.ts';
import type { Plan } from '../web/schemas.ts';
import type { Arguments, OptionSpec, PositionalSpec } from './arguments.ts';
import type { ConsoleBuild } from './console.ts';

/** Where text goes: standard output or standard error. */
export interface Output {
  write(text: string): void;
  writeBytes(bytes: Uint8Array): void;
  readonly isTerminal: boolean;
  /** Size of the terminal in characters; 80 × 24 where it is none. */
  readonly columns: number;
  readonly rows: number;
}

/** What the commands drive; each part is imported when it is first used, so that help is instant. */
export interface Control {
  open(options: OpenOptions): Promise<Millrace>;
  tail(options: TailOptions): AsyncIterable<TailRecord>;
  check(pipelines: readonly Pipeline[], params: GivenParams): Promise<MillraceError[]>;
  outlook(pipelines: readonly Pipeline[], params: GivenParams, folder: string): Promise<Change[]>;
  forget(options: ForgetOptions): Promise<ForgetResult>;
  planOf(pipeline: Pipeline, params: GivenParams): Promise<Plan>;
  loadPipeline(path: string): Promise<Pipeline>;
  prepareServing(options: ServingOptions): Promise<Serving>;
  tokens(folder: string): Promise<Tokens>;
}

/** The two signals that ask a process to end. */
export type EndSignal = 'SIGINT' | 'SIGTERM';

/** The world of a command. */
export interface Context {
  readonly out: Output;
  readonly error: Output;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly control: Control;
  /** Milliseconds that never run backwards. */
  elapsed(): number;
  /** Milliseconds since 1970. */
  now(): number;
  /** What builds the console in the background where it is not there and can be built. */
  console(notice: (text: string) => void): ConsoleBuild;
  /** Opens an address in the browser of this desktop; says where that does not work. */
  openBrowser(url: string, notice: (text: string) => void): void;
  /** Asks a question on standard error and reads yes or no; undefined where nobody is there to be asked. */
  confirm(question: string): Promise<boolean | undefined>;
  /** Calls the listener at every signal to end; returns what stops it. Without a listener such a signal ends the process. */
  onSignal(listener: (signal: EndSignal) => void): () => void;
  /** Ends the process at once. */
  exit(code: number): void;
}

/** A command: what its help says, what it takes, what it does. `run` returns the exit code. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  /** Paragraphs of the help. */
  readonly description: readonly string[];
  readonly positionals: readonly PositionalSpec[];
  readonly options: readonly OptionSpec[];
  readonly examples: readonly { readonly line: string; readonly does: string }[];
  /** Beside those that every command has. */
  readonly exitCodes: readonly (readonly [code: string, meaning: string])[];
  run(given: Arguments, context: Context): Promise<number>;
}
