// The frame of a page: where it is, its title, what can be done, and the content below.
import { Link } from '@tanstack/react-router';
import { ChevronRight } from 'lucide-react';
import { type ReactNode, useEffect } from 'react';
import { classNames } from './class-names.ts';

export type Crumb = { label: string; to: string };

type PageProps = {
  /** Shown large and in the browser's title. */
  title: string;
  /** Beside the title: badges. */
  beside?: ReactNode;
  /** A line below the title. */
  note?: ReactNode;
  breadcrumb?: readonly Crumb[];
  actions?: ReactNode;
  /** Identifiers are shown in the mono face. */
  isName?: boolean;
  /** Fills the height of the window; the content scrolls inside. For grids and editors. */
  isFull?: boolean;
  children?: ReactNode;
};

export function Page({ title, beside, note, breadcrumb, actions, isName, isFull, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · Millrace`;
  }, [title]);
  return (
    <div
      className={classNames(
        'mx-auto flex w-full max-w-[1680px] min-w-0 flex-col gap-4 px-4 py-4 md:px-6 md:py-5',
        isFull && 'h-full min-h-0',
      )}
    >
      <header className="flex flex-wrap items-start gap-x-4 gap-y-2">
        <div className="min-w-40 flex-1">
          {breadcrumb && breadcrumb.length > 0 && (
            <nav aria-label="Breadcrumb" className="mb-0.5 flex items-center gap-1 text-xs text-muted">
              {breadcrumb.map((crumb) => (
                <span key={crumb.to} className="flex items-center gap-1">
                  <Link to={crumb.to} className="rounded-sm hover:text-text hover:underline">
                    {crumb.label}
                  </Link>
                  <ChevronRight aria-hidden className="size-3" />
                </span>
              ))}
            </nav>
          )}
          <div className="flex flex-wrap items-center gap-x-2.5 gap-y-1">
            <h1
              className={classNames('text-lg leading-7 font-semibold break-all', isName && 'font-mono tracking-tight')}
            >
              {title}
            </h1>
            {beside}
          </div>
          {note && <p className="mt-0.5 max-w-3xl text-muted">{note}</p>}
        </div>
        {actions && <div className="flex flex-wrap items-center gap-2 pt-0.5">{actions}</div>}
      </header>
      {children}
    </div>
  );
}
