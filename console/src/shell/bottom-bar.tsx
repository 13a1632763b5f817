// On phones: a thin header, and the places as a bar at the bottom with a sheet for the rest.
import { Link, useLocation } from '@tanstack/react-router';
import { Ellipsis, Search } from 'lucide-react';
import { useState } from 'react';
import { IconButton } from '../kit/button.tsx';
import { classNames } from '../kit/class-names.ts';
import { Drawer } from '../kit/dialog.tsx';
import { ThemeSwitch } from '../kit/theme-switch.tsx';
import { openCommandMenu } from './command-state.ts';
import { LiveMark } from './live-sign.tsx';
import { Logo } from './logo.tsx';
import { isAt, places } from './places.ts';
import { SignOut } from './sign-out.tsx';

const item = 'flex min-w-0 flex-1 flex-col items-center justify-center gap-0.5 text-2xs';

export function BottomBar() {
  const [isOpen, setOpen] = useState(false);
  const path = useLocation({ select: (location) => location.pathname });
  const main = places.filter((place) => place.isMain);
  const more = places.filter((place) => !place.isMain);
  const isInMore = more.some((place) => isAt(place, path));
  return (
    <>
      <div className="flex h-12 shrink-0 items-center gap-2 border-b border-line bg-surface px-4 md:hidden">
        <Link to="/" className="flex items-center gap-2 rounded-md font-semibold" aria-label="Millrace">
          <Logo className="size-5" />
          Millrace
        </Link>
        <div className="ml-2 flex-1">
          <LiveMark />
        </div>
        <IconButton icon={Search} label="Go to…" onClick={openCommandMenu} />
        <SignOut />
        <ThemeSwitch />
      </div>
      <nav
        aria-label="Places"
        className="order-last flex h-14 shrink-0 border-t border-line bg-surface pb-[env(safe-area-inset-bottom)] md:hidden"
      >
        {main.map((place) => (
          <Link
            key={place.to}
            to={place.to}
            aria-current={isAt(place, path) ? 'page' : undefined}
            className={classNames(item, isAt(place, path) ? 'text-accent-text' : 'text-muted')}
          >
            <place.icon aria-hidden className="size-5" strokeWidth={1.75} />
            {place.label}
          </Link>
        ))}
        <button
          type="button"
          aria-expanded={isOpen}
          onClick={() => setOpen(true)}
          className={classNames(item, isInMore ? 'text-accent-text' : 'text-muted')}
        >
          <Ellipsis aria-hidden className="size-5" />
          More
        </button>
      </nav>
      <Drawer isOpen={isOpen} onClose={() => setOpen(false)} title="More">
        <div className="flex flex-col gap-1">
          {more.map((place) => (
            <Link
              key={place.to}
              to={place.to}
              onClick={() => setOpen(false)}
              className="flex h-11 items-center gap-3 rounded-md px-2 text-base hover:bg-surface-2"
            >
              <place.icon aria-hidden className="size-5 text-muted" strokeWidth={1.75} />
              {place.label}
            </Link>
          ))}
        </div>
      </Drawer>
    </>
  );
}
