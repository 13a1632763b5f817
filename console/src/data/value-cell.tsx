// A value in a cell of a grid, and the columns of a grid from declared ones.
import type { ReactNode } from 'react';
import type { Column } from '../../../src/web/schemas.ts';
import type { GridColumn } from '../kit/grid.tsx';
import { kindOf, type ValueKind } from './kinds.ts';
import { valueText } from './value-text.ts';

/** What personal fields are replaced with where they are masked. */
const mask = '•••';

export function ValueCell({ value, type }: { value: unknown; type: string }): ReactNode {
  if (value === null || value === undefined) return <span className="text-faint italic">null</span>;
  if (value === mask) {
    return (
      <span title="Personal: masked" className="font-mono text-xs text-faint">
        {mask}
      </span>
    );
  }
  if (value === '') return <span className="text-faint italic">empty</span>;
  const text = valueText(value, type);
  return <span title={text.length > 16 ? text : undefined}>{text}</span>;
}

const widths: Record<ValueKind, number> = {
  text: 128,
  number: 104,
  time: 196,
  date: 104,
  bool: 80,
  choice: 104,
  nested: 184,
  bytes: 176,
};

const monoKinds: ReadonlySet<ValueKind> = new Set(['time', 'date', 'nested', 'bytes', 'number', 'bool']);

/** Two of them differ anywhere: they are shown whole. */
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function columnNote({ name, type, isOptional, isPersonal, description }: Column): string {
  const traits = [type, isOptional && 'optional', isPersonal && 'personal', kindOf(type) === 'time' && 'in UTC'];
  return `${name}: ${traits.filter(Boolean).join(', ')}${description ? `. ${description}` : ''}`;
}

/** A column of a grid that shows a declared field or column. */
export function valueColumn<Row>(
  column: Column,
  read: (row: Row) => unknown,
  isSortable: boolean,
  isKey = false,
): GridColumn<Row> {
  const kind = kindOf(column.type);
  const whole = (value: unknown) => {
    const text = valueText(value, column.type);
    return isKey || kind === 'number' || uuid.test(text) ? text : '';
  };
  return {
    id: column.name,
    header: column.name,
    value: read,
    cell: (row) => <ValueCell value={read(row)} type={column.type} />,
    width: Math.max(widths[kind], column.name.length * 7 + 36),
    grow: kind === 'text' || kind === 'nested' ? 2 : 1,
    ...(kind === 'number' || kind === 'text' || isKey ? { wholeText: (row) => whole(read(row)) } : {}),
    align: kind === 'number' ? 'right' : 'left',
    isMono: monoKinds.has(kind),
    isSortable: isSortable && kind !== 'nested' && kind !== 'bytes',
    note: columnNote(column),
  };
}
