// Whether what one schema wrote can be read with another, by Avro's schema resolution, and in words why not.
import type { AvroField, AvroOf, AvroType } from '../avro-schema.ts';
import type { Compatibility } from '../registry.ts';

/** A version that a new schema is compared with. */
export type Earlier = { readonly version: number; readonly type: AvroType };

/**
 * What keeps a new schema from being the next version: one message for each field, direction and version; [] where nothing does.
 * `earlier` holds the versions in ascending order; a mode that is not transitive looks at the last of them only.
 *
 * @example incompatibilities(parseAvro(text), [{ version: 1, type }], 'BACKWARD')
 * // ["field 'fare' has no default, so version 1's records cannot be read (BACKWARD)"]
 */
export function incompatibilities(next: AvroType, earlier: readonly Earlier[], mode: Compatibility): string[] {
  if (mode === 'NONE') return [];
  const messages: string[] = [];
  const compared = mode.endsWith('_TRANSITIVE') ? earlier : earlier.slice(-1);
  for (const { version, type } of compared) {
    if (!mode.startsWith('FORWARD')) {
      for (const problem of cannotRead(next, type)) {
        messages.push(`${problem}, so version ${version}'s records cannot be read (BACKWARD)`);
      }
    }
    if (!mode.startsWith('BACKWARD')) {
      for (const problem of cannotRead(type, next)) {
        messages.push(`${problem}, so readers of version ${version} cannot read the new records (FORWARD)`);
      }
    }
  }
  return messages;
}

/** Why a reader's schema cannot read what a writer's schema wrote: each reason names the field; [] where it can. */
export function cannotRead(reader: AvroType, writer: AvroType): string[] {
  const problems: string[] = [];
  new Comparison(problems).compare(reader, writer, '');
  return problems;
}

/** Reader's types that a writer's primitive may be read as, besides itself. */
const promotions: Readonly<Record<string, readonly string[]>> = {
  int: ['long', 'float', 'double'],
  long: ['float', 'double'],
  float: ['double'],
  string: ['bytes'],
  bytes: ['string'],
};

type Pairs = Map<AvroType, Set<AvroType>>;

class Comparison {
  readonly #problems: string[];
  /** Pairs of records that are being compared, or have been: what contains itself, or is used often, is compared once. */
  #seen: Pairs;
  /** Pairs of types that are known not to fit, whoever asks. */
  readonly #failed: Pairs;
  /** Whether only the question is asked, not the reasons. */
  readonly #isTrial: boolean;

  constructor(problems: string[], seen: Pairs = new Map(), failed: Pairs = new Map(), isTrial = false) {
    this.#problems = problems;
    this.#seen = seen;
    this.#failed = failed;
    this.#isTrial = isTrial;
  }

  compare(reader: AvroType, writer: AvroType, path: string): void {
    if (this.#isTrial && this.#problems.length > 0) return;
    if (writer.kind === 'union') {
      for (const branch of writer.types) this.compare(reader, branch, path);
      return;
    }
    if (reader.kind === 'union') {
      if (!reader.types.some((branch) => this.#fits(branch, writer))) this.#readerUnion(reader, writer, path);
      return;
    }
    const mismatch = mismatchOf(reader, writer);
    if (mismatch) {
      this.#problems.push(`${at(path)}${mismatch}`);
    } else if (reader.kind === 'array' && writer.kind === 'array') {
      this.compare(reader.items, writer.items, `${path}[]`);
    } else if (reader.kind === 'map' && writer.kind === 'map') {
      this.compare(reader.values, writer.values, `${path}{}`);
    } else if (reader.kind === 'record' && writer.kind === 'record' && add(this.#seen, reader, writer)) {
      for (const field of reader.fields) this.#field(field, writer, path);
    }
  }

  #field(field: AvroField, writer: AvroOf<'record'>, path: string): void {
    const here = path === '' ? field.name : `${path}.${field.name}`;
    const names = [field.name, ...field.aliases];
    // by its name first: an alias only stands in for a name that is not there
    const written = names.map((name) => writer.fields.find((other) => other.name === name)).find(Boolean);
    if (written) this.compare(field.type, written.type, here);
    else if (!field.fallback) this.#problems.push(`field '${here}' has no default`);
  }

  /** Whether a branch of the reader's union reads the writer's type: what fails inside it is not yet a problem. */
  #fits(branch: AvroType, writer: AvroType): boolean {
    if (this.#failed.get(branch)?.has(writer)) return false;
    const problems: string[] = [];
    const seen: Pairs = new Map([...this.#seen].map(([type, writers]) => [type, new Set(writers)]));
    new Comparison(problems, seen, this.#failed, true).compare(branch, writer, '');
    if (problems.length === 0) this.#seen = seen;
    else add(this.#failed, branch, writer);
    return problems.length === 0;
  }

  /** The reason inside the one branch of the same kind and name, where there is one; else that there is none. */
  #readerUnion(reader: AvroOf<'union'>, writer: AvroType, path: string): void {
    const same = reader.types.filter((branch) => mismatchOf(branch, writer) === undefined);
    if (same.length === 1 && !this.#isTrial) this.compare(same[0]!, writer, path);
    else {
      const names = reader.types.map((branch) => describe(branch)).join(', ');
      this.#problems.push(`${at(path)}${describe(writer)} is none of the reader's types (${names})`);
    }
  }
}

/** Adds a pair; false where it was there. */
function add(pairs: Pairs, reader: AvroType, writer: AvroType): boolean {
  const writers = pairs.get(reader) ?? new Set();
  pairs.set(reader, writers);
  if (writers.has(writer)) return false;
  writers.add(writer);
  return true;
}

/** Why two types that are no unions do not match, before their parts are looked at. */
function mismatchOf(reader: AvroType, writer: AvroType): string | undefined {
  const different = `${describe(writer)} cannot be read as ${describe(reader)}`;
  if (reader.kind !== writer.kind)
    return promotions[writer.kind]?.includes(reader.kind) ? logicalMismatch(reader, writer) : different;
  if ('name' in reader && 'name' in writer && !sameName(reader, writer)) return different;
  if (reader.kind === 'fixed' && writer.kind === 'fixed' && reader.size !== writer.size) {
    return `fixed '${writer.name}' of ${writer.size} bytes cannot be read as one of ${reader.size}`;
  }
  if (reader.kind === 'enum' && writer.kind === 'enum' && reader.fallback === undefined) {
    const lost = writer.symbols.filter((symbol) => !reader.symbols.includes(symbol));
    if (lost.length > 0) return `enum '${reader.name}' has no ${lost.join(', ')} and no default`;
  }
  return logicalMismatch(reader, writer);
}

/** Decimals must agree on the place of the point, times on their unit: read otherwise, they would be silently wrong. */
function logicalMismatch(reader: AvroType, writer: AvroType): string | undefined {
  const [to, from] = [reader.logical, writer.logical];
  const different = `${describe(writer)} cannot be read as ${describe(reader)}`;
  if (to?.name === 'decimal') {
    return from?.name === 'decimal' && from.scale === to.scale && from.precision <= to.precision
      ? undefined
      : different;
  }
  const unit = /^(local-timestamp|timestamp|time)-(millis|micros|nanos)$/;
  if (to && from && to.name !== from.name && unit.test(to.name) && unit.test(from.name)) return different;
  return undefined;
}

type Named = AvroOf<'record' | 'enum' | 'fixed'>;

/** Avro: names match without their namespace, or by an alias of the reader. */
function sameName(reader: Named, writer: Named): boolean {
  return unqualified(reader.name) === unqualified(writer.name) || reader.aliases.includes(writer.name);
}

function unqualified(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

function at(path: string): string {
  return path === '' ? '' : `field '${path}': `;
}

function describe(type: AvroType): string {
  if ('name' in type) return `${type.kind} '${type.name}'`;
  if (type.logical?.name === 'decimal') return `decimal(${type.logical.precision}, ${type.logical.scale})`;
  return type.logical ? `${type.kind} (${type.logical.name})` : type.kind;
}
