// The drawing of a chart by its kind; each loads with the library that it needs when it is first seen.
import { type ComponentType, lazy, Suspense } from 'react';
import type { ChartView } from '../../../src/web/schemas.ts';
import { Skeleton } from '../kit/skeleton.tsx';
import GridDrawing from './grid-drawing.tsx';
import NumberDrawing from './number-drawing.tsx';
import type { DrawingProps } from './values.ts';

const line = lazy(() => import('./line-drawing.tsx'));

const drawings: Record<ChartView['kind'], ComponentType<DrawingProps>> = {
  line,
  area: line,
  bar: lazy(() => import('./bar-drawing.tsx')),
  share: lazy(() => import('./share-drawing.tsx')),
  scatter: lazy(() => import('./scatter-drawing.tsx')),
  histogram: lazy(() => import('./histogram-drawing.tsx')),
  heatmap: lazy(() => import('./heat-drawing.tsx')),
  map: lazy(() => import('./map-drawing.tsx')),
  number: NumberDrawing,
  grid: GridDrawing,
};

export function Drawing(props: DrawingProps) {
  const Kind = drawings[props.view.kind];
  return (
    <Suspense fallback={<Skeleton className="h-full w-full" />}>
      <Kind {...props} />
    </Suspense>
  );
}
