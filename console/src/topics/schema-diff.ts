// What changed between two versions of an Avro schema: by fields, and by lines of the pretty JSON.
import { jsonText, parseJson } from '../kit/json.ts';

/** A field of an Avro record as text. */
export type AvroField = { name: string; type: string; isOptional: boolean; default?: string; doc?: string };

/** What became of a field from one version to the next. */
export type FieldChange = {
  name: string;
  kind: 'added' | 'removed' | 'changed' | 'same';
  before?: AvroField;
  after?: AvroField;
};

/** The JSON of a schema with two blanks of indent; the text itself where it is no JSON. */
export function pretty(schema: string): string {
  try {
    return jsonText(parseJson(schema), 2);
  } catch {
    return schema;
  }
}

/** The fields of an Avro record; none where it is another kind of schema. */
export function avroFields(schema: string): AvroField[] {
  let parsed: unknown;
  try {
    parsed = parseJson(schema);
  } catch {
    return [];
  }
  const fields = (parsed as { fields?: unknown } | null)?.fields;
  if (!Array.isArray(fields)) return [];
  return (fields as { name: string; type: unknown; default?: unknown; doc?: string }[]).map((field) => ({
    name: field.name,
    type: avroType(field.type),
    isOptional: Array.isArray(field.type) && field.type.includes('null'),
    ...(field.default === undefined ? {} : { default: jsonText(field.default) }),
    ...(field.doc === undefined ? {} : { doc: field.doc }),
  }));
}

/** An Avro type on one line: `long (timestamp-millis)`, `array of string`. */
export function avroType(type: unknown): string {
  if (typeof type === 'string') return type;
  if (Array.isArray(type)) {
    return type
      .filter((one) => one !== 'null')
      .map(avroType)
      .join(' or ');
  }
  const { type: inner, logicalType, items, values, name, precision, scale } = type as Record<string, unknown>;
  if (inner === 'array') return `array of ${avroType(items)}`;
  if (inner === 'map') return `map of ${avroType(values)}`;
  if (inner === 'record' || inner === 'enum' || inner === 'fixed') return `${inner} ${String(name)}`;
  if (logicalType === 'decimal') return `decimal(${String(precision)}, ${String(scale ?? 0)})`;
  return logicalType === undefined ? avroType(inner) : `${avroType(inner)} (${String(logicalType)})`;
}

/** The fields of both versions: those of the newer one in its order, then those that it no longer has. */
export function fieldChanges(before: string, after: string): FieldChange[] {
  const old = new Map(avroFields(before).map((field) => [field.name, field]));
  const next = avroFields(after);
  const changes = next.map((field): FieldChange => {
    const was = old.get(field.name);
    if (!was) return { name: field.name, kind: 'added', after: field };
    const isSame = JSON.stringify(was) === JSON.stringify(field);
    return { name: field.name, kind: isSame ? 'same' : 'changed', before: was, after: field };
  });
  const removed = [...old.values()].filter((field) => !next.some(({ name }) => name === field.name));
  return [...changes, ...removed.map((field): FieldChange => ({ name: field.name, kind: 'removed', before: field }))];
}

/** A line of a diff, with its number before and after. */
export type DiffLine = { kind: 'same' | 'added' | 'removed'; text: string; before?: number; after?: number };

/** The lines of two texts by their longest common sequence. Quadratic: schemas have some hundred lines. */
export function diffLines(before: string, after: string): DiffLine[] {
  const a = before.split('\n');
  const b = after.split('\n');
  const width = b.length + 1;
  const common = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      common[i * width + j] =
        a[i] === b[j]
          ? common[(i + 1) * width + j + 1]! + 1
          : Math.max(common[(i + 1) * width + j]!, common[i * width + j + 1]!);
    }
  }
  const lines: DiffLine[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push({ kind: 'same', text: a[i]!, before: ++i, after: ++j });
    } else if (i < a.length && (j >= b.length || common[(i + 1) * width + j]! >= common[i * width + j + 1]!)) {
      lines.push({ kind: 'removed', text: a[i]!, before: ++i });
    } else {
      lines.push({ kind: 'added', text: b[j]!, after: ++j });
    }
  }
  return lines;
}
