// Chooses the columns of a grid.
import { Columns3 } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../kit/button.tsx';
import { Popover } from './popover.tsx';
import type { ColumnChoice } from './use-columns.ts';

type ColumnMenuProps = {
  columns: readonly { name: string; type: string }[];
  choice: ColumnChoice;
  /** Columns that stay when all others are hidden. */
  always: readonly string[];
};

export function ColumnMenu({ columns, choice, always }: ColumnMenuProps) {
  const [isOpen, setOpen] = useState(false);
  const hidden = columns.filter(({ name }) => choice.hidden.includes(name)).length;
  return (
    <Popover
      isOpen={isOpen}
      onOpen={setOpen}
      align="end"
      label="Columns"
      trigger={
        <Button size="small" icon={Columns3} aria-label="Columns">
          <span className="max-md:hidden">Columns</span>
          {hidden > 0 && <span className="text-muted">{`${columns.length - hidden} of ${columns.length}`}</span>}
        </Button>
      }
    >
      <div className="mb-2 flex items-center gap-2">
        <span className="mr-4 flex-1 font-medium">Columns</span>
        <Button size="small" look="quiet" onClick={() => choice.reset()}>
          Show all
        </Button>
        <Button
          size="small"
          look="quiet"
          onClick={() =>
            choice.reset(
              always,
              columns.map(({ name }) => name),
            )
          }
        >
          Hide all
        </Button>
      </div>
      <ul className="flex max-h-80 flex-col overflow-y-auto">
        {columns.map(({ name, type }) => (
          <li key={name}>
            <label className="flex h-7 cursor-pointer items-center gap-2 rounded-sm px-1 select-none hover:bg-surface-2">
              <input
                type="checkbox"
                className="size-3.5 accent-(--accent)"
                checked={!choice.hidden.includes(name)}
                onChange={(event) => choice.setHidden(name, !event.target.checked)}
              />
              <span className="min-w-0 flex-1 truncate font-mono text-xs">{name}</span>
              <span className="max-w-36 truncate pl-4 text-xs text-faint">{type}</span>
            </label>
          </li>
        ))}
      </ul>
    </Popover>
  );
}
