// Which page is at which address, and what its URL may hold. Pages load when they are first opened.
import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import { apiSearch } from './pages/api-search.ts';
import { dashboardSearch } from './pages/dashboards-search.ts';
import { deadSearch } from './pages/dead-search.ts';
import { OverviewPage } from './pages/overview-page.tsx';
import { sqlSearch } from './pages/sql-search.ts';
import { tableSearch, tablesSearch } from './pages/tables-search.ts';
import { topicSearch, topicsSearch } from './pages/topics-search.ts';
import { Broken, Missing } from './shell/broken.tsx';
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
    component: lazyRouteComponent(() => import('./pages/pipeline-page.tsx'), 'PipelinePage'),
  }),
  createRoute({
    ...parent,
    path: '/topics',
    validateSearch: topicsSearch,
    component: lazyRouteComponent(() => import('./pages/topics-page.tsx'), 'TopicsPage'),
  }),
  createRoute({
    ...parent,
    path: '/topics/$name',
    validateSearch: topicSearch,
    component: lazyRouteComponent(() => import('./pages/topic-page.tsx'), 'TopicPage'),
  }),
  createRoute({
    ...parent,
    path: '/tables',
    validateSearch: tablesSearch,
    component: lazyRouteComponent(() => import('./pages/tables-page.tsx'), 'TablesPage'),
  }),
  createRoute({
    ...parent,
    path: '/tables/$name',
    validateSearch: tableSearch,
    component: lazyRouteComponent(() => import('./pages/table-page.tsx'), 'TablePage'),
  }),
  createRoute({
    ...parent,
    path: '/sql',
    validateSearch: sqlSearch,
    component: lazyRouteComponent(() => import('./pages/sql-page.tsx'), 'SqlPage'),
  }),
  createRoute({
    ...parent,
    path: '/dashboards',
    component: lazyRouteComponent(() => import('./pages/dashboards-page.tsx'), 'DashboardsPage'),
  }),
  createRoute({
    ...parent,
    path: '/dashboards/$name',
    validateSearch: dashboardSearch,
    component: lazyRouteComponent(() => import('./pages/dashboard-page.tsx'), 'DashboardPage'),
  }),
  createRoute({
    ...parent,
    path: '/dead',
    validateSearch: deadSearch,
    component: lazyRouteComponent(() => import('./pages/dead-page.tsx'), 'DeadPage'),
  }),
  createRoute({
    ...parent,
    path: '/dead/$id',
    validateSearch: deadSearch,
    component: lazyRouteComponent(() => import('./pages/dead-page.tsx'), 'DeadPage'),
  }),
  createRoute({
    ...parent,
    path: '/api',
    validateSearch: apiSearch,
    component: lazyRouteComponent(() => import('./pages/api-page.tsx'), 'ApiPage'),
  }),
] as const;

export const router = createRouter({
  routeTree: root.addChildren(routes),
  defaultPreload: 'intent',
  defaultErrorComponent: Broken,
  scrollRestoration: true,
  scrollToTopSelectors: ['#content'],
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
