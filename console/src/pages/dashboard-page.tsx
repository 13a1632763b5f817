// The charts of one pipeline.
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { reads } from '../api/reads.ts';
import { JsonView } from '../kit/json-view.tsx';
import { Loaded } from '../kit/loaded.tsx';
import { Page } from '../kit/page.tsx';

export function DashboardPage() {
  const { name } = useParams({ from: '/dashboards/$name' });
  const charts = useQuery(reads.charts(name));
  return (
    <Page title={name} isName breadcrumb={[{ label: 'Dashboards', to: '/dashboards' }]}>
      <Loaded query={charts}>{(all) => <JsonView value={all} />}</Loaded>
    </Page>
  );
}
