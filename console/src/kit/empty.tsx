// What stands where there is nothing yet: why, and how to begin.
import type { LucideIcon } from 'lucide-react';
import { Inbox } from 'lucide-react';
import type { ReactNode } from 'react';

type EmptyProps = { title: string; icon?: LucideIcon; children?: ReactNode; action?: ReactNode };

export function Empty({ title, icon: Icon = Inbox, children, action }: EmptyProps) {
  return (
    <div className="flex flex-col items-center justify-center gap-1.5 px-6 py-12 text-center">
      <Icon aria-hidden className="mb-1 size-6 text-faint" strokeWidth={1.5} />
      <p className="font-medium">{title}</p>
      {children && <div className="max-w-md text-muted">{children}</div>}
      {action && <div className="mt-2">{action}</div>}
    </div>
  );
}
