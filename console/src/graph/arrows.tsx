// The arrows of a graph: a still line, dashes that move along it as records do, and the rate in its first gap.
import type { GraphEdge, GraphNode } from '../../../src/web/schemas.ts';
import { formatRate } from '../kit/format.ts';
import type { Arrow } from './layout.ts';
import { arrowLook } from './looks.ts';

export function ArrowLine({ edge, from, arrow }: { edge: GraphEdge; from: GraphNode | undefined; arrow: Arrow }) {
  const { colour, isMoving, isDashed, seconds } = arrowLook(edge, from);
  return (
    <g fill="none" strokeLinecap="round">
      <path
        d={arrow.path}
        stroke={colour}
        strokeOpacity={isMoving ? 0.28 : 1}
        strokeWidth={isMoving ? 2 : 1.5}
        strokeDasharray={isDashed ? '3 5' : undefined}
      />
      {isMoving && (
        <path
          d={arrow.path}
          stroke={colour}
          strokeWidth="2.5"
          strokeDasharray="3 21"
          style={{ animation: `flow ${seconds}s steps(12) infinite` }}
        />
      )}
    </g>
  );
}

/** The rate; empty where nothing flows. */
export function arrowText(edge: GraphEdge): string {
  if (edge.kind === 'lookup') return 'looks up';
  return edge.ratePerSecond > 0.005 ? formatRate(edge.ratePerSecond) : '';
}

export function ArrowLabel({ edge, arrow }: { edge: GraphEdge; arrow: Arrow }) {
  const text = arrowText(edge);
  if (!text) return null;
  return (
    <span
      className="pointer-events-none absolute -translate-x-1/2 -translate-y-1/2 rounded-full bg-surface px-1.5 text-2xs leading-4 whitespace-nowrap text-muted tabular-nums"
      style={{ left: arrow.label.x, top: arrow.label.y }}
    >
      {text}
    </span>
  );
}
