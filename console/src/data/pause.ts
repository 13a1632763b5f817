// Pausing a pipeline and letting it go on, with a word about it.
import type { QueryClient } from '@tanstack/react-query';
import { api } from '../api/client.ts';
import { toast, toastFailure } from '../kit/toast.tsx';

export async function resumePipeline(name: string, queries: QueryClient): Promise<void> {
  try {
    await api.resume(name);
    void queries.invalidateQueries({ queryKey: ['pipelines', name] });
    toast({ title: `${name} goes on.`, text: 'What waited in the log is processed now.' });
  } catch (error) {
    toastFailure(error);
  }
}

/** @throws ApiError where it is refused */
export async function pausePipeline(name: string, queries: QueryClient): Promise<void> {
  await api.pause(name);
  void queries.invalidateQueries({ queryKey: ['pipelines', name] });
  toast({
    title: `${name} is paused.`,
    text: 'It stays so over restarts, until it is resumed.',
    action: { label: 'Resume', run: () => void resumePipeline(name, queries) },
  });
}
