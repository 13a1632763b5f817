// The layout of a pipeline's graph, made anew only when its shape changes.
import { useMemo } from 'react';
import { type GraphLayout, type GraphShape, layoutGraph, shapeKey } from './layout.ts';

export function useLayout(shape: GraphShape): GraphLayout {
  const key = shapeKey(shape);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the layout depends on the shape, not on figures that change twice a second.
  return useMemo(() => layoutGraph(shape), [key]);
}
