// Everything that is wrong with pipelines, before anything runs: parameters, source options, names, SQL.

import { MillraceError } from '../core/errors.ts';
import type { Value } from '../define/accept.ts';
import { type GivenParams, readParams } from '../define/param.ts';
import type { Pipeline } from '../define/pipeline.ts';
import { shapeOf } from '../define/route.ts';
import { differenceOf, isSameTable } from '../define/same.ts';
import type { Topic } from '../define/topic.ts';
import { embedded, sourceAdapter } from './adapters.ts';
import { environmentOf } from './environment.ts';
import { endlessLookups } from './finite.ts';
import { checkWaits, waitsOf } from './loading.ts';
import { checkSourceNames } from './source-names.ts';

/**
 * All errors of the pipelines, each with its place; [] where they could run.
 *
 * @param given values of parameters, as with `--set`
 */
export async function check(pipelines: readonly Pipeline[], given: GivenParams): Promise<MillraceError[]> {
  const errors = checkDefinitions(pipelines);
  const { checkPipeline } = await embedded.engine();
  const params = new Map<Pipeline, ReadonlyMap<string, Value>>();
  for (const pipeline of pipelines) {
    const own = ownParams(pipeline, pipelines, given);
    const { values, errors: wrong } = readParams(pipeline.params, own, environmentOf(pipeline.params));
    errors.push(...wrong.map((error) => within(pipeline, error)));
    params.set(pipeline, values);
    for (const topic of pipeline.topics) {
      for (let source = topic.sources[0], i = 0; source; source = source.otherwise ?? topic.sources[++i]) {
        try {
          (await sourceAdapter(source.kind)).checkOptions(
            source.options,
            topic.fields,
            `topic '${topic.name}', ${source.kind}()`,
          );
        } catch (error) {
          if (!(error instanceof MillraceError)) throw error;
          errors.push(within(pipeline, error));
        }
      }
    }
    errors.push(
      ...(await checkPipeline(pipeline, values, await endlessLookups(pipeline, values))).map((error) =>
        within(pipeline, error),
      ),
    );
  }
  errors.push(...checkWaits(await waitsOf(pipelines, (pipeline) => params.get(pipeline)!)));
  return errors;
}

/** The values for one of several pipelines: of the parameters that it declares, and of those that none declares, which is an error in each. */
export function ownParams(pipeline: Pipeline, all: readonly Pipeline[], given: GivenParams): GivenParams {
  const declares = (one: Pipeline, name: string) => one.params.some((param) => param.name === name);
  return Object.fromEntries(
    Object.entries(given).filter(([name]) => declares(pipeline, name) || !all.some((one) => declares(one, name))),
  );
}

/** What can be seen without the engine: names that pipelines in one data folder cannot share. */
export function checkDefinitions(pipelines: readonly Pipeline[]): MillraceError[] {
  const errors: MillraceError[] = [];
  const seen = new Map<string, { owner: string }>();
  const claim = (kind: string, name: string, pipeline: Pipeline, as = name) => {
    const key = `${kind} ${as.toLowerCase()}`;
    const first = seen.get(key);
    if (first) {
      errors.push(
        new MillraceError('NAME_TAKEN', `${kind} '${name}' is in pipeline '${first.owner}' too`, {
          place: `pipeline '${pipeline.name}'`,
          remedy: 'Rename one of them, or run them in different data folders.',
        }),
      );
    } else seen.set(key, { owner: pipeline.name });
  };
  for (const pipeline of pipelines) {
    claim('pipeline', pipeline.name, pipeline);
    for (const table of pipeline.tables) claim('table', table.name, pipeline);
    for (const route of pipeline.routes) claim('route', `${route.method} ${route.path}`, pipeline, shapeOf(route));
  }
  return [...errors, ...checkShared(pipelines), ...pipelines.flatMap(checkSourceNames)];
}

/** What pipelines share must be the same for all: a topic that several read, a table that one keeps and others look up. */
function checkShared(pipelines: readonly Pipeline[]): MillraceError[] {
  const errors: MillraceError[] = [];
  const topics = new Map<string, { topic: Topic; owner: string }>();
  const tables = new Map(
    pipelines.flatMap((one) => one.tables.map((table) => [table.name, { table, owner: one.name }])),
  );
  const refuse = (what: string, pipeline: Pipeline, owner: string, remedy: string) =>
    errors.push(
      new MillraceError('NAME_TAKEN', `${what} in pipeline '${owner}'`, {
        place: `pipeline '${pipeline.name}'`,
        remedy,
      }),
    );
  for (const pipeline of pipelines) {
    for (const topic of pipeline.topics) {
      const key = topic.name.toLowerCase();
      const first = topics.get(key);
      if (!first) topics.set(key, { topic, owner: pipeline.name });
      else if (first.topic.name !== topic.name)
        refuse(
          `topic '${topic.name}' differs only in case from '${first.topic.name}'`,
          pipeline,
          first.owner,
          'Rename one.',
        );
      else {
        const what = differenceOf(first.topic, topic);
        const differs = `topic '${topic.name}' is declared with other ${what} than`;
        const remedy =
          'Declare it in one file and import it in both, rename one, or run them in different data folders.';
        if (what !== undefined) refuse(differs, pipeline, first.owner, remedy);
      }
    }
    for (const table of pipeline.lookups) {
      const kept = tables.get(table.name);
      if (kept && !isSameTable(kept.table, table))
        refuse(
          `table '${table.name}', which it looks up, is declared otherwise than`,
          pipeline,
          kept.owner,
          'Import the table from the file that declares it.',
        );
    }
  }
  return errors;
}

function within(pipeline: Pipeline, error: MillraceError): MillraceError {
  return new MillraceError(error.code, error.message, {
    place: [`pipeline '${pipeline.name}'`, error.place].filter(Boolean).join(', '),
    remedy: error.remedy,
    cause: error,
  });
}
