// The dead letters: what could not be read, processed or stored, and the records that came too late; fixed and sent again here.
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { Clock, MailCheck, X } from 'lucide-react';
import { api } from '../api/client.ts';
import { type Group, isWanted, wantedOf } from '../dead/group.ts';
import { Groups } from '../dead/groups.tsx';
import { LetterDrawer } from '../dead/letter-drawer.tsx';
import { Letters } from '../dead/letters.tsx';
import { Button } from '../kit/button.tsx';
import { Card } from '../kit/card.tsx';
import { Empty } from '../kit/empty.tsx';
import { Segments } from '../kit/field.tsx';
import { formatCount } from '../kit/format.ts';
import { Loaded } from '../kit/loaded.tsx';
import { Page } from '../kit/page.tsx';
import { Skeleton } from '../kit/skeleton.tsx';
import type { DeadSearch } from './dead-search.ts';

const refreshMs = 4_000;
const pageLetters = 100;

export function DeadPage() {
  const params = useParams({ strict: false });
  const search: DeadSearch = useSearch({ strict: false });
  const navigate = useNavigate();
  const id = search.letter === undefined ? params.id : String(search.letter);
  const wanted = wantedOf(search);
  const pages = useInfiniteQuery({
    queryKey: ['dead', 'pages', wanted],
    queryFn: ({ pageParam }) => api.dead({ ...wanted, limit: pageLetters, after: pageParam }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next,
    refetchInterval: (query) => ((query.state.data?.pages.length ?? 0) > 5 ? false : refreshMs),
    placeholderData: keepPreviousData,
  });
  const letters = pages.data?.pages.flatMap((page) => page.letters) ?? [];
  const { view = 'fix' } = search;
  // The address bar shows /dead/ID, which can be shared, while the list behind the drawer stays the same page.
  const show = (letter: string | undefined, next: DeadSearch, replace: boolean) =>
    void navigate(
      letter === undefined
        ? { to: '/dead', search: next, replace }
        : {
            to: '/dead',
            search: { ...next, letter: Number(letter) },
            mask: { to: '/dead/$id', params: { id: letter }, search: next },
            replace,
          },
    );
  const look = (next: DeadSearch) => show(id, next, true);
  const open = (next: number) => show(String(next), search.view ? { ...wanted, view: search.view } : wanted, false);

  return (
    <Page
      title="Dead letters"
      isFull
      note="Records that could not be read, processed or stored. They stop nothing and are not lost: fix them and send them again."
    >
      <Loaded query={pages} waiting={<Waiting />}>
        {({ pages: [first] }) => {
          const groups = first?.groups ?? [];
          return groups.length === 0 ? (
            <Card>
              <Empty title="Nothing is dead" icon={MailCheck}>
                Every record that came in was read, processed and stored. One that cannot be will be kept here, with the
                reason and its bytes.
              </Empty>
            </Card>
          ) : (
            <>
              <div className="max-h-[40vh] shrink-0 overflow-y-auto">
                <Groups groups={groups} wanted={wanted} onWant={look} />
              </div>
              <Bar groups={groups} wanted={wanted} onWant={look} />
              {wanted.kind === 'late' && <AboutLate />}
              <div className="flex min-h-72 min-w-0 flex-1 flex-col">
                <Letters
                  isOneStage={wanted.stage !== undefined}
                  isOneCode={wanted.code !== undefined}
                  letters={letters}
                  total={groups.filter((group) => isWanted(group, wanted)).reduce((sum, group) => sum + group.count, 0)}
                  openId={id}
                  isLoading={pages.isFetching}
                  onOpen={open}
                  onEnd={() => {
                    if (pages.hasNextPage && !pages.isFetching) void pages.fetchNextPage();
                  }}
                />
              </div>
            </>
          );
        }}
      </Loaded>
      {id !== undefined && (
        <LetterDrawer
          key={id}
          id={id}
          letters={letters}
          view={view}
          onView={(next) => look(next === 'fix' ? wanted : { ...wanted, view: next })}
          onOpen={open}
          onClose={() => show(undefined, wanted, false)}
        />
      )}
    </Page>
  );
}

function Waiting() {
  return (
    <>
      <Skeleton className="h-36" />
      <Skeleton className="min-h-72 flex-1" />
    </>
  );
}

type BarProps = { groups: readonly Group[]; wanted: DeadSearch; onWant: (wanted: DeadSearch) => void };

function Bar({ groups, wanted, onWant }: BarProps) {
  const count = (kind: 'dead' | 'late') =>
    formatCount(groups.filter((group) => group.kind === kind).reduce((sum, group) => sum + group.count, 0));
  const { pipeline, stage, code } = wanted;
  const chosen = [pipeline, stage, code].filter(Boolean).join(' › ');
  return (
    <div className="flex flex-wrap items-center gap-2">
      <Segments
        label="Kind"
        size="small"
        value={wanted.kind ?? 'all'}
        onChange={(next) => onWant(next === 'all' ? {} : { kind: next })}
        choices={[
          { value: 'all', label: 'All' },
          { value: 'dead', label: `Dead ${count('dead')}` },
          { value: 'late', label: `Late ${count('late')}` },
        ]}
      />
      {chosen !== '' && (
        <Button size="small" icon={X} onClick={() => onWant(wanted.kind ? { kind: wanted.kind } : {})}>
          <span className="max-w-[60vw] truncate font-mono">{chosen}</span>
        </Button>
      )}
    </div>
  );
}

function AboutLate() {
  return (
    <div className="flex gap-3 rounded-lg border border-line bg-surface px-4 py-3">
      <Clock aria-hidden className="mt-0.5 size-4 shrink-0 text-warn" />
      <p className="text-muted">
        <span className="text-text">A late record is no error.</span> It came when the window that it belongs to had
        been given, because it was later than the topic’s lateness allows. It is kept aside so that nothing is dropped
        in silence. Sent again within a day of event time, it corrects its window. Where many are late, give the topic a
        greater lateness.
      </p>
    </div>
  );
}
