// The schema of a topic: its versions in the registry, and what changed between any two.
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { FileJson2 } from 'lucide-react';
import { useState } from 'react';
import type { TopicView } from '../../../src/web/schemas.ts';
import { api, type SchemaVersion } from '../api/client.ts';
import { Badge } from '../kit/badge.tsx';
import { Card } from '../kit/card.tsx';
import { CodeBlock } from '../kit/code.tsx';
import { CopyButton } from '../kit/copy-button.tsx';
import { Empty } from '../kit/empty.tsx';
import { Segments, Select } from '../kit/field.tsx';
import { plural } from '../kit/format.ts';
import { Loaded } from '../kit/loaded.tsx';
import { FieldChanges } from './field-changes.tsx';
import { LineDiff } from './line-diff.tsx';
import { diffLines, fieldChanges, pretty } from './schema-diff.ts';

type Schemas = { versions: readonly SchemaVersion[]; compatibility: string };

async function readSchemas(subject: string): Promise<Schemas> {
  const [numbers, compatibility] = await Promise.all([api.schemaVersions(subject), api.compatibility(subject)]);
  const versions = await Promise.all(numbers.map((version) => api.schemaVersion(subject, version)));
  return { versions, compatibility };
}

export function SchemaTab({ topic }: { topic: TopicView }) {
  const subject = topic.schema?.subject ?? `${topic.name}-value`;
  const schemas = useQuery({
    queryKey: ['schemas', subject, topic.schema?.version],
    queryFn: () => readSchemas(subject),
    enabled: topic.schema !== undefined,
  });
  if (!topic.schema) {
    return (
      <Empty title="The topic has no schema in the registry" icon={FileJson2}>
        It gets one when a pipeline that declares the topic starts, or when one is registered as {subject}.
      </Empty>
    );
  }
  return <Loaded query={schemas}>{(all) => <Schemas subject={subject} {...all} />}</Loaded>;
}

const noBase = 'none';

function Schemas({ subject, versions, compatibility }: Schemas & { subject: string }) {
  const search = useSearch({ from: '/topics/$name' });
  const navigate = useNavigate({ from: '/topics/$name' });
  const [view, setView] = useState<'fields' | 'inline' | 'beside'>('fields');
  const shown = versions.find(({ version }) => version === search.version) ?? versions.at(-1);
  if (!shown) return <Empty title="All versions have been deleted" icon={FileJson2} />;
  const before = versions.filter(({ version }) => version < shown.version).at(-1);
  const base = search.base === 0 ? undefined : (versions.find(({ version }) => version === search.base) ?? before);
  const look = (next: { version?: number; base?: number }) =>
    void navigate({ search: (old) => ({ ...old, ...next }), replace: true });
  const changes = fieldChanges(base?.schema ?? shown.schema, shown.schema);
  const changed = changes.filter(({ kind }) => kind !== 'same').length;
  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <Select
          label="Version"
          value={String(shown.version)}
          choices={versions
            .toReversed()
            .map(({ version, id }) => ({ value: String(version), label: `Version ${version}`, note: `id ${id}` }))}
          onChange={(next) => look({ version: Number(next), base: undefined })}
        />
        <span className="text-muted">compared with</span>
        <Select
          label="Compared with"
          value={base ? String(base.version) : noBase}
          choices={[
            { value: noBase, label: 'nothing' },
            ...versions
              .filter(({ version }) => version !== shown.version)
              .toReversed()
              .map(({ version, id }) => ({ value: String(version), label: `Version ${version}`, note: `id ${id}` })),
          ]}
          onChange={(next) => look({ version: shown.version, base: next === noBase ? 0 : Number(next) })}
        />
        <Segments
          label="View"
          value={view === 'beside' && !base ? 'inline' : view}
          onChange={setView}
          choices={[
            { value: 'fields', label: 'Fields' },
            { value: 'inline', label: 'JSON' },
            ...(base ? [{ value: 'beside' as const, label: 'Side by side' }] : []),
          ]}
        />
        <span className="ml-auto flex flex-wrap items-center gap-2 text-muted">
          <span className="font-mono text-xs">{subject}</span>
          <Badge>id {shown.id}</Badge>
          <Badge title="What a new version may change">{compatibility}</Badge>
          <CopyButton text={pretty(shown.schema)} label="Copy the schema" />
        </span>
      </div>
      {view === 'fields' ? (
        <Card
          isFlush
          title={base ? `Version ${shown.version} since version ${base.version}` : `Version ${shown.version}`}
          note={base ? (changed === 0 ? 'No field has changed.' : `${plural(changed, 'field')} changed`) : undefined}
        >
          <FieldChanges changes={changes} isDiff={base !== undefined} />
        </Card>
      ) : base ? (
        <LineDiff lines={diffLines(pretty(base.schema), pretty(shown.schema))} isBeside={view === 'beside'} />
      ) : (
        <CodeBlock language="json" text={pretty(shown.schema)} />
      )}
    </div>
  );
}
