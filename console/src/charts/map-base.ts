// A map of land and sea without tiles and without network: made, coloured by the theme, and refined when it is looked at closely.
import 'maplibre-gl/dist/maplibre-gl.css';
import {
  type GeoJSONSource,
  type LngLatBoundsLike,
  Map as MapLibre,
  NavigationControl,
  ScaleControl,
  setWorkerUrl,
} from 'maplibre-gl';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url';
import type { Palette } from './palette.ts';
import { type Country, isWithin, type World, world } from './world.ts';

setWorkerUrl(workerUrl);

/** From this zoom on the shapes of 1:10,000,000 are drawn. */
const fineZoom = 4.5;

export const wholeWorld: LngLatBoundsLike = [
  [-168, -55],
  [180, 76],
];

let isPossible: boolean | undefined;

/** Whether this browser can draw maps. */
export function canDrawMaps(): boolean {
  isPossible ??= document.createElement('canvas').getContext('webgl2') !== null;
  return isPossible;
}

/** A map in the element; `ready` once it can be drawn on. */
export function makeMap(
  place: HTMLElement,
  palette: Palette,
  isLarge: boolean,
  ready: (map: MapLibre) => void,
): MapLibre {
  const map = new MapLibre({
    container: place,
    style: {
      version: 8,
      sources: { land: { type: 'geojson', data: { type: 'FeatureCollection', features: [] } } },
      layers: [
        { id: 'sea', type: 'background', paint: { 'background-color': palette.sea } },
        { id: 'land', type: 'fill', source: 'land', paint: { 'fill-color': palette.land } },
        { id: 'borders', type: 'line', source: 'land', paint: { 'line-color': palette.border, 'line-width': 0.7 } },
      ],
    },
    bounds: wholeWorld,
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    renderWorldCopies: false,
    maxZoom: 17,
    // a page that is scrolled must not zoom the map below the pointer
    cooperativeGestures: !isLarge,
    fadeDuration: 0,
  });
  map.touchZoomRotate.disableRotation();
  map.addControl(new NavigationControl({ showCompass: false }), 'top-right');
  map.addControl(new ScaleControl({ maxWidth: 90 }), 'bottom-left');
  // read while the drawing is set up
  const coarse = world(false);
  coarse.catch(() => undefined);
  const land = () => map.getSource<GeoJSONSource>('land');
  const fine = new Set<string>();
  let isRefining = false;
  // not before all else is drawn: the fine shapes are large
  map.on('idle', () => {
    if (isRefining || map.getZoom() < fineZoom) return;
    isRefining = true;
    refine(map, fine)
      .then((shapes) => shapes && land()?.setData(shapes))
      .catch(() => undefined)
      .finally(() => {
        isRefining = false;
      });
  });
  map.once('load', () => {
    // first, so that what is drawn on it need not wait for the land
    ready(map);
    coarse.then((shapes) => land()?.setData(shapes)).catch(() => undefined);
  });
  return map;
}

/** The world with fine shapes of the countries in view and of those in `fine`, which it adds to; nothing where none is new. */
async function refine(map: MapLibre, fine: Set<string>): Promise<World | undefined> {
  const bounds = map.getBounds();
  const [fineWorld, coarseWorld] = await Promise.all([world(true), world(false)]);
  const box: [number, number, number, number] = [
    bounds.getWest(),
    bounds.getSouth(),
    bounds.getEast(),
    bounds.getNorth(),
  ];
  const fresh = fineWorld.features.filter((one) => !fine.has(one.properties.id) && isWithin(one, box));
  if (fresh.length === 0) return undefined;
  for (const one of fresh) fine.add(one.properties.id);
  const isFine = (one: Country) => fine.has(one.properties.id);
  return {
    type: 'FeatureCollection',
    features: [...coarseWorld.features.filter((one) => !isFine(one)), ...fineWorld.features.filter(isFine)],
  };
}

/** Colours the map by the theme. */
export function paintMap(map: MapLibre, palette: Palette): void {
  map.setPaintProperty('sea', 'background-color', palette.sea);
  map.setPaintProperty('land', 'fill-color', palette.land);
  map.setPaintProperty('borders', 'line-color', palette.border);
}

/** The box around most points: a few that lie far away do not make it larger. */
export function boundsOf(points: readonly (readonly [number, number])[]): LngLatBoundsLike {
  if (points.length === 0) return wholeWorld;
  const ends = (values: number[]): [number, number] => {
    values.sort((a, b) => a - b);
    const out = values.length > 100 ? Math.floor(values.length * 0.005) : 0;
    return [values[out]!, values.at(-1 - out)!];
  };
  const [west, east] = ends(points.map(([longitude]) => longitude));
  const [south, north] = ends(points.map(([, latitude]) => latitude));
  return [
    [west, Math.max(south, -60)],
    [east, Math.min(Math.max(north, -59), 78)],
  ];
}
