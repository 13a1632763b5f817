// Dead letters and late records of a data folder: listed, counted, shown with their bytes.
import { MillraceError } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';
import { shadowMark } from '../define/shadow.ts';
import type { Session } from '../process/database.ts';
import type { KeptAside } from '../process/engine.ts';
import type { Progress } from '../process/progress.ts';
import { embedded } from './adapters.ts';
import type { Folder } from './folder.ts';
import { pipelineFiles } from './known.ts';
import type { DeadFilter, DeadLetter, DeadLetterDetail } from './millrace.ts';
import { Decoders } from './tail.ts';

/** Letters of what is made again beside a pipeline are shown when that has taken its place. */
const ofPipelines = `not ends_with(pipeline, '${shadowMark}')`;

/** What a filter lets pass; its parameters are those of `filterValues`. */
const passing = `${ofPipelines} and ($1 is null or pipeline = $1) and ($2 is null or stage = $2) and ($3 is null or kind = $3) and ($4 is null or code = $4)
  and ($5 is null or id in (select unnest(cast(cast($5 as json) as bigint[]))))`;

function filterValues({ pipeline, stage, kind, code, ids }: DeadFilter): (string | null)[] {
  return [pipeline ?? null, stage ?? null, kind ?? null, code ?? null, ids ? JSON.stringify(ids) : null];
}

/** Letters that have the pipeline, stage, kind and code in common. */
export type DeadGroup = Pick<DeadLetter, 'pipeline' | 'stage' | 'kind' | 'code'> & {
  readonly count: number;
  /** When the newest of them was put aside, milliseconds since 1970. */
  readonly newestAt: number;
};

/** The dead letters of a data folder. */
export class DeadLetters {
  readonly #folder: Folder;

  constructor(folder: Folder) {
    this.#folder = folder;
  }

  async list(filter: DeadFilter = {}): Promise<DeadLetter[]> {
    return (await this.find({ limit: 100, ...filter })).map(summary);
  }

  /** Checks that what a filter names is there: with a slip in a name nothing would be found, which looks as if all were well. @throws NOT_FOUND */
  async checkNames({ pipeline, stage }: DeadFilter): Promise<void> {
    if (pipeline === undefined && stage === undefined) return;
    const [states, letters] = await this.#within(async (session) => [
      await session.rows(`select state from meta.progress where ${ofPipelines}`),
      await session.rows(`select distinct pipeline, stage from meta.aside where ${ofPipelines}`),
    ]);
    const ran = Object.keys(await pipelineFiles(this.#folder));
    const pipelines = new Set([...ran, ...letters!.map(([one]) => String(one))]);
    if (pipeline !== undefined && !pipelines.has(pipeline)) throw unknown('pipeline', pipeline, pipelines);
    const tables = (await this.#folder.store.tables()).map((table) => table.name);
    const kept = [...states!.flatMap(([state]) => stagesIn(String(state))), ...letters!.map(([, one]) => String(one))];
    const stages = new Set(['decode', ...tables, ...kept]);
    if (stage !== undefined && !stages.has(stage)) throw unknown('stage', stage, stages);
  }

  async show(id: number): Promise<DeadLetterDetail> {
    const found = await this.letter(id);
    const record = await new Decoders(this.#folder.registry).value(found.bytes).catch(() => undefined);
    return { ...summary(found), bytes: found.bytes, record };
  }

  /** One letter, whole. @throws NOT_FOUND */
  async letter(id: number): Promise<KeptAside> {
    const [found] = await this.find({ ids: [id] });
    if (found) return found;
    throw new MillraceError('NOT_FOUND', `there is no dead letter ${id}`, {
      place: `dead letter ${id}`,
      remedy: 'It may have been sent again meanwhile: see `millrace dead list`.',
    });
  }

  /** Letters with their bytes, in the order in which they were put aside. */
  async find(filter: DeadFilter): Promise<KeptAside[]> {
    const { asideColumns, asideOf } = await embedded.keeper();
    return this.#within(async (session) => {
      const rows = await session.rows(
        `select ${asideColumns} from meta.aside where ${passing} order by id limit $6`,
        ...filterValues(filter),
        filter.limit ?? Number.MAX_SAFE_INTEGER,
      );
      return rows.map(asideOf);
    });
  }

  /** The ids of letters, in the order in which they were put aside. */
  async ids(filter: DeadFilter): Promise<number[]> {
    return this.#within(async (session) => {
      const rows = await session.rows(
        `select id from meta.aside where ${passing} order by id limit $6`,
        ...filterValues(filter),
        filter.limit ?? Number.MAX_SAFE_INTEGER,
      );
      return rows.map(([id]) => Number(id));
    });
  }

  /** The newest letters first, without their bytes: those with an id below `before`. And all letters counted, whatever the filter. */
  async page(
    filter: DeadFilter & { readonly limit: number },
    before: number | undefined,
  ): Promise<{ letters: DeadLetter[]; groups: DeadGroup[] }> {
    const { asideColumns, asideOf } = await embedded.keeper();
    return this.#within(async (session) => {
      const rows = await session.rows(
        `select ${asideColumns.replace('bytes', "''::blob as bytes")} from meta.aside where ${passing} and ($6 is null or id < $6) order by id desc limit $7`,
        ...filterValues(filter),
        before ?? null,
        filter.limit,
      );
      const groups = await session.rows(
        `select pipeline, stage, kind, code, count(*), max(at_ms) from meta.aside where ${ofPipelines} group by all order by max(at_ms) desc, 1, 2, 3, 4`,
      );
      return {
        letters: rows.map((row) => summary(asideOf(row))),
        groups: groups.map((row) => ({
          pipeline: String(row[0]),
          stage: String(row[1]),
          kind: row[2] as DeadGroup['kind'],
          code: String(row[3]),
          count: Number(row[4]),
          newestAt: Number(row[5]),
        })),
      };
    });
  }

  /** The reasons of the dead letters that records of a topic have now, by `partition/offset`. */
  async reasons(
    pipeline: string,
    topic: string,
    records: readonly { readonly partition: number; readonly offset: number }[],
  ): Promise<Map<string, string>> {
    return this.#within(async (session) => {
      const rows = await session.rows(
        `select part, off, reason from meta.aside where pipeline = $1 and topic = $2 and kind = 'dead' and (part, off) in
          (select (r.p, r.o) from (select unnest(cast(cast($3 as json) as struct(p integer, o bigint)[])) as r))`,
        pipeline,
        topic,
        JSON.stringify(records.map(({ partition, offset }) => ({ p: partition, o: offset }))),
      );
      return new Map(rows.map(([partition, offset, reason]) => [`${partition}/${offset}`, String(reason)]));
    });
  }

  /** Counts one more try of letters that are refused again, each with its new reason. */
  async retried(letters: readonly { readonly id: number; readonly reason: string }[]): Promise<void> {
    if (letters.length === 0) return;
    await this.#within((session) =>
      session.run(
        `update meta.aside set tries = tries + 1, reason = one.reason
          from (select unnest(cast(cast($1 as json) as struct(id bigint, reason varchar)[]), recursive := true)) as one
          where aside.id = one.id`,
        // half a character, which JSON can write and a database cannot read
        JSON.stringify(letters.map(({ id, reason }) => ({ id, reason: reason.toWellFormed() }))),
      ),
    );
  }

  async #within<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const session = await this.#folder.database.session();
    try {
      return await work(session);
    } finally {
      session.close();
    }
  }
}

/** What is known of a letter without opening it. */
export function summary(one: KeptAside): DeadLetter {
  const { id, kind, pipeline, stage, code, reason, topic, partition, offset, place, atMs, tries } = one;
  return { id, kind, pipeline, stage, code, reason, topic, partition, offset, place, at: atMs, tries };
}

/** The stages of a pipeline's progress, as letters name them. */
function stagesIn(state: string): string[] {
  const { stages, sources } = JSON.parse(state) as Progress;
  const own = Object.keys(stages).map((one) => one.slice(one.indexOf(' ') + 1));
  return [...own, ...Object.keys(sources).map((name) => `source:${name}`)];
}

function unknown(noun: string, name: string, known: ReadonlySet<string>): MillraceError {
  const names = [...known].sort();
  const near = nearest(name, names);
  return new MillraceError('NOT_FOUND', `there is no ${noun} '${name}' in this data folder`, {
    place: `--${noun} ${name}`,
    remedy: near ? `Did you mean '${near}'?` : `Use one of: ${names.join(', ') || 'none, since nothing has run yet'}.`,
  });
}
