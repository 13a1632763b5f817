// Short messages in the corner: what was done, or what could not be.
import { Toast } from '@base-ui/react/toast';
import { CircleCheck, CircleX, Info, X } from 'lucide-react';
import { problemOf } from '../api/request.ts';
import { toneText } from './badge.tsx';
import { buttonClass, IconButton } from './button.tsx';
import { capitalised } from './format.ts';

const manager = Toast.createToastManager<{ tone: ToastTone }>();

export type ToastTone = 'good' | 'bad' | 'plain';
type ToastOptions = { title: string; text?: string; tone?: ToastTone; action?: { label: string; run: () => void } };

/** Shows a message for five seconds; failures stay ten. */
export function toast({ title, text, tone = 'good', action }: ToastOptions): void {
  manager.add({
    title,
    description: text,
    data: { tone },
    timeout: tone === 'bad' ? 10_000 : 5_000,
    priority: tone === 'bad' ? 'high' : 'low',
    ...(action ? { actionProps: { children: action.label, onClick: action.run } } : {}),
  });
}

/** Shows what went wrong and what to do. */
export function toastFailure(error: unknown): void {
  const { title, remedy, detail } = problemOf(error);
  toast({ tone: 'bad', title: capitalised(title), text: remedy ?? detail });
}

const icons = { good: CircleCheck, bad: CircleX, plain: Info };

function Toasts() {
  const { toasts } = Toast.useToastManager<{ tone: ToastTone }>();
  return toasts.map((one) => {
    const tone = one.data?.tone ?? 'plain';
    const Icon = icons[tone];
    return (
      <Toast.Root
        key={one.id}
        toast={one}
        swipeDirection={['right', 'down']}
        className="w-full rounded-lg border border-line bg-surface shadow-(--shadow) transition-[opacity,transform] duration-150 data-ending-style:opacity-0 data-limited:hidden data-starting-style:translate-y-2 data-starting-style:opacity-0"
      >
        <Toast.Content className="flex items-start gap-3 px-3.5 py-3">
          <Icon aria-hidden className={`mt-0.5 size-4 shrink-0 ${toneText[tone]}`} />
          <div className="min-w-0 flex-1 break-words">
            <Toast.Title className="font-medium" />
            <Toast.Description className="text-muted" />
          </div>
          {one.actionProps && <Toast.Action className={buttonClass('plain', 'small')} />}
          <Toast.Close
            render={<IconButton icon={X} label="Close the message" size="small" className="-mt-0.5 -mr-1" />}
          />
        </Toast.Content>
      </Toast.Root>
    );
  });
}

/** Holds the messages of the whole app. */
export function ToastPlace() {
  return (
    <Toast.Provider toastManager={manager} limit={4}>
      <Toast.Portal>
        <Toast.Viewport className="fixed right-4 bottom-20 z-70 flex w-[min(24rem,calc(100vw-2rem))] flex-col-reverse gap-2 md:bottom-4">
          <Toasts />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  );
}
