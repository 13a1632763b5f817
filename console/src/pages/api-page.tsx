// The API, readable: every route of /api/openapi.json.
import { useQuery } from '@tanstack/react-query';
import { reads } from '../api/reads.ts';
import { JsonView } from '../kit/json-view.tsx';
import { Loaded } from '../kit/loaded.tsx';
import { Page } from '../kit/page.tsx';

export function ApiPage() {
  const openapi = useQuery(reads.openapi());
  return (
    <Page title="API">
      <Loaded query={openapi}>{(document) => <JsonView value={document} />}</Loaded>
    </Page>
  );
}
