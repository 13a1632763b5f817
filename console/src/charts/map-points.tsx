// Points on a map, coloured by a number (with a scale) or by a category (with a legend).
import type { FeatureCollection, Point } from 'geojson';
import { Maximize } from 'lucide-react';
import type { GeoJSONSource, Map as MapLibre, MapMouseEvent } from 'maplibre-gl';
import { useEffect, useMemo, useRef, useState } from 'react';
import { IconButton } from '../kit/button.tsx';
import { Skeleton } from '../kit/skeleton.tsx';
import { columnWords } from './label-text.ts';
import { Legend, toggled } from './legend.tsx';
import { boundsOf, makeMap, paintMap } from './map-base.ts';
import { usePalette } from './palette.ts';
import { type PointColours, pointColours } from './point-colours.ts';
import { ScaleLegend } from './scale-legend.tsx';
import { Tip } from './tip.tsx';
import { useSize } from './use-size.ts';
import { categoryText, columnOf, type DrawingProps, kindOfColumn, numberText, optionsOf } from './values.ts';

type Under = { row: readonly unknown[]; left: number; top: number };
type Located = { row: readonly unknown[]; at: [number, number] };

export function PointsMap({ view, data, isLarge }: DrawingProps) {
  const palette = usePalette();
  const [frame, size] = useSize();
  const [map, setMap] = useState<MapLibre>();
  const [under, setUnder] = useState<Under>();
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const { color, unit } = optionsOf(view);

  const located = useMemo(
    () =>
      data.rows.flatMap((row): Located[] => {
        const [latitude, longitude] = [Number(row[0]), Number(row[1])];
        return Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 ? [{ row, at: [longitude, latitude] }] : [];
      }),
    [data],
  );
  const colours = useMemo(
    () =>
      pointColours(
        data.rows.map((row) => row[2]),
        color === undefined ? undefined : columnOf(view, color),
        palette,
      ),
    [data, color, view, palette],
  );
  const latest = useRef({ located, palette });
  latest.current = { located, palette };

  useEffect(() => {
    const made = makeMap(frame.current!, latest.current.palette, isLarge === true, (ready) => {
      ready.addSource('points', { type: 'geojson', data: { type: 'FeatureCollection', features: [] } });
      ready.addLayer({
        id: 'points',
        type: 'circle',
        source: 'points',
        layout: { 'circle-sort-key': ['get', 'order'] },
        paint: {
          'circle-color': ['get', 'colour'],
          'circle-radius': ['interpolate', ['linear'], ['zoom'], 1, 3, 9, 3.2, 12, 5.5, 16, 10],
          'circle-opacity': 0.9,
          'circle-stroke-width': 0.6,
        },
      });
      setMap(ready);
    });
    const moved = (event: MapMouseEvent) => {
      if (!made.getLayer('points')) return;
      const { x, y } = event.point;
      const near = made.queryRenderedFeatures(
        [
          [x - 4, y - 4],
          [x + 4, y + 4],
        ],
        { layers: ['points'] },
      );
      const row = near[0] && latest.current.located[Number(near[0].properties.index)]?.row;
      made.getCanvas().style.cursor = row ? 'pointer' : '';
      setUnder(row ? { row, left: x, top: y } : undefined);
    };
    made.on('mousemove', moved);
    made.on('click', moved);
    made.on('mouseout', () => setUnder(undefined));
    made.on('movestart', () => setUnder(undefined));
    return () => {
      setMap(undefined);
      made.remove();
    };
  }, [frame, isLarge]);

  useEffect(() => {
    if (!map) return;
    paintMap(map, palette);
    map.setPaintProperty('points', 'circle-stroke-color', palette.isDark ? '#0b0e10' : '#ffffff');
  }, [map, palette]);
  useEffect(() => {
    map?.getSource<GeoJSONSource>('points')?.setData(featuresOf(located, colours, hidden));
  }, [map, located, colours, hidden]);

  const fit = () =>
    map?.fitBounds(boundsOf(latest.current.located.map((one) => one.at)), { padding: 24, maxZoom: 13, animate: false });
  const hasPoints = located.length > 0;
  // the first points, and other rows after a filter was set: not every change of live ones
  const area = useRef('');
  useEffect(() => {
    if (!map || !hasPoints || size.width === 0) return;
    map.resize();
    const bounds = boundsOf(located.map((one) => one.at)) as [[number, number], [number, number]];
    const next = JSON.stringify([bounds.map((corner) => corner.map((one) => Math.round(one * 2))), size.width > 0]);
    if (area.current === next) return;
    area.current = next;
    map.fitBounds(bounds, { padding: 24, maxZoom: 13, animate: false });
  }, [map, hasPoints, located, size]);

  const names = data.columns.slice(2);
  const hasMissing = data.rows.some((row) => typeof row[2] !== 'number');
  return (
    <div className="flex h-full min-h-0 flex-col gap-1.5">
      <div className="relative min-h-0 flex-1 overflow-hidden rounded-md">
        <div
          ref={frame}
          className="h-full w-full"
          role="application"
          aria-busy={map === undefined}
          aria-label={`${view.title}: a map of points`}
        />
        {map === undefined && <Skeleton className="absolute inset-0" />}
        <div className="absolute top-2 left-2 z-10 rounded-md border border-line bg-surface">
          <IconButton icon={Maximize} label="Show all points" size="small" onClick={fit} />
        </div>
        {under && (
          <Tip
            title={tipTitle(view, names, under.row)}
            lines={names.map((name, i) => ({
              label: columnWords(name, name === color ? unit : undefined),
              value: valueWords(view, name, under.row[i + 2], name === color ? unit : undefined),
            }))}
            left={under.left}
            top={under.top}
            {...size}
          />
        )}
      </div>
      {colours.domain && (
        <ScaleLegend
          scale={colours.scale}
          domain={colours.domain}
          unit={unit}
          label={columnWords(color, unit)}
          nothing={hasMissing ? palette.lineStrong : undefined}
        />
      )}
      {colours.groups && colours.groups.length > 1 && (
        <Legend
          isLarge={isLarge}
          items={colours.groups}
          hidden={hidden}
          onToggle={(key) => setHidden((before) => toggled(before, key))}
        />
      )}
    </div>
  );
}

function valueWords(view: DrawingProps['view'], name: string, value: unknown, unit: string | undefined): string {
  const kind = kindOfColumn(view, name);
  if (kind === 'number' && value !== null) return numberText(value, unit);
  const text = categoryText(value, columnOf(view, name));
  return kind === 'time' && value !== null ? `${text} UTC` : text;
}

function tipTitle(view: DrawingProps['view'], names: readonly string[], row: readonly unknown[]): string {
  const place = `${Number(row[0]).toFixed(4)}, ${Number(row[1]).toFixed(4)}`;
  return names.length === 0 ? `${view.table} ${place}` : place;
}

function featuresOf(
  located: readonly Located[],
  colours: PointColours,
  hidden: ReadonlySet<string>,
): FeatureCollection<Point> {
  return {
    type: 'FeatureCollection',
    features: located.flatMap(({ row, at }, index) => {
      const { colour, order, key } = colours.of(row[2]);
      if (key !== undefined && hidden.has(key)) return [];
      return [
        {
          type: 'Feature' as const,
          geometry: { type: 'Point' as const, coordinates: at },
          properties: { index, colour, order },
        },
      ];
    }),
  };
}
