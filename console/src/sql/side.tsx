// Beside the editor: the tables with their columns, queries that were run, and some to begin with.
import { ChevronRight, Play } from 'lucide-react';
import { useState } from 'react';
import type { TableView } from '../../../src/web/schemas.ts';
import { Button, IconButton } from '../kit/button.tsx';
import { classNames } from '../kit/class-names.ts';
import { Empty } from '../kit/empty.tsx';
import { Segments } from '../kit/field.tsx';
import { formatAgo, formatCount, formatDuration, plural } from '../kit/format.ts';
import { examplesOf, sqlName } from './examples.ts';
import { forgetAll, usePastQueries } from './history.ts';

type SideProps = {
  tables: readonly TableView[];
  /** Puts a query into the editor. */
  onPick: (sql: string) => void;
  /** Puts a name where the cursor is. */
  onInsert: (text: string) => void;
};

type View = 'tables' | 'history' | 'examples';

export function Side({ tables, onPick, onInsert }: SideProps) {
  const [view, setView] = useState<View>('tables');
  return (
    <aside
      aria-label="Tables, history and examples"
      className="flex min-h-0 flex-col gap-2 overflow-hidden rounded-lg border border-line bg-surface"
    >
      <div className="border-b border-line p-2">
        <Segments
          label="Shown"
          size="small"
          value={view}
          onChange={setView}
          choices={[
            { value: 'tables', label: 'Tables' },
            { value: 'history', label: 'History' },
            { value: 'examples', label: 'Examples' },
          ]}
        />
      </div>
      <div className="min-h-0 flex-1 overflow-y-auto px-2 pb-2">
        {view === 'tables' ? (
          tables.map((table) => <TableNames key={table.name} table={table} onInsert={onInsert} onPick={onPick} />)
        ) : view === 'history' ? (
          <History onPick={onPick} />
        ) : (
          <ul>
            {examplesOf(tables).map(({ title, sql }) => (
              <li key={title}>
                <Picked title={title} sql={sql} onPick={onPick} />
              </li>
            ))}
          </ul>
        )}
      </div>
    </aside>
  );
}

function TableNames({ table, onInsert, onPick }: { table: TableView } & Pick<SideProps, 'onInsert' | 'onPick'>) {
  const [isOpen, setOpen] = useState(false);
  return (
    <div>
      <div className="group flex items-center rounded-md hover:bg-surface-2">
        <button
          type="button"
          aria-expanded={isOpen}
          onClick={() => setOpen(!isOpen)}
          className="flex h-7 min-w-0 flex-1 items-center gap-1 rounded-md pr-2"
        >
          <ChevronRight
            aria-hidden
            className={classNames('size-3.5 shrink-0 text-faint transition-transform', isOpen && 'rotate-90')}
          />
          <span className="truncate font-mono text-xs">{table.name}</span>
          <span className="ml-auto pl-2 text-2xs text-faint">{formatCount(table.rows)}</span>
        </button>
        <IconButton
          icon={Play}
          size="small"
          label={`Show rows of ${table.name}`}
          onClick={() => onPick(`select *\nfrom ${sqlName(table.name)}\nlimit 100`)}
        />
      </div>
      {isOpen && (
        <ul className="mb-1 ml-3.5 border-l border-line pl-1.5">
          {table.columns.map(({ name, type, description }) => (
            <li key={name}>
              <button
                type="button"
                title={description}
                onClick={() => onInsert(sqlName(name))}
                className="flex h-6 w-full items-center gap-3 rounded-sm px-1.5 text-left hover:bg-surface-2"
              >
                <span className="truncate font-mono text-xs">{name}</span>
                <span className="ml-auto max-w-24 truncate text-2xs text-faint">{type}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function Picked({ title, sql, onPick }: { title: string; sql: string; onPick: (sql: string) => void }) {
  return (
    <button
      type="button"
      onClick={() => onPick(sql)}
      className="w-full rounded-md px-2 py-1.5 text-left hover:bg-surface-2"
    >
      <span className="block truncate text-xs">{title}</span>
      <span className="line-clamp-2 font-mono text-2xs break-all text-muted">{sql.replace(/\s+/g, ' ')}</span>
    </button>
  );
}

function History({ onPick }: Pick<SideProps, 'onPick'>) {
  const past = usePastQueries();
  if (past.length === 0) return <Empty title="No queries yet">Those that you run are kept in this browser.</Empty>;
  return (
    <>
      <ul>
        {past.map(({ sql, at, ms, rows }) => (
          <li key={`${at} ${sql}`}>
            <Picked
              title={`${formatAgo(at)}${ms === undefined ? ', failed' : `, ${plural(rows ?? 0, 'row')}, ${formatDuration(ms)}`}`}
              sql={sql}
              onPick={onPick}
            />
          </li>
        ))}
      </ul>
      <Button size="small" look="quiet" onClick={forgetAll}>
        Forget all
      </Button>
    </>
  );
}
