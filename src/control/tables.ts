// Tables as the API shows them: what the store has, with what the pipelines that run declare.
import { MillraceError } from '../core/errors.ts';
import type { Pipeline } from '../define/pipeline.ts';
import type { Table } from '../define/table.ts';
import type { Store, StoredTable } from '../store/store.ts';
import { columnsOf } from '../web/columns.ts';
import type { TableView } from '../web/schemas.ts';

/** The table of this name that a pipeline declares, or undefined. */
export function declaredTable(pipelines: readonly Pipeline[], name: string): Table | undefined {
  for (const pipeline of pipelines) {
    const found = pipeline.tables.find((table) => table.name === name);
    if (found) return found;
  }
  return undefined;
}

/** All tables of the folder. */
export async function tableViews(store: Store, pipelines: readonly Pipeline[]): Promise<TableView[]> {
  return Promise.all((await store.tables()).map((one) => viewOf(store, pipelines, one)));
}

/** One table. @throws NOT_FOUND */
export async function tableView(store: Store, pipelines: readonly Pipeline[], name: string): Promise<TableView> {
  return viewOf(store, pipelines, await storedTable(store, name));
}

/** A table as the store has it. @throws NOT_FOUND */
export async function storedTable(store: Store, name: string): Promise<StoredTable> {
  const found = (await store.tables()).find((one) => one.name === name);
  if (found) return found;
  throw new MillraceError('NOT_FOUND', `there is no table '${name}'`, {
    place: name,
    remedy: 'See GET /api/tables, or `millrace tables`.',
  });
}

async function viewOf(store: Store, pipelines: readonly Pipeline[], stored: StoredTable): Promise<TableView> {
  const { name, pipeline, key, columns } = stored;
  const declared = declaredTable(pipelines, name);
  return {
    name,
    pipeline,
    rows: await store.count(name),
    key: [...key],
    ...(declared?.time === undefined ? {} : { time: declared.time }),
    columns: declared ? columnsOf(declared.fields) : columns.map((column) => ({ ...column, isPersonal: false })),
  };
}
