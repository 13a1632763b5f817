// Countries shaded by a number.
import type { ExpressionSpecification, Map as MapLibre, MapMouseEvent } from 'maplibre-gl';
import { useEffect, useMemo, useRef, useState } from 'react';
import { plural } from '../kit/format.ts';
import { Skeleton } from '../kit/skeleton.tsx';
import { countryFinder } from './country-names.ts';
import { type Domain, domainOf, placeIn } from './domain.ts';
import { makeMap, paintMap, wholeWorld } from './map-base.ts';
import { scaleColour, usePalette } from './palette.ts';
import { ScaleLegend } from './scale-legend.tsx';
import { Tip } from './tip.tsx';
import { useSize } from './use-size.ts';
import { amountText, type DrawingProps, isAddedUp, numberText, optionsOf } from './values.ts';
import { type World, world } from './world.ts';

type Under = { name: string; id: string; left: number; top: number };

export function CountriesMap({ view, data, isLarge }: DrawingProps) {
  const palette = usePalette();
  const [frame, size] = useSize();
  const [map, setMap] = useState<MapLibre>();
  const [shapes, setShapes] = useState<World>();
  const [under, setUnder] = useState<Under>();
  const first = useRef(palette);
  const { unit } = optionsOf(view);

  useEffect(() => {
    const made = makeMap(frame.current!, first.current, isLarge === true, setMap);
    world(false).then(setShapes, () => undefined);
    const moved = (event: MapMouseEvent) => {
      const country = made.queryRenderedFeatures(event.point, { layers: ['land'] })[0]?.properties;
      setUnder(
        country
          ? { name: String(country.name), id: String(country.id), left: event.point.x, top: event.point.y }
          : undefined,
      );
    };
    made.on('mousemove', moved);
    made.on('click', moved);
    made.on('mouseout', () => setUnder(undefined));
    return () => made.remove();
  }, [frame, isLarge]);

  const { values, unknown } = useMemo(() => {
    const found = new Map<string, number>();
    const missed: string[] = [];
    const find = countryFinder((shapes?.features ?? []).map((one) => one.properties));
    for (const [name, value] of data.rows) {
      const id = find(String(name));
      if (id === undefined) missed.push(String(name));
      else found.set(id, (found.get(id) ?? 0) + Number(value));
    }
    return { values: found, unknown: shapes ? missed : [] };
  }, [data, shapes]);
  const domain: Domain = useMemo(() => domainOf([...values.values()], isAddedUp(view)), [values, view]);
  const scale = domain.isDiverging ? palette.diverging : palette.sequential;

  useEffect(() => {
    if (!map) return;
    paintMap(map, palette);
    if (values.size === 0) return;
    const pairs = [...values].flatMap(([id, value]) => [id, scaleColour(scale, placeIn(domain, value))]);
    map.setPaintProperty('land', 'fill-color', [
      'match',
      ['get', 'id'],
      ...pairs,
      palette.land,
    ] as unknown as ExpressionSpecification);
  }, [map, palette, values, domain, scale]);
  useEffect(() => {
    if (map && size.width > 0) {
      map.resize();
      map.fitBounds(wholeWorld, { padding: 4, animate: false });
    }
  }, [map, size]);

  const amount = amountText(data.columns[1] ?? '', unit);
  const value = under && values.get(under.id);
  return (
    <div className="flex h-full min-h-0 flex-col gap-1.5">
      <div className="relative min-h-0 flex-1 overflow-hidden rounded-md">
        <div
          ref={frame}
          className="h-full w-full"
          role="application"
          aria-busy={map === undefined}
          aria-label={`${view.title}: a map`}
        />
        {map === undefined && <Skeleton className="absolute inset-0" />}
        {under && (
          <Tip
            title={under.name}
            lines={[{ label: amount, value: value === undefined ? 'no data' : numberText(value, unit) }]}
            left={under.left}
            top={under.top}
            {...size}
          />
        )}
      </div>
      <ScaleLegend scale={scale} domain={domain} unit={unit} label={amount} nothing={palette.land} />
      {unknown.length > 0 && (
        <p className="truncate text-2xs text-warn" title={unknown.join(', ')}>
          Not on the map: {plural(unknown.length, 'name')} ({unknown.slice(0, 3).join(', ')}
          {unknown.length > 3 ? ', …' : ''})
        </p>
      )}
    </div>
  );
}
