// Has streams and tables made again from the log, with a word about it.
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
