// Everything that is wrong with pipelines, before anything runs: parameters, source options, names, SQL.
import { MillraceError } from '../core/errors.ts';
import { type GivenParams, readParams } from '../define/param.ts';
import type { Pipeline } from '../define/pipeline.ts';
import { shapeOf } from '../define/route.ts';
import { embedded, sourceAdapter } from './adapters.ts';
import { checkSourceNames } from './source-names.ts';

/**
 * All errors of the pipelines, each with its place; [] where they could run.
 *
 * @param given values of parameters, as with `--set`
 */
export async function check(pipelines: readonly Pipeline[], given: GivenParams): Promise<MillraceError[]> {
  const errors = checkDefinitions(pipelines);
  const { checkPipeline } = await embedded.engine();
  for (const pipeline of pipelines) {
    const own = ownParams(pipeline, pipelines, given);
    const { values, errors: wrong } = readParams(pipeline.params, own, process.env);
    errors.push(...wrong.map((error) => within(pipeline, error)));
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
    errors.push(...(await checkPipeline(pipeline, values)).map((error) => within(pipeline, error)));
  }
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
  const seen = new Map<string, { owner: string; value: unknown }>();
  const claim = (kind: string, name: string, pipeline: Pipeline, value: unknown, mayShare: boolean, as = name) => {
    const key = `${kind} ${as.toLowerCase()}`;
    const first = seen.get(key);
    if (first && !(mayShare && first.value === value)) {
      errors.push(
        new MillraceError('NAME_TAKEN', `${kind} '${name}' is in pipeline '${first.owner}' too`, {
          place: `pipeline '${pipeline.name}'`,
          remedy: 'Rename one of them, or run them in different data folders.',
        }),
      );
    } else seen.set(key, { owner: pipeline.name, value });
  };
  for (const pipeline of pipelines) {
    claim('pipeline', pipeline.name, pipeline, pipeline, false);
    for (const table of pipeline.tables) claim('table', table.name, pipeline, table, false);
    // two pipelines may read one topic, if it is the very same
    for (const topic of pipeline.topics) claim('topic', topic.name, pipeline, topic, true);
    for (const route of pipeline.routes)
      claim('route', `${route.method} ${route.path}`, pipeline, route, false, shapeOf(route));
  }
  return [...errors, ...pipelines.flatMap(checkSourceNames)];
}

function within(pipeline: Pipeline, error: MillraceError): MillraceError {
  return new MillraceError(error.code, error.message, {
    place: [`pipeline '${pipeline.name}'`, error.place].filter(Boolean).join(', '),
    remedy: error.remedy,
    cause: error,
  });
}
