// The pipelines that declare charts.
import { Link } from '@tanstack/react-router';
import { useLivePipelines } from '../api/live.ts';
import { Card } from '../kit/card.tsx';
import { plural } from '../kit/format.ts';
import { Page } from '../kit/page.tsx';

export function DashboardsPage() {
  const { pipelines = [] } = useLivePipelines();
  return (
    <Page title="Dashboards">
      <Card>
        <ul className="flex flex-col gap-2">
          {pipelines.map((pipeline) => (
            <li key={pipeline.name} className="flex gap-4">
              <Link to="/dashboards/$name" params={{ name: pipeline.name }} className="flex-1 font-mono hover:underline">
                {pipeline.name}
              </Link>
              {plural(pipeline.charts, 'chart')}
            </li>
          ))}
        </ul>
      </Card>
    </Page>
  );
}
