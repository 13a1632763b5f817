// Dead letters and late records: listed, shown with their bytes, sent again through the present definition of their pipeline.
import { MillraceError } from '../core/errors.ts';
import { resolveParams } from '../define/param.ts';
import type { Pipeline } from '../define/pipeline.ts';
import type { SourceContext } from '../ingest/source.ts';
import { againHeader, type KeptAside } from '../process/engine.ts';
import { chooseSource, embedded, sourceAdapter } from './adapters.ts';
import { TopicWriter } from './feeder.ts';
import { type Folder, registerTopics } from './folder.ts';
import type { DeadFilter, DeadLetter, DeadLetterDetail, RedriveResult } from './millrace.ts';
import { Pump } from './pump.ts';
import { Decoders } from './tail.ts';

/** Letters that are sent again at a time. */
const batchSize = 500;

/** The dead letters of a data folder. */
export class DeadLetters {
  readonly #folder: Folder;

  constructor(folder: Folder) {
    this.#folder = folder;
  }

  async list(filter: DeadFilter = {}): Promise<DeadLetter[]> {
    return (await this.find({ limit: 100, ...filter })).map(summary);
  }

  async show(id: number): Promise<DeadLetterDetail> {
    const [found] = await this.find({ ids: [id] });
    if (!found)
      throw new MillraceError('NOT_FOUND', `there is no dead letter ${id}`, {
        place: `dead letter ${id}`,
        remedy: 'See `millrace dead list`.',
      });
    const record = await new Decoders(this.#folder.registry).value(found.bytes).catch(() => undefined);
    return { ...summary(found), bytes: found.bytes, record };
  }

  async redrive(
    pipeline: Pipeline,
    filter: DeadFilter,
    options: { params?: Readonly<Record<string, string>>; replacement?: Uint8Array } = {},
  ): Promise<RedriveResult> {
    const folder = this.#folder;
    const params = resolveParams(pipeline.params, options.params ?? {}, process.env);
    const found = await this.find({
      ...filter,
      pipeline: pipeline.name,
      limit: filter.limit ?? Number.MAX_SAFE_INTEGER,
    });
    if (options.replacement && found.length !== 1) {
      throw new MillraceError('USAGE', `replacement bytes are for one letter, and ${found.length} are chosen`, {
        place: 'dead redrive',
        remedy: 'Name one id.',
      });
    }
    const letters = found.map((one) => (options.replacement ? { ...one, bytes: options.replacement } : one));
    const schemaIds = await registerTopics(folder, pipeline);
    await folder.store.prepare(pipeline.name, pipeline.tables);
    const processor = await folder.engine.open(pipeline, params);
    const pump = new Pump({ ...folder, ...folder.system, pipeline, processor, troubled: () => undefined });
    pump.checkLog();
    const drained = async () => {
      pump.drain();
      await pump.run(new AbortController().signal);
    };
    try {
      // what is in the log already comes first: among it may be letters that were sent again before the process ended
      await drained();
      let stillDead = 0;
      for (let at = 0; at < letters.length; at += batchSize) {
        const some = await this.#stillThere(letters.slice(at, at + batchSize));
        const fromSources = some.filter((one) => one.source !== undefined);
        stillDead += await this.#sendToLog(pipeline, params, schemaIds, fromSources);
        stillDead += (await processor.again(some.filter((one) => one.source === undefined))).length;
        await drained();
      }
      return { sent: letters.length, stored: letters.length - stillDead, stillDead };
    } finally {
      processor.close();
    }
  }

  /** Letters that never reached the log: read again by their source, appended with their id in the headers. Resolves with how many are refused again. */
  async #sendToLog(
    pipeline: Pipeline,
    params: Parameters<typeof chooseSource>[1],
    schemaIds: ReadonlyMap<string, number>,
    letters: readonly KeptAside[],
  ): Promise<number> {
    let refused = 0;
    const seen = new Set<number>();
    for (const topic of pipeline.topics) {
      const writer = new TopicWriter(topic, schemaIds.get(topic.name)!, this.#folder.system.clock);
      for (const definition of topic.sources) {
        const revivers = new Map<
          string,
          (bytes: Uint8Array) => ReturnType<Awaited<ReturnType<Awaited<ReturnType<typeof sourceAdapter>>['revive']>>>
        >();
        const mine = letters.filter((one) => one.topic === topic.name && !seen.has(one.id));
        for (const letter of mine) {
          const kind = letter.source!.split('/').at(-1)!.replace(/-\d+$/, '');
          if (!revivers.has(kind)) {
            let one: typeof definition | undefined = definition;
            while (one && one.kind !== kind) one = one.otherwise;
            if (!one) continue;
            const chosen = await chooseSource(one, params, topic.fields, `topic '${topic.name}'`);
            const context: SourceContext = {
              ...this.#folder.system,
              fields: topic.fields,
              time: topic.time,
              position: undefined,
              nextSequence: 0,
              signal: new AbortController().signal,
              notice: () => undefined,
            };
            revivers.set(kind, await (await sourceAdapter(kind)).revive(chosen.options, context));
          }
          seen.add(letter.id);
          try {
            const row = revivers.get(kind)!(letter.bytes);
            writer.add(writer.partition(row, letter.sequence ?? 0), row, {
              [againHeader]: Buffer.from(String(letter.id)),
            });
          } catch (error) {
            if (!(error instanceof MillraceError) || error.reaction !== 'reject') throw error;
            refused++;
            await this.#retried(letter.id, error.message);
          }
        }
      }
      for (let partition = 0; partition < topic.partitions; partition++) {
        const batch = writer.take(partition);
        if (batch) await this.#folder.log.append(topic.name, partition, batch);
      }
    }
    for (const letter of letters.filter((one) => !seen.has(one.id))) {
      refused++;
      await this.#retried(letter.id, `the pipeline has no source like '${letter.source}' any more`);
    }
    return refused;
  }

  async #stillThere(letters: readonly KeptAside[]): Promise<KeptAside[]> {
    const there = new Set(
      (await this.find({ ids: letters.map((one) => one.id), limit: Number.MAX_SAFE_INTEGER })).map((one) => one.id),
    );
    return letters.filter((one) => there.has(one.id));
  }

  async #retried(id: number, reason: string): Promise<void> {
    const session = await this.#folder.database.session();
    try {
      await session.run('update meta.aside set tries = tries + 1, reason = $1 where id = $2', reason, id);
    } finally {
      session.close();
    }
  }

  /** Letters with their bytes, in the order in which they were put aside. */
  async find(filter: DeadFilter): Promise<KeptAside[]> {
    const { asideColumns, asideOf } = await embedded.keeper();
    const session = await this.#folder.database.session();
    try {
      const rows = await session.rows(
        `select ${asideColumns} from meta.aside where ($1 is null or pipeline = $1) and ($2 is null or stage = $2) and ($3 is null or kind = $3)
          and ($4 is null or id in (select unnest(cast(cast($4 as json) as bigint[])))) order by id limit $5`,
        filter.pipeline ?? null,
        filter.stage ?? null,
        filter.kind ?? null,
        filter.ids ? JSON.stringify(filter.ids) : null,
        filter.limit ?? Number.MAX_SAFE_INTEGER,
      );
      return rows.map(asideOf);
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
