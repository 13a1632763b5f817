// The filters of a table as chips: each can be changed or taken away, and one more added.
import { ListFilterPlus, X } from 'lucide-react';
import { useState } from 'react';
import type { Column } from '../../../src/web/schemas.ts';
import type { Filter } from '../api/client.ts';
import { Popover } from '../data/popover.tsx';
import { useKey } from '../data/use-key.ts';
import { Button } from '../kit/button.tsx';
import { Kbd } from '../kit/kbd.tsx';
import { FilterForm } from './filter-form.tsx';
import { filterParts, withFilter } from './filters.ts';

type FilterBarProps = {
  columns: readonly Column[];
  filters: readonly Filter[];
  onChange: (filters: readonly Filter[]) => void;
};

export function FilterBar({ columns, filters, onChange }: FilterBarProps) {
  const [isOpen, setOpen] = useState(false);
  useKey('/', () => setOpen(true));
  return (
    <div className="flex min-w-0 flex-wrap items-center gap-1.5">
      {filters.map((filter, i) => (
        <FilterChip
          key={`${filter.column} ${filter.op}`}
          columns={columns}
          filter={filter}
          onChange={(next) => onChange(withFilter(filters.toSpliced(i, 1), next))}
          onRemove={() => onChange(filters.toSpliced(i, 1))}
        />
      ))}
      <Popover
        isOpen={isOpen}
        onOpen={setOpen}
        label="New filter"
        trigger={
          <Button size="small" icon={ListFilterPlus}>
            Filter
            <span className="max-md:hidden">
              <Kbd>/</Kbd>
            </span>
          </Button>
        }
      >
        <FilterForm
          columns={columns}
          onDone={(filter) => {
            setOpen(false);
            onChange(withFilter(filters, filter));
          }}
        />
      </Popover>
      {filters.length > 1 && (
        <Button size="small" look="quiet" onClick={() => onChange([])}>
          Clear all
        </Button>
      )}
    </div>
  );
}

type FilterChipProps = {
  columns: readonly Column[];
  filter: Filter;
  onChange: (filter: Filter) => void;
  onRemove: () => void;
};

function FilterChip({ columns, filter, onChange, onRemove }: FilterChipProps) {
  const [isOpen, setOpen] = useState(false);
  const [column, sign, value] = filterParts(filter);
  return (
    <span className="inline-flex h-7 max-w-full items-center rounded-md border border-line-strong bg-accent-soft text-xs">
      <Popover
        isOpen={isOpen}
        onOpen={setOpen}
        label={`Filter of ${column}`}
        trigger={
          <button
            type="button"
            className="flex h-full min-w-0 items-center gap-1.5 rounded-l-md pr-1 pl-2 hover:bg-surface-2"
          >
            <span className="font-mono">{column}</span>
            <span className="text-muted">{sign}</span>
            {value !== '' && <span className="truncate font-mono font-medium">{value}</span>}
          </button>
        }
      >
        <FilterForm
          columns={columns}
          first={filter}
          onDone={(next) => {
            setOpen(false);
            onChange(next);
          }}
        />
      </Popover>
      <button
        type="button"
        aria-label={`Remove the filter of ${column}`}
        onClick={onRemove}
        className="flex h-full items-center rounded-r-md px-1.5 text-muted hover:bg-surface-2 hover:text-text"
      >
        <X aria-hidden className="size-3.5" />
      </button>
    </span>
  );
}
