// A small form behind a button.
import { Popover as Base } from '@base-ui/react/popover';
import type { ReactElement, ReactNode } from 'react';

type PopoverProps = {
  isOpen: boolean;
  onOpen: (isOpen: boolean) => void;
  trigger: ReactElement;
  /** Read out. */
  label: string;
  align?: 'start' | 'end';
  children: ReactNode;
};

export function Popover({ isOpen, onOpen, trigger, label, align = 'start', children }: PopoverProps) {
  return (
    <Base.Root open={isOpen} onOpenChange={onOpen}>
      <Base.Trigger render={trigger} />
      <Base.Portal>
        <Base.Positioner sideOffset={4} align={align} collisionPadding={8} className="z-50 outline-none">
          <Base.Popup
            aria-label={label}
            className="max-h-(--available-height) w-max max-w-[min(26rem,var(--available-width))] overflow-y-auto rounded-lg border border-line bg-surface p-3 shadow-(--shadow) outline-none"
          >
            {children}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
