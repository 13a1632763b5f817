// The API, readable: every route of /api/openapi.json by group, with what it takes and answers.
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { ExternalLink, SearchX } from 'lucide-react';
import { useEffect } from 'react';
import type { OpenApi } from '../api/openapi.ts';
import { reads } from '../api/reads.ts';
import { buttonClass } from '../kit/button.tsx';
import { Empty } from '../kit/empty.tsx';
import { SearchInput } from '../kit/field.tsx';
import { Loaded } from '../kit/loaded.tsx';
import { Page } from '../kit/page.tsx';
import { Prose } from './api/prose.tsx';
import { RouteView } from './api/route-view.tsx';
import { routeGroups } from './api/routes.ts';

export function ApiPage() {
  const openapi = useQuery(reads.openapi());
  return (
    <Page
      title="API"
      actions={
        <a href="/api/openapi.json" target="_blank" rel="noreferrer" className={buttonClass()}>
          <ExternalLink aria-hidden className="size-3.5" />
          openapi.json
        </a>
      }
    >
      <Loaded query={openapi}>{(document) => <Reference document={document} />}</Loaded>
    </Page>
  );
}

function Reference({ document }: { document: OpenApi }) {
  const { find = '', route: openId } = useSearch({ from: '/api' });
  const navigate = useNavigate({ from: '/api' });
  const groups = routeGroups(document, find);
  const schemas = document.components?.schemas ?? {};
  // biome-ignore lint/correctness/useExhaustiveDependencies: a shared link leads to its route; later clicks leave the page where it is.
  useEffect(() => {
    if (openId) window.document.getElementById(openId)?.scrollIntoView();
  }, []);
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-x-8 gap-y-4 xl:grid-cols-[minmax(0,1fr)_12rem]">
      <div className="flex min-w-0 flex-col gap-6">
        <Prose text={document.info.description} className="max-w-3xl text-muted" />
        <SearchInput
          label="Find a route"
          value={find}
          onChange={(next) =>
            void navigate({
              search: ({ find: _, ...others }) => (next ? { ...others, find: next } : others),
              replace: true,
              resetScroll: false,
            })
          }
          className="max-w-sm"
        />
        {groups.length === 0 && (
          <Empty title="No route has this text." icon={SearchX}>
            Try a part of its path, such as topics.
          </Empty>
        )}
        {groups.map((group) => (
          <section key={group.name} id={`group-${group.name}`} className="scroll-mt-4">
            <h2 className="text-base font-semibold first-letter:uppercase">{group.name}</h2>
            <Prose text={group.description} className="mb-2 text-muted" />
            <div className="divide-y divide-line overflow-hidden rounded-lg border border-line bg-surface">
              {group.routes.map((route) => (
                <RouteView key={route.id} route={route} schemas={schemas} isOpen={route.id === openId} />
              ))}
            </div>
          </section>
        ))}
      </div>
      <nav
        aria-label="Groups"
        className="sticky top-5 hidden h-fit flex-col gap-1 border-l border-line pl-4 text-muted xl:flex"
      >
        {groups.map((group) => (
          <button
            key={group.name}
            type="button"
            onClick={() =>
              window.document.getElementById(`group-${group.name}`)?.scrollIntoView({ behavior: 'smooth' })
            }
            className="rounded-sm text-left first-letter:uppercase hover:text-text"
          >
            {group.name} <span className="text-xs text-faint">{group.routes.length}</span>
          </button>
        ))}
      </nav>
    </div>
  );
}
