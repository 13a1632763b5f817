// The countries of the world as shapes, read from this server when a map is first drawn; finer ones when it is looked at closely.
import type { Feature, FeatureCollection, MultiPolygon, Polygon, Position } from 'geojson';
import { feature } from 'topojson-client';
import type { GeometryCollection, Topology } from 'topojson-specification';
import fineUrl from 'world-atlas/countries-10m.json?url';
import coarseUrl from 'world-atlas/countries-50m.json?url';

export type Country = Feature<Polygon | MultiPolygon, { id: string; name: string }>;
export type World = FeatureCollection<Polygon | MultiPolygon, { id: string; name: string }>;

const antarctica = '010';
const read = new Map<string, Promise<World>>();

async function fetchWorld(url: string): Promise<World> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`The shapes of the countries could not be read (${response.status}).`);
  const topology = (await response.json()) as Topology<{ countries: GeometryCollection<{ name: string }> }>;
  const { features } = feature(topology, topology.objects.countries);
  return {
    type: 'FeatureCollection',
    features: features
      .filter((one) => one.id !== antarctica)
      .map((one, i) => {
        const name = one.properties.name;
        const shape = one.geometry as Polygon | MultiPolygon;
        const geometry = unwrapped(shape);
        return {
          ...one,
          geometry,
          bbox: boxOf(geometry),
          id: i,
          properties: { id: String(one.id ?? name), name },
        } as Country;
      }),
  };
}

/** West, south, east, north. */
type Box = [number, number, number, number];

function boxOf(shape: Polygon | MultiPolygon): Box {
  const box: Box = [
    Number.POSITIVE_INFINITY,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ];
  const polygons = shape.type === 'Polygon' ? [shape.coordinates] : shape.coordinates;
  for (const [longitude = 0, latitude = 0] of polygons.flat(2)) {
    box[0] = Math.min(box[0], longitude);
    box[1] = Math.min(box[1], latitude);
    box[2] = Math.max(box[2], longitude);
    box[3] = Math.max(box[3], latitude);
  }
  return box;
}

/** Whether a country may be seen within a box. */
export function isWithin({ bbox }: Country, [west, south, east, north]: Box): boolean {
  return bbox !== undefined && bbox[0] <= east && bbox[2]! >= west && bbox[1] <= north && bbox[3]! >= south;
}

/** The shape without jumps from one side of the world to the other, which would be drawn as lines across it. */
function unwrapped(shape: Polygon | MultiPolygon): Polygon | MultiPolygon {
  if (shape.type === 'Polygon') return { ...shape, coordinates: shape.coordinates.map(unwrappedRing) };
  return { ...shape, coordinates: shape.coordinates.map((polygon) => polygon.map(unwrappedRing)) };
}

function unwrappedRing(ring: Position[]): Position[] {
  let before = ring[0]?.[0] ?? 0;
  return ring.map(([longitude = 0, latitude = 0]) => {
    const turns = Math.round((before - longitude) / 360);
    before = longitude + turns * 360;
    return [before, latitude];
  });
}

/** All countries but Antarctica. @throws Error where the server does not answer */
export function world(isFine: boolean): Promise<World> {
  const url = isFine ? fineUrl : coarseUrl;
  let shapes = read.get(url);
  if (!shapes) {
    shapes = fetchWorld(url);
    read.set(url, shapes);
    shapes.catch(() => read.delete(url));
  }
  return shapes;
}
