// One table: what it is, and its rows as they change.
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { SquareTerminal } from 'lucide-react';
import type { TableView } from '../../../src/web/schemas.ts';
import { reads } from '../api/reads.ts';
import { Badge } from '../kit/badge.tsx';
import { buttonClass } from '../kit/button.tsx';
import { plural } from '../kit/format.ts';
import { Loaded } from '../kit/loaded.tsx';
import { Page } from '../kit/page.tsx';
import { Skeleton } from '../kit/skeleton.tsx';
import { isUnknown, Unknown } from '../kit/unknown.tsx';
import { TableRows } from '../tables/table-rows.tsx';

const countMs = 2_000;

function About({ table }: { table: TableView }) {
  return (
    <>
      {plural(table.rows, 'row')} · key <span className="font-mono text-xs">{table.key.join(', ')}</span>
      {table.time && (
        <>
          {' '}
          · time <span className="font-mono text-xs">{table.time}</span>
        </>
      )}{' '}
      · pipeline{' '}
      <Link to="/pipelines/$name" params={{ name: table.pipeline }} className="text-accent-text hover:underline">
        {table.pipeline}
      </Link>
    </>
  );
}

const place = { label: 'Tables', to: '/tables' };

export function TablePage() {
  const { name } = useParams({ from: '/tables/$name' });
  const table = useQuery({ ...reads.table(name), refetchInterval: countMs });
  if (isUnknown(table.error)) return <Unknown noun="table" name={name} place={place} />;
  return (
    <Page
      title={name}
      isName
      isFull
      breadcrumb={[place]}
      beside={<Badge>table</Badge>}
      note={table.data ? <About table={table.data} /> : undefined}
      actions={
        <Link to="/sql" search={{ sql: `select * from "${name}" limit 100` }} className={buttonClass()}>
          <SquareTerminal aria-hidden className="size-3.5" />
          Query
        </Link>
      }
    >
      <Loaded query={table} waiting={<Skeleton className="min-h-80 flex-1" />}>
        {(one) => <TableRows key={name} table={one} />}
      </Loaded>
    </Page>
  );
}
