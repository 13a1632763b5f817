// A pipeline as a living graph that fits its place: scaled down a little where it must be, a list with branches where it is too narrow.
import type { GraphNode, PipelineView } from '../../../src/web/schemas.ts';
import { useWidth } from '../kit/use-width.ts';
import { ArrowLabel, ArrowLine } from './arrows.tsx';
import { Box } from './box.tsx';
import { GraphList } from './graph-list.tsx';
import type { GraphLayout } from './layout.ts';

const smallestScale = 0.72;

type LivingGraphProps = { pipeline: PipelineView; layout: GraphLayout; onOpen: (node: GraphNode) => void };

export function LivingGraph({ pipeline, layout, onOpen }: LivingGraphProps) {
  const [frame, width] = useWidth();
  const nodes = new Map(pipeline.nodes.map((node) => [node.id, node]));
  const edges = pipeline.edges.flatMap((edge) => {
    const id = `${edge.from} ${edge.to}`;
    const arrow = layout.arrows.get(id);
    return arrow ? [{ id, edge, arrow }] : [];
  });
  const scale = width > 0 ? Math.min(1, width / layout.width) : 1;
  return (
    <div ref={frame} className="lively min-w-0">
      {width > 0 && scale < smallestScale ? (
        <GraphList pipeline={pipeline} onOpen={onOpen} />
      ) : (
        <div style={{ height: layout.height * scale }}>
          <div
            className="relative origin-top-left"
            style={{ width: layout.width, height: layout.height, transform: scale < 1 ? `scale(${scale})` : undefined }}
          >
            <svg
              aria-hidden
              className="pointer-events-none absolute inset-0 overflow-visible"
              width={layout.width}
              height={layout.height}
            >
              {edges.map(({ id, edge, arrow }) => (
                <ArrowLine key={id} edge={edge} from={nodes.get(edge.from)} arrow={arrow} />
              ))}
            </svg>
            {edges.map(({ id, edge, arrow }) => (
              <ArrowLabel key={id} edge={edge} arrow={arrow} />
            ))}
            {pipeline.nodes.map((node) => {
              const place = layout.boxes.get(node.id);
              return (
                place && (
                  <div key={node.id} className="absolute" style={{ left: place.x, top: place.y }}>
                    <Box node={node} onOpen={onOpen} />
                  </div>
                )
              );
            })}
          </div>
        </div>
      )}
    </div>
  );
}
