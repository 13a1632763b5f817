// What the web server serves of an open data folder and the pipelines that run in it.
import { readFileSync } from 'node:fs';
import { MillraceError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { Backend } from '../web/backend.ts';
import { embedded } from './adapters.ts';
import { chartsOf } from './charts.ts';
import type { Folder } from './folder.ts';
import { given } from './given.ts';
import { LetterDesk } from './letters.ts';
import { postsOf } from './post.ts';
import { Queries } from './queries.ts';
import type { Rebuilds } from './rebuilds.ts';
import { Records } from './records.ts';
import type { Runner } from './runner.ts';
import { shownPlan } from './shown-plan.ts';
import { storedTable, tableView, tableViews } from './tables.ts';
import { TopicWatches } from './topic-watches.ts';
import { topicView, topicViews } from './topics.ts';
import { viewOf } from './view.ts';

/** A backend, and what ends its watching and posting. */
export type ClosableBackend = { readonly backend: Backend; close(): Promise<void> };

/** Makes what is served of pipelines that run in a folder. */
export function backendOf(folder: Folder, runners: readonly Runner[], rebuilds: Rebuilds): ClosableBackend {
  const { store, system, log, registry, database } = folder;
  let workers: Promise<InstanceType<Awaited<ReturnType<typeof embedded.queryWorkers>>>> | undefined;
  const definitions = runners.map((runner) => runner.pipeline);
  const records = new Records(folder, definitions);
  const watches = new TopicWatches({ log, clock: system.clock, reader: (topic) => records.reader(topic) });
  const letters = new LetterDesk(folder, runners, records);
  const charts = chartsOf(store, system.clock);
  const posts = postsOf(folder, runners);
  const queries = new Queries(system.clock);
  const topics = { log, registry, pipelines: definitions, posting: posts };
  const runnerOf = (name: string): Runner => {
    const found = runners.find((runner) => runner.pipeline.name === name);
    if (found) return found;
    throw new MillraceError('NOT_FOUND', `there is no pipeline '${name}'`, {
      place: name,
      remedy: `Ask for one that runs: ${definitions.map((one) => one.name).join(', ') || 'there is none'}.`,
    });
  };
  const backend: Backend = {
    version: version(),
    startedAt: system.clock.now(),
    definitions,
    registry,
    pipelines: () => runners.map((runner) => ({ ...viewOf(runner), ...given('rebuild', rebuilds.status(runner)) })),
    async plan(pipeline) {
      const runner = runnerOf(pipeline);
      return shownPlan(runner.pipeline, runner.params, runner.nameOf);
    },
    pause: async (pipeline) => runnerOf(pipeline).pause(),
    resume: async (pipeline) => runnerOf(pipeline).resume(),
    rebuild: async (pipeline, names, isPartial) => rebuilds.begin(runnerOf(pipeline), names, isPartial),
    cancelRebuild: async (pipeline) => rebuilds.cancel(runnerOf(pipeline)),
    topics: () => topicViews(topics),
    topic: (name) => topicView(topics, name),
    records: (topic, request) => records.page(topic, request),
    admit: async (topic, request) => posts.admit(topic, request),
    post: (topic, request) => posts.post(topic, request),
    countRefused: (topic, code) => posts.refused.add(posts.accepts(topic) ? topic : '', code),
    refusedPosts: () => posts.refused.list(),
    watchTopic: (topic, changed) => watches.watch(topic, changed),
    tables: () => tableViews(store, definitions),
    table: (name) => tableView(store, definitions, name),
    rows: (table, options) => store.read(table, options),
    tableVersion: (table) => store.version(table),
    async watchTable(table, changed) {
      await storedTable(store, table);
      return store.watch(table, (change) => {
        try {
          changed(change);
        } catch {
          // the transaction is committed: one who watches must not make it look as if it had failed
        }
      });
    },
    query: ({ sql, rowsMax = limits.queryRowsMax, msMax = limits.queryMsMax }, { name, signal }, take) =>
      queries.run(name, msMax, signal, async (msLeft) => {
        const startedMs = system.clock.elapsed();
        workers ??= embedded.queryWorkers().then((Workers) => new Workers(database, store.version));
        const question = { sql, rowsMax, msMax: msLeft, msAsked: msMax, bytesMax: limits.queryBytesMax, signal };
        await (await workers).ask(question, take);
        await take(Buffer.from(`,"ms":${system.clock.elapsed() - startedMs}}`));
      }),
    charts: (pipeline) => charts.views(runnerOf(pipeline).pipeline),
    chart: async (pipeline, id, request) => charts.data(runnerOf(pipeline).pipeline, id, request),
    dead: (request) => letters.page(request),
    deadLetter: (id, seesAll) => letters.letter(id, seesAll),
    redrive: (request) => letters.redrive(request),
  };
  return {
    backend,
    async close() {
      watches.close();
      await (await workers)?.close();
      await posts.close();
    },
  };
}

function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return String((JSON.parse(text) as { version: unknown }).version);
}
