// A pipeline as it is declared: parameters, sources, topics, streams with their SQL, tables, charts.
import { useQuery } from '@tanstack/react-query';
import { ChevronRight } from 'lucide-react';
import type { ReactNode } from 'react';
import type { Plan } from '../../../../src/web/schemas.ts';
import { reads } from '../../api/reads.ts';
import { FieldsTable } from '../../data/fields-table.tsx';
import { Card, Facts } from '../../kit/card.tsx';
import { CodeBlock } from '../../kit/code.tsx';
import { CopyButton } from '../../kit/copy-button.tsx';
import { formatDuration, formatValue, plural } from '../../kit/format.ts';
import { jsonText } from '../../kit/json.ts';
import { JsonView } from '../../kit/json-view.tsx';
import { Loaded } from '../../kit/loaded.tsx';

export function Definition({ pipeline }: { pipeline: string }) {
  const detail = useQuery({ ...reads.pipeline(pipeline), staleTime: 60_000 });
  return <Loaded query={detail}>{({ plan }) => <PlanView plan={plan} />}</Loaded>;
}

function PlanView({ plan }: { plan: Plan }) {
  return (
    <div className="flex flex-col gap-4">
      <div className="flex items-center gap-2 text-muted">
        <p className="flex-1">What runs, as millrace plan --json prints it.</p>
        <CopyButton hasWords label="Copy as JSON" text={() => jsonText(plan, 2)} />
      </div>
      {plan.params.length > 0 && (
        <Card title="Parameters">
          <Facts
            facts={plan.params.map((param) => [
              param.name,
              <span key={param.name}>
                <code>{param.value === undefined ? 'not set' : formatValue(param.value)}</code>{' '}
                <span className="text-muted">{param.description}</span>
              </span>,
            ])}
          />
        </Card>
      )}
      <Part title="Sources">
        {plan.sources.map((source) => (
          <div key={source.name} className="flex flex-col gap-2">
            <Name name={source.name} note={`brings records into ${source.topic}`} />
            <JsonView value={source.options} hasCopy={false} depth={1} />
            {source.otherwise && (
              <>
                <p className="text-muted">
                  Where it cannot be opened: <code>{source.otherwise.kind}</code>
                </p>
                <JsonView value={source.otherwise.options} hasCopy={false} />
              </>
            )}
          </div>
        ))}
      </Part>
      <Part title="Topics">
        {plan.topics.map((topic) => (
          <div key={topic.name}>
            <Name
              name={topic.name}
              note={[
                `${topic.partitions} ${topic.partitions === 1 ? 'partition' : 'partitions'}`,
                topic.person ? `person ${topic.person}` : '',
                topic.latenessMs > 0 ? `waits ${formatDuration(topic.latenessMs)} for late records` : '',
              ]
                .filter(Boolean)
                .join(', ')}
            />
            <Folded label={plural(topic.fields.length, 'field')}>
              <FieldsTable fields={topic.fields} keys={topic.key ? [topic.key] : []} time={topic.time} />
            </Folded>
          </div>
        ))}
      </Part>
      <Part title="Streams">
        {plan.streams.map((stream) => (
          <div key={stream.name} className="flex flex-col gap-2">
            <Name
              name={stream.name}
              note={[
                `reads ${stream.reads}`,
                stream.window,
                stream.lookups.length > 0 ? `looks up ${stream.lookups.join(', ')}` : undefined,
              ]
                .filter(Boolean)
                .join(', ')}
            />
            <CodeBlock text={stream.sql} language="sql" />
          </div>
        ))}
      </Part>
      <Part title="Tables">
        {plan.tables.map((table) => (
          <div key={table.name}>
            <Name name={table.name} note={`filled by ${table.from}, key ${table.key.join(', ')}`} />
            <Folded label={plural(table.columns.length, 'column')}>
              <FieldsTable fields={table.columns} keys={table.key} />
            </Folded>
          </div>
        ))}
      </Part>
      <Part title="Charts">
        {plan.charts.map((chart, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: charts stand in the order of the file, and some have no title.
          <div key={`${chart.title ?? chart.kind} ${i + 1}`} className="flex flex-wrap gap-x-3">
            <span className="font-medium">{chart.title ?? chart.kind}</span>
            <span className="text-muted">
              {chart.kind} of <code>{chart.table}</code>
            </span>
          </div>
        ))}
      </Part>
    </div>
  );
}

function Part({ title, children }: { title: string; children: readonly ReactNode[] }) {
  if (children.length === 0) return null;
  return (
    <Card title={title}>
      <div className="flex flex-col gap-6">{children}</div>
    </Card>
  );
}

function Folded({ label, children }: { label: string; children: ReactNode }) {
  return (
    <details className="group">
      <summary className="flex w-fit cursor-pointer list-none items-center gap-1 rounded-sm text-muted hover:text-text">
        <ChevronRight aria-hidden className="size-3.5 transition-transform group-open:rotate-90" />
        {label}
      </summary>
      <div className="mt-1 pl-4.5">{children}</div>
    </details>
  );
}

function Name({ name, note }: { name: string; note: string }) {
  return (
    <p className="mb-1">
      <span className="font-mono text-sm font-semibold">{name}</span> <span className="text-muted">{note}</span>
    </p>
  );
}
