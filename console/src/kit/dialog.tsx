// A question in the middle of the page, and a drawer at its side (from below on phones).
import { Dialog as Base } from '@base-ui/react/dialog';
import { X } from 'lucide-react';
import { type ReactNode, type RefObject, useRef, useState } from 'react';
import { Button, IconButton } from './button.tsx';
import { classNames } from './class-names.ts';
import { toastFailure } from './toast.tsx';

type FrameProps = {
  isOpen: boolean;
  onClose: () => void;
  title: ReactNode;
  note?: ReactNode;
  /** Beside the cross. */
  actions?: ReactNode;
  /** Stays in view below the content. */
  footer?: ReactNode;
  width?: 'narrow' | 'medium' | 'wide' | 'full';
  children?: ReactNode;
};

const dialogWidths = { narrow: 'max-w-md', medium: 'max-w-2xl', wide: 'max-w-5xl', full: 'max-w-[96vw] h-[94vh]' };
const drawerWidths = { narrow: 'md:w-[26rem]', medium: 'md:w-[36rem]', wide: 'md:w-[52rem]', full: 'md:w-[94vw]' };

function Content({ title, note, actions, footer, children }: Omit<FrameProps, 'isOpen' | 'onClose' | 'width'>) {
  return (
    <>
      <header className="flex items-start gap-2 border-b border-line py-3 pr-3 pl-4">
        <div className="min-w-0 flex-1">
          <Base.Title className="text-base font-semibold break-words">{title}</Base.Title>
          {note && <Base.Description className="text-muted">{note}</Base.Description>}
        </div>
        {actions}
        <Base.Close render={<IconButton icon={X} label="Close" size="small" />} />
      </header>
      <div className="min-h-0 flex-1 overflow-y-auto p-4">{children}</div>
      {footer && (
        <footer className="flex flex-wrap items-center justify-end gap-2 border-t border-line px-4 py-3">
          {footer}
        </footer>
      )}
    </>
  );
}

/** What takes the focus on opening: a control with autoFocus, else the frame, so that no button is pressed by chance. */
function firstFocus(popup: RefObject<HTMLDivElement | null>): HTMLElement | null {
  const current = document.activeElement;
  return current instanceof HTMLElement && popup.current?.contains(current) ? current : popup.current;
}

export function Dialog({ isOpen, onClose, width = 'medium', ...content }: FrameProps) {
  const popup = useRef<HTMLDivElement>(null);
  return (
    <Base.Root open={isOpen} onOpenChange={(open) => !open && onClose()}>
      <Base.Portal>
        <Base.Backdrop className="fixed inset-0 z-50 bg-(--backdrop) transition-opacity duration-150 data-ending-style:opacity-0 data-starting-style:opacity-0" />
        <Base.Viewport className="fixed inset-0 z-50 grid place-items-center p-4">
          <Base.Popup
            ref={popup}
            initialFocus={() => firstFocus(popup)}
            className={classNames(
              'flex max-h-[94vh] w-full flex-col overflow-hidden rounded-lg border border-line bg-surface shadow-(--shadow) outline-none transition-[opacity,scale] duration-150 data-ending-style:scale-[0.98] data-ending-style:opacity-0 data-starting-style:scale-[0.98] data-starting-style:opacity-0',
              dialogWidths[width],
            )}
          >
            <Content {...content} />
          </Base.Popup>
        </Base.Viewport>
      </Base.Portal>
    </Base.Root>
  );
}

/** `isModal` false: the page behind stays usable, and a click there does not close the drawer. */
export function Drawer({
  isOpen,
  onClose,
  width = 'medium',
  isModal = true,
  ...content
}: FrameProps & { isModal?: boolean }) {
  const popup = useRef<HTMLDivElement>(null);
  return (
    <Base.Root
      open={isOpen}
      modal={isModal}
      disablePointerDismissal={!isModal}
      onOpenChange={(open) => !open && onClose()}
    >
      <Base.Portal>
        {isModal && (
          <Base.Backdrop className="fixed inset-0 z-50 bg-(--backdrop) transition-opacity duration-200 data-ending-style:opacity-0 data-starting-style:opacity-0" />
        )}
        <Base.Popup
          ref={popup}
          initialFocus={() => firstFocus(popup)}
          className={classNames(
            'fixed inset-x-0 bottom-0 z-50 flex max-h-[88vh] flex-col rounded-t-xl border-t border-line bg-surface shadow-(--shadow) outline-none transition-transform duration-200 data-ending-style:translate-y-full data-starting-style:translate-y-full',
            'md:inset-y-0 md:right-0 md:left-auto md:max-h-none md:max-w-[96vw] md:rounded-none md:border-t-0 md:border-l md:data-ending-style:translate-x-full md:data-ending-style:translate-y-0 md:data-starting-style:translate-x-full md:data-starting-style:translate-y-0',
            drawerWidths[width],
          )}
        >
          <Content {...content} />
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

type ConfirmProps = {
  isOpen: boolean;
  onClose: () => void;
  title: string;
  /** What will happen, in words. */
  children: ReactNode;
  /** The verb on the button. */
  verb: string;
  isDanger?: boolean;
  run: () => Promise<unknown>;
};

/** Asks before doing something; stays open and shows the failure where it does not succeed. */
export function Confirm({ isOpen, onClose, title, children, verb, isDanger, run }: ConfirmProps) {
  const [isBusy, setBusy] = useState(false);
  const confirm = async () => {
    setBusy(true);
    try {
      await run();
      onClose();
    } catch (error) {
      toastFailure(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog
      isOpen={isOpen}
      onClose={onClose}
      title={title}
      width="narrow"
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button autoFocus look={isDanger ? 'danger' : 'primary'} isBusy={isBusy} onClick={confirm}>
            {verb}
          </Button>
        </>
      }
    >
      {children}
    </Dialog>
  );
}
