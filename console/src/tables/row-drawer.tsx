// One row with all its columns, read by its key: it can be copied, linked to, and its values become filters.
import { useQuery } from '@tanstack/react-query';
import { ListFilterPlus } from 'lucide-react';
import type { TableRow, TableView } from '../../../src/web/schemas.ts';
import { api, type Filter, rowKey } from '../api/client.ts';
import { FieldsList } from '../data/fields-list.tsx';
import { kindOf } from '../data/kinds.ts';
import { FieldsOrJson, StepDrawer } from '../data/step-drawer.tsx';
import { IconButton } from '../kit/button.tsx';
import { Empty } from '../kit/empty.tsx';
import { Loaded } from '../kit/loaded.tsx';
import { isUnknown } from '../kit/unknown.tsx';

type RowDrawerProps = {
  table: TableView;
  /** The key of the row, as its address has it. */
  id: string;
  rows: readonly TableRow[];
  onOpen: (id: string) => void;
  onClose: () => void;
  onFilter: (filter: Filter) => void;
};

export function RowDrawer({ table, id, rows, onOpen, onClose, onFilter }: RowDrawerProps) {
  const ids = rows.map((row) => rowKey(table, row));
  const at = ids.indexOf(id);
  const shown = rows[at];
  const row = useQuery({
    queryKey: ['tables', table.name, 'row', id],
    queryFn: () => api.row(table.name, id),
    enabled: shown === undefined,
  });
  return (
    <StepDrawer
      title={<span className="font-mono">{id}</span>}
      note={`${table.key.join(', ')} of ${table.name}`}
      noun="row"
      ids={ids}
      at={at}
      onOpen={onOpen}
      onClose={onClose}
      value={shown ?? row.data}
    >
      {!shown && isUnknown(row.error) ? (
        <Empty title="The row is not in the table">It was removed, or there never was a row with this key.</Empty>
      ) : (
        <Loaded query={shown ? { data: shown, error: undefined, refetch: () => undefined } : row}>
          {(one) => (
            <div className="flex flex-col gap-4">
              <FieldsOrJson
                fieldsLabel="Columns"
                value={one}
                fields={
                  <FieldsList
                    fields={table.columns}
                    value={one}
                    keys={table.key}
                    action={({ name, type }, value) =>
                      ['nested', 'bytes'].includes(kindOf(type)) ? undefined : (
                        <IconButton
                          icon={ListFilterPlus}
                          size="small"
                          label={`Only rows with this ${name}`}
                          onClick={() =>
                            onFilter(
                              value === null || value === undefined
                                ? { column: name, op: 'missing', value: 'true' }
                                : { column: name, op: 'eq', value: String(value) },
                            )
                          }
                        />
                      )
                    }
                  />
                }
              />
            </div>
          )}
        </Loaded>
      )}
    </StepDrawer>
  );
}
