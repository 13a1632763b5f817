// Which page is at which address, and what its URL may hold. Pages load when they are first opened, or when the browser has nothing to do.
import {
  createRootRoute,
  createRoute,
  createRouter,
  parseSearchWith,
  stringifySearchWith,
} from '@tanstack/react-router';
import { apiSearch } from './pages/api-search.ts';
import { dashboardSearch } from './pages/dashboards-search.ts';
import { deadSearch } from './pages/dead-search.ts';
import { OverviewPage } from './pages/overview-page.tsx';
import { searchValue } from './pages/search-value.ts';
import { sqlSearch } from './pages/sql-search.ts';
import { tableSearch, tablesSearch } from './pages/tables-search.ts';
import { topicSearch, topicsSearch } from './pages/topics-search.ts';
import { Broken, Missing } from './shell/broken.tsx';
import { later } from './shell/later.tsx';
import { Shell } from './shell/shell.tsx';

const root = createRootRoute({ component: Shell, notFoundComponent: Missing });

const parent = { getParentRoute: () => root };

/** `tab`: what the pipeline's page shows; `node`: the box of the graph that is open. */
export type PipelineSearch = { tab?: 'definition'; node?: string };

function pipelineSearch(given: Record<string, unknown>): PipelineSearch {
  return {
    ...(given.tab === 'definition' ? { tab: given.tab } : {}),
    ...(typeof given.node === 'string' ? { node: given.node } : {}),
  };
}

const routes = [
  createRoute({ ...parent, path: '/', component: OverviewPage }),
  createRoute({
    ...parent,
    path: '/pipelines/$name',
    validateSearch: pipelineSearch,
    component: later(() => import('./pages/pipeline-page.tsx'), 'PipelinePage'),
  }),
  createRoute({
    ...parent,
    path: '/topics',
    validateSearch: topicsSearch,
    component: later(() => import('./pages/topics-page.tsx'), 'TopicsPage'),
  }),
  createRoute({
    ...parent,
    path: '/topics/$name',
    validateSearch: topicSearch,
    component: later(() => import('./pages/topic-page.tsx'), 'TopicPage'),
  }),
  createRoute({
    ...parent,
    path: '/tables',
    validateSearch: tablesSearch,
    component: later(() => import('./pages/tables-page.tsx'), 'TablesPage'),
  }),
  createRoute({
    ...parent,
    path: '/tables/$name',
    validateSearch: tableSearch,
    component: later(() => import('./pages/table-page.tsx'), 'TablePage'),
  }),
  createRoute({
    ...parent,
    path: '/sql',
    validateSearch: sqlSearch,
    component: later(() => import('./pages/sql-page.tsx'), 'SqlPage'),
  }),
  createRoute({
    ...parent,
    path: '/dashboards',
    component: later(() => import('./pages/dashboards-page.tsx'), 'DashboardsPage'),
  }),
  createRoute({
    ...parent,
    path: '/dashboards/$name',
    validateSearch: dashboardSearch,
    component: later(() => import('./pages/dashboard-page.tsx'), 'DashboardPage'),
  }),
  createRoute({
    ...parent,
    path: '/dead',
    validateSearch: deadSearch,
    component: later(() => import('./pages/dead-page.tsx'), 'DeadPage'),
  }),
  createRoute({
    ...parent,
    path: '/dead/$id',
    validateSearch: deadSearch,
    component: later(() => import('./pages/dead-page.tsx'), 'DeadPage'),
  }),
  createRoute({
    ...parent,
    path: '/api',
    validateSearch: apiSearch,
    component: later(() => import('./pages/api-page.tsx'), 'ApiPage'),
  }),
] as const;

export const router = createRouter({
  routeTree: root.addChildren(routes),
  parseSearch: parseSearchWith(searchValue),
  stringifySearch: stringifySearchWith(JSON.stringify, searchValue),
  defaultPreload: 'intent',
  defaultErrorComponent: Broken,
  scrollRestoration: true,
  scrollToTopSelectors: ['#content'],
});

/** What the pages load when they are drawn: so that a lost connection takes nothing of the console away. */
const parts = [
  () => import('./editor/code-editor.tsx'),
  () => import('./charts/line-drawing.tsx'),
  () => import('./charts/bar-drawing.tsx'),
  () => import('./charts/share-drawing.tsx'),
  () => import('./charts/scatter-drawing.tsx'),
  () => import('./charts/histogram-drawing.tsx'),
  () => import('./charts/heat-drawing.tsx'),
  () => import('./charts/map-drawing.tsx'),
];

/** Loads the code of all pages, one after the other, while the browser has nothing else to do. */
export async function loadPages(): Promise<void> {
  const pages = routes.flatMap(({ options: { component } }) =>
    component && 'preload' in component ? [component.preload as () => Promise<void>] : [],
  );
  for (const load of [...pages, ...parts]) {
    await new Promise<void>((resolve) => {
      if ('requestIdleCallback' in window) requestIdleCallback(() => resolve());
      // Safari has no word for it.
      else setTimeout(resolve, 200);
    });
    await load().catch(() => undefined);
  }
}

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
