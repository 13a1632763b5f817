// Records as text that a person can edit, and back: personal values are masked in it, and stay what they were where the mask is left.
import { MillraceError } from '../core/errors.ts';
import { masked } from '../core/mask.ts';
import { rowToJson } from '../core/row-json.ts';
import { recordAcceptor, type Value } from '../define/accept.ts';
import { asShown, type Fields } from '../define/fields.ts';
import { fromJson } from '../define/input.ts';
import type { Topic } from '../define/topic.ts';
import { parseJson } from '../ingest/original.ts';
import { valueIn } from '../log/batch.ts';
import type { Registry } from '../log/registry.ts';
import { TopicWriter } from './feeder.ts';
import type { System } from './system.ts';
import { Decoders } from './tail.ts';

/** Decodes records of a topic with all that is in them: what is masked could not be sent again. */
export function unmasked(topic: Topic, registry: Registry): Decoders {
  const fields = Object.entries(topic.fields).map(([name, field]) => [name, { ...field, isPersonal: false }]);
  return new Decoders(registry, Object.fromEntries(fields));
}

/** The text to begin editing a record of the log with; of one that cannot be decoded, the topic's fields with the values that are known. */
export async function editText(
  topic: Topic,
  registry: Registry,
  bytes: Uint8Array,
  known: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const record = await new Decoders(registry, topic.fields).value(bytes).catch(() => undefined);
  const empty = () => Object.fromEntries(Object.keys(topic.fields).map((name) => [name, known[name] ?? null]));
  return JSON.stringify(record ? rowToJson(record) : empty(), undefined, 2);
}

/** What editing a record works with. */
export type Editing = {
  readonly topic: Topic;
  readonly schemaId: number;
  readonly registry: Registry;
  readonly clock: System['clock'];
};

/**
 * The bytes of a record that was edited as JSON. A personal field that still has the mask keeps the value of the original.
 *
 * @throws RECORD_MALFORMED where the text is no JSON; RECORD_INVALID, naming the field; RECORD_TOO_LARGE
 */
export async function editedBytes(editing: Editing, original: Uint8Array, text: string): Promise<Uint8Array> {
  const { topic, registry } = editing;
  const edited = parseJson(Buffer.from(text));
  if (!isObject(edited)) return encodedRecord(editing, edited);
  const record: Record<string, unknown> = {};
  let kept: Promise<Record<string, unknown> | undefined> | undefined;
  for (const [name, field] of Object.entries(topic.fields)) {
    if (!Object.hasOwn(edited, name)) continue;
    if (!field.isPersonal || edited[name] !== masked) record[name] = fromJson(field.type, edited[name]);
    else {
      kept ??= unmasked(topic, registry)
        .value(original)
        .catch(() => undefined);
      const before = await kept;
      if (!before) {
        throw new MillraceError('RECORD_INVALID', `field '${name}' is masked, and what it was cannot be read`, {
          place: name,
          remedy: 'Write its value.',
        });
      }
      record[name] = before[name];
    }
  }
  checkNames(edited, topic.fields);
  return encodedRecord(editing, record);
}

/** A record (names to values, as a source gives it) in the bytes that the log has. @throws RECORD_INVALID, RECORD_TOO_LARGE */
export function encodedRecord({ topic, schemaId, clock }: Omit<Editing, 'registry'>, record: unknown): Uint8Array {
  const writer = new TopicWriter(topic, schemaId, clock);
  // what is edited is shown with times in ISO 8601
  const fields = Object.fromEntries(Object.entries(topic.fields).map(([name, field]) => [name, asShown(field)]));
  const row: Value[] = recordAcceptor(fields)(record);
  writer.add(0, row);
  return Uint8Array.from(valueIn(writer.take(0)!, 0)!);
}

/** A name that is no field would be lost without a word. */
function checkNames(edited: Readonly<Record<string, unknown>>, fields: Fields): void {
  const unknown = Object.keys(edited).find((name) => !Object.hasOwn(fields, name));
  if (unknown === undefined) return;
  throw new MillraceError('RECORD_INVALID', `there is no field '${unknown}'`, {
    place: unknown,
    remedy: `Use some of: ${Object.keys(fields).join(', ')}.`,
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
