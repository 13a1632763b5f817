// A source as data: what kind, with which options; the adapter in ingest/ that knows the kind opens it.
import { MillraceError } from '../core/errors.ts';
import { shown } from '../core/shown.ts';
import { isObject } from './options.ts';
import { type Param, paramsIn } from './param.ts';

/** Where records of a topic come from. Frozen; made by `csv()`, `http()`, `simulate()`, …; nothing connects before `run`. */
export interface SourceDefinition {
  readonly noun: 'source';
  /** The adapter: a folder of ingest/. */
  readonly kind: string;
  /** As the user gave them; the adapter's schema checks them at `check`. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Used where this one cannot be had: a parameter of it is unset, or its network is absent at the start. */
  readonly otherwise: SourceDefinition | undefined;
  /** Names what to use where this one cannot be had. */
  or(otherwise: SourceDefinition): SourceDefinition;
}

/** Makes a source definition: for adapters' factories. */
export function source(kind: string, options: object, otherwise?: SourceDefinition): SourceDefinition {
  // options that are left out altogether lack what they need, which the adapter says better
  if (options !== undefined && !isObject(options)) {
    throw new MillraceError('OPTION_INVALID', `the options: ${shown(options)} is no object`, {
      place: `${kind}()`,
      remedy: `Give them by name: ${kind}({ … }).`,
    });
  }
  const self: SourceDefinition = {
    noun: 'source',
    kind,
    options: Object.freeze({ ...options }) as Readonly<Record<string, unknown>>,
    otherwise,
    or(next) {
      if (isSource(next)) return source(kind, options, otherwise ? otherwise.or(next) : next);
      throw new MillraceError('PIPELINE_INVALID', `or() needs a source, and ${shown(next)} is none`, {
        place: `${kind}()`,
        remedy: 'Give it csv(…), http(…), simulate(…) or webhook(…).',
      });
    },
  };
  return Object.freeze(self);
}

/** Whether a value is a source definition. */
export function isSource(value: unknown): value is SourceDefinition {
  return typeof value === 'object' && value !== null && (value as { noun?: unknown }).noun === 'source';
}

/** Every parameter that stands in the options of a source and of those it gives way to. */
export function paramsOf(definition: SourceDefinition): Param[] {
  const found = Object.values(definition.options).flatMap(paramsIn);
  return definition.otherwise ? [...found, ...paramsOf(definition.otherwise)] : found;
}
