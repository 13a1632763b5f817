// The world of the fake backend: two pipelines with their topics, tables, rows, records and dead letters; the same at every call.
import {
  bool,
  bytes,
  date,
  decimal,
  double,
  json,
  line,
  list,
  long,
  map,
  number,
  oneOf,
  pipeline,
  sql,
  stream,
  table,
  text,
  timestamp,
  topic,
} from '../../src/index.ts';
import type { StoredRow } from '../../src/store/store.ts';
import type { DeadLetterDetail, TopicRecord } from '../../src/web/schemas.ts';

/** When everything began: 2026-11-22T08:00:00Z. */
export const start = Date.UTC(2026, 10, 22, 8);
const minute = 60_000;

const ride = topic(
  'rides',
  {
    id: text(),
    zone: text().describe('Where it began.'),
    km: double(),
    fare: decimal(10, 2).optional(),
    at: timestamp(),
    driver: text().optional().personal(),
  },
  { key: 'zone', time: 'at', lateness: '3 minutes', partitions: 2 },
);
const fares = stream(
  'fares',
  { zone: text(), minute: timestamp(), rides: long(), km: double() },
  sql`select zone, window_start as minute, count(*) as rides, avg(km) as km from ${ride.tumble('1 minute')} group by zone, window_start`,
  { time: 'minute' },
);
const rideTable = table('rides', ride, { key: 'id' });
const fareTable = table('fare_by_zone', fares, { key: ['zone', 'minute'] });

/** A pipeline with a topic of two partitions, a windowed stream and two tables. */
export const rides = pipeline('rides', {
  tables: [rideTable, fareTable],
  charts: [
    line(fareTable, { x: 'minute', y: 'km', by: 'zone', title: 'Distance by zone' }),
    number(rideTable, { title: 'Rides' }),
  ],
});

const user = topic('users', {
  id: long(),
  name: text().personal(),
  country: text(),
  gender: oneOf('female', 'male', 'other').optional(),
  active: bool(),
  born: date().optional(),
  balance: decimal(18, 6).optional(),
  score: double().optional(),
  photo: bytes().optional(),
  tags: list(text()),
  extra: json().optional(),
  at: timestamp(),
});
const userTable = table('users', user, { key: 'id' });

/** A pipeline with a table of every type. */
export const users = pipeline('users', {
  tables: [userTable],
  charts: [map(userTable, { country: 'country', title: 'Countries' })],
});

const zones = ['A', 'B', 'C', 'D', 'E'];

function rideRow(i: number): StoredRow {
  return {
    id: `r${String(i).padStart(4, '0')}`,
    zone: zones[i % 5]!,
    km: Math.round((i % 97) * 13.7) / 10,
    fare: i % 7 === 0 ? null : `${(i % 40) + 2}.50`,
    at: new Date(start + i * 1000),
    driver: i % 3 === 0 ? null : `driver ${i % 12}`,
  };
}

function fareRow(i: number): StoredRow {
  return {
    zone: zones[i % 5]!,
    minute: new Date(start + Math.floor(i / 5) * minute),
    rides: 3 + (i % 4),
    km: 1 + i / 10,
  };
}

const names = [
  'Ann',
  "O'Neill",
  'Zoë',
  'Smith, "Bob"',
  'two\nlines',
  '山田',
  '=1+1',
  'Ünal',
  '',
  'x;drop',
  '😀',
  'Last',
];

function userRow(i: number): StoredRow {
  const isBare = i % 4 === 3;
  return {
    id: i === 0 ? 9_223_372_036_854_775_807n : i,
    name: names[i]!,
    country: ['Norway', 'Chile', 'Japan'][i % 3]!,
    gender: isBare ? null : ['female', 'male'][i % 2]!,
    active: i % 2 === 0,
    born: isBare ? null : `19${70 + i}-03-1${i % 10}`,
    balance: isBare ? null : `${i * 1000}.123456`,
    score: i === 5 ? Number.NaN : isBare ? null : i / 3,
    photo: isBare ? null : new Uint8Array([i, 255, 0]),
    tags: ['a', `tag ${i}`],
    extra: isBare ? null : { n: i, list: [1, 'two', null] },
    at: new Date(start + i * minute),
  };
}

/** The rows of each table. */
export function makeRows(): Map<string, StoredRow[]> {
  return new Map([
    ['rides', Array.from({ length: 250 }, (_, i) => rideRow(i))],
    ['fare_by_zone', Array.from({ length: 40 }, (_, i) => fareRow(i))],
    ['users', names.map((_, i) => userRow(i))],
  ]);
}

/** The records of each topic, by partition and offset; personal fields masked. */
export function makeRecords(): Map<string, TopicRecord[][]> {
  const rideRecord = (partition: number, offset: number): TopicRecord => {
    const i = offset * 2 + partition;
    const row = rideRow(i);
    const value = { ...row, at: (row.at as Date).toISOString(), driver: row.driver === null ? null : '•••' };
    return { partition, offset, time: start + i * 1000, key: String(row.zone), value };
  };
  const userRecord = (offset: number): TopicRecord =>
    offset === 3
      ? { partition: 0, offset, time: start + offset * minute, key: null, error: 'the record has no schema id' }
      : {
          partition: 0,
          offset,
          time: start + offset * minute,
          key: null,
          value: { id: String(offset), name: '•••', country: 'Chile' },
        };
  return new Map([
    ['rides', [0, 1].map((partition) => Array.from({ length: 125 }, (_, i) => rideRecord(partition, i)))],
    ['users', [Array.from({ length: 12 }, (_, i) => userRecord(i))]],
  ]);
}

/** Dead letters, newest first, by descending id. */
export function makeLetters(): DeadLetterDetail[] {
  return Array.from({ length: 7 }, (_, i): DeadLetterDetail => {
    const id = 7 - i;
    const isLate = id === 2;
    const isSource = id > 4;
    const source = isSource ? 'r0001,A,far,2.50,2026-11-22' : JSON.stringify({ id: `r${id}`, zone: 'A', km: id });
    return {
      id,
      kind: isLate ? 'late' : 'dead',
      pipeline: 'rides',
      stage: isLate ? 'fares' : isSource ? 'source:csv' : 'rides',
      code: isLate ? 'RECORD_LATE' : isSource ? 'RECORD_INVALID' : 'ROW_FAILED',
      reason: isSource ? "field 'km': 'far' is not a number" : isLate ? 'its window was closed' : 'division by zero',
      topic: 'rides',
      ...(isSource ? { place: `line ${id + 10}` } : { partition: 0, offset: id }),
      at: start + id * minute,
      tries: id % 2,
      bytes: Buffer.from(source).toString('base64'),
      text: source,
      ...(isSource ? {} : { record: JSON.parse(source) as unknown }),
      isEditable: true,
      edit: source,
    };
  });
}
