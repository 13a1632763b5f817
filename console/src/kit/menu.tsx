// A menu of things to do, behind a button.
import { Menu as Base } from '@base-ui/react/menu';
import type { LucideIcon } from 'lucide-react';
import type { ReactElement } from 'react';
import { classNames } from './class-names.ts';

export type MenuItem =
  | { label: string; icon?: LucideIcon; run: () => void; isDanger?: boolean; isDisabled?: boolean }
  | 'line';

export function Menu({ trigger, items }: { trigger: ReactElement; items: readonly MenuItem[] }) {
  return (
    <Base.Root>
      <Base.Trigger render={trigger} />
      <Base.Portal>
        <Base.Positioner sideOffset={4} align="end" className="z-60 outline-none">
          <Base.Popup className="min-w-44 rounded-lg border border-line bg-surface py-1 shadow-(--shadow) outline-none">
            {items.map((item, i) =>
              item === 'line' ? (
                // biome-ignore lint/suspicious/noArrayIndexKey: a line has no name, and items do not move.
                <Base.Separator key={`line-${i + 1}`} className="my-1 h-px bg-line" />
              ) : (
                <Base.Item
                  key={item.label}
                  disabled={item.isDisabled}
                  onClick={item.run}
                  className={classNames(
                    'flex cursor-default items-center gap-2 px-3 py-1.5 text-sm outline-none select-none data-disabled:opacity-50 data-highlighted:bg-surface-2',
                    item.isDanger && 'text-bad',
                  )}
                >
                  {item.icon && <item.icon aria-hidden className="size-3.5 shrink-0" />}
                  {item.label}
                </Base.Item>
              ),
            )}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
