// The bus lines of an invented city around New York's coordinates: where their stops are and when a bus is due at each.

/** What the generators need of randomness; `random()` of the product and of tests fits. */
export type Chance = {
  next(): number;
  whole(low: number, high: number): number;
  pick<T>(values: readonly T[]): T;
  normal(): number;
};

/** A line in one direction: its stops in order, all lists of the same length. */
export type Route = {
  readonly line: string;
  readonly direction: number;
  readonly stops: readonly string[];
  readonly latitudes: readonly number[];
  readonly longitudes: readonly number[];
  /** Metres to a stop from the one before it; 0 for the first. */
  readonly metres: readonly number[];
  /** Seconds after the start of the trip at which a bus is due at each stop; they grow. */
  readonly dueSeconds: readonly number[];
  /** What the line is late by at quiet hours, seconds. */
  readonly driftSeconds: number;
  /** How much the rush hour slows it: about 0.2 to 2. */
  readonly congestion: number;
};

type Borough = { prefix: string; south: number; north: number; west: number; east: number; streets: readonly string[] };

const boroughs: readonly Borough[] = [
  {
    prefix: 'B',
    south: 40.58,
    north: 40.7,
    west: -74.02,
    east: -73.88,
    streets: ['FULTON ST', 'FLATBUSH AV', 'NOSTRAND AV', 'CHURCH AV', 'AVENUE U', 'GATES AV', 'OCEAN PY', 'UTICA AV'],
  },
  {
    prefix: 'M',
    south: 40.71,
    north: 40.85,
    west: -74.01,
    east: -73.94,
    streets: ['BROADWAY', 'LEXINGTON AV', '1 AV', '2 AV', 'MADISON AV', 'AMSTERDAM AV', 'W 125 ST', 'E 14 ST'],
  },
  {
    prefix: 'Bx',
    south: 40.81,
    north: 40.9,
    west: -73.92,
    east: -73.82,
    streets: [
      'GRAND CONCOURSE',
      'FORDHAM RD',
      'WEBSTER AV',
      'TREMONT AV',
      'SOUTHERN BL',
      'GUN HILL RD',
      'WHITE PLAINS RD',
      'BOSTON RD',
    ],
  },
  {
    prefix: 'Q',
    south: 40.61,
    north: 40.77,
    west: -73.92,
    east: -73.76,
    streets: [
      'QUEENS BL',
      'MAIN ST',
      'JAMAICA AV',
      'HILLSIDE AV',
      'NORTHERN BL',
      'UNION TP',
      'WOODHAVEN BL',
      'MERRICK BL',
    ],
  },
  {
    prefix: 'S',
    south: 40.53,
    north: 40.63,
    west: -74.2,
    east: -74.08,
    streets: ['RICHMOND AV', 'HYLAN BL', 'VICTORY BL', 'FOREST AV', 'BAY ST', 'AMBOY RD', 'CASTLETON AV', 'BRADLEY AV'],
  },
];

const metresPerDegree = 111_320;

/**
 * The routes of so many lines, both directions of a line beside each other; the same for the same randomness.
 *
 * @example network(random(1), 120)[0].line // 'B1'
 */
export function network(chance: Chance, lines: number): Route[] {
  const routes: Route[] = [];
  for (let i = 0; i < lines; i++) {
    const borough = boroughs[i % boroughs.length]!;
    const isSelect = chance.next() < 0.08;
    const there = layOut(
      chance,
      borough,
      `${borough.prefix}${1 + Math.floor(i / boroughs.length)}${isSelect ? '-SBS' : ''}`,
      isSelect,
    );
    routes.push(there, reverse(there));
  }
  return routes;
}

/** One line as a walk that bends a little at every stop and turns back at the edge of its borough. */
function layOut(chance: Chance, borough: Borough, line: string, isSelect: boolean): Route {
  const count = isSelect ? chance.whole(14, 24) : chance.whole(18, 45);
  const metresPerSecond = 3.5 + 2.5 * chance.next() + (isSelect ? 2 : 0);
  const stops: string[] = [];
  const latitudes: number[] = [];
  const longitudes: number[] = [];
  const metres: number[] = [];
  const dueSeconds: number[] = [];
  let latitude = borough.south + chance.next() * (borough.north - borough.south);
  let longitude = borough.west + chance.next() * (borough.east - borough.west);
  let heading = chance.next() * 2 * Math.PI;
  let crossing = chance.whole(1, 150);
  let due = 0;
  for (let i = 0; i < count; i++) {
    let length = 0;
    if (i > 0) {
      length = Math.round(isSelect ? 500 + 900 * chance.next() : 160 + 280 * chance.next());
      latitude += (length * Math.cos(heading)) / metresPerDegree;
      longitude += (length * Math.sin(heading)) / (metresPerDegree * Math.cos((latitude * Math.PI) / 180));
      due += Math.round(length / metresPerSecond) + chance.whole(8, 20);
      heading += 0.25 * chance.normal();
      const outside =
        latitude < borough.south || latitude > borough.north || longitude < borough.west || longitude > borough.east;
      if (outside)
        heading = Math.atan2(
          (borough.west + borough.east) / 2 - longitude,
          (borough.south + borough.north) / 2 - latitude,
        );
    }
    crossing += chance.whole(1, 3);
    stops.push(
      `${borough.streets[Math.floor((i * 3) / count + crossing / 50) % borough.streets.length]}/${crossing} ST`,
    );
    latitudes.push(round6(latitude));
    longitudes.push(round6(longitude));
    metres.push(length);
    dueSeconds.push(due);
  }
  const driftSeconds = 60 + 110 * chance.normal();
  const congestion = 0.2 + 1.8 * chance.next();
  return { line, direction: 0, stops, latitudes, longitudes, metres, dueSeconds, driftSeconds, congestion };
}

/** The way back: the same stops from the other end. */
function reverse(route: Route): Route {
  const total = route.dueSeconds.at(-1)!;
  return {
    ...route,
    direction: 1 - route.direction,
    stops: route.stops.toReversed(),
    latitudes: route.latitudes.toReversed(),
    longitudes: route.longitudes.toReversed(),
    metres: [0, ...route.metres.slice(1).reverse()],
    dueSeconds: route.dueSeconds.toReversed().map((due) => total - due),
  };
}

/** A coordinate to six places, about 11 cm, as the files of the MTA have them. */
export function round6(degrees: number): number {
  return Math.round(degrees * 1e6) / 1e6;
}
