// All tables: what they hold and which pipeline feeds them.
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { Database } from 'lucide-react';
import type { TableView } from '../../../src/web/schemas.ts';
import { reads } from '../api/reads.ts';
import { useSearchKey } from '../data/use-key.ts';
import { Code } from '../kit/code.tsx';
import { Empty } from '../kit/empty.tsx';
import { SearchInput } from '../kit/field.tsx';
import { formatCount, plural } from '../kit/format.ts';
import { DataGrid, type GridColumn } from '../kit/grid.tsx';
import { Loaded } from '../kit/loaded.tsx';
import { Middle } from '../kit/middle.tsx';
import { Page } from '../kit/page.tsx';
import { Skeleton } from '../kit/skeleton.tsx';

const columns: GridColumn<TableView>[] = [
  {
    id: 'name',
    header: 'Table',
    value: (table) => table.name,
    cell: (table) => (
      <Link
        to="/tables/$name"
        params={{ name: table.name }}
        onClick={(event) => event.stopPropagation()}
        className="block font-mono text-xs font-medium hover:underline"
      >
        <Middle text={table.name} />
      </Link>
    ),
    width: 200,
    grow: 12,
  },
  {
    id: 'rows',
    header: 'Rows',
    value: (table) => table.rows,
    cell: (table) => formatCount(table.rows),
    width: 96,
    align: 'right',
  },
  { id: 'key', header: 'Key', value: (table) => table.key.join(', '), width: 160, grow: 3, isMono: true },
  { id: 'time', header: 'Time', value: (table) => table.time, width: 120, grow: 2, isMono: true },
  { id: 'columns', header: 'Columns', value: (table) => table.columns.length, width: 88, align: 'right' },
  {
    id: 'pipeline',
    header: 'Pipeline',
    value: (table) => table.pipeline,
    cell: (table) => (
      <Link
        to="/pipelines/$name"
        params={{ name: table.pipeline }}
        onClick={(event) => event.stopPropagation()}
        className="hover:underline"
      >
        <Middle text={table.pipeline} />
      </Link>
    ),
    width: 120,
    grow: 2,
  },
];

export function TablesPage() {
  const tables = useQuery(reads.tables());
  const { find = '' } = useSearch({ from: '/tables' });
  const navigate = useNavigate({ from: '/tables' });
  useSearchKey();
  const words = find.toLowerCase();
  const shown = (all: readonly TableView[]) =>
    all.filter((table) => `${table.name} ${table.pipeline} ${table.key.join(' ')}`.toLowerCase().includes(words));
  return (
    <Page
      title="Tables"
      note="Rows kept by key, as pipelines last wrote them."
      actions={
        <SearchInput
          label="Find a table"
          value={find}
          onChange={(next) => void navigate({ search: next ? { find: next } : {}, replace: true })}
          className="w-56 max-sm:w-[calc(100vw-2rem)]"
        />
      }
    >
      <Loaded query={tables} waiting={<Skeleton className="h-40" />}>
        {(all) => (
          <DataGrid
            label="Tables"
            rows={shown(all)}
            columns={columns}
            rowKey={(table) => table.name}
            rowHeight={38}
            firstSort={[{ id: 'name', isDescending: false }]}
            onOpen={(table) => void navigate({ to: '/tables/$name', params: { name: table.name } })}
            footer={plural(shown(all).length, 'table')}
            empty={
              all.length === 0 ? (
                <Empty title="There are no tables yet" icon={Database}>
                  A pipeline makes its tables when it starts: <Code>millrace start pipeline.ts</Code>
                </Empty>
              ) : (
                <Empty title={`No table has “${find}” in its name`} icon={Database} />
              )
            }
          />
        )}
      </Loaded>
    </Page>
  );
}
