// A pipeline's plan as the API shows it: what is secret in it is masked.
import { isSecretName, masked, withoutSecrets } from '../core/mask.ts';
import type { Value } from '../define/accept.ts';
import { type GivenParams, resolveParams } from '../define/param.ts';
import type { Pipeline } from '../define/pipeline.ts';
import type { Plan, PlanSource } from '../web/schemas.ts';
import { environmentOf } from './environment.ts';
import { type NameOfSource, planWith } from './plan.ts';

/**
 * The plan of a pipeline that does not run, as people see it.
 *
 * @throws PARAM_UNKNOWN, PARAM_INVALID
 */
export async function planOf(pipeline: Pipeline, given: GivenParams): Promise<Plan> {
  return shownPlan(pipeline, resolveParams(pipeline.params, given, environmentOf(pipeline.params)));
}

/** The shortest value of a secret parameter that is looked for within other texts. */
const secretLengthMin = 4;

/** The plan of a pipeline with the values that it runs with; those of secret parameters and options, and what is secret in URLs, are masked. */
export function shownPlan(pipeline: Pipeline, params: ReadonlyMap<string, Value>, nameOf?: NameOfSource): Plan {
  const plan = planWith(pipeline, params, nameOf);
  const secrets = new Set(plan.params.filter(isSecret).flatMap(({ value, default: fallback }) => [value, fallback]));
  const source = (one: PlanSource): PlanSource => ({
    ...one,
    options: shown(one.options, secrets) as Record<string, unknown>,
    ...(one.otherwise ? { otherwise: source(one.otherwise) } : {}),
  });
  return {
    ...plan,
    params: plan.params.map((one) => ({ ...one, ...(shown(pick(one), secrets) as object) })),
    sources: plan.sources.map(source),
  };
}

function isSecret({ name, type }: Plan['params'][number]): boolean {
  return type === 'secret' || isSecretName(name);
}

function pick(param: Plan['params'][number]): Record<string, unknown> {
  const values = {
    ...('value' in param && { value: param.value }),
    ...('default' in param && { default: param.default }),
  };
  return isSecret(param) ? Object.fromEntries(Object.keys(values).map((name) => [name, masked])) : values;
}

/** A value with what is secret in it masked: under a secret name, or of a secret parameter. */
function shown(value: unknown, secrets: ReadonlySet<unknown>): unknown {
  if (typeof value === 'string' && value !== '' && secrets.has(value)) return masked;
  if (typeof value === 'string') return withoutSecrets(withoutValues(value, secrets));
  if (Array.isArray(value)) return value.map((one) => shown(one, secrets));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [
      name,
      isSecretName(name) && !isUnset(one) ? masked : shown(one, secrets),
    ]),
  );
}

/** A text without the values of secret parameters, of which it may have been made. */
function withoutValues(text: string, secrets: ReadonlySet<unknown>): string {
  let left = text;
  for (const secret of secrets)
    if (typeof secret === 'string' && secret.length >= secretLengthMin) left = left.replaceAll(secret, masked);
  return left;
}

/** `param:NAME` stands where a parameter has no value. */
function isUnset(value: unknown): boolean {
  return typeof value === 'string' && value.startsWith('param:');
}
