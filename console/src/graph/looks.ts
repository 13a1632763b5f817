// How nouns and states of a graph look: icons, words and colours, the same in the overview and on a pipeline's page.
import { Database, type LucideIcon, Plug, Rows3, SquareFunction } from 'lucide-react';
import type { GraphEdge, GraphNode } from '../../../src/web/schemas.ts';
import { formatCount, formatRate, formatShort } from '../kit/format.ts';

export const nounIcons: Record<GraphNode['noun'], LucideIcon> = {
  source: Plug,
  topic: Rows3,
  stream: SquareFunction,
  table: Database,
};

/** The name under which people know a node: a source's is its kind. */
export function nodeTitle(node: GraphNode): string {
  return node.noun === 'source' ? node.name.slice(node.name.lastIndexOf('/') + 1) : node.name;
}

/** What stands below the title: what it is, where its label only says the title again. */
export function nodeNote(node: GraphNode): string {
  return node.label === nodeTitle(node) ? node.noun : node.label;
}

/** The figure of a box: rows of a table, records a second of everything else. */
export function nodeFigure(node: GraphNode): string {
  if (node.noun === 'table') return `${formatShort(node.rows ?? 0)} rows`;
  if (node.state === 'flowing') return formatRate(node.ratePerSecond);
  if (node.noun === 'source' && node.progress !== undefined && node.progress < 1)
    return `${Math.floor(node.progress * 100)}%`;
  return node.state;
}

/** What a screen reader says of a box. */
export function nodeWords(node: GraphNode): string {
  const parts = [`${node.noun} ${node.name}`, node.state];
  if (node.state === 'flowing') parts.push(formatRate(node.ratePerSecond));
  if (node.rows !== undefined) parts.push(`${formatCount(node.rows)} rows`);
  if (node.dead) parts.push(`${formatCount(node.dead)} in the dead letters`);
  if (node.late) parts.push(`${formatCount(node.late)} late`);
  if (node.notice) parts.push(node.notice);
  return parts.join(', ');
}

export type ArrowLook = { colour: string; isMoving: boolean; isDashed: boolean; seconds: number };

/** An arrow moves while records flow along it; the faster they come the faster it moves, in steps, so that it does not jump. */
export function arrowLook(edge: GraphEdge, from: GraphNode | undefined): ArrowLook {
  const isMoving = edge.ratePerSecond > 0.005 && from?.state !== 'paused' && from?.state !== 'failed';
  const step = Math.max(0, Math.min(10, Math.round(2 * Math.log10(Math.max(edge.ratePerSecond, 1)))));
  const colour = from?.state === 'failed' ? 'var(--bad)' : isMoving ? 'var(--accent)' : 'var(--line-strong)';
  return { colour, isMoving, isDashed: edge.kind === 'lookup' || from?.state === 'paused', seconds: 2.6 - step * 0.22 };
}
