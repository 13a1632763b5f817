// What the command menu can do: go to everything that has a name, and a few actions.
import { useQueries, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import {
  ChartNoAxesCombined,
  Columns3,
  Contrast,
  Database,
  LayoutDashboard,
  Link2,
  type LucideIcon,
  MailX,
  Network,
  Pause,
  Play,
  RotateCw,
  Rows3,
  SquareFunction,
} from 'lucide-react';
import { useMemo } from 'react';
import type { Health } from '../../../src/web/schemas.ts';
import { useLivePipelines } from '../api/live.ts';
import { reads } from '../api/reads.ts';
import { canRestart } from '../data/can-restart.ts';
import { useMayWrite } from '../data/may-write.ts';
import { pausePipeline, resumePipeline } from '../data/pause.ts';
import { restartPipeline } from '../data/restart.ts';
import { copyText } from '../kit/copy-button.tsx';
import { chooseTheme } from '../kit/theme.ts';
import { toast, toastFailure } from '../kit/toast.tsx';
import { places } from './places.ts';
import { recentIds } from './recent.ts';

export type Command = { id: string; label: string; noun: string; icon: LucideIcon; isName: boolean; run: () => void };
export type Group = { value: string; items: Command[] };

type PipelineState = { name: string; status: Health; isRestartable: boolean };

/** Columns are many: they are found by letters, not listed. */
const lettersMin = 2;
const columnsMax = 20;

/** The text by which a command is found. */
export function commandText({ noun, label }: Command): string {
  return `${noun} ${label}`;
}

/** The commands for what has been typed; those chosen last come first while nothing is. */
export function useCommands(typed: string): Group[] {
  const groups = useNamed();
  const columns = useColumnCommands();
  const navigate = useNavigate();
  return useMemo(() => {
    const text = typed.trim().toLowerCase();
    const found: Group[] = [];
    if (text === '') {
      const all = groups.flatMap((group) => group.items);
      const recent = recentIds().flatMap((id) => all.find((one) => one.id === id) ?? []);
      found.push({ value: 'Recent', items: recent.map((one) => ({ ...one, id: `recent ${one.id}` })) });
    }
    if (/^\d+$/.test(text))
      found.push({
        value: 'Dead letters',
        items: [
          {
            id: `dead letter ${text}`,
            label: text,
            noun: 'dead letter',
            icon: MailX,
            isName: true,
            run: () => void navigate({ to: '/dead/$id', params: { id: text } }),
          },
        ],
      });
    found.push(...groups);
    if (text.length >= lettersMin)
      found.push({
        value: 'Columns',
        items: columns.filter((one) => commandText(one).toLowerCase().includes(text)).slice(0, columnsMax),
      });
    return found.filter((group) => group.items.length > 0);
  }, [typed, groups, columns, navigate]);
}

function useNamed(): Group[] {
  const navigate = useNavigate();
  const queries = useQueryClient();
  const mayWrite = useMayWrite();
  const { pipelines = [] } = useLivePipelines();
  const topics = useQuery(reads.topics()).data;
  const tables = useQuery(reads.tables()).data;
  const withCharts = pipelines.filter((one) => one.charts > 0).map((one) => one.name);
  const charts = useQueries({
    queries: withCharts.map((name) => reads.charts(name)),
    combine: (answers) =>
      answers.flatMap(({ data = [] }, i) => data.map(({ id, title }) => ({ pipeline: withCharts[i]!, id, title }))),
  });
  // figures change twice a second, names hardly ever
  const shape = JSON.stringify([
    pipelines.map((one) => ({ name: one.name, status: one.status, isRestartable: canRestart(one) })),
    pipelines.flatMap(({ name, nodes }) =>
      nodes.filter((node) => node.noun === 'stream').map((node) => [name, node.id, node.name]),
    ),
    charts,
  ]);
  return useMemo(() => {
    const [states, streams] = JSON.parse(shape) as [PipelineState[], [string, string, string][], unknown];
    const named = (noun: string, icon: LucideIcon, name: string, run: () => void, id = name): Command => ({
      id: `${noun} ${id}`,
      label: name,
      noun,
      icon,
      isName: noun !== 'chart',
      run,
    });
    const action = (label: string, icon: LucideIcon, run: () => void): Command => ({
      id: `action ${label}`,
      label,
      noun: 'action',
      icon,
      isName: false,
      run,
    });
    const groups: Group[] = [
      {
        value: 'Pipelines',
        items: states.map(({ name }) =>
          named('pipeline', Network, name, () => void navigate({ to: '/pipelines/$name', params: { name } })),
        ),
      },
      {
        value: 'Dashboards',
        items: [...new Set(charts.map((one) => one.pipeline))].map((name) =>
          named('dashboard', LayoutDashboard, name, () => void navigate({ to: '/dashboards/$name', params: { name } })),
        ),
      },
      {
        value: 'Tables',
        items: (tables ?? []).map(({ name }) =>
          named('table', Database, name, () => void navigate({ to: '/tables/$name', params: { name } })),
        ),
      },
      {
        value: 'Topics',
        items: (topics ?? []).map(({ name }) =>
          named('topic', Rows3, name, () => void navigate({ to: '/topics/$name', params: { name } })),
        ),
      },
      {
        value: 'Streams',
        items: streams.map(([name, node, stream]) =>
          named('stream', SquareFunction, stream, () => {
            void navigate({ to: '/pipelines/$name', params: { name }, search: { node } });
          }),
        ),
      },
      {
        value: 'Places',
        items: places.map((place) => ({
          id: place.to,
          label: place.label,
          noun: 'place',
          icon: place.icon,
          isName: false,
          run: () => void navigate({ to: place.to }),
        })),
      },
      {
        value: 'Charts',
        items: charts.map(({ pipeline, id, title }) =>
          named(
            'chart',
            ChartNoAxesCombined,
            title,
            () => void navigate({ to: '/dashboards/$name', params: { name: pipeline }, search: { chart: id } }),
            `${pipeline} ${id}`,
          ),
        ),
      },
      {
        value: 'Actions',
        items: [
          ...(mayWrite ? states : [])
            .filter(({ status }) => status !== 'stopped')
            .flatMap(({ name, status, isRestartable }) => {
              if (status === 'paused') return action(`Resume ${name}`, Play, () => void resumePipeline(name, queries));
              if (status === 'failed' && !isRestartable) return [];
              return status === 'failed'
                ? action(`Restart ${name}`, RotateCw, () => void restartPipeline(name, queries))
                : action(`Pause ${name}`, Pause, () => void pausePipeline(name, queries).catch(toastFailure));
            }),
          action('Copy the link of this page', Link2, () => {
            copyText(window.location.href).then(() => toast({ title: 'The link is copied.' }), toastFailure);
          }),
        ],
      },
      {
        value: 'Theme',
        items: (['light', 'dark', 'system'] as const).map((theme) => ({
          id: `theme ${theme}`,
          label: `Theme: ${theme}`,
          noun: 'theme',
          icon: Contrast,
          isName: false,
          run: () => chooseTheme(theme),
        })),
      },
    ];
    return groups.filter((group) => group.items.length > 0);
  }, [shape, charts, topics, tables, mayWrite, queries, navigate]);
}

/** Columns of tables and fields of topics, as `sold.price`. */
function useColumnCommands(): Command[] {
  const navigate = useNavigate();
  const topics = useQuery(reads.topics()).data;
  const tables = useQuery(reads.tables()).data;
  return useMemo(
    () => [
      ...(tables ?? []).flatMap(({ name, columns }) =>
        columns.map(
          (column): Command => ({
            id: `column ${name} ${column.name}`,
            label: `${name}.${column.name}`,
            noun: 'column',
            icon: Columns3,
            isName: true,
            run: () => void navigate({ to: '/tables/$name', params: { name } }),
          }),
        ),
      ),
      ...(topics ?? []).flatMap(({ name, fields }) =>
        fields.map(
          (field): Command => ({
            id: `field ${name} ${field.name}`,
            label: `${name}.${field.name}`,
            noun: 'field',
            icon: Columns3,
            isName: true,
            run: () => void navigate({ to: '/topics/$name', params: { name }, search: { tab: 'schema' } }),
          }),
        ),
      ),
    ],
    [tables, topics, navigate],
  );
}
