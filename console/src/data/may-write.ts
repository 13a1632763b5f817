// Whether the person at the console may change things; readers see why buttons rest.
import { useQuery } from '@tanstack/react-query';
import { reads } from '../api/reads.ts';

/** What stands on a button that needs more rights. */
export const needsWriter = 'This needs a token with the role writer.';

/** True until the role is known: the server decides anyway. */
export function useMayWrite(): boolean {
  return useQuery(reads.session()).data?.role !== 'reader';
}
