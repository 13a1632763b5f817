// Where the boxes and arrows of a pipeline's graph stand: layers from left to right, as the data goes.
import { Graph, layout } from '@dagrejs/dagre';
import type { PipelineView } from '../../../src/web/schemas.ts';

export type Place = { x: number; y: number };

/** An arrow's way, and the middle of its first gap, where its rate stands. */
export type Arrow = { path: string; label: Place };

export type GraphLayout = {
  width: number;
  height: number;
  /** Top left corners of the boxes by node id. */
  boxes: ReadonlyMap<string, Place>;
  /** By `FROM TO`. */
  arrows: ReadonlyMap<string, Arrow>;
};

export type GraphShape = Pick<PipelineView, 'nodes' | 'edges'>;

export const boxWidth = 190;
export const boxHeight = 58;

const betweenLayers = 84;
const betweenBoxes = 20;

/** The layout of a pipeline; the same for the same nodes and edges, whatever their figures are. */
export function layoutGraph({ nodes, edges }: GraphShape): GraphLayout {
  const graph = new Graph();
  graph.setGraph({
    rankdir: 'LR',
    nodesep: betweenBoxes,
    edgesep: betweenBoxes,
    ranksep: betweenLayers,
    marginx: 2,
    marginy: 2,
  });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const node of nodes) graph.setNode(node.id, { width: boxWidth, height: boxHeight });
  const known = edges.filter((edge) => graph.hasNode(edge.from) && graph.hasNode(edge.to));
  for (const edge of known) graph.setEdge(edge.from, edge.to);
  layout(graph);
  const boxes = new Map<string, Place>();
  for (const { id } of nodes) {
    const { x, y } = graph.node(id) as Place;
    boxes.set(id, { x: x - boxWidth / 2, y: y - boxHeight / 2 });
  }
  const layers = [...new Set([...boxes.values()].map((box) => box.x))];
  const arrows = new Map<string, Arrow>();
  for (const { from, to } of known) {
    const { points = [] } = graph.edge(from, to) as { points?: Place[] };
    arrows.set(`${from} ${to}`, arrow(boxes.get(from)!, boxes.get(to)!, points, layers));
  }
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  return { width, height, boxes, arrows };
}

/** From the right of one box to the left of another, straight through the layers between, bending in the gaps only. */
function arrow(from: Place, to: Place, points: readonly Place[], layers: readonly number[]): Arrow {
  const begin = { x: from.x + boxWidth, y: from.y + boxHeight / 2 };
  const end = { x: to.x, y: to.y + boxHeight / 2 };
  const between = points.filter(
    ({ x }) => x > begin.x && x < end.x && layers.some((layer) => Math.abs(layer + boxWidth / 2 - x) < 2),
  );
  const stops = [
    begin,
    ...between.flatMap(({ x, y }) => [
      { x: x - boxWidth / 2, y },
      { x: x + boxWidth / 2, y },
    ]),
    end,
  ];
  let path = `M${begin.x},${begin.y}`;
  for (let i = 1; i < stops.length; i++) {
    const last = stops[i - 1]!;
    const next = stops[i]!;
    const bend = (next.x - last.x) / 2;
    path +=
      last.y === next.y
        ? ` L${next.x},${next.y}`
        : ` C${last.x + bend},${last.y} ${next.x - bend},${next.y} ${next.x},${next.y}`;
  }
  const first = stops[1]!;
  return { path, label: { x: (begin.x + first.x) / 2, y: (begin.y + first.y) / 2 } };
}

/** What a layout depends on: while it stays the same the boxes stay where they are. */
export function shapeKey({ nodes, edges }: GraphShape): string {
  return `${nodes.map((node) => node.id).join('\n')}\n\n${edges.map((edge) => `${edge.from} ${edge.to}`).join('\n')}`;
}
