// Records to bytes: the Confluent wire format (0, the schema id, Avro), written straight into a batch.
import { MillraceError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { Value } from '../define/accept.ts';
import type { Fields } from '../define/fields.ts';
import { headerBytes, planOf, Writer } from './avro-writer.ts';
import type { BatchBuilder } from './batch.ts';

export { headerBytes };

/** Writes the value of the record that the builder has begun. */
export type RecordEncoder = (builder: BatchBuilder, values: readonly Value[]) => void;

/**
 * The encoder of records of these fields: canonical values in the order of the fields, as `avroSchema` describes them, after the header.
 *
 * @throws RECORD_TOO_LARGE, RECORD_INVALID (null in a field that is not optional); the record is then abandoned: the builder
 *   is as it was before `begin`
 * @example
 * const encode = recordEncoder(ride.fields, version.id)
 * builder.begin(timeMs, key); encode(builder, values); builder.end()
 */
export function recordEncoder(fields: Fields, schemaId: number): RecordEncoder {
  const names = Object.keys(fields);
  const plans = names.map((name) => planOf(fields[name]!));
  const optional = Uint8Array.from(plans, (plan) => (plan.optional ? 1 : 0));
  const count = plans.length;
  const fixedMax = headerBytes + count * 11;
  const writer = new Writer();

  return (builder, values) => {
    let bound = fixedMax;
    for (let i = 0; i < count; i++) {
      const value = values[i]!;
      if (typeof value === 'string') bound += value.length * 3;
      else if (typeof value === 'object' && value !== null) bound += sizeMax(value);
    }
    if (bound > limits.recordBytesMax) {
      let least = headerBytes;
      for (const value of values) least += sizeMeasured(value, 1);
      if (least > limits.recordBytesMax) tooLarge(builder, least);
      bound = fixedMax;
      for (const value of values) bound += sizeMeasured(value, 11);
    }
    builder.reserve(bound);
    writer.open(builder);
    const start = builder.at;
    writer.header(schemaId);
    for (let i = 0; i < count; i++) {
      const value = values[i]!;
      if (optional[i] === 1) {
        if (value === null) {
          writer.byte(0);
          continue;
        }
        writer.byte(2);
      } else if (value === null || value === undefined) {
        builder.abandon();
        throw new MillraceError('RECORD_INVALID', `field '${names[i]}' is missing`, {
          place: names[i],
          remedy: 'Declare it .optional() or fix what writes it.',
        });
      }
      writer.value(value, plans[i]!);
    }
    if (writer.at - start > limits.recordBytesMax) tooLarge(builder, writer.at - start);
    builder.at = writer.at;
  };
}

/** Bytes that a value takes beyond the 11 that every field is given: never less than the truth. */
function sizeMax(value: Value): number {
  if (typeof value === 'string') return value.length * 3;
  if (value instanceof Uint8Array) return value.length;
  if (!Array.isArray(value)) return 0;
  let size = 11;
  for (const item of value) size += 11 + sizeMax(item);
  return size;
}

/** The same with strings measured, and a given number of bytes for each item of a list. */
function sizeMeasured(value: Value, itemBytes: number): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (value instanceof Uint8Array) return value.length;
  if (!Array.isArray(value)) return 0;
  let size = 1;
  for (const item of value) size += itemBytes + sizeMeasured(item, itemBytes);
  return size;
}

function tooLarge(builder: BatchBuilder, bytes: number): never {
  builder.abandon();
  throw new MillraceError(
    'RECORD_TOO_LARGE',
    `a record of ${bytes} bytes; recordBytesMax is ${limits.recordBytesMax} bytes`,
    { remedy: 'Send smaller records: keep large files elsewhere and send where they are.' },
  );
}
