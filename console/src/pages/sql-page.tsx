// SQL over all tables: an editor, what the query gave, and what there is to ask for.
import { useMutation, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Lock, Play, Square } from 'lucide-react';
import { useEffect, useMemo, useRef, useState } from 'react';
import { api, problemOf } from '../api/client.ts';
import { reads } from '../api/reads.ts';
import { useKey } from '../data/use-key.ts';
import type { EditorHandle } from '../editor/code-editor.tsx';
import { Editor } from '../editor/editor.tsx';
import { Badge } from '../kit/badge.tsx';
import { Button } from '../kit/button.tsx';
import { CopyButton } from '../kit/copy-button.tsx';
import { commandKey, Kbd } from '../kit/kbd.tsx';
import { Page } from '../kit/page.tsx';
import { AnswerPanel } from '../sql/answer-panel.tsx';
import { queryError } from '../sql/error-spot.ts';
import { examplesOf, sqlName } from '../sql/examples.ts';
import { remember } from '../sql/history.ts';
import { Side } from '../sql/side.tsx';

/** On a phone the focus would bring up its keyboard over the page. */
const hasKeyboard = window.matchMedia('(pointer: fine)').matches;

export function SqlPage() {
  const search = useSearch({ from: '/sql' });
  const navigate = useNavigate({ from: '/sql' });
  const tables = useQuery(reads.tables()).data;
  const [text, setText] = useState(search.sql ?? '');
  const abort = useRef<AbortController>(null);
  const editor = useRef<EditorHandle>(null);
  const query = useMutation({
    mutationFn: async (sql: string) => {
      abort.current?.abort();
      const running = new AbortController();
      abort.current = running;
      try {
        const answer = await api.query({ sql }, running.signal);
        remember({ sql, at: Date.now(), ms: answer.ms, rows: answer.rows.length });
        return answer;
      } catch (error) {
        if (!running.signal.aborted) remember({ sql, at: Date.now() });
        throw error;
      }
    },
  });
  const isStopped = query.error instanceof DOMException && query.error.name === 'AbortError';

  const { mutate } = query;
  const asked = useRef<string>(undefined);
  const run = (sql: string) => {
    if (sql.trim() === '') return;
    asked.current = sql;
    const chart = sql === search.sql ? search.chart : undefined;
    void navigate({ search: chart === undefined ? { sql } : { sql, chart }, replace: sql === search.sql });
    mutate(sql);
  };
  const pick = (sql: string) => {
    setText(sql);
    run(sql);
  };
  useEffect(() => {
    // A link with a query in it, or a step back, shows its answer at once: it can only read.
    if (search.sql === undefined || search.sql === asked.current) return;
    asked.current = search.sql;
    setText(search.sql);
    mutate(search.sql);
  }, [search.sql, mutate]);
  useKey('/', () => document.querySelector<HTMLElement>('#content .cm-content')?.focus());

  const names = useMemo(
    () =>
      Object.fromEntries(
        (tables ?? []).map((table) => [
          table.name,
          table.columns.map(({ name, type }) => ({
            label: name,
            apply: sqlName(name),
            type: 'property',
            detail: type,
          })),
        ]),
      ),
    [tables],
  );
  const ran = query.variables ?? '';
  const spot = useMemo(
    () => (query.error && ran === text ? queryError(problemOf(query.error), ran).spot : undefined),
    [query.error, ran, text],
  );
  const example = useMemo(() => examplesOf(tables ?? [])[0]?.sql, [tables]);
  // Nothing written: what stands there in grey is what is run.
  const runShown = () => {
    if (text.trim() !== '') run(text);
    else if (example !== undefined) pick(example);
  };

  return (
    <Page
      title="SQL"
      isFull
      beside={
        <Badge icon={Lock} title="Only a single SELECT is run, with limits of rows and time.">
          read-only
        </Badge>
      }
      note="One SELECT over the tables of all pipelines, as DuckDB understands it. Nothing can be changed here."
    >
      <div className="grid min-h-0 flex-1 grid-rows-[auto_minmax(16rem,1fr)] gap-3 lg:grid-cols-[minmax(0,1fr)_17rem] lg:grid-rows-[auto_minmax(0,1fr)]">
        <div className="flex min-w-0 flex-col gap-2">
          <Editor
            className="h-44"
            language="sql"
            label="Query"
            hasFocus={hasKeyboard}
            handle={editor}
            value={text}
            onChange={setText}
            run={runShown}
            names={names}
            spot={spot}
            placeholder={example && `${example}\n\n${commandKey} Enter runs this example`}
          />
          <div className="flex flex-wrap items-center gap-2">
            {query.isPending ? (
              <Button icon={Square} onClick={() => abort.current?.abort()}>
                Stop waiting
              </Button>
            ) : (
              <Button
                look="primary"
                icon={Play}
                disabled={text.trim() === '' && example === undefined}
                onClick={runShown}
              >
                Run
              </Button>
            )}
            <span className="flex items-center gap-1 text-xs text-muted max-md:hidden">
              <Kbd>{commandKey}</Kbd>
              <Kbd>Enter</Kbd>
            </span>
            <span className="ml-auto">
              <CopyButton hasWords size="medium" label="Copy link" text={() => linkOf(text)} />
            </span>
          </div>
        </div>
        <div className="min-h-0 max-lg:order-last max-lg:h-80 lg:row-span-2 lg:grid">
          <Side tables={tables ?? []} onPick={pick} onInsert={(name) => editor.current?.insert(name)} />
        </div>
        <AnswerPanel
          answer={query.data}
          error={isStopped ? undefined : query.error}
          sql={ran}
          isBusy={query.isPending}
          chart={search.chart}
          onChart={(chart) => void navigate({ search: { ...search, chart }, replace: true })}
        />
      </div>
    </Page>
  );
}

function linkOf(sql: string): string {
  const url = new URL(window.location.href);
  url.searchParams.set('sql', sql);
  return url.href;
}
