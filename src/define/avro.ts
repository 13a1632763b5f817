// The Avro schema of a topic's fields, as it is registered.
import type { Field, Fields, FieldType } from './fields.ts';

/** An Avro schema as JSON. */
export type AvroSchema = string | AvroSchema[] | { type: AvroSchema; [attribute: string]: unknown };

/**
 * The Avro record schema of fields (Avro 1.12): optional ones are unions with null, default null. `oneOf` is a string, so that a value
 * may be added later; timestamps are timestamp-millis, since that is what JavaScript's dates hold.
 */
export function avroSchema(name: string, fields: Fields): AvroSchema {
  return {
    type: 'record',
    name: name.replaceAll('-', '_'),
    namespace: 'millrace',
    fields: Object.entries(fields).map(([fieldName, field]) => avroField(fieldName, field)),
  };
}

function avroField(name: string, field: Field): Record<string, unknown> {
  const type = avroType(field.type);
  const doc = {
    ...(field.description === undefined ? {} : { doc: field.description }),
    ...(field.isPersonal ? { 'millrace.personal': true } : {}),
  };
  return field.isOptional ? { name, ...doc, type: ['null', type], default: null } : { name, ...doc, type };
}

function avroType(type: FieldType): AvroSchema {
  switch (type.kind) {
    case 'text':
      return 'string';
    case 'bool':
      return 'boolean';
    case 'timestamp':
      return { type: 'long', logicalType: 'timestamp-millis' };
    case 'date':
      return { type: 'int', logicalType: 'date' };
    case 'json':
      return { type: 'string', 'millrace.type': 'json' };
    case 'oneOf':
      return { type: 'string', 'millrace.type': 'oneOf', 'millrace.values': type.values };
    case 'decimal':
      return { type: 'bytes', logicalType: 'decimal', precision: type.precision, scale: type.scale };
    case 'list':
      return { type: 'array', items: avroType(type.of) };
    default:
      return type.kind;
  }
}
