// The process that computes people's queries: one at a time, over copies of the tables, in a database of its own that is gone afterwards.
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { MillraceError, messageOf } from '../../../core/errors.ts';
import { toJson } from '../../../core/row-json.ts';
import { literal, quote } from '../../database.ts';
import { DuckDatabase, type DuckSession } from '../database.ts';
import { type FrameKind, frame, type Request } from './frames.ts';
import { readQuery } from './query.ts';

/** Milliseconds between two looks at the memory. */
const lookMs = 25;

/** Characters of an answer that are sent together. */
const pieceLength = 64 * 1024;

/** Bytes of memory after a query with which the process does not wait for another one. */
const keptBytesMax = 220 * 2 ** 20;

/** What the process takes before it has computed anything. */
const baseBytes = process.memoryUsage.rss();

const out = process.stdout;

async function answer(request: Request): Promise<void> {
  const { sql, folder, memoryBytes } = request;
  const database = await DuckDatabase.open({
    // what values take in flight is not counted by DuckDB
    memoryBytes: memoryBytes / 2,
    threads: 2,
    tempFolder: folder,
    allowedFolder: folder,
  });
  try {
    const session = await database.session();
    await makeTables(session, request);
    session.close();
    let text = '';
    let isFirst = true;
    const isTruncated = await readQuery(database, sql, request, {
      columns: (columns) => {
        text = `{"columns":${JSON.stringify(columns)},"rows":[`;
      },
      rows: async (rows) => {
        for (const row of rows) {
          text += `${isFirst ? '' : ','}${JSON.stringify(row.map(toJson))}`;
          isFirst = false;
          if (text.length < pieceLength) continue;
          await send('data', text);
          text = '';
        }
      },
    });
    await send('data', `${text}],"isTruncated":${isTruncated}`);
  } finally {
    database.close();
  }
}

/** The tables of the query as views of their files, and the others without rows, for those who ask for names and types. */
async function makeTables(session: DuckSession, { tables, others }: Request): Promise<void> {
  for (const { name, columns, file } of tables) {
    const list = columns.map((one) => `cast(${quote(one.name)} as ${one.type}) as ${quote(one.name)}`).join(', ');
    await session.run(`create view ${quote(name)} as select ${list} from read_parquet(${literal(file)})`);
  }
  for (const { name, columns } of others)
    await session.run(
      `create table ${quote(name)} (${columns.map((one) => `${quote(one.name)} ${one.type}`).join(', ')})`,
    );
}

async function send(kind: FrameKind, text = ''): Promise<void> {
  if (!out.write(frame(kind, text))) await new Promise((resolve) => out.once('drain', resolve));
}

/** What DuckDB and the system say where memory has run out. */
const ofMemory = /out of memory|bad[_ ]alloc|failed to allocate|could not allocate/i;

function errorOf(error: unknown, memoryBytes: number): MillraceError {
  const isOfMemory = ofMemory.test(`${messageOf(error)} ${messageOf((error as Error | undefined)?.cause)}`);
  if (isOfMemory) return tooMuch(memoryBytes);
  if (error instanceof MillraceError) return error;
  return new MillraceError('SQL_INVALID', messageOf(error), { place: 'query', remedy: 'Look at the query.' });
}

function tooMuch(memoryBytes: number): MillraceError {
  return new MillraceError(
    'QUERY_LIMIT',
    `the query needs more than ${Math.round(memoryBytes / 2 ** 20)} MB of memory`,
    {
      place: 'query',
      remedy: 'Ask for less: filter before joining or sorting, and do not collect rows into lists.',
    },
  );
}

// the process that asked is gone
process.stdin.on('close', () => process.exit());

for await (const line of ready()) {
  const request = JSON.parse(line) as Request;
  const look = setInterval(() => {
    if (process.memoryUsage.rss() - baseBytes < request.memoryBytes) return;
    // the memory must go now: what the query is at cannot be waited for
    try {
      writeSync(1, frame('error', JSON.stringify(tooMuch(request.memoryBytes))));
    } finally {
      process.kill(process.pid, 'SIGKILL');
    }
  }, lookMs);
  try {
    await answer(request);
    await send('end');
  } catch (error) {
    await send('error', JSON.stringify(errorOf(error, request.memoryBytes)));
  } finally {
    clearInterval(look);
  }
  if (process.memoryUsage.rss() > keptBytesMax) break;
}

async function* ready(): AsyncGenerator<string> {
  const lines = createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })[Symbol.asyncIterator]();
  for (;;) {
    await send('ready');
    const { value, done } = await lines.next();
    if (done) return;
    yield value;
  }
}
