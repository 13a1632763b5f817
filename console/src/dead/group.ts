// Letters that belong together: of one pipeline, stage, kind and code.
import type { DeadPage } from '../../../src/web/schemas.ts';
import type { DeadSearch } from '../pages/dead-search.ts';

export type Group = DeadPage['groups'][number];

/** Which letters a page lists. */
export type Wanted = Pick<DeadSearch, 'pipeline' | 'stage' | 'kind' | 'code'>;

export function wantedOf({ pipeline, stage, kind, code }: Wanted): Wanted {
  return {
    ...(pipeline === undefined ? {} : { pipeline }),
    ...(stage === undefined ? {} : { stage }),
    ...(kind === undefined ? {} : { kind }),
    ...(code === undefined ? {} : { code }),
  };
}

export function groupId({ pipeline, stage, kind, code }: Wanted): string {
  return JSON.stringify([pipeline, stage, kind, code]);
}

/** Whether the group is among what is wanted. */
export function isWanted(group: Group, wanted: Wanted): boolean {
  return (['pipeline', 'stage', 'kind', 'code'] as const).every(
    (name) => wanted[name] === undefined || wanted[name] === group[name],
  );
}
