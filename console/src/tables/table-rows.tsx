// The rows of a table: filtered, sorted, paged, changing as records flow.
import { useNavigate, useSearch } from '@tanstack/react-router';
import { X } from 'lucide-react';
import { useCallback, useMemo } from 'react';
import type { TableView } from '../../../src/web/schemas.ts';
import { type Filter, rowKey } from '../api/client.ts';
import { isUnreachable, problemOf } from '../api/request.ts';
import { ColumnMenu } from '../data/column-menu.tsx';
import { useColumns } from '../data/use-columns.ts';
import { valueColumn } from '../data/value-cell.tsx';
import { WaitingPill } from '../data/waiting-pill.tsx';
import { Button } from '../kit/button.tsx';
import { Empty } from '../kit/empty.tsx';
import { Failure } from '../kit/failure.tsx';
import { formatCount, plural } from '../kit/format.ts';
import { DataGrid } from '../kit/grid.tsx';
import type { TableSearch } from '../pages/tables-search.ts';
import { ExportMenu } from './export-menu.tsx';
import { FilterBar } from './filter-bar.tsx';
import { filtersOf, searchOf, withFilter } from './filters.ts';
import { orderOf, orderText } from './order.ts';
import { RowDrawer } from './row-drawer.tsx';
import { type Rows, useRows } from './use-rows.ts';

export function TableRows({ table }: { table: TableView }) {
  const search = useSearch({ from: '/tables/$name' });
  const navigate = useNavigate({ from: '/tables/$name' });
  const filters = useMemo(() => filtersOf(search), [search]);
  const order = useMemo(() => orderOf(search.order, table.columns), [search.order, table.columns]);
  const rows = useRows(table, filters, order);
  const choice = useColumns(`table.${table.name}`);
  const keyOf = useCallback((row: Readonly<Record<string, unknown>>) => rowKey(table, row), [table]);

  const ordered = useMemo(() => {
    // the key and what is filtered by stand at the left, in view
    const rank = (name: string) =>
      table.key.includes(name) ? 0 : filters.some(({ column }) => column === name) ? 1 : 2;
    return [...table.columns].sort((a, b) => rank(a.name) - rank(b.name));
  }, [table, filters]);
  const columns = useMemo(
    () =>
      ordered
        .filter(({ name }) => !choice.hidden.includes(name))
        .map((column) =>
          valueColumn<Readonly<Record<string, unknown>>>(
            column,
            (row) => row[column.name],
            true,
            table.key.includes(column.name),
          ),
        ),
    [ordered, choice.hidden, table],
  );
  const look = (next: { filters?: readonly Filter[]; order?: string }) => {
    const kept: TableSearch = {
      ...searchOf(next.filters ?? filters),
      ...('order' in next ? { order: next.order } : { order: search.order }),
      ...(search.row === undefined ? {} : { row: search.row }),
    };
    void navigate({ search: kept, replace: true });
  };
  const open = (row: string | undefined) => void navigate({ search: { ...search, row }, replace: row === undefined });

  return (
    <>
      <div className="flex flex-wrap items-start gap-2">
        <FilterBar columns={table.columns} filters={filters} onChange={(next) => look({ filters: next })} />
        <div className="ml-auto flex gap-2">
          <ColumnMenu columns={ordered} choice={choice} always={table.key} />
          <ExportMenu table={table} filters={filters} order={order} />
        </div>
      </div>
      {rows.error && !(isUnreachable(rows.error) && rows.rows.length > 0) ? (
        <Failure error={rows.error} retry={rows.reload} action={removal(rows.error, filters, look)} />
      ) : null}
      {!(rows.error && rows.rows.length === 0) && (
        <div {...rows.frame} className="relative flex min-h-80 min-w-0 flex-1 flex-col">
          {(isWaiting(rows) || rows.isStale) && (
            <WaitingPill
              text={rows.isStale ? 'The table has changed: read it again' : waitingText(rows)}
              onShow={rows.show}
            />
          )}
          <DataGrid
            label={`Rows of ${table.name}`}
            height="fill"
            rows={rows.rows}
            columns={columns}
            rowKey={keyOf}
            onOpen={(row) => open(keyOf(row))}
            openKey={search.row}
            sort={order.map(({ column, descending }) => ({ id: column, isDescending: descending }))}
            onSort={(next) =>
              look({ order: orderText(next.map((one) => ({ column: one.id, descending: one.isDescending }))) })
            }
            isLoading={rows.isLoading}
            changed={rows.changed}
            gone={rows.gone}
            onEnd={rows.more}
            empty={<NoRows isFiltered={filters.length > 0} onClear={() => look({ filters: [] })} />}
            footer={
              rows.error ? undefined : <RowsFooter rows={rows} total={table.rows} isFiltered={filters.length > 0} />
            }
          />
        </div>
      )}
      {search.row !== undefined && (
        <RowDrawer
          table={table}
          id={search.row}
          rows={rows.rows}
          onOpen={open}
          onClose={() => open(undefined)}
          onFilter={(filter) => look({ filters: withFilter(filters, filter) })}
        />
      )}
    </>
  );
}

/** A filter that the server refuses can be taken away: whoever opens a link did not write it. */
function removal(error: unknown, filters: readonly Filter[], look: (next: { filters: readonly Filter[] }) => void) {
  const { status, place } = problemOf(error);
  if (status !== 400 || filters.length === 0) return undefined;
  const others = filters.filter((one) => !Object.keys(searchOf([one])).some((name) => name === place));
  return (
    <Button size="small" icon={X} onClick={() => look({ filters: others.length < filters.length ? others : [] })}>
      Remove the filter
    </Button>
  );
}

/** Whether rows stand still that would move or go. */
function isWaiting(rows: Rows): boolean {
  return rows.waiting > 0 || (rows.isStill && rows.gone.size > 0);
}

/** `2 new rows, 1 removed` */
function waitingText({ waiting, gone }: Rows): string {
  const parts = [
    waiting > 0 ? plural(waiting, 'new row') : '',
    gone.size > 0 ? `${formatCount(gone.size)} removed` : '',
  ];
  return parts.filter(Boolean).join(', ');
}

function RowsFooter({ rows, total, isFiltered }: { rows: Rows; total: number; isFiltered: boolean }) {
  const shown = rows.rows.length - rows.gone.size;
  const count = formatCount(shown);
  const text = rows.isEnd
    ? isFiltered
      ? `${plural(shown, 'row')} of ${formatCount(total)} meet the filter`
      : plural(shown, 'row')
    : `The first ${count}${isFiltered ? ' that meet the filter' : ` of ${formatCount(total)}`}; more as you scroll`;
  return (
    <div className="flex items-center gap-3">
      <span>{rows.isLoading && rows.rows.length === 0 ? 'Reading…' : text}</span>
      {isWaiting(rows) && (
        <span className="ml-auto max-md:hidden">Rows stand still while you read; go to the top to follow.</span>
      )}
    </div>
  );
}

function NoRows({ isFiltered, onClear }: { isFiltered: boolean; onClear: () => void }) {
  return isFiltered ? (
    <Empty title="No row meets the filter" action={<Button onClick={onClear}>Clear the filter</Button>}>
      Rows that come and meet it appear here by themselves.
    </Empty>
  ) : (
    <Empty title="The table has no rows yet">They appear here by themselves as soon as the pipeline stores some.</Empty>
  );
}
