// Each stage of a pipeline on a line: how fast, how far behind, and what became of its records.
import { useMemo } from 'react';
import type { GraphNode } from '../../../../src/web/schemas.ts';
import { nodeTitle, nounIcons } from '../../graph/looks.ts';
import { NodeBadge } from '../../kit/badge.tsx';
import { classNames } from '../../kit/class-names.ts';
import { formatCount, formatDuration, formatRate, formatShort } from '../../kit/format.ts';
import { DataGrid, type GridColumn } from '../../kit/grid.tsx';
import { Middle } from '../../kit/middle.tsx';
import { formatUtc } from '../../kit/utc.ts';

type StagesGridProps = { nodes: readonly GraphNode[]; openId: string | undefined; onOpen: (node: GraphNode) => void };

export function StagesGrid({ nodes, openId, onOpen }: StagesGridProps) {
  const [replaced, retracted, expired] = seldom.map((id) => nodes.some((node) => isTold(node, id)));
  const shown = useMemo(() => {
    const told: Record<string, boolean | undefined> = { replaced, retracted, expired };
    return columns.filter(({ id }) => told[id] ?? true);
  }, [replaced, retracted, expired]);
  return (
    <DataGrid
      isBare
      isFirstSticky
      label="Stages"
      rows={nodes}
      columns={shown}
      rowKey={(node) => node.id}
      onOpen={onOpen}
      openKey={openId}
      rowHeight={36}
    />
  );
}

/** Columns that are only there where they say something. */
const seldom = ['replaced', 'retracted', 'expired'] as const;

/** Whether a count says something: that rows may be retracted does in itself. */
function isTold(node: GraphNode, id: (typeof seldom)[number]): boolean {
  return id === 'retracted' ? node.retracted !== undefined : (node[id] ?? 0) > 0;
}

const day = 86_400_000;

/** Counts from here on are shortened; the whole figure is there on hover. */
const longest = 10_000_000;

/** A count; nothing where it does not apply, faint where it is 0, in colour where it matters. */
function figure(value: number | undefined, tone?: string) {
  if (value === undefined) return <span className="text-faint">–</span>;
  return (
    <span className={classNames(value === 0 ? 'text-faint' : tone)} title={formatCount(value)}>
      {value < longest ? formatCount(value) : formatShort(value)}
    </span>
  );
}

function count(
  id: 'in' | 'out' | 'replaced' | 'retracted' | 'expired' | 'filtered' | 'deduplicated' | 'late' | 'dead',
  header: string,
  width: number,
  note: string,
  tone?: string,
): GridColumn<GraphNode> {
  return {
    id,
    header,
    note,
    value: (node) => node[id],
    cell: (node) => figure(node[id], tone),
    width,
    align: 'right',
  };
}

const columns: readonly GridColumn<GraphNode>[] = [
  {
    id: 'stage',
    header: 'Stage',
    value: (node) => `${node.noun} ${node.name}`,
    cell: (node) => {
      const Icon = nounIcons[node.noun];
      return (
        <span className="flex items-center gap-2">
          <Icon aria-label={node.noun} role="img" className="size-3.5 shrink-0 text-muted" />
          <Middle text={nodeTitle(node)} className="min-w-0 font-mono text-xs" />
        </span>
      );
    },
    width: 168,
    grow: 3,
    isSortable: false,
  },
  {
    id: 'state',
    header: 'State',
    value: (node) => node.state,
    cell: (node) => <NodeBadge state={node.state} />,
    width: 94,
    grow: 0,
  },
  {
    id: 'rate',
    header: 'Rate',
    note: 'Records a second that come out of it, over the last seconds.',
    value: (node) => node.ratePerSecond,
    cell: (node) => (
      <span className={node.ratePerSecond > 0 ? 'font-medium' : 'text-faint'}>{formatRate(node.ratePerSecond)}</span>
    ),
    width: 74,
    align: 'right',
  },
  {
    id: 'lagRecords',
    header: 'Lag',
    note: 'Records of the topic that are not processed yet.',
    value: (node) => node.lagRecords,
    cell: (node) => figure(node.lagRecords),
    width: 62,
    align: 'right',
  },
  {
    id: 'lagSeconds',
    header: 'Lag time',
    note: 'How long the oldest of these records has waited.',
    value: (node) => node.lagSeconds,
    cell: (node) =>
      node.lagSeconds === undefined ? (
        figure(undefined)
      ) : (
        <span
          className={node.lagSeconds > 60 ? 'font-medium text-warn' : node.lagSeconds === 0 ? 'text-faint' : undefined}
        >
          {node.lagSeconds === 0 ? '0 s' : formatDuration(node.lagSeconds * 1_000)}
        </span>
      ),
    width: 86,
    align: 'right',
  },
  {
    id: 'batchMs',
    header: 'Batch',
    note: 'How long it works on a micro-batch, mean of the last ones.',
    value: (node) => node.batchMs,
    cell: (node) => (node.batchMs === undefined ? figure(undefined) : formatDuration(node.batchMs)),
    width: 80,
    align: 'right',
  },
  {
    id: 'watermark',
    header: 'Watermark, UTC',
    note: 'All before this event time is complete. In UTC.',
    value: (node) => node.watermark,
    cell: (node) =>
      node.watermark === undefined ? (
        figure(undefined)
      ) : (
        <time title={formatUtc(node.watermark, { hasMs: true })}>
          {Math.abs(Date.now() - node.watermark) < day / 2
            ? formatUtc(node.watermark).slice(11, 19)
            : formatUtc(node.watermark).slice(0, 16)}
        </time>
      ),
    width: 142,
    align: 'right',
  },
  count('in', 'In', 78, 'Records or rows that went in.'),
  count('out', 'Out', 78, 'Records or rows that came out.'),
  count('replaced', 'Replaced', 78, 'Rows of a table whose place a newer row of their key has taken.'),
  count(
    'retracted',
    'Retracted',
    82,
    'Rows that a window emitted and no longer has, and rows that a table lost by that.',
  ),
  count('expired', 'Expired', 70, 'Rows that a table no longer keeps, for their age.'),
  count('filtered', 'Filtered', 68, 'Left out by a WHERE clause.'),
  count('deduplicated', 'Deduplicated', 100, 'Left out as duplicates.'),
  count('late', 'Late', 54, 'Too late for their window; kept aside.', 'text-warn'),
  count('dead', 'Dead', 56, 'In the dead letters, and still there.', 'font-medium text-bad'),
];
