// Generated bus traffic: positions as the MTA's files have them, without end, the same for the same randomness.
import { type Chance, network, type Route, round6 } from './network.ts';

/** A position as the topic `bus_positions` takes it; times in milliseconds since 1970, UTC. */
export type Position = {
  readonly recorded_at: number;
  readonly direction: number;
  readonly line: string;
  readonly origin: string;
  readonly origin_latitude: number;
  readonly origin_longitude: number;
  readonly destination: string;
  readonly destination_latitude: number;
  readonly destination_longitude: number;
  readonly vehicle: string;
  readonly latitude: number;
  readonly longitude: number;
  readonly next_stop: string;
  readonly proximity: string | null;
  readonly distance_m: number | null;
  readonly expected_at: number | null;
  /** HH:MM:SS of the day of service, which goes on past midnight: hours run beyond 24. */
  readonly scheduled: string | null;
};

/** Sizes and chances of the traffic. */
export type Traffic = {
  lines: number;
  busesPerLine: number;
  /** Seconds between two reports of a bus, at most. */
  reportSecondsMax: number;
  /** Milliseconds since 1970, UTC: the time of the first report. */
  startMs: number;
};

const usual: Traffic = { lines: 120, busesPerLine: 3, reportSecondsMax: 35, startMs: Date.UTC(2026, 5, 1) };

/** The latest that a position arrives after it was recorded, seconds. */
export const arrivalSecondsMax = 175;

type Bus = {
  readonly vehicle: string;
  readonly there: Route;
  readonly back: Route;
  route: Route;
  /** When the trip was to start; all times here in seconds since 1970. */
  tripStart: number;
  /** How long it stands at the end of the trip before the next one starts. */
  layover: number;
  tripOffset: number;
  delay: number;
  reportedAt: number;
  /** The index of the stop it drives to. */
  next: number;
};

/**
 * Positions of buses in the order in which they arrive, which is not quite that in which they were recorded (by up to 175 s).
 * About one in ten lacks a time; one in twelve matches two scheduled trips or more and comes once for each. Endless, in
 * constant memory: take as many as you need.
 *
 * @example for (const position of positions(random(1))) console.log(position.vehicle, position.next_stop)
 */
export function* positions(chance: Chance, traffic: Partial<Traffic> = {}): Generator<Position, never> {
  const { lines, busesPerLine, reportSecondsMax, startMs } = { ...usual, ...traffic };
  const start = Math.floor(startMs / 1000);
  // a slot for each second ahead: buses that report then, and positions that arrive then
  const reports = Array.from({ length: reportSecondsMax + 1 }, (): Bus[] => []);
  const arrivals = Array.from({ length: arrivalSecondsMax + 1 }, (): Position[] => []);
  for (const bus of fleet(chance, network(chance, lines), busesPerLine, start)) {
    reports[chance.whole(0, reportSecondsMax - 1)]!.push(bus);
  }
  for (let second = start; ; second++) {
    const due = reports[(second - start) % reports.length]!;
    for (const bus of due) {
      const arrival = second - start + Math.min(arrivalSecondsMax, Math.floor(-23 * Math.log(1 - chance.next())));
      report(chance, bus, second, arrivals[arrival % arrivals.length]!);
      reports[(second - start + chance.whole(reportSecondsMax - 10, reportSecondsMax)) % reports.length]!.push(bus);
    }
    due.length = 0;
    const arrived = arrivals[(second - start) % arrivals.length]!;
    yield* arrived;
    arrived.length = 0;
  }
}

function fleet(chance: Chance, routes: readonly Route[], busesPerLine: number, start: number): Bus[] {
  const buses: Bus[] = [];
  for (let i = 0; i < routes.length; i += 2) {
    for (let j = 0; j < busesPerLine; j++) {
      const turned = chance.next() < 0.5 ? 1 : 0;
      const there = routes[i + turned]!;
      const tripStart = start - chance.whole(0, there.dueSeconds.at(-1)!);
      const delay = there.driftSeconds + 100 * chance.normal();
      buses.push({
        vehicle: `NYCT_${100 + buses.length}`,
        there,
        back: routes[i + 1 - turned]!,
        route: there,
        tripStart,
        layover: chance.whole(240, 720),
        tripOffset: 0,
        delay,
        reportedAt: start - 30,
        next: 0,
      });
    }
  }
  return buses;
}

/** Moves a bus to a second and writes down where it is, once for each scheduled trip that fits. */
function report(chance: Chance, bus: Bus, second: number, into: Position[]): void {
  drive(chance, bus, second);
  const { route, next } = bus;
  const { stops, latitudes, longitudes, dueSeconds } = route;
  const due = dueSeconds[next]!;
  const before = next === 0 ? 0 : dueSeconds[next - 1]!;
  const progress = second - bus.delay - bus.tripStart;
  const done = next === 0 ? 1 : Math.min(1, Math.max(0, (progress - before) / (due - before)));
  const from = Math.max(0, next - 1);
  const distance = Math.round((1 - done) * route.metres[next]!);
  const expected = second + Math.max(0, Math.round((1 - done) * (due - before) * (1 + 0.15 * chance.normal())));
  const scheduled = bus.tripStart + due;
  const missing = chance.next();
  const position: Position = {
    recorded_at: second * 1000,
    direction: route.direction,
    line: route.line,
    origin: stops[0]!,
    origin_latitude: latitudes[0]!,
    origin_longitude: longitudes[0]!,
    destination: stops.at(-1)!,
    destination_latitude: latitudes.at(-1)!,
    destination_longitude: longitudes.at(-1)!,
    vehicle: bus.vehicle,
    latitude: round6(latitudes[from]! + done * (latitudes[next]! - latitudes[from]!)),
    longitude: round6(longitudes[from]! + done * (longitudes[next]! - longitudes[from]!)),
    next_stop: stops[next]!,
    proximity: missing < 0.002 ? null : proximity(distance),
    distance_m: missing < 0.002 ? null : distance,
    expected_at: missing < 0.107 ? null : expected * 1000,
    scheduled: missing < 0.019 ? null : clock(bus.tripStart, scheduled),
  };
  into.push(position);
  if (position.scheduled === null) return;
  // the next trips of the line, close behind: the position fits them as well
  let trip = scheduled;
  for (let share = chance.next(); share < 0.085; share += 0.081) {
    trip += chance.whole(1, 480);
    into.push({ ...position, scheduled: clock(bus.tripStart, trip) });
  }
}

/** Lets the delay drift towards what line, hour and trip make likely, then finds the stop ahead; it never drives backwards. */
function drive(chance: Chance, bus: Bus, second: number): void {
  const elapsed = second - bus.reportedAt;
  const hour = (second % 86_400) / 3600;
  const rush = 240 * (Math.exp(-((hour - 8.5) ** 2) / 2.5) + Math.exp(-((hour - 17.5) ** 2) / 3.5));
  const likely = bus.route.driftSeconds + bus.route.congestion * rush + bus.tripOffset;
  const change = (likely - bus.delay) * 0.0015 * elapsed + 6 * chance.normal();
  bus.delay += Math.max(-0.6 * elapsed, Math.min(0.7 * elapsed, change));
  bus.reportedAt = second;
  const progress = second - bus.delay - bus.tripStart;
  const total = bus.route.dueSeconds.at(-1)!;
  if (progress >= total + bus.layover) {
    bus.tripStart += total + bus.layover;
    bus.route = bus.route === bus.there ? bus.back : bus.there;
    bus.layover = chance.whole(240, 720);
    bus.tripOffset = (chance.next() < 0.06 ? 900 : 180) * chance.normal();
    bus.next = 0;
  }
  const { dueSeconds } = bus.route;
  while (bus.next < dueSeconds.length - 1 && dueSeconds[bus.next]! <= second - bus.delay - bus.tripStart) bus.next++;
}

const metresPerMile = 1609.344;

function proximity(metres: number): string {
  if (metres <= 30) return 'at stop';
  if (metres <= 152) return 'approaching';
  return metres < 800 ? '< 1 stop away' : `${(metres / metresPerMile).toFixed(1)} miles away`;
}

const twoDigits = Array.from({ length: 60 }, (_, i) => String(i).padStart(2, '0'));

/** HH:MM:SS in the day of service of a trip, which begins at 04:00 and goes on past midnight. */
function clock(tripStart: number, time: number): string {
  const day = Math.floor((tripStart - 4 * 3600) / 86_400) * 86_400;
  const seconds = time - day;
  return `${twoDigits[Math.floor(seconds / 3600)]}:${twoDigits[Math.floor(seconds / 60) % 60]}:${twoDigits[seconds % 60]}`;
}
