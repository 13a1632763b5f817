// A stand-in for the world of a command: outputs that remember, and a Millrace that answers what a test gives it.
import type { Context, Control, EndSignal, Output } from '../../src/cli/command.ts';
import { dispatch } from '../../src/cli/main.ts';
import type {
  DeadLetterDetail,
  Millrace,
  PipelineStatus,
  QueryResult,
  Removal,
  Running,
} from '../../src/control/millrace.ts';
import type { ServingOptions } from '../../src/control/serve.ts';
import type { MillraceError } from '../../src/core/errors.ts';
import { pipeline, sql, stream, table, text, timestamp, topic } from '../../src/index.ts';
import { openTokens } from '../../src/web/access/tokens.ts';

const ride = topic('rides', { zone: text(), at: timestamp() }, { key: 'zone', time: 'at' });
const zones = stream('zones', { zone: text(), at: timestamp() }, sql`select zone, at from ${ride}`, { time: 'at' });

/** A small pipeline. */
export const rides = pipeline('rides', { tables: [table('latest', zones, { key: 'zone' })] });

/** A status with what a test is not about left as it usually is. */
export function status(given: Partial<PipelineStatus> = {}): PipelineStatus {
  return {
    name: 'rides',
    health: 'healthy',
    reason: undefined,
    ledger: { in: 1000, out: 990, filtered: 0, deduplicated: 4, late: 0, dead: 6, inFlight: 0, balanced: true },
    sources: [
      {
        name: 'csv',
        kind: 'csv',
        topic: 'rides',
        state: 'ended',
        read: 1000,
        refused: 6,
        progress: 1,
        notice: undefined,
      },
    ],
    stages: [],
    tables: { latest: 412 },
    watermarks: {},
    notices: {},
    recordsPerSecond: 12_345,
    run: { records: 990, seconds: 0.5 },
    parts: { sql: 12 },
    ...given,
  };
}

/** A dead letter with what a test is not about left as it usually is. */
export function letter(given: Partial<DeadLetterDetail> = {}): DeadLetterDetail {
  return {
    id: 17,
    kind: 'dead',
    pipeline: 'rides',
    stage: 'source:csv',
    code: 'RECORD_INVALID',
    reason: "field 'at': 'x' is not a time",
    topic: 'rides',
    partition: undefined,
    offset: undefined,
    place: 'line 18',
    at: 0,
    tries: 0,
    bytes: new Uint8Array([97, 0, 255]),
    record: undefined,
    ...given,
  };
}

const removals: Readonly<Record<Removal['noun'], Removal>> = {
  topic: {
    noun: 'topic',
    name: 'rides',
    records: 12_345,
    bytes: 1_500_000,
    letters: 6,
    subjects: ['rides-value'],
    usedBy: ['rides'],
  },
  table: { noun: 'table', name: 'latest', pipeline: 'rides', rows: 412, usedBy: [] },
  pipeline: {
    noun: 'pipeline',
    name: 'rides',
    tables: [{ name: 'latest', rows: 412 }],
    keptTables: [],
    letters: 6,
    topics: ['rides'],
    usedBy: [],
  },
};

/** What the stand-in answers. */
export type Answers = {
  statuses?: PipelineStatus[];
  failures?: Map<string, MillraceError>;
  /** Ends only when it is stopped; `stopped` is what stop() resolves with. */
  isEndless?: boolean;
  stopped?: boolean;
  result?: QueryResult;
  letters?: DeadLetterDetail[];
  control?: Partial<Control>;
  millrace?: Partial<Millrace>;
  environment?: Record<string, string>;
  isTerminal?: boolean;
  columns?: number;
  /** What the web server says beside its address, and what it fails with. */
  remark?: string;
  unserved?: MillraceError;
  /** The file of the tokens. */
  tokens?: string;
  /** What a person answers where one is asked. */
  confirmed?: boolean;
};

/** What came of a command line. */
export type Outcome = { code: number; out: string; error: string; calls: unknown[][]; exits: number[] };

/** Runs a command line in the stand-in. `during` is called once it watches for signals. */
export async function cli(
  words: string[],
  answers: Answers = {},
  during: (send: (signal: EndSignal) => void) => void = () => {},
): Promise<Outcome> {
  const calls: unknown[][] = [];
  const exits: number[] = [];
  const out = remember(answers);
  const error = remember(answers);
  let ms = 0;
  const context: Context = {
    out,
    error,
    environment: answers.environment ?? {},
    control: { ...control(answers, calls), ...answers.control },
    elapsed: () => {
      ms += 1000;
      return ms;
    },
    now: () => 1_800_000_000_000,
    console: () => ({
      begin: () => calls.push(['build']),
      isBuilding: () => false,
      stop: () => calls.push(['build off']),
    }),
    openBrowser: (url) => calls.push(['browser', url]),
    confirm: async (question) => {
      calls.push(['confirm', question]);
      return answers.confirmed;
    },
    onSignal(listener) {
      setImmediate(() => during(listener));
      return () => calls.push(['signals off']);
    },
    exit: (code) => exits.push(code),
  };
  const code = await dispatch(words, context);
  return { code, out: out.text(), error: error.text(), calls, exits };
}

function remember({ isTerminal = false, columns = 80 }: Answers): Output & { text(): string } {
  let written = '';
  return {
    write: (text) => {
      written += text;
    },
    writeBytes: (bytes) => {
      written += Buffer.from(bytes).toString('latin1');
    },
    isTerminal,
    columns,
    rows: 24,
    text: () => written,
  };
}

function control(answers: Answers, calls: unknown[][]): Control {
  const { letters = [] } = answers;
  const millrace: Millrace = {
    start: async (pipelines, options) => {
      calls.push(['start', pipelines.map((one) => one.name), options]);
      return running(answers);
    },
    query: async (text, options) => {
      calls.push(['query', text, options]);
      return answers.result ?? { columns: [], rows: [], truncated: false };
    },
    topics: async () => [
      { name: 'rides', partitions: 4, records: 12_345, bytes: 1_500_000, newestMs: 0, schema: { id: 3, version: 2 } },
    ],
    tables: async () => [
      {
        name: 'latest',
        pipeline: 'rides',
        rows: 412,
        key: ['zone'],
        columns: [{ name: 'zone', type: 'text', isOptional: false }],
      },
    ],
    forgettings: async () => [],
    unfinished: () => undefined,
    backend: () => {
      throw new Error('a test gives the backend');
    },
    deadList: async (filter) => {
      calls.push(['deadList', filter]);
      return letters.slice(0, filter?.limit);
    },
    deadShow: async (id) => letters.find((one) => one.id === id)!,
    deadRedrive: async (_pipeline, filter, options) => {
      calls.push(['deadRedrive', filter, options]);
      return { sent: 3, stored: 3, stillDead: 0 };
    },
    cancelRebuild: async (pipeline) => {
      calls.push(['cancelRebuild', pipeline]);
    },
    rebuild: async (pipeline, names) => {
      calls.push(['rebuild', pipeline.name, names]);
      return { state: 'running', done: 1000, total: 1000, ...(names ? { names: [...names] } : {}) };
    },
    removal: async (what) => {
      calls.push(['removal', what]);
      return removals[what.noun];
    },
    remove: async (what, options) => {
      calls.push(['remove', what, options]);
      return removals[what.noun];
    },
    pipelineFile: async () => 'rides.ts',
    pipelines: async () => ['rides'],
    close: async () => {
      calls.push(['close']);
    },
    ...answers.millrace,
  };
  return {
    open: async (options) => {
      calls.push(['open', options.folder]);
      return millrace;
    },
    async *tail(options) {
      calls.push(['tail', options]);
      const value = { zone: 'A' };
      for (const offset of [5, 6, 7]) yield { partition: 0, offset, time: 0, key: 'A', value, error: undefined };
    },
    check: async () => [],
    outlook: async () => [],
    forget: async () => {
      throw new Error('a test gives what is forgotten');
    },
    planOf: async () => {
      throw new Error('a test gives the plan');
    },
    loadPipeline: async (path) => {
      calls.push(['load', path]);
      return rides;
    },
    prepareServing: async (options) => {
      calls.push(['prepare serving', withoutConsole(options)]);
      return {
        serve: async () => {
          if (answers.unserved) throw answers.unserved;
          calls.push(['serve']);
          return { url: 'http://127.0.0.1:4000', remark: answers.remark };
        },
        close: async () => {
          calls.push(['serve off']);
        },
      };
    },
    tokens: async (folder) => {
      calls.push(['tokens', folder]);
      if (answers.tokens === undefined) throw new Error('a test gives the file of the tokens');
      return openTokens(answers.tokens, () => 1_800_000_000_000);
    },
  };
}

function withoutConsole({ console: _console, notice: _notice, ...rest }: ServingOptions): ServingOptions {
  return rest;
}

function running({ statuses = [status()], failures = new Map(), isEndless, stopped = true }: Answers): Running {
  return {
    status: () => statuses,
    done: isEndless ? new Promise(() => {}) : Promise.resolve(),
    failures,
    stop: async () => stopped,
  };
}
