// Maps: points coloured by a number or a category, or shaded countries.
import { MapPinOff } from 'lucide-react';
import { Empty } from '../kit/empty.tsx';
import { canDrawMaps } from './map-base.ts';
import { CountriesMap } from './map-countries.tsx';
import { PointsMap } from './map-points.tsx';
import type { DrawingProps } from './values.ts';
import { optionsOf } from './values.ts';
import { ValuesGrid } from './values-grid.tsx';

export default function MapDrawing(props: DrawingProps) {
  if (!canDrawMaps()) {
    return (
      <div className="flex h-full flex-col">
        <Empty icon={MapPinOff} title="This browser cannot draw maps.">
          Maps need WebGL, which is off or not there. The values are below.
        </Empty>
        <div className="min-h-0 flex-1">
          <ValuesGrid view={props.view} data={props.data} />
        </div>
      </div>
    );
  }
  return optionsOf(props.view).country === undefined ? <PointsMap {...props} /> : <CountriesMap {...props} />;
}
