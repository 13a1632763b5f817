// Whether definitions are equal as data: two pipeline files may write one topic, or read one table, each by itself.
import type { Fields } from './fields.ts';
import type { SourceDefinition } from './source.ts';
import type { Table } from './table.ts';
import type { Topic } from './topic.ts';

/** What differs between two definitions of one topic, in a few words; undefined where they are equal. */
export function differenceOf(one: Topic, other: Topic): string | undefined {
  if (one === other) return undefined;
  const parts: readonly (readonly [string, (topic: Topic) => unknown])[] = [
    ['fields', ({ fields }) => fieldsOf(fields)],
    ['key', ({ key }) => key],
    ['time', ({ time }) => time],
    ['person', ({ person }) => person],
    ['lateness', ({ latenessMs }) => latenessMs],
    ['partitions', ({ partitions }) => partitions],
    ['retain', ({ retain }) => retain],
  ];
  const found = parts.find(([, part]) => !isSame(part(one), part(other)));
  if (found) return found[0];
  const { sources } = one;
  const areSame =
    sources.length === other.sources.length && sources.every((x, i) => isSameSource(x, other.sources[i]!));
  return areSame ? undefined : 'sources';
}

/** Whether two sources are equal: their functions must be the very same, since nothing else can tell what these do. */
export function isSameSource(one: SourceDefinition, other: SourceDefinition): boolean {
  if (one === other) return true;
  if (one.kind !== other.kind || !isSame(one.options, other.options)) return false;
  if (!one.otherwise || !other.otherwise) return one.otherwise === other.otherwise;
  return isSameSource(one.otherwise, other.otherwise);
}

/** Whether two tables have the same name, key and columns. */
export function isSameTable(one: Table, other: Table): boolean {
  const data = ({ name, key, version, fields }: Table) => [name, key, version, fieldsOf(fields)];
  return one === other || isSame(data(one), data(other));
}

function fieldsOf(fields: Fields): unknown {
  return Object.entries(fields).map(([name, { type, isOptional, isPersonal }]) => [name, type, isOptional, isPersonal]);
}

function isSame(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  if (one instanceof Date || other instanceof Date || one instanceof RegExp || other instanceof RegExp)
    return String(one) === String(other) && one.constructor === other.constructor;
  const [mine, theirs] = [dataOf(one), dataOf(other)];
  const names = Object.keys(mine);
  return (
    Array.isArray(one) === Array.isArray(other) &&
    names.length === Object.keys(theirs).length &&
    names.every((name) => Object.hasOwn(theirs, name) && isSame(mine[name], theirs[name]))
  );
}

/** The members of an object; of a field (in a parameter) those that are data, since each field has methods of its own. */
function dataOf(value: object): Record<string, unknown> {
  if (!('type' in value && 'isOptional' in value)) return value as Record<string, unknown>;
  const { type, isOptional, isPersonal } = value as { type: unknown; isOptional: unknown; isPersonal?: unknown };
  return { type, isOptional, isPersonal };
}
