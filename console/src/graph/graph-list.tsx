// A graph for narrow places: one node a line, branches drawn at the left, rates at the right.
import type { GraphEdge, GraphNode, PipelineView } from '../../../src/web/schemas.ts';
import { classNames } from '../kit/class-names.ts';
import { Middle } from '../kit/middle.tsx';
import { Sign } from './box.tsx';
import { arrowLook, nodeFigure, nodeNote, nodeTitle, nodeWords, nounIcons } from './looks.ts';

type Line = {
  node: GraphNode;
  depth: number;
  /** The line of the node that it hangs below; -1 for none. */
  parent: number;
  edge: GraphEdge | undefined;
  /** Names of others that lead here. */
  also: string[];
};

const rowHeight = 48;
const indent = 18;

export function GraphList({ pipeline, onOpen }: { pipeline: PipelineView; onOpen: (node: GraphNode) => void }) {
  const lines = linesOf(pipeline);
  return (
    <div className="relative">
      <svg
        aria-hidden
        className="pointer-events-none absolute inset-0 overflow-visible"
        width="100%"
        height={lines.length * rowHeight}
        fill="none"
      >
        {lines.map(({ node, depth, parent, edge }, i) => {
          if (parent < 0 || !edge) return null;
          const x = lines[parent]!.depth * indent + 14;
          const top = parent * rowHeight + rowHeight / 2 + 14;
          const middle = i * rowHeight + rowHeight / 2;
          const { colour, isMoving, isDashed, seconds } = arrowLook(edge, lines[parent]!.node);
          const path = `M${x},${top} V${middle - 6} q0,6 6,6 H${depth * indent}`;
          return (
            <g key={node.id} stroke={colour} strokeLinecap="round">
              <path
                d={path}
                strokeWidth="1.5"
                strokeOpacity={isMoving ? 0.3 : 1}
                strokeDasharray={isDashed ? '3 4' : undefined}
              />
              {isMoving && (
                <path
                  d={path}
                  strokeWidth="2"
                  strokeDasharray="3 21"
                  style={{ animation: `flow ${seconds}s steps(12) infinite` }}
                />
              )}
            </g>
          );
        })}
      </svg>
      {lines.map(({ node, depth, also }) => {
        const Icon = nounIcons[node.noun];
        const isFlowing = node.state === 'flowing';
        return (
          <button
            key={node.id}
            type="button"
            aria-label={nodeWords(node)}
            onClick={() => onOpen(node)}
            className="flex w-full items-center gap-2.5 rounded-md text-left"
            style={{ paddingLeft: depth * indent, height: rowHeight }}
          >
            <span
              className={classNames(
                'grid size-7 shrink-0 place-items-center rounded-md',
                node.state === 'failed'
                  ? 'bg-bad-soft text-bad'
                  : isFlowing
                    ? 'bg-accent-soft text-accent-text'
                    : 'bg-surface-2 text-muted',
              )}
            >
              <Icon aria-hidden className="size-4" strokeWidth={1.75} />
            </span>
            <span className="min-w-0 flex-1">
              <Middle text={nodeTitle(node)} className="font-mono text-xs leading-4 font-medium" />
              <span className="block truncate text-2xs leading-4 text-muted">
                {also.length > 0 ? `${nodeNote(node)} · also from ${also.join(', ')}` : nodeNote(node)}
              </span>
            </span>
            <Sign node={node} />
            <span
              className={classNames(
                'shrink-0 text-xs',
                node.state === 'failed' ? 'font-medium text-bad' : isFlowing ? 'font-medium' : 'text-muted',
              )}
            >
              {nodeFigure(node)}
            </span>
          </button>
        );
      })}
    </div>
  );
}

/** The nodes as a tree: each below the first that leads to it; what else leads to it is told in words. */
function linesOf({ nodes, edges }: PipelineView): Line[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const into = (id: string) => edges.filter((edge) => edge.to === id).sort((a, b) => a.kind.localeCompare(b.kind));
  const lines: Line[] = [];
  const seen = new Set<string>();
  const add = (node: GraphNode, depth: number, parent: number, edge: GraphEdge | undefined) => {
    if (seen.has(node.id)) return;
    seen.add(node.id);
    const line = lines.length;
    const others = into(node.id).filter((one) => one.from !== edge?.from);
    lines.push({ node, depth, parent, edge, also: others.map((one) => nodeTitle(byId.get(one.from) ?? node)) });
    for (const next of edges.filter((one) => one.from === node.id)) {
      const child = byId.get(next.to);
      if (child && into(child.id)[0]?.from === node.id) add(child, depth + 1, line, next);
    }
  };
  for (const node of nodes) if (into(node.id).length === 0) add(node, 0, -1, undefined);
  for (const node of nodes) add(node, 0, -1, undefined);
  return lines;
}
