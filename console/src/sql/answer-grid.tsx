// The rows that a query gave.
import { useMemo } from 'react';
import type { QueryAnswer } from '../../../src/web/schemas.ts';
import { valueColumn } from '../data/value-cell.tsx';
import { declaredType } from '../data/value-text.ts';
import { Empty } from '../kit/empty.tsx';
import { DataGrid, type GridColumn } from '../kit/grid.tsx';

type Row = { at: number; values: readonly unknown[] };

const rowNumber: GridColumn<Row> = {
  id: ' at',
  header: '#',
  value: (row) => row.at + 1,
  cell: (row) => <span className="text-faint">{row.at + 1}</span>,
  width: 64,
  grow: 0,
  align: 'right',
  isMono: true,
};

export function AnswerGrid({ answer }: { answer: QueryAnswer }) {
  const rows = useMemo(() => answer.rows.map((values, at): Row => ({ at, values })), [answer]);
  const columns = useMemo(
    () => [
      rowNumber,
      ...answer.columns.map(({ name, type }, i) => ({
        ...valueColumn<Row>(
          { name, type: declaredType(type), isOptional: false, isPersonal: false },
          (row) => row.values[i],
          true,
        ),
        id: `${i} ${name}`,
        note: `${name}: ${type}`,
      })),
    ],
    [answer],
  );
  return (
    <DataGrid
      label="Rows of the query"
      height="fill"
      isBare
      rows={rows}
      columns={columns}
      rowKey={(row) => String(row.at)}
      empty={<Empty title="The query gave no rows" />}
    />
  );
}
