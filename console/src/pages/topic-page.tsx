// One topic: its figures, its records as they come, partitions, schema and declaration.
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import type { TopicView } from '../../../src/web/schemas.ts';
import { reads } from '../api/reads.ts';
import { needsWriter, useMayWrite } from '../data/may-write.ts';
import { Badge } from '../kit/badge.tsx';
import { Button } from '../kit/button.tsx';
import { Figure } from '../kit/card.tsx';
import { formatAgo, formatBytes, formatCount, formatRate } from '../kit/format.ts';
import { Loaded } from '../kit/loaded.tsx';
import { Page } from '../kit/page.tsx';
import { Skeleton } from '../kit/skeleton.tsx';
import { Tabs } from '../kit/tabs.tsx';
import { isUnknown, Unknown } from '../kit/unknown.tsx';
import { ConfigurationTab } from '../topics/configuration-tab.tsx';
import { PartitionsTab } from '../topics/partitions-tab.tsx';
import { PostDrawer } from '../topics/post-drawer.tsx';
import { useTopicRates } from '../topics/rate.ts';
import { RecordsTab } from '../topics/records-tab.tsx';
import { retentionWords } from '../topics/retention.ts';
import { SchemaTab } from '../topics/schema-tab.tsx';

const figuresMs = 2_000;

const place = { label: 'Topics', to: '/topics' };

export function TopicPage() {
  const { name } = useParams({ from: '/topics/$name' });
  const { tab = 'records' } = useSearch({ from: '/topics/$name' });
  const [isPosting, setPosting] = useState(false);
  const mayWrite = useMayWrite();
  const topic = useQuery({ ...reads.topic(name), refetchInterval: figuresMs });
  if (isUnknown(topic.error)) return <Unknown noun="topic" name={name} place={place} />;
  return (
    <Page
      title={name}
      isName
      isFull={tab === 'records'}
      breadcrumb={[place]}
      beside={<Badge>topic</Badge>}
      actions={
        topic.data?.accepts && (
          <Button
            icon={Plus}
            disabled={!mayWrite}
            title={mayWrite ? undefined : needsWriter}
            onClick={() => setPosting(true)}
          >
            Post a record
          </Button>
        )
      }
    >
      <Loaded query={topic} waiting={<Waiting />}>
        {(one) => (
          <>
            <Figures topic={one} />
            <Views key={name} topic={one} />
            {isPosting && <PostDrawer topic={one} onClose={() => setPosting(false)} />}
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Waiting() {
  return (
    <>
      <Skeleton className="h-12" />
      <Skeleton className="min-h-80 flex-1" />
    </>
  );
}

function Figures({ topic }: { topic: TopicView }) {
  const rate = useTopicRates().get(topic.name);
  return (
    <div className="lively flex shrink-0 flex-wrap gap-x-10 gap-y-3 max-sm:grid max-sm:grid-cols-[auto_auto_auto] max-sm:gap-x-4">
      <Figure value={formatCount(topic.records)} label="records" />
      <Figure value={rate === undefined ? '–' : formatRate(rate)} label="come in" />
      <div className="max-sm:hidden">
        <Figure value={formatBytes(topic.bytes)} label="on disk" />
      </div>
      <Figure
        value={topic.newestAt === undefined ? '–' : formatAgo(topic.newestAt)}
        label={topic.time ? `newest ${topic.time}` : 'newest record'}
      />
      {/* on a phone the records have this room; the other tabs tell these */}
      <div className="contents max-sm:hidden">
        <Figure
          value={formatCount(topic.partitions.length)}
          label={topic.partitions.length === 1 ? 'partition' : 'partitions'}
        />
        <Figure value={topic.schema ? `v${topic.schema.version}` : 'none'} label="schema" />
        <Figure value={retentionWords(topic.retention)} label="kept" />
      </div>
    </div>
  );
}

function Views({ topic }: { topic: TopicView }) {
  const { tab = 'records' } = useSearch({ from: '/topics/$name' });
  const navigate = useNavigate({ from: '/topics/$name' });
  return (
    <Tabs
      isFull={tab === 'records'}
      value={tab}
      onChange={(next) => void navigate({ search: next === 'records' ? {} : { tab: next } })}
      tabs={[
        { id: 'records', label: 'Records', content: <RecordsTab topic={topic} /> },
        { id: 'partitions', label: 'Partitions', content: <PartitionsTab topic={topic} /> },
        { id: 'schema', label: 'Schema', content: <SchemaTab topic={topic} /> },
        { id: 'configuration', label: 'Configuration', content: <ConfigurationTab topic={topic} /> },
      ]}
    />
  );
}
