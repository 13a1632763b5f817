// The JSON Schema of fields: what the OpenAPI document says about the inputs of a pipeline's own routes.
import type { Field, Fields, FieldType } from './fields.ts';
import { describeReading } from './time-reading.ts';

/** A JSON Schema (2020-12) as plain data. */
export type JsonSchema = { readonly [keyword: string]: unknown };

/** The schema of an object with these fields, and no others. */
export function jsonSchema(fields: Fields): JsonSchema {
  const required = Object.keys(fields).filter((name) => !fields[name]!.isOptional);
  return {
    type: 'object',
    properties: Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, schemaOf(field)])),
    ...(required.length > 0 ? { required } : {}),
    additionalProperties: false,
  };
}

function schemaOf(field: Field): JsonSchema {
  return {
    ...schemaOfType(field.type),
    ...(described(field) === undefined ? {} : { description: described(field) }),
  };
}

/** What people should know who send a value: the description, and how its times are written. */
export function described({ type, description }: Field): string | undefined {
  const held = type.kind === 'list' ? type.of : type;
  const reading = held.kind === 'timestamp' ? describeReading(held.reading) : undefined;
  return description !== undefined && reading !== undefined ? `${description} ${reading}` : (description ?? reading);
}

function schemaOfType(type: FieldType): JsonSchema {
  switch (type.kind) {
    case 'text':
      return { type: 'string' };
    case 'int':
      return { type: 'integer', format: 'int32', minimum: -(2 ** 31), maximum: 2 ** 31 - 1 };
    case 'long':
      return { type: 'integer', format: 'int64' };
    case 'float':
    case 'double':
      return { type: 'number', format: type.kind };
    case 'bool':
      return { type: 'boolean' };
    case 'timestamp':
      if (!type.reading) return { type: 'string', format: 'date-time' };
      return { type: type.reading.unit === undefined ? 'string' : ['string', 'number'] };
    case 'date':
      return { type: 'string', format: 'date' };
    case 'bytes':
      return { type: 'string', contentEncoding: 'base64' };
    case 'json':
      return {};
    case 'decimal':
      return { type: 'string', pattern: '^[+-]?\\d*(\\.\\d*)?$' };
    case 'oneOf':
      return { type: 'string', enum: [...type.values] };
    case 'list':
      return { type: 'array', items: schemaOfType(type.of) };
  }
}
