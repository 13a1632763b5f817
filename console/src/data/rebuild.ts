// Has streams and tables made again from the log, or gives that up, with a word about it.
import type { QueryClient } from '@tanstack/react-query';
import { api } from '../api/client.ts';
import { toast } from '../kit/toast.tsx';

/** `names`: streams and tables; undefined: all of the pipeline. @throws ApiError where it is refused */
export async function rebuildPipeline(
  name: string,
  names: readonly string[] | undefined,
  queries: QueryClient,
): Promise<void> {
  await api.rebuild(name, names);
  void queries.invalidateQueries({ queryKey: ['pipelines', name] });
  toast({
    title: `${names?.join(', ') ?? name} is made again.`,
    text: 'The page of the pipeline shows how far it is.',
  });
}

/** @throws ApiError where nothing is made again any more */
export async function cancelRebuild(name: string, queries: QueryClient): Promise<void> {
  await api.cancelRebuild(name);
  void queries.invalidateQueries({ queryKey: ['pipelines', name] });
  toast({ title: `The rebuild of ${name} is given up.`, text: 'The tables are as they were.' });
}
