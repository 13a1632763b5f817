// One row with all its columns, read by its key: it can be copied, linked to, and its values become filters.
import { useQuery } from '@tanstack/react-query';
import { ChevronDown, ChevronUp, ListFilterPlus } from 'lucide-react';
import { useState } from 'react';
import type { TableRow, TableView } from '../../../src/web/schemas.ts';
import { api, type Filter, rowKey } from '../api/client.ts';
import { FieldsList } from '../data/fields-list.tsx';
import { kindOf } from '../data/kinds.ts';
import { useStepKeys } from '../data/use-key.ts';
import { IconButton } from '../kit/button.tsx';
import { CopyButton } from '../kit/copy-button.tsx';
import { Drawer } from '../kit/dialog.tsx';
import { Segments } from '../kit/field.tsx';
import { JsonView } from '../kit/json-view.tsx';
import { Loaded } from '../kit/loaded.tsx';

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
  const [view, setView] = useState<'fields' | 'json'>('fields');
  const at = rows.findIndex((row) => rowKey(table, row) === id);
  const shown = rows[at];
  const row = useQuery({
    queryKey: ['tables', table.name, 'row', id],
    queryFn: () => api.row(table.name, id),
    enabled: shown === undefined,
  });
  const step = (by: number) => {
    const next = rows[at + by];
    if (next) onOpen(rowKey(table, next));
  };
  useStepKeys(step);
  return (
    <Drawer
      isOpen
      isModal={false}
      onClose={onClose}
      title={<span className="font-mono">{id}</span>}
      note={`${table.key.join(', ')} of ${table.name}`}
      actions={
        <>
          <IconButton icon={ChevronUp} label="Row before" size="small" disabled={at < 1} onClick={() => step(-1)} />
          <IconButton
            icon={ChevronDown}
            label="Next row"
            size="small"
            disabled={at < 0 || at >= rows.length - 1}
            onClick={() => step(1)}
          />
        </>
      }
      footer={
        <>
          <CopyButton hasWords label="Copy link" text={() => window.location.href} />
          <CopyButton hasWords label="Copy as JSON" text={() => JSON.stringify(shown ?? row.data, null, 2)} />
        </>
      }
    >
      <Loaded query={shown ? { data: shown, error: undefined, refetch: () => undefined } : row}>
        {(one) => (
          <div className="flex flex-col gap-4">
            <div>
              <Segments
                label="View"
                size="small"
                value={view}
                onChange={setView}
                choices={[
                  { value: 'fields', label: 'Columns' },
                  { value: 'json', label: 'JSON' },
                ]}
              />
            </div>
            {view === 'json' ? (
              <JsonView value={one} />
            ) : (
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
            )}
          </div>
        )}
      </Loaded>
    </Drawer>
  );
}
