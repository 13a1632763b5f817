// The columns of fields as they are shown.
import { type Fields, formatType } from '../define/fields.ts';
import { described } from '../define/json-schema.ts';
import { exampleOf } from '../define/time-reading.ts';
import type { Column } from './schemas.ts';

/** The fields of a topic, whose descriptions say how times are to be sent. */
export function inputColumnsOf(fields: Fields): Column[] {
  return columnsOf(fields).map((column) => {
    const field = fields[column.name]!;
    const { type } = field;
    const description = described(field);
    const example = type.kind === 'timestamp' ? exampleOf(type.reading) : undefined;
    return {
      ...column,
      ...(description === undefined ? {} : { description }),
      ...(example === undefined ? {} : { example }),
    };
  });
}

/** Columns in the order of their declaration. */
export function columnsOf(fields: Fields): Column[] {
  return Object.entries(fields).map(([name, field]) => ({
    name,
    type: formatType(field.type),
    isOptional: field.isOptional,
    isPersonal: field.isPersonal,
    ...(field.description === undefined ? {} : { description: field.description }),
  }));
}
