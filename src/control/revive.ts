// Reads what sources refused once more: each by the source that it came from, as the pipeline declares it now.
import type { Value } from '../define/accept.ts';
import type { Pipeline } from '../define/pipeline.ts';
import type { SourceDefinition } from '../define/source.ts';
import type { Topic } from '../define/topic.ts';
import type { SourceContext } from '../ingest/source.ts';
import type { KeptAside } from '../process/engine.ts';
import { chooseSource, sourceAdapter } from './adapters.ts';
import type { System } from './system.ts';

/** Reads original bytes again: a row, or why it is still refused (thrown). */
export type Revive = (bytes: Uint8Array) => Value[];

/** What reviving works with. */
export type Reviving = {
  readonly system: System;
  readonly pipeline: Pipeline;
  readonly params: ReadonlyMap<string, Value>;
};

/** The revivers of a pipeline's sources, each made when it is first needed. */
export class Revivers {
  readonly #reviving: Reviving;
  readonly #known = new Map<string, Promise<Revive> | undefined>();

  constructor(reviving: Reviving) {
    this.#reviving = reviving;
  }

  /** What reads a letter of a source again; undefined where the pipeline has no source like it any more. */
  async of(letter: KeptAside): Promise<Revive | undefined> {
    const kind = letter.source!.split('/').at(-1)!.replace(/-\d+$/, '');
    const key = `${letter.topic}/${kind}`;
    if (!this.#known.has(key)) {
      const topic = this.#reviving.pipeline.topics.find((one) => one.name === letter.topic);
      const definition = topic && sourceOf(topic, kind);
      this.#known.set(key, definition && this.#make(topic, definition));
    }
    return this.#known.get(key);
  }

  async #make(topic: Topic, definition: SourceDefinition): Promise<Revive> {
    const { params, system } = this.#reviving;
    const chosen = await chooseSource(definition, params, topic.fields, `topic '${topic.name}'`);
    const context: SourceContext = {
      ...system,
      fields: topic.fields,
      time: topic.time,
      position: undefined,
      nextSequence: 0,
      signal: new AbortController().signal,
      notice: () => undefined,
    };
    return (await sourceAdapter(definition.kind)).revive(chosen.options, context);
  }
}

/** The first source of a kind that a topic has, those that sources give way to included. */
function sourceOf(topic: Topic, kind: string): SourceDefinition | undefined {
  for (const definition of topic.sources) {
    for (let one: SourceDefinition | undefined = definition; one; one = one.otherwise)
      if (one.kind === kind) return one;
  }
  return undefined;
}
