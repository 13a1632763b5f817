// Avro schemas read from their JSON text into a checked tree, with every name resolved.
import { Digits, parseStored } from '../core/digits.ts';
import { MillraceError, messageOf } from '../core/errors.ts';
import { wholeOf } from '../define/numbers.ts';

/** The eight types without parts. */
export const primitives = ['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'] as const;

/** What a type means beyond its bytes; those that Avro does not know are kept by name and otherwise ignored. */
export type Logical = { readonly name: string; readonly precision: number; readonly scale: number };

type Named = { readonly name: string; readonly aliases: readonly string[] };

/** An Avro type. Records may contain themselves, so the tree may have cycles. */
export type AvroType = { readonly logical?: Logical | undefined } & (
  | { readonly kind: (typeof primitives)[number] }
  | ({ readonly kind: 'fixed'; readonly size: number } & Named)
  | ({ readonly kind: 'enum'; readonly symbols: readonly string[]; readonly fallback: string | undefined } & Named)
  | { readonly kind: 'array'; readonly items: AvroType }
  | { readonly kind: 'map'; readonly values: AvroType }
  | { readonly kind: 'union'; readonly types: readonly AvroType[] }
  | ({ readonly kind: 'record'; readonly fields: readonly AvroField[] } & Named)
);

/** A field of a record; `fallback` is its default, undefined where it has none. */
export type AvroField = {
  readonly name: string;
  readonly type: AvroType;
  readonly aliases: readonly string[];
  readonly fallback: { readonly value: unknown } | undefined;
};

/** A type of one kind. */
export type AvroOf<Kind extends AvroType['kind']> = Extract<AvroType, { kind: Kind }>;

/**
 * Reads the JSON text of an Avro schema (1.12) and checks it whole: names, unions, symbols, sizes, defaults.
 *
 * @throws SCHEMA_INVALID, whose message says where
 * @example parseAvro('{"type":"record","name":"Ride","fields":[{"name":"km","type":"double"}]}')
 */
export function parseAvro(text: string): AvroType {
  let json: unknown;
  try {
    json = parseStored(text);
  } catch (error) {
    throw new MillraceError('SCHEMA_INVALID', `the schema is not JSON: ${messageOf(error)}`, {
      place: 'schema',
      remedy: 'Send the Avro schema as JSON text.',
      cause: error,
    });
  }
  const names = new Map<string, AvroType>();
  const pending: (() => void)[] = [];
  const type = parseType(json, { names, pending, namespace: '', depth: 0 }, 'schema');
  // a default may be of a type that is only complete once the whole schema is read
  for (const check of pending) check();
  return type;
}

type Scope = { names: Map<string, AvroType>; pending: (() => void)[]; namespace: string; depth: number };
type Attributes = Readonly<Record<string, unknown>>;

const namePattern = /^[A-Za-z_][A-Za-z0-9_]*$/;
const depthMax = 100;

function invalid(place: string, problem: string): MillraceError {
  return new MillraceError('SCHEMA_INVALID', `${place}: ${problem}`, { place, remedy: 'Fix the Avro schema there.' });
}

function parseType(json: unknown, outer: Scope, place: string): AvroType {
  const scope = { ...outer, depth: outer.depth + 1 };
  if (scope.depth > depthMax) throw invalid(place.slice(0, 200), `nested more than ${depthMax} deep`);
  if (typeof json === 'string') return reference(json, scope, place);
  if (Array.isArray(json)) return parseUnion(json, scope, place);
  if (!isObject(json)) throw invalid(place, `${show(json)} is not an Avro type`);
  const attributes: Attributes = json;
  const { type } = attributes;
  switch (type) {
    case undefined:
      throw invalid(place, "has no 'type'");
    case 'record':
    case 'error':
      return parseRecord(attributes, scope, place);
    case 'enum':
      return parseEnum(attributes, scope, place);
    case 'fixed':
      return parseFixed(attributes, scope, place);
    case 'array':
      return { kind: 'array', items: parseType(need(attributes, 'items', place), scope, `${place}.items`) };
    case 'map':
      return { kind: 'map', values: parseType(need(attributes, 'values', place), scope, `${place}.values`) };
  }
  const inner = parseType(type, scope, typeof type === 'string' ? place : `${place}.type`);
  if (typeof type !== 'string' || !isPrimitive(inner)) return inner;
  return { ...inner, logical: parseLogical(attributes, Number.POSITIVE_INFINITY) };
}

function isPrimitive(type: AvroType): type is AvroOf<(typeof primitives)[number]> {
  return (primitives as readonly string[]).includes(type.kind);
}

function reference(name: string, scope: Scope, place: string): AvroType {
  const primitive = primitives.find((known) => known === name);
  if (primitive) return { kind: primitive };
  const found = scope.names.get(qualify(name, scope.namespace)) ?? scope.names.get(name);
  if (!found) throw invalid(place, `type '${name}' is not known`);
  return found;
}

function parseUnion(json: readonly unknown[], scope: Scope, place: string): AvroType {
  const types = json.map((branch, i) => parseType(branch, scope, `${place}[${i}]`));
  const seen = new Set<string>();
  for (const type of types) {
    if (type.kind === 'union') throw invalid(place, 'a union inside a union');
    const key = 'name' in type ? type.name : type.kind;
    if (seen.has(key)) throw invalid(place, `the union has '${key}' twice`);
    seen.add(key);
  }
  return { kind: 'union', types };
}

function parseRecord(attributes: Attributes, scope: Scope, place: string): AvroType {
  const named = parseName(attributes, scope, place);
  const fields: AvroField[] = [];
  const record: AvroType = { kind: 'record', name: named.name, aliases: named.aliases, fields };
  define(record, named.name, scope, place);
  const inner = { ...scope, namespace: named.namespace };
  const list = need(attributes, 'fields', place);
  if (!Array.isArray(list)) throw invalid(place, "'fields' is not a list");
  const seen = new Set<string>();
  list.forEach((json: unknown, i) => {
    if (typeof json !== 'object' || json === null) throw invalid(`${place}.fields[${i}]`, 'is not an object');
    const field = json as Attributes;
    const { name } = field;
    if (typeof name !== 'string' || !namePattern.test(name)) {
      throw invalid(`${place}.fields[${i}]`, `${show(name)} is not a name (letters, digits and _)`);
    }
    const here = `${place}.${name}`;
    if (seen.has(name)) throw invalid(here, 'the field is there twice');
    seen.add(name);
    const type = parseType(need(field, 'type', here), inner, here);
    const fallback = 'default' in field ? { value: field.default } : undefined;
    fields.push({ name, type, aliases: parseAliases(field, here), fallback });
    if (fallback) {
      scope.pending.push(() => {
        if (!fits(fallback.value, type)) throw invalid(here, `the default ${show(fallback.value)} is not of its type`);
      });
    }
  });
  return record;
}

function parseEnum(attributes: Attributes, scope: Scope, place: string): AvroType {
  const { name, aliases } = parseName(attributes, scope, place);
  const symbols = need(attributes, 'symbols', place);
  if (!Array.isArray(symbols) || !symbols.every((symbol) => typeof symbol === 'string' && namePattern.test(symbol))) {
    throw invalid(place, "'symbols' is not a list of names");
  }
  if (new Set(symbols).size !== symbols.length) throw invalid(place, 'a symbol is there twice');
  const fallback = attributes.default;
  if (fallback !== undefined && !symbols.includes(fallback)) {
    throw invalid(place, `the default ${show(fallback)} is none of the symbols`);
  }
  const type: AvroType = { kind: 'enum', name, aliases, symbols, fallback: fallback as string | undefined };
  define(type, name, scope, place);
  return type;
}

function parseFixed(attributes: Attributes, scope: Scope, place: string): AvroType {
  const { name, aliases } = parseName(attributes, scope, place);
  const size = need(attributes, 'size', place);
  if (!Number.isInteger(size) || (size as number) < 0 || (size as number) > 2 ** 31 - 1) {
    throw invalid(place, `size ${show(size)} is not a number of bytes`);
  }
  const type: AvroType = {
    kind: 'fixed',
    name,
    aliases,
    size: size as number,
    logical: parseLogical(attributes, size as number),
  };
  define(type, name, scope, place);
  return type;
}

function parseName(attributes: Attributes, scope: Scope, place: string) {
  const { name, namespace } = attributes;
  if (typeof name !== 'string' || !name.split('.').every((part) => namePattern.test(part))) {
    throw invalid(place, `${show(name)} is not a name (letters, digits and _)`);
  }
  const space = name.includes('.')
    ? name.slice(0, name.lastIndexOf('.'))
    : typeof namespace === 'string'
      ? namespace
      : scope.namespace;
  if (space !== '' && !space.split('.').every((part) => namePattern.test(part))) {
    throw invalid(place, `${show(space)} is not a namespace`);
  }
  const aliases = parseAliases(attributes, place).map((alias) => qualify(alias, space));
  return { name: qualify(name, space), namespace: space, aliases };
}

function parseAliases(attributes: Attributes, place: string): string[] {
  const { aliases = [] } = attributes;
  if (!Array.isArray(aliases) || !aliases.every((alias) => typeof alias === 'string')) {
    throw invalid(place, "'aliases' is not a list of names");
  }
  return aliases;
}

function define(type: AvroType, name: string, scope: Scope, place: string): void {
  if (scope.names.has(name)) throw invalid(place, `'${name}' is defined twice`);
  if ((primitives as readonly string[]).includes(name)) throw invalid(place, `'${name}' is the name of an Avro type`);
  scope.names.set(name, type);
}

/** Avro: a logical type that is not valid is as if it were not there. */
function parseLogical(attributes: Attributes, bytesMax: number): Logical | undefined {
  const { logicalType, precision, scale = 0 } = attributes;
  if (typeof logicalType !== 'string') return undefined;
  if (logicalType !== 'decimal') return { name: logicalType, precision: 0, scale: 0 };
  if (!Number.isInteger(precision) || !Number.isInteger(scale)) return undefined;
  const [digits, after] = [precision as number, scale as number];
  if (digits < 1 || after < 0 || after > digits) return undefined;
  if (digits > Math.floor(Math.log10(2) * (8 * bytesMax - 1))) return undefined;
  return { name: 'decimal', precision: digits, scale: after };
}

function qualify(name: string, namespace: string): string {
  return name.includes('.') || namespace === '' ? name : `${namespace}.${name}`;
}

function need(attributes: Attributes, name: string, place: string): unknown {
  if (!(name in attributes)) throw invalid(place, `has no '${name}'`);
  return attributes[name];
}

/** Whether JSON is a default of the type; of a union, any branch will do (Avro 1.12). */
function fits(json: unknown, type: AvroType): boolean {
  switch (type.kind) {
    case 'null':
      return json === null;
    case 'boolean':
      return typeof json === 'boolean';
    case 'int':
      return typeof json === 'number' && (json | 0) === json;
    case 'long':
      return isLong(json);
    case 'float':
    case 'double':
      return (
        typeof json === 'number' ||
        (json instanceof Digits && Number.isFinite(Number(json))) ||
        json === 'NaN' ||
        json === 'Infinity' ||
        json === '-Infinity'
      );
    case 'string':
      return typeof json === 'string';
    case 'bytes':
      return typeof json === 'string' && isLatin1(json);
    case 'fixed':
      return typeof json === 'string' && isLatin1(json) && json.length === type.size;
    case 'enum':
      return type.symbols.includes(json as string);
    case 'array':
      return Array.isArray(json) && json.every((item) => fits(item, type.items));
    case 'map':
      return isObject(json) && Object.values(json).every((value) => fits(value, type.values));
    case 'union':
      return type.types.some((branch) => fits(json, branch));
    case 'record':
      return (
        isObject(json) &&
        type.fields.every((field) =>
          Object.hasOwn(json, field.name) ? fits(json[field.name], field.type) : field.fallback !== undefined,
        )
      );
  }
}

/** Whether JSON is a whole number of 64 bits. */
function isLong(json: unknown): boolean {
  if (typeof json !== 'number' && !(json instanceof Digits)) return false;
  const whole = wholeOf(String(json));
  return whole !== undefined && BigInt.asIntN(64, BigInt(whole)) === BigInt(whole);
}

function isObject(json: unknown): json is Record<string, unknown> {
  return typeof json === 'object' && json !== null && !Array.isArray(json) && !(json instanceof Digits);
}

function isLatin1(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 255) return false;
  return true;
}

function show(json: unknown): string {
  const text = JSON.stringify(json) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
