// The dead letters.
import { useQuery } from '@tanstack/react-query';
import { reads } from '../api/reads.ts';
import { JsonView } from '../kit/json-view.tsx';
import { Loaded } from '../kit/loaded.tsx';
import { Page } from '../kit/page.tsx';

export function DeadPage() {
  const dead = useQuery(reads.dead({ limit: 100 }));
  return (
    <Page title="Dead letters">
      <Loaded query={dead}>{(page) => <JsonView value={page} />}</Loaded>
    </Page>
  );
}
