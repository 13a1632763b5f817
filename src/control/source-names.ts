// The names of a topic's sources: what each has read is saved under its name, and so are its batches in the log and its dead letters.
import { MillraceError } from '../core/errors.ts';
import type { Pipeline } from '../define/pipeline.ts';
import type { SourceDefinition } from '../define/source.ts';
import type { Topic } from '../define/topic.ts';
import type { Position } from '../ingest/source.ts';
import type { SourceProgress } from '../process/progress.ts';
import { type ChosenSource, sourceKinds } from './adapters.ts';

/** The progress of sources, by their names. */
type Saved = Readonly<Record<string, SourceProgress>>;

/** A source that is to get a name: the one that is its own, and what it reads. */
type Unnamed = { readonly kind: string; readonly own: string; readonly origin: Position | undefined };

/** The name by which a source is known before anything of it is saved: as it is given, else its kind and its place among its kind. */
export function ownName(topic: string, { kind, options }: SourceDefinition, place: number): string {
  return `${topic}/${typeof options.name === 'string' ? options.name : numbered(kind, place)}`;
}

function numbered(kind: string, place: number): string {
  return place > 1 ? `${kind}-${place}` : kind;
}

/** Whether a position is in what a source reads. */
export function isOf(position: Position | undefined, origin: Position | undefined): boolean {
  return Boolean(position && origin && Object.keys(origin).every((name) => position[name] === origin[name]));
}

/**
 * Gives the sources of a topic their names. Sources that were added, removed or put into another order keep theirs: a position that
 * says what it is of (a file, a seed, an address) goes with the source that reads this, wherever that stands now.
 */
export class SourceNames {
  readonly #topic: string;
  readonly #saved: Saved;
  readonly #taken = new Set<string>();
  /** Those that are given by the user: no other source gets them. */
  readonly #given = new Set<string>();

  constructor(topic: Topic, saved: Saved) {
    this.#topic = topic.name;
    this.#saved = saved;
    for (const source of topic.sources)
      for (let one: SourceDefinition | undefined = source; one; one = one.otherwise)
        if (typeof one.options.name === 'string') this.#given.add(ownName(topic.name, one, 1));
  }

  /** The names of all sources, in their order. `kinds`: of those that cannot be chosen, only the kind is known. */
  nameAll(sources: readonly (ChosenSource | { readonly kind: string })[]): string[] {
    const places = new Map<string, number>();
    return this.#name(
      sources.map((source): Unnamed => {
        const kind = 'kind' in source ? source.kind : source.definition.kind;
        const place = (places.get(kind) ?? 0) + 1;
        places.set(kind, place);
        if ('kind' in source) return { kind, own: `${this.#topic}/${numbered(kind, place)}`, origin: undefined };
        return { kind, own: ownName(this.#topic, source.definition, place), origin: source.origin };
      }),
    );
  }

  /** The name of a source that takes the place of another one. */
  nameInstead(former: string, { definition, origin }: ChosenSource): string {
    this.#taken.delete(former);
    return this.#name([{ kind: definition.kind, own: ownName(this.#topic, definition, 1), origin }])[0]!;
  }

  #name(sources: readonly Unnamed[]): string[] {
    const names: string[] = [];
    const take = (i: number, name: string | undefined) => {
      if (name === undefined || names[i] !== undefined || this.#taken.has(name)) return;
      names[i] = name;
      this.#taken.add(name);
    };
    sources.forEach(({ own, origin }, i) => {
      if (isOf(this.#saved[own]?.position, origin)) take(i, own);
    });
    sources.forEach(({ own, origin }, i) => {
      if (names[i] === undefined) take(i, this.#savedOf(own, origin));
    });
    sources.forEach(({ own }, i) => {
      take(i, own);
    });
    sources.forEach(({ kind }, i) => {
      for (let place = 2; names[i] === undefined; place++) {
        const name = `${this.#topic}/${numbered(kind, place)}`;
        // under a name that is saved already it would take the place of what was read before
        if (!this.#saved[name]) take(i, name);
      }
    });
    return names;
  }

  /** The free name under which this is saved that a source reads, the one that came furthest. */
  #savedOf(own: string, origin: Position | undefined): string | undefined {
    return Object.entries(this.#saved)
      .filter(([name, { position }]) => name.startsWith(`${this.#topic}/`) && isOf(position, origin))
      .filter(([name]) => !this.#taken.has(name) && (name === own || !this.#given.has(name)))
      .sort(([, one], [, other]) => other.next - one.next)[0]?.[0];
  }
}

/** What is wrong with the names that are given to a pipeline's sources. */
export function checkSourceNames(pipeline: Pipeline): MillraceError[] {
  const errors: MillraceError[] = [];
  const like = new RegExp(`^(${sourceKinds.join('|')})(-\\d+)?$`);
  for (const topic of pipeline.topics) {
    const seen = new Set<string>();
    const place = `pipeline '${pipeline.name}', topic '${topic.name}'`;
    for (const source of topic.sources) {
      for (let one: SourceDefinition | undefined = source; one; one = one.otherwise) {
        const { name } = one.options;
        if (typeof name !== 'string') continue;
        if (like.test(name)) {
          errors.push(
            new MillraceError('NAME_TAKEN', `source name '${name}' is what a source without a name is called`, {
              place,
              remedy: 'Give it another name.',
            }),
          );
        } else if (seen.has(name)) {
          errors.push(
            new MillraceError('NAME_TAKEN', `two sources are named '${name}'`, {
              place,
              remedy: 'Rename one of them.',
            }),
          );
        }
        seen.add(name);
      }
    }
  }
  return errors;
}
