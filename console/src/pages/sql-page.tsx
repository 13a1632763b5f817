// SQL over all tables.
import { useQuery } from '@tanstack/react-query';
import { reads } from '../api/reads.ts';
import { JsonView } from '../kit/json-view.tsx';
import { Loaded } from '../kit/loaded.tsx';
import { Page } from '../kit/page.tsx';

export function SqlPage() {
  const tables = useQuery(reads.tables());
  return (
    <Page title="SQL">
      <Loaded query={tables}>{(all) => <JsonView value={all.map((table) => table.name)} />}</Loaded>
    </Page>
  );
}
