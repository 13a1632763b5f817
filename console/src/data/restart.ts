// Restarting a pipeline that has failed, with a word about it.
import type { QueryClient } from '@tanstack/react-query';
import { api } from '../api/client.ts';
import { toast, toastFailure } from '../kit/toast.tsx';

/** What keeps it from going on is told in a toast. */
export async function restartPipeline(name: string, queries: QueryClient): Promise<void> {
  try {
    await api.restart(name);
    void queries.invalidateQueries({ queryKey: ['pipelines', name] });
    toast({ title: `${name} is restarted.`, text: 'It goes on with the records that wait in the log.' });
  } catch (error) {
    toastFailure(error);
  }
}
