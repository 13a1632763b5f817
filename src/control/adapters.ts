// The one list of adapters: each is imported when it is first used.
import { MillraceError } from '../core/errors.ts';
import type { Value } from '../define/accept.ts';
import type { Fields } from '../define/fields.ts';
import { isParam, type Param, paramsIn, variableOf, withParams } from '../define/param.ts';
import { filled as filledText } from '../define/secret.ts';
import type { SourceDefinition } from '../define/source.ts';
import type {
  CheckOptions,
  EndsSource,
  OpenSource,
  OriginOf,
  Position,
  ReceiveSource,
  ReviveSource,
} from '../ingest/source.ts';

/**
 * What the `open.ts` of a source adapter exports: `originOf` where its positions say what they are of, `receive` where requests bring its
 * records, `mayBeAbsent` where it may give way to another one at the start (SOURCE_UNAVAILABLE).
 */
export type SourceAdapter = {
  open: OpenSource;
  ends: EndsSource;
  mayBeAbsent?: boolean;
  checkOptions: CheckOptions;
  revive: ReviveSource;
  originOf?: OriginOf;
  receive?: ReceiveSource;
};

const sources: Readonly<Record<string, () => Promise<SourceAdapter>>> = {
  csv: () => import('../ingest/csv/open.ts'),
  http: () => import('../ingest/http/open.ts'),
  simulate: () => import('../ingest/simulate/open.ts'),
  webhook: () => import('../ingest/webhook/open.ts'),
};

/** The kinds of sources. */
export const sourceKinds: readonly string[] = Object.keys(sources);

/** The log, registry, engine and store that a data folder has. */
export const embedded = {
  log: async () => (await import('../log/embedded/embedded.ts')).embeddedLog,
  registry: async () => (await import('../log/registry-embedded/embedded.ts')).embeddedRegistry,
  database: async () => (await import('../process/duckdb/database.ts')).DuckDatabase,
  engine: async () => import('../process/duckdb/engine.ts'),
  query: async () => (await import('../process/duckdb/query/query.ts')).query,
  queryWorkers: async () => (await import('../process/duckdb/query/workers.ts')).QueryWorkers,
  keeper: async () => import('../process/duckdb/keeper.ts'),
  forget: async () => import('../process/duckdb/forget.ts'),
  lineage: async () => import('../process/duckdb/lineage.ts'),
  personRows: async () => import('../process/duckdb/person-rows.ts'),
  personLetters: async () => import('../process/duckdb/person-letters.ts'),
  compact: async () => import('../process/duckdb/compact.ts'),
  store: async () => (await import('../store/duckdb/duckdb.ts')).duckStore,
};

/** The adapter of a kind of source. */
export async function sourceAdapter(kind: string): Promise<SourceAdapter> {
  const load = sources[kind];
  if (!load) {
    throw new MillraceError('PIPELINE_INVALID', `there is no source of kind '${kind}'`, {
      remedy: `Use one of: ${sourceKinds.join(', ')}.`,
    });
  }
  return load();
}

/** A source with the values of its parameters: which of those named by `.or(…)` it is, and its options. */
export type ChosenSource = {
  readonly definition: SourceDefinition;
  readonly options: Readonly<Record<string, unknown>>;
  /** What it reads, where its positions say so. */
  readonly origin: Position | undefined;
  readonly passedOver: string | undefined;
};

/**
 * The first of a source and those it gives way to whose needed parameters are set.
 *
 * @throws PARAM_INVALID where none of them can be had; OPTION_INVALID
 */
export async function chooseSource(
  definition: SourceDefinition,
  params: ReadonlyMap<string, Value>,
  fields: Fields,
  place: string,
): Promise<ChosenSource> {
  let unset: string | undefined;
  for (let one: SourceDefinition | undefined = definition; one; one = one.otherwise) {
    const adapter = await sourceAdapter(one.kind);
    const missing = Object.values(one.options)
      .flatMap(paramsIn)
      .filter((param) => !params.has(param.name));
    const options = valuesIn(one.options, params);
    try {
      const inside = missing.find((param) => !Object.values(one!.options).includes(param));
      if (inside) throw notSet(inside, place);
      adapter.checkOptions(options, fields, `${place}, ${one.kind}()`);
      return { definition: one, options, origin: adapter.originOf?.(options), passedOver: unset };
    } catch (error) {
      // an option that needs a parameter which is not set: the next one takes its place
      if (missing.length === 0 || !(error instanceof MillraceError)) throw error;
      // what is wrong whether they are set or not is no reason to take another
      adapter.checkOptions({ ...one.options, ...options }, fields, `${place}, ${one.kind}()`);
      unset ??= missing[0]!.name;
      if (!one.otherwise) {
        throw notSet(missing[0]!, place, error);
      }
    }
  }
  throw new MillraceError('PIPELINE_INVALID', 'there is no source', { place });
}

function notSet(param: Param, place: string, cause?: unknown): MillraceError {
  const variable = variableOf(param);
  return new MillraceError('PARAM_INVALID', `${param.secret ? 'secret' : 'parameter'} '${param.name}' is not set`, {
    place,
    remedy: param.secret
      ? `Set the environment variable ${variable}, or ${variable}_FILE to the path of a file that holds it.`
      : `Give it: --set ${param.name}=…`,
    cause,
  });
}

/** Options with the values of their parameters; those of parameters that are not set are left out. */
export function valuesIn(
  options: Readonly<Record<string, unknown>>,
  params: ReadonlyMap<string, Value>,
): Record<string, unknown> {
  const filled: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options)) {
    if (isParam(value) && !params.has(value.name)) continue;
    filled[name] = withParams(value, (param) => filledText(param, params.get(param.name)));
  }
  return filled;
}
