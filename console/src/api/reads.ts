// What pages read, as TanStack Query options: one key per thing, so that pages share answers and can refresh them.
import { queryOptions } from '@tanstack/react-query';
import { api, type DeadRequest } from './client.ts';

export const reads = {
  session: () => queryOptions({ queryKey: ['session'], queryFn: api.session, staleTime: 60_000 }),
  health: () => queryOptions({ queryKey: ['health'], queryFn: api.health }),
  openapi: () => queryOptions({ queryKey: ['openapi'], queryFn: api.openapi, staleTime: 60_000 }),
  pipeline: (name: string) => queryOptions({ queryKey: ['pipelines', name], queryFn: () => api.pipeline(name) }),
  charts: (pipeline: string) =>
    queryOptions({ queryKey: ['charts', pipeline], queryFn: () => api.charts(pipeline), staleTime: 60_000 }),
  topics: () => queryOptions({ queryKey: ['topics'], queryFn: api.topics, refetchInterval: 5_000 }),
  topic: (name: string) =>
    queryOptions({ queryKey: ['topics', name], queryFn: () => api.topic(name), refetchInterval: 5_000 }),
  tables: () => queryOptions({ queryKey: ['tables'], queryFn: api.tables, refetchInterval: 5_000 }),
  table: (name: string) => queryOptions({ queryKey: ['tables', name], queryFn: () => api.table(name) }),
  dead: (which: DeadRequest) => queryOptions({ queryKey: ['dead', which], queryFn: () => api.dead(which) }),
  deadLetter: (id: number | string) =>
    queryOptions({ queryKey: ['dead', 'letter', String(id)], queryFn: () => api.deadLetter(id) }),
};
