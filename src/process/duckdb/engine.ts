// The DuckDB engine: opens pipelines in a database that it shares with the store, or checks them in one of its own.
import { MillraceError, throwAll } from '../../core/errors.ts';
import type { Value } from '../../define/accept.ts';
import type { FieldType } from '../../define/fields.ts';
import type { Pipeline } from '../../define/pipeline.ts';
import type { Table } from '../../define/table.ts';
import { quote } from '../database.ts';
import type { Engine, Processor, Rebuild, Sink } from '../engine.ts';
import { adopt, dropShadow } from './adopt.ts';
import { DuckDatabase, type DuckSession } from './database.ts';
import { findProgress, Keeper, makeKeeper } from './keeper.ts';
import { listFrom, listText } from './lists.ts';
import { makeStage } from './make-stage.ts';
import type { Schemas } from './prepare.ts';
import { DuckProcessor } from './processor.ts';
import { variable } from './render.ts';
import { makeSettled, type Settled } from './settle.ts';
import { sourcesOf } from './source-states.ts';
import { retracts, type Stage } from './stage.ts';
import { beginCounts, findAhead, Tallying } from './tally.ts';
import { makeSlots, makeTopicInput, type TopicInput } from './topic-input.ts';
import { sqlColumns, sqlType } from './types.ts';
import type { LogView } from './work.ts';

/** What the engine works with. */
export type DuckEngineOptions = {
  database: DuckDatabase;
  /** The store's side, in the same database. */
  sink: Sink;
  log: LogView;
  schemas: Schemas;
  /** Milliseconds since 1970. */
  now: () => number;
};

/** Makes the engine. */
export async function duckEngine(options: DuckEngineOptions): Promise<Engine> {
  const { database } = options;
  return {
    check: checkPipeline,
    sources: (topic) => within(database, (session) => sourcesOf(session, topic)),
    progress: (pipeline) => within(database, (session) => findProgress(session, pipeline)),
    adopt: (pipeline, scope, shadow) =>
      within(database, async (session) => {
        const keeper = new Keeper(session, pipeline.name, options.now);
        const live = await keeper.load();
        const { sink } = options;
        let isCommitted = false;
        try {
          await session.transaction(async () =>
            keeper.save(await adopt({ session, sink, keeper, pipeline, scope, live, shadow })),
          );
          isCommitted = true;
        } finally {
          sink.settled(session, isCommitted);
        }
      }),
    rebuild: (pipeline) =>
      within(database, async (session) => {
        const [row] = await session.rows('select state from meta.rebuilds where pipeline = $1', pipeline);
        return row && (JSON.parse(String(row[0])) as Rebuild);
      }),
    beginRebuild: (pipeline, rebuild) =>
      within(database, (session) =>
        session.transaction(async () => {
          await dropShadow(session, options.sink, pipeline);
          if (rebuild)
            await session.run('insert into meta.rebuilds values ($1, $2)', pipeline, JSON.stringify(rebuild));
        }),
      ),
    async open(pipeline, params, endless = new Set()): Promise<Processor> {
      const session = await database.session();
      const side = await database.session();
      try {
        await setParams(session, pipeline, params);
        await setParams(side, pipeline, params);
        const { errors, ...made } = await makeStages(session, pipeline, endless);
        throwAll(errors);
        const keeper = new Keeper(session, pipeline.name, options.now);
        const progress = await keeper.load();
        if (await beginCounts(session, options.sink, pipeline, progress)) await keeper.save(progress);
        const ahead = await findAhead(session, options.sink, pipeline, progress);
        const tallying = new Tallying(() => database.session(), options.sink, pipeline);
        return new DuckProcessor({ ...options, session, side, pipeline, ...made, keeper, progress, ahead, tallying });
      } catch (error) {
        session.close();
        side.close();
        throw error;
      }
    },
  };
}

async function within<T>(database: DuckDatabase, work: (session: DuckSession) => Promise<T>): Promise<T> {
  const session = await database.session();
  try {
    return await work(session);
  } finally {
    session.close();
  }
}

/** Everything that is wrong with the SQL of a pipeline, found in an empty database in memory. */
export async function checkPipeline(
  pipeline: Pipeline,
  params: ReadonlyMap<string, Value>,
  endless: ReadonlySet<string> = new Set(),
): Promise<MillraceError[]> {
  const database = await DuckDatabase.open({});
  try {
    const session = await database.session();
    await makeKeeper(session);
    await setParams(session, pipeline, params);
    for (const table of [...pipeline.tables, ...pipeline.lookups])
      await session.run(`create table main.${quote(table.name)} (${sqlColumns(table.fields)})`);
    const { errors } = await makeStages(session, pipeline, endless, true);
    session.close();
    return errors;
  } finally {
    database.close();
  }
}

/** What a pipeline is made of in DuckDB. */
type Made = {
  inputs: ReadonlyMap<string, TopicInput>;
  stages: ReadonlyMap<string, Stage>;
  settled: readonly Settled[];
};

async function makeStages(
  session: DuckSession,
  pipeline: Pipeline,
  endless: ReadonlySet<string>,
  isTried = false,
): Promise<Made & { errors: MillraceError[] }> {
  const stages = new Map<string, Stage>();
  const settled: Settled[] = [];
  const errors: MillraceError[] = [];
  await makeSlots(session, pipeline);
  const inputs = new Map<string, TopicInput>();
  for (const topic of pipeline.topics) inputs.set(topic.name, await makeTopicInput(session, pipeline, topic));
  for (const stream of pipeline.streams) {
    try {
      stages.set(stream.name, await makeStage(session, pipeline, stream, inputs, stages, endless, isTried));
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error;
      errors.push(error);
    }
  }
  for (const table of pipeline.tables) {
    const stage = stages.get(table.from.name);
    if (!stage || !retracts(stage)) continue;
    settled.push(await makeSettled(session, table));
    errors.push(...refusedOver(table));
  }
  return { inputs, stages, settled, errors };
}

/** What a table over rows that may be retracted cannot be. */
function refusedOver(table: Table): MillraceError[] {
  const refuse = (message: string, remedy: string) =>
    new MillraceError('PIPELINE_INVALID', message, { place: `table '${table.name}'`, remedy });
  const found: MillraceError[] = [];
  if (table.unique.length > 0)
    found.push(
      refuse(
        'unique cannot be kept over the rows of windows, which may be retracted',
        'Leave unique out, or put the column into the key.',
      ),
    );
  if (table.isByPlace)
    found.push(
      refuse(
        `stream '${table.from.name}' makes its rows of several records, as windows and joins by time do, and may retract them: no record is the place of one of them`,
        "Name the columns of a key: those that tell the rows of one window apart, and one with the window's start.",
      ),
    );
  return found;
}

/** Binds the values of parameters once, as variables of the connection. */
async function setParams(session: DuckSession, pipeline: Pipeline, params: ReadonlyMap<string, Value>): Promise<void> {
  for (const param of pipeline.params) {
    const value = params.get(param.name) ?? null;
    const bound = Array.isArray(value) ? listText(value) : value;
    await session.run(`set variable ${variable(param.name)} = (select ${paramFrom(param.field.type)})`, bound);
  }
}

/** The value of a parameter as SQL, from what is bound. */
function paramFrom(type: FieldType): string {
  switch (type.kind) {
    case 'timestamp':
      return 'make_timestamp_ms($1::bigint)';
    case 'date':
      return "date '1970-01-01' + $1::integer";
    case 'list':
      return listFrom('$1::varchar', type);
    default:
      return `cast($1 as ${sqlType(type)})`;
  }
}
