// The frame of every page: the rail (a bar below on phones), the header, and who may look.
import { Outlet } from '@tanstack/react-router';
import { useLostAt } from '../api/live.ts';
import { BottomBar } from './bottom-bar.tsx';
import { CommandMenu } from './command-menu.tsx';
import { LiveSign } from './live-sign.tsx';
import { Rail } from './rail.tsx';
import { SignedIn } from './signed-in.tsx';

export function Shell() {
  const isLost = useLostAt() !== undefined;
  return (
    <SignedIn>
      <a
        href="#content"
        className="sr-only rounded-md bg-accent px-3 py-2 text-on-accent focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-80"
      >
        Skip to the content
      </a>
      <div className="flex h-full flex-col md:flex-row">
        <Rail />
        <BottomBar />
        <main
          id="content"
          data-lost={isLost || undefined}
          tabIndex={-1}
          className="min-h-0 min-w-0 flex-1 overflow-y-auto outline-none"
        >
          <LiveSign />
          <Outlet />
        </main>
      </div>
      <CommandMenu />
    </SignedIn>
  );
}
