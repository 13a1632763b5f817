// Reads what sources refused once more: each by the source that it came from, as the pipeline declares it now.
import { MillraceError } from '../core/errors.ts';
import type { Value } from '../define/accept.ts';
import type { Pipeline } from '../define/pipeline.ts';
import type { SourceDefinition } from '../define/source.ts';
import type { Topic } from '../define/topic.ts';
import type { SourceContext } from '../ingest/source.ts';
import type { Engine, KeptAside } from '../process/engine.ts';
import { type ChosenSource, chooseSource, sourceAdapter } from './adapters.ts';
import { isOf, ownName, SourceNames } from './source-names.ts';
import type { System } from './system.ts';

/** Reads original bytes again: a row, or why it is still refused (thrown). */
export type Revive = (bytes: Uint8Array) => Value[];

/** What reviving works with. */
export type Reviving = {
  readonly system: System;
  readonly pipeline: Pipeline;
  readonly params: ReadonlyMap<string, Value>;
  readonly engine: Pick<Engine, 'sources'>;
};

/** The revivers of a pipeline's sources, each made when it is first needed. */
export class Revivers {
  readonly #reviving: Reviving;
  readonly #known = new Map<string, Promise<Revive | undefined>>();

  constructor(reviving: Reviving) {
    this.#reviving = reviving;
  }

  /** What reads a letter again: the very source that it came from. Undefined where the pipeline does not have that any more. */
  of({ topic: name, source }: KeptAside): Promise<Revive | undefined> {
    let known = this.#known.get(source!);
    if (!known) {
      const topic = this.#reviving.pipeline.topics.find((one) => one.name === name);
      known = topic ? this.#make(topic, source!) : Promise.resolve(undefined);
      this.#known.set(source!, known);
    }
    return known;
  }

  async #make(topic: Topic, source: string): Promise<Revive | undefined> {
    const { system } = this.#reviving;
    const chosen = await this.#sourceNamed(topic, source);
    if (!chosen) return undefined;
    const context: SourceContext = {
      ...system,
      fields: topic.fields,
      time: topic.time,
      position: undefined,
      nextSequence: 0,
      signal: new AbortController().signal,
      notice: () => undefined,
    };
    return (await sourceAdapter(chosen.definition.kind)).revive(chosen.options, context);
  }

  /** The source of a name, as the names are given when the pipeline runs; else one that it had, which another takes the place of now. */
  async #sourceNamed(topic: Topic, name: string): Promise<ChosenSource | undefined> {
    const sources = await this.#reviving.engine.sources(topic.name);
    const position = sources[name]?.position;
    const chosen = await Promise.all(topic.sources.map((one) => this.#choose(topic, one)));
    const names = new SourceNames(topic, sources).nameAll(chosen.map((one, i) => one ?? topic.sources[i]!));
    const at = names.indexOf(name);
    const isAt = (one: ChosenSource) => isOf(position, one.origin) || ownName(topic.name, one.definition, 1) === name;
    const others = (await Promise.all(topic.sources.map((one) => this.#others(topic, one)))).map((line, i) =>
      line.filter((one) => one.definition !== chosen[i]?.definition),
    );
    // one that has given way under its own name left its position there
    const instead = others[at]?.find((one) => isOf(position, one.origin));
    if (instead && !isOf(position, chosen[at]?.origin)) return instead;
    // where it cannot be had, choosing it again says why
    if (at >= 0) return chosen[at] ?? this.#chosen(topic, topic.sources[at]!);
    const found = others.flat().filter(isAt);
    return found.find((one) => isOf(position, one.origin)) ?? (found.length === 1 ? found[0] : undefined);
  }

  /** Every source that one and those it gives way to can be, with the parameters as they are. */
  async #others(topic: Topic, first: SourceDefinition): Promise<ChosenSource[]> {
    const all: ChosenSource[] = [];
    for (let one: SourceDefinition | undefined = first; one; one = one.otherwise) {
      const found = await this.#choose(topic, one);
      if (found?.definition === one) all.push(found);
    }
    return all;
  }

  /** The source that is used for one, undefined where none can be had: letters of others can be read all the same. */
  async #choose(topic: Topic, one: SourceDefinition): Promise<ChosenSource | undefined> {
    try {
      return await this.#chosen(topic, one);
    } catch (error) {
      if (error instanceof MillraceError && error.reaction === 'fix') return undefined;
      throw error;
    }
  }

  #chosen(topic: Topic, one: SourceDefinition): Promise<ChosenSource> {
    return chooseSource(one, this.#reviving.params, topic.fields, `topic '${topic.name}'`);
  }
}
