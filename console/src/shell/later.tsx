// Pages whose code comes when it is wanted: one that cannot be fetched now waits inside the shell until the server is back.
import { CloudOff } from 'lucide-react';
import { type ComponentType, type ReactNode, useEffect, useState } from 'react';
import { useLiveState } from '../api/live.ts';
import { serverAnswers } from '../api/request.ts';
import { Button } from '../kit/button.tsx';
import { Empty } from '../kit/empty.tsx';
import { Page } from '../kit/page.tsx';

/** A page of the router: `preload` is called before it is shown, and for a link that is pointed at. */
export type LaterPage = (() => ReactNode) & { preload: () => Promise<void> };

const retryMs = 2_000;
/** A page that still cannot be loaded after the document was read anew is not tried that way again so soon. */
const reloadRestMs = 60_000;
const reloadKey = 'millrace.reloaded';

/** `later(() => import('./tables-page.tsx'), 'TablesPage')` */
export function later<Name extends string>(load: () => Promise<Record<Name, ComponentType>>, name: Name): LaterPage {
  let Found: ComponentType | undefined;
  let loading: Promise<void> | undefined;
  const read = () => {
    loading ??= load().then(
      (module) => {
        Found = module[name];
      },
      (error: unknown) => {
        loading = undefined;
        throw error;
      },
    );
    return loading;
  };
  function Later() {
    const [, setRead] = useState(false);
    return Found ? <Found /> : <Away load={read} onLoaded={() => setRead(true)} />;
  }
  // What cannot be fetched is told by the page itself: the router would end with its own.
  return Object.assign(Later, { preload: () => read().catch(() => undefined) });
}

/** Whether code of the console could not be fetched; browsers have no code for it, only words. */
export function isMissingCode(error: unknown): boolean {
  return (
    error instanceof Error &&
    /dynamically imported module|importing a module script failed|unable to preload/i.test(error.message)
  );
}

/** Reads the document anew, unless that was done a moment ago; whether it does. */
function reloadOnce(): boolean {
  try {
    if (Date.now() - Number(sessionStorage.getItem(reloadKey) ?? 0) < reloadRestMs) return false;
    sessionStorage.setItem(reloadKey, String(Date.now()));
  } catch {
    // Without a memory it could go on for ever.
    return false;
  }
  window.location.reload();
  return true;
}

type AwayProps = {
  /** Fetches what is missing once more; where it is not given only reading the document anew helps. */
  load?: () => Promise<void>;
  onLoaded?: () => void;
};

/** The code of a page is missing: the server is asked until it answers, then the page comes by itself. */
export function Away({ load, onLoaded }: AwayProps) {
  const [isRefused, setRefused] = useState(false);
  const liveState = useLiveState();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the functions are those of one page; live data that is back is a reason to try at once.
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    let isOver = false;
    const attempt = async () => {
      clearTimeout(timer);
      const answers = await serverAnswers();
      if (isOver) return;
      if (answers) {
        try {
          if (!load) throw new Error('only a new document helps');
          await load();
          if (!isOver) onLoaded?.();
          return;
        } catch {
          // A browser may remember that a module could not be fetched; from a server that answers the document is read anew.
          if (isOver || reloadOnce()) return;
          setRefused(true);
        }
      }
      timer = setTimeout(attempt, retryMs);
    };
    void attempt();
    window.addEventListener('online', attempt);
    return () => {
      isOver = true;
      clearTimeout(timer);
      window.removeEventListener('online', attempt);
    };
  }, [liveState]);
  return (
    <Page title="Waiting for Millrace">
      <Empty
        title={isRefused ? 'The code of this page cannot be loaded.' : 'Millrace does not answer.'}
        icon={CloudOff}
        // while the server is away a new document would be the browser's own page
        action={isRefused && <Button onClick={() => window.location.reload()}>Reload</Button>}
      >
        {isRefused
          ? 'The server answers, but not with this page: where it was updated just now, reload.'
          : 'This page was not opened before, and its code comes from the server. It is asked again and again; the page comes by itself.'}
      </Empty>
    </Page>
  );
}
