// Several views of one thing; the one shown belongs into the URL of the page.
import { Tabs as Base } from '@base-ui/react/tabs';
import type { ReactNode } from 'react';
import { classNames } from './class-names.ts';

export type Tab<T extends string> = { id: T; label: ReactNode; content: ReactNode };

type TabsProps<T extends string> = {
  value: T;
  onChange: (value: T) => void;
  tabs: readonly Tab<T>[];
  /** At the end of the line of tabs. */
  actions?: ReactNode;
  /** The content fills the rest of the height. */
  isFull?: boolean;
  className?: string;
};

export function Tabs<T extends string>({ value, onChange, tabs, actions, isFull, className }: TabsProps<T>) {
  return (
    <Base.Root
      value={value}
      onValueChange={(next) => onChange(next as T)}
      className={classNames('flex min-w-0 flex-col gap-4', isFull && 'min-h-0 flex-1', className)}
    >
      <div className="flex items-end gap-3 border-b border-line">
        <Base.List className="relative -mb-px flex min-w-0 gap-1 overflow-x-auto">
          {tabs.map((tab) => (
            <Base.Tab
              key={tab.id}
              value={tab.id}
              className="flex h-9 items-center gap-1.5 border-b-2 border-transparent px-2.5 text-sm font-medium whitespace-nowrap text-muted -outline-offset-2 hover:text-text data-active:border-accent data-active:text-text"
            >
              {tab.label}
            </Base.Tab>
          ))}
        </Base.List>
        {actions && <div className="ml-auto flex items-center gap-2 pb-1.5">{actions}</div>}
      </div>
      {tabs.map((tab) => (
        <Base.Panel
          key={tab.id}
          value={tab.id}
          className={classNames('min-w-0 outline-none', isFull && 'min-h-0 flex-1')}
        >
          {tab.content}
        </Base.Panel>
      ))}
    </Base.Root>
  );
}
