// Starts the console in the page.
import './theme.css';
import { QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { ApiError } from './api/client.ts';
import { ToastPlace } from './kit/toast.tsx';
import { TooltipProvider } from './kit/tooltip.tsx';
import { loadPages, router } from './router.tsx';

const queries: QueryClient = new QueryClient({
  queryCache: new QueryCache({
    // A session that has ended anywhere asks for a token everywhere.
    onError: (error, query) => {
      const isRefused = error instanceof ApiError && error.problem.status === 401;
      if (isRefused && query.queryKey[0] !== 'session') void queries.invalidateQueries({ queryKey: ['session'] });
    },
  }),
  defaultOptions: {
    queries: {
      staleTime: 2_000,
      // What the server refuses it would refuse again; a server that is away may come back.
      retry: (failures, error) => failures < 2 && !(error instanceof ApiError && error.problem.status >= 400),
    },
  },
});

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <TooltipProvider delay={350}>
        <RouterProvider router={router} />
        <ToastPlace />
      </TooltipProvider>
    </QueryClientProvider>
  </StrictMode>,
);

// What the page at hand reads comes first.
window.addEventListener('load', () => setTimeout(() => void loadPages(), 1_500), { once: true });
