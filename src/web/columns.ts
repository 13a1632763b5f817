// The columns of fields as they are shown.
import { type Fields, formatType } from '../define/fields.ts';
import type { Column } from './schemas.ts';

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
