// What the definitions of pipelines mean for a data folder, before anything runs: a start is tried on a copy in memory.

import { MillraceError } from '../core/errors.ts';
import { type GivenParams, resolveParams } from '../define/param.ts';
import { inputOf, type Pipeline } from '../define/pipeline.ts';
import type { Table } from '../define/table.ts';
import type { Topic } from '../define/topic.ts';
import type { Processor } from '../process/engine.ts';
import type { StoredTable } from '../store/store.ts';
import { ownParams } from './check.ts';
import { environmentOf } from './environment.ts';
import { endlessLookups } from './finite.ts';
import { type Folder, registerTopic } from './folder.ts';
import { type Declared, knownPipelines, remember } from './known.ts';
import type { Change, Effect } from './millrace.ts';
import { sourceChanges } from './outlook-sources.ts';
import { Pump } from './pump.ts';
import { changedSettings, type Settings, settingsOf } from './settings.ts';
import { system as realSystem, type System } from './system.ts';
import { openTrial } from './trial.ts';

/** Part of what happens to a noun; the gravest part is what is said of it. */
export type Part = Pick<Change, 'effect' | 'says'> & Partial<Pick<Change, 'command' | 'error'>>;

/** Effects from the slightest to the gravest. */
const gravity: readonly Effect[] = ['kept', 'gone', 'new', 'changed', 'migrated', 'rebuild', 'refused'];

/**
 * What a start of these pipelines would do in a data folder, noun by noun; a noun with an `error` would keep it from starting. What decides is
 * what decides at a start: the same functions run, over a copy in memory. Nothing is written.
 *
 * @throws DATA_IN_USE while a process has the folder; DATA_VERSION, LOG_DAMAGED, TABLES_DAMAGED
 */
export async function outlook(
  pipelines: readonly Pipeline[],
  given: GivenParams,
  path: string,
  system: System = realSystem(),
): Promise<Change[]> {
  const whole = new Set(pipelines.flatMap(({ tables }) => tables.filter(({ unique }) => unique.length > 0)));
  const trial = await openTrial(path, system, new Set([...whole].map(({ name }) => name)));
  try {
    const changes: Change[] = [];
    for (const pipeline of pipelines)
      changes.push(
        ...(await new PipelineOutlook(trial.folder, pipeline).changes(ownParams(pipeline, pipelines, given))),
      );
    return changes;
  } finally {
    await trial.close();
  }
}

class PipelineOutlook {
  readonly #folder: Folder;
  readonly #pipeline: Pipeline;
  readonly #settings: Readonly<Record<string, Settings>>;
  #declared: Declared | undefined;
  /** Stages that had rows or records when the pipeline ran last. */
  #stages = new Set<string>();
  #hasRun = false;

  constructor(folder: Folder, pipeline: Pipeline) {
    this.#folder = folder;
    this.#pipeline = pipeline;
    this.#settings = settingsOf(pipeline);
  }

  async changes(given: GivenParams): Promise<Change[]> {
    const { store, engine } = this.#folder;
    const { topics, tables, streams, params } = this.#pipeline;
    await this.#look();
    const parts = new Map<string, Part[]>();
    for (const topic of topics) parts.set(`topic ${topic.name}`, await this.#topic(topic));
    const stored = (await store.tables()).filter(({ pipeline }) => pipeline === this.#pipeline.name);
    for (const table of tables) parts.set(`table ${table.name}`, await this.#table(table, stored));
    const values = resolveParams(params, given, environmentOf(params));
    const endless = await endlessLookups(this.#pipeline, values);
    const opened = await this.#attempt(() => engine.open(this.#pipeline, values, endless));
    for (const stream of streams) {
      const error = opened.errors.find((one) => one.place === `stream '${stream.name}'`);
      parts.set(`stream ${stream.name}`, this.#stream(stream.name, error, opened.value));
    }
    this.#addOthers(parts, opened.errors);
    const sources: Change[] = [];
    const isRegistered = topics.every(({ name }) => !parts.get(`topic ${name}`)!.some(({ error }) => error));
    if (opened.value && isRegistered) {
      const log = await this.#attempt(async () => this.#pump(opened.value!).checkLog());
      this.#addOthers(parts, log.errors);
      for (const topic of topics) sources.push(...(await sourceChanges(this.#folder, this.#pipeline, topic, values)));
    }
    opened.value?.close();
    const gone = await this.#gone(stored);
    await remember(this.#folder, this.#pipeline, undefined);
    const found = [...parts].map(([key, some]) => this.#change(key, some));
    return [...byNoun(found, 'topic'), ...sources, ...byNoun(found, 'stream'), ...byNoun(found, 'table'), ...gone];
  }

  async #look(): Promise<void> {
    const known = (await knownPipelines(this.#folder)).find(({ name }) => name === this.#pipeline.name);
    this.#declared = known?.declared;
    const session = await this.#folder.database.session();
    const [found] = await session.rows('select state from meta.progress where pipeline = $1', this.#pipeline.name);
    session.close();
    const progress = found && (JSON.parse(String(found[0])) as { stages: object; queries?: object; consumed: number });
    const streams = Object.keys(progress?.queries ?? {}).map((name) => `stream ${name}`);
    this.#stages = new Set([...Object.keys(progress?.stages ?? {}), ...streams]);
    this.#hasRun = (progress?.consumed ?? 0) > 0;
  }

  async #topic(topic: Topic): Promise<Part[]> {
    const { log, registry } = this.#folder;
    const before = (await log.topics()).find(({ name }) => name === topic.name);
    const subject = `${topic.name}-value`;
    const versions = await registry.versions(subject);
    const had = versions.length > 0 ? await registry.version(subject, 'latest') : undefined;
    const { value: registered, errors } = await this.#attempt(() => registerTopic(this.#folder, topic));
    if (!registered) return errors.map(refused);
    if (!before) return [{ effect: 'new', says: '' }];
    const parts = this.#settingsOf(`topic ${topic.name}`, (affectsRows) =>
      affectsRows && this.#pipeline.streams.some((stream) => inputOf(stream).window)
        ? { effect: 'rebuild', command: `millrace rebuild ${this.#pipeline.name}` }
        : { effect: 'changed' },
    );
    const { replaced, version } = registered;
    if (replaced.length > 0)
      parts.push({
        effect: 'migrated',
        says: `no record has schema version ${replaced.join(', ')}: version ${version} takes its place`,
      });
    else if (had && !versions.includes(version))
      parts.push({ effect: 'migrated', says: `${fieldsAdded(had.schema, topic)} (schema version ${version})` });
    const partitions = before.partitions.length;
    if (partitions !== topic.partitions)
      parts.push({
        effect: 'migrated',
        says: `it had ${partitions} partition${partitions === 1 ? '' : 's'} and now has ${topic.partitions}`,
      });
    const { ageMs, bytes } = before.retention;
    if (ageMs !== topic.retain.ageMs || bytes !== topic.retain.bytes)
      parts.push({ effect: 'changed', says: 'its retention has changed' });
    return parts;
  }

  async #table(table: Table, stored: readonly StoredTable[]): Promise<Part[]> {
    const { store } = this.#folder;
    const before = stored.find(({ name }) => name === table.name);
    const hadRows = before !== undefined && (await store.count(table.name)) > 0;
    const { errors } = await this.#attempt(() => store.prepare(this.#pipeline.name, [table]));
    const command = `millrace rebuild ${this.#pipeline.name} ${table.name}`;
    if (errors.length > 0)
      return errors.map((error) =>
        error.code === 'TABLE_CHANGED' ? { effect: 'rebuild', says: error.message, command, error } : refused(error),
      );
    if (!before) return [this.#newStage(command, table.isFromNow)];
    const parts = this.#settingsOf(`table ${table.name}`, (affectsRows) =>
      affectsRows && hadRows ? { effect: 'rebuild', command } : { effect: 'changed' },
    );
    const now = (await store.tables()).find(({ name }) => name === table.name)!;
    const added = now.columns.filter(({ name }) => !before.columns.some((one) => one.name === name));
    if (JSON.stringify([now.key, now.columns]) === JSON.stringify([before.key, before.columns])) return parts;
    const says = !hadRows
      ? 'it has no rows, and is made anew'
      : added.length > 0
        ? `${listed('column', added)} added`
        : 'its columns have changed';
    return [...parts, { effect: 'migrated', says }];
  }

  #stream(name: string, error: MillraceError | undefined, processor: Processor | undefined): Part[] {
    const command = `millrace rebuild ${this.#pipeline.name} ${name}`;
    if (error?.code === 'TABLE_CHANGED') return [{ effect: 'rebuild', says: error.message, command, error }];
    if (error) return [refused(error)];
    if (processor?.changed.includes(name))
      return [
        {
          effect: 'rebuild',
          says: 'it has another query than the one that made the rows that are there, and they stay as they are',
          command,
        },
      ];
    return this.#stages.has(`stream ${name}`) ? [] : [this.#newStage(command)];
  }

  /** A stream or table that is not there yet: in a pipeline that has run, a table is made from the log, and its stream with it. */
  #newStage(command: string, isFromNow = false): Part {
    if (!this.#hasRun) return { effect: 'new', says: '' };
    if (isFromNow)
      return { effect: 'new', says: 'it gets what comes from now on, not what the log has already', command };
    return { effect: 'new', says: 'it gets the records that the log has, while the pipeline runs' };
  }

  #settingsOf(key: string, effectOf: (affectsRows: boolean) => Pick<Part, 'effect' | 'command'>): Part[] {
    const changes = changedSettings(this.#declared?.settings[key], this.#settings[key]!);
    return changes.map(({ says, affectsRows }) => {
      const found = effectOf(affectsRows);
      const how = found.effect === 'rebuild' ? 'rows that are there stay as they are' : 'from now on';
      return { ...found, says: `${says}: ${how}` };
    });
  }

  /** What the pipeline declared at its last start and no longer does. */
  async #gone(stored: readonly StoredTable[]): Promise<Change[]> {
    const { name: pipeline, topics, tables } = this.#pipeline;
    const there = new Set((await this.#folder.log.topics()).map(({ name }) => name));
    const others = (await knownPipelines(this.#folder)).filter(({ name }) => name !== pipeline);
    const left = Object.keys(this.#declared?.settings ?? {}).filter((key) => this.#settings[key] === undefined);
    const streams = left.filter((key) => key.startsWith('stream ')).map((key) => key.slice('stream '.length));
    const goneTopics = (this.#declared?.topics ?? []).filter(
      (name) => there.has(name) && !topics.some((one) => one.name === name),
    );
    const goneTables = stored.filter(({ name }) => !tables.some((one) => one.name === name));
    const gone = { pipeline, effect: 'gone' } as const;
    return [
      ...goneTopics.map((name): Change => {
        const isRead = others.some(({ declared }) => declared?.topics.includes(name));
        return {
          ...gone,
          noun: 'topic',
          name,
          says: 'no longer read; its records stay',
          ...(isRead ? {} : { command: `millrace topic delete ${name}` }),
        };
      }),
      ...streams.map((name): Change => ({ ...gone, noun: 'stream', name, says: 'no longer computed' })),
      ...goneTables.map(
        ({ name }): Change => ({
          ...gone,
          noun: 'table',
          name,
          says: 'no longer written; its rows stay',
          command: `millrace table drop ${name}`,
        }),
      ),
    ];
  }

  /** Errors that are of no stream: at the topic or table that they name. */
  #addOthers(parts: Map<string, Part[]>, errors: readonly MillraceError[]): void {
    for (const error of errors) {
      const [, noun, name] = /^(topic|table) '?([\w-]+)/.exec(error.place ?? '') ?? [];
      if (noun) parts.set(`${noun} ${name}`, [...(parts.get(`${noun} ${name}`) ?? []), refused(error)]);
      else if (!/^stream '/.test(error.place ?? '')) throw error;
    }
  }

  #change(key: string, parts: readonly Part[]): Change {
    const [noun, name] = key.split(' ') as [Change['noun'], string];
    const gravest = [...parts].sort((one, other) => gravity.indexOf(other.effect) - gravity.indexOf(one.effect))[0];
    const command = gravest?.command ?? parts.find((one) => one.command)?.command;
    const error = parts.find((one) => one.error)?.error;
    return {
      noun,
      name,
      pipeline: this.#pipeline.name,
      effect: gravest?.effect ?? 'kept',
      says: parts
        .map(({ says }) => says)
        .filter(Boolean)
        .join('; '),
      ...(command === undefined ? {} : { command }),
      ...(error === undefined ? {} : { error }),
    };
  }

  #pump(processor: Processor): Pump {
    const { system } = this.#folder;
    return new Pump({ ...this.#folder, ...system, pipeline: this.#pipeline, processor, troubled: () => undefined });
  }

  async #attempt<T>(work: () => Promise<T>): Promise<{ value?: T; errors: MillraceError[] }> {
    try {
      return { value: await work(), errors: [] };
    } catch (error) {
      if (!(error instanceof MillraceError) || error.reaction !== 'fix') throw error;
      return { errors: [error, ...error.others] };
    }
  }
}

function refused(error: MillraceError): Part {
  return { effect: 'refused', says: error.message, error };
}

function byNoun(changes: readonly Change[], noun: Change['noun']): Change[] {
  return changes.filter((one) => one.noun === noun);
}

function fieldsAdded(schema: string, topic: Topic): string {
  const { fields } = JSON.parse(schema) as { fields?: { name: string }[] };
  const added = Object.keys(topic.fields).filter((name) => !fields?.some((one) => one.name === name));
  return added.length > 0
    ? `${listed(
        'field',
        added.map((name) => ({ name })),
      )} added`
    : 'its fields change';
}

function listed(noun: string, some: readonly { readonly name: string }[]): string {
  const names = some.map(({ name }) => `'${name}'`).join(', ');
  return some.length === 1 ? `${noun} ${names} is` : `${noun}s ${names} are`;
}
