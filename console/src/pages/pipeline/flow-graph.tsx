// A pipeline's graph, large: to be moved and zoomed, each box opens its details.
import '@xyflow/react/dist/base.css';
import {
  Background,
  BackgroundVariant,
  type Edge,
  EdgeLabelRenderer,
  type EdgeProps,
  type FitViewOptions,
  Handle,
  type Node,
  type NodeProps,
  Panel,
  Position,
  ReactFlow,
  useReactFlow,
} from '@xyflow/react';
import { Maximize, ZoomIn, ZoomOut } from 'lucide-react';
import type { GraphEdge, GraphNode, PipelineView } from '../../../../src/web/schemas.ts';
import { ArrowLine, arrowText } from '../../graph/arrows.tsx';
import { Box } from '../../graph/box.tsx';
import { GraphList } from '../../graph/graph-list.tsx';
import { type Arrow, boxHeight, boxWidth } from '../../graph/layout.ts';
import { useLayout } from '../../graph/use-layout.ts';
import { IconButton } from '../../kit/button.tsx';
import { useWidth } from '../../kit/use-width.ts';

type BoxNode = Node<{ node: GraphNode; isOpen: boolean; onOpen: (node: GraphNode) => void }, 'box'>;
type ArrowEdge = Edge<{ edge: GraphEdge; from: GraphNode | undefined; arrow: Arrow }, 'arrow'>;

type FlowGraphProps = { pipeline: PipelineView; openId: string | undefined; onOpen: (node: GraphNode) => void };

/** The graph; a list with branches where it would be too small to read. */
export function FlowGraph(props: FlowGraphProps) {
  const [frame, width] = useWidth();
  return (
    <div ref={frame} className="lively min-w-0">
      {width > 0 &&
        (width < narrowest ? (
          <div className="px-4 py-2">
            <GraphList pipeline={props.pipeline} onOpen={props.onOpen} />
          </div>
        ) : (
          <WideGraph {...props} />
        ))}
    </div>
  );
}

const narrowest = 600;

/** Below the boxes there is room for the buttons. */
const fit: FitViewOptions = { padding: { x: '20px', top: '20px', bottom: '52px' }, maxZoom: 1.15 };

function WideGraph({ pipeline, openId, onOpen }: FlowGraphProps) {
  const layout = useLayout(pipeline);
  const byId = new Map(pipeline.nodes.map((node) => [node.id, node]));
  const nodes = pipeline.nodes.map(
    (node): BoxNode => ({
      id: node.id,
      type: 'box',
      position: layout.boxes.get(node.id) ?? { x: 0, y: 0 },
      width: boxWidth,
      height: boxHeight,
      data: { node, isOpen: node.id === openId, onOpen },
    }),
  );
  const edges = pipeline.edges.flatMap((edge): ArrowEdge[] => {
    const id = `${edge.from} ${edge.to}`;
    const arrow = layout.arrows.get(id);
    return arrow
      ? [{ id, type: 'arrow', source: edge.from, target: edge.to, data: { edge, from: byId.get(edge.from), arrow } }]
      : [];
  });
  return (
    <div className="w-full" style={{ height: Math.min(Math.max(layout.height + 72, 220), 560) }}>
      <ReactFlow
        aria-label={`Graph of ${pipeline.name}`}
        nodes={nodes}
        edges={edges}
        nodeTypes={nodeTypes}
        edgeTypes={edgeTypes}
        fitView
        fitViewOptions={fit}
        minZoom={0.25}
        maxZoom={2}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        edgesFocusable={false}
        elementsSelectable={false}
        zoomOnScroll={false}
        preventScrolling={false}
        proOptions={{ hideAttribution: true }}
      >
        <Background variant={BackgroundVariant.Dots} gap={20} size={1} color="var(--line)" />
        <Panel position="bottom-right">
          <Zoom />
        </Panel>
      </ReactFlow>
    </div>
  );
}

function Zoom() {
  const { zoomIn, zoomOut, fitView } = useReactFlow();
  return (
    <div className="flex rounded-lg border border-line bg-surface p-0.5">
      <IconButton icon={ZoomOut} label="Smaller" size="small" onClick={() => void zoomOut()} />
      <IconButton icon={ZoomIn} label="Larger" size="small" onClick={() => void zoomIn()} />
      <IconButton
        icon={Maximize}
        label="Show all"
        size="small"
        onClick={() => void fitView({ ...fit, duration: 200 })}
      />
    </div>
  );
}

function BoxOfFlow({ data }: NodeProps<BoxNode>) {
  return (
    <div className="nopan">
      <Handle type="target" position={Position.Left} className="invisible" />
      <Box node={data.node} isOpen={data.isOpen} onOpen={data.onOpen} />
      <Handle type="source" position={Position.Right} className="invisible" />
    </div>
  );
}

function ArrowOfFlow({ data }: EdgeProps<ArrowEdge>) {
  if (!data) return null;
  const text = arrowText(data.edge);
  return (
    <>
      <ArrowLine edge={data.edge} from={data.from} arrow={data.arrow} />
      {text && (
        <EdgeLabelRenderer>
          <span
            className="pointer-events-none absolute rounded-full bg-surface px-1.5 text-2xs leading-4 whitespace-nowrap text-muted"
            style={{ transform: `translate(-50%, -50%) translate(${data.arrow.label.x}px, ${data.arrow.label.y}px)` }}
          >
            {text}
          </span>
        </EdgeLabelRenderer>
      )}
    </>
  );
}

const nodeTypes = { box: BoxOfFlow };
const edgeTypes = { arrow: ArrowOfFlow };
