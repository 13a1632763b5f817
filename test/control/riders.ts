// Two topics with persons, and all that can be made of them: what the tests of forgetting run.
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { open } from '../../src/control/open.ts';
import { random } from '../../src/core/random.ts';
import {
  type Duration,
  int,
  long,
  type Pipeline,
  pipeline,
  place,
  sql,
  stream,
  table,
  text,
  timestamp,
  topic,
} from '../../src/index.ts';
import { csv } from '../../src/ingest/csv/csv.ts';
import { webhook } from '../../src/ingest/webhook/webhook.ts';
import { until } from './tools.ts';

/** Who is forgotten. */
export const who = 'xanthippe-of-athens-4711';

const fields = { id: int(), rider: text().optional(), zone: text(), km: text(), at: timestamp() };

/** The pipelines; `file`: a CSV file of rides. `isFew`: only tables that need no state. */
export function riders(file: string, retain?: { age: Duration }) {
  const zone = topic('zones', { zone: text(), name: text() }, { key: 'zone' }).from(csv({ file: `${file}.zones` }));
  const zones = table('zones', zone, { key: 'zone' });
  const ride = topic('rides', fields, {
    key: 'zone',
    time: 'at',
    lateness: '5 s',
    partitions: 2,
    person: 'rider',
    ...(retain ? { retain } : {}),
  })
    .from(csv({ file }))
    .from(webhook({ refused: 'dead' }));
  const call = topic(
    'calls',
    { n: int(), rider: text(), about: text(), at: timestamp() },
    { key: 'rider', time: 'at', person: 'rider' },
  );
  const amounts = stream(
    'amounts',
    { id: int(), rider: text().optional(), zone: text(), km: int(), at: timestamp() },
    sql`select id, rider, zone, cast(km as integer) as km, "at" from ${ride}`,
    { time: 'at' },
  );
  const named = stream(
    'named',
    { id: int(), name: text().optional(), who: text().optional() },
    sql`select r.id, z.name, upper(r.rider) as who from ${ride} r left join ${zones} z using (zone)`,
  );
  const minutes = stream(
    'minutes',
    { w: timestamp(), zone: text(), n: long(), km: long(), last: text().optional() },
    sql`select window_start as w, zone, count(*) as n, sum(km)::bigint as km, max(rider) as last
      from ${amounts.tumble('1 minute')} group by all`,
    { time: 'w' },
  );
  const busy = stream(
    'busy',
    { w: timestamp(), zone: text(), n: long(), tag: text() },
    sql`select w, zone, n, case when zone = 'b' and n = 3 then error('three') else zone end as tag from ${minutes} where n > 1`,
  );
  const tens = stream(
    'tens',
    { w: timestamp(), n: long() },
    sql`select window_start as w, sum(n)::bigint as n from ${minutes.tumble('10 minutes')} group by all`,
  );
  const trips = stream(
    'trips',
    { rider: text().optional(), w: timestamp(), n: long() },
    sql`select rider, window_start as w, count(*) as n from ${ride.session('2 minutes', { by: ['rider'] })} group by all`,
  );
  const once = stream(
    'once',
    { id: int(), rider: text().optional() },
    sql`select id, rider from ${ride.dedupe({ by: ['rider', 'zone'], within: '1 minute' })}`,
  );
  const repeated = stream(
    'repeated',
    { n: int(), rider: text(), before: text().optional() },
    sql`select n, rider, previous.about as before from ${call.previous({ by: ['rider'] })}`,
  );
  const near = stream(
    'near',
    { id: int(), rider: text().optional(), about: text().optional() },
    sql`select r.id, r.rider, c.about from ${ride} r left join ${call.within('2 minutes')} c on c.rider = r.rider`,
  );
  const one = pipeline('rides', {
    tables: [
      zones,
      table('all_rides', ride, { key: 'id' }),
      table('newest', ride, { key: 'zone', version: 'at' }),
      table('bare', ride, { key: 'id', columns: ['id', 'zone'] }),
      table('lines', ride, { key: place(), columns: ['zone'] }),
      table('amounts', amounts, { key: 'id' }),
      table('named', named, { key: 'id' }),
      table('minutes', minutes, { key: ['w', 'zone'] }),
      table('busy', busy, { key: ['w', 'zone'] }),
      table('tens', tens, { key: 'w' }),
      table('trips', trips, { key: ['w', 'n'] }),
      table('once', once, { key: 'id' }),
      table('repeated', repeated, { key: 'n' }),
      table('near', near, { key: 'id' }),
    ],
  });
  const two = pipeline('calls', {
    tables: [
      table('by_rider', call, { key: 'rider', version: 'at' }),
      table('subjects', call, { key: 'about', unique: ['n'] }),
    ],
  });
  return { pipelines: [one, two] as readonly Pipeline[], ride, call };
}

/** Records of rides and calls, of which about a quarter are the person's; a ride may come so long after a later one. */
export function records(seed: number, count: number, startMs = 0, backMs = 9000) {
  const chance = random(`${seed}`);
  const pick = <T>(...all: T[]): T => all[chance.whole(0, all.length - 1)]!;
  let at = startMs;
  const rides = Array.from({ length: count }, (_, id) => {
    at += chance.whole(-backMs, 25_000);
    const rider = pick<string | null>(who, 'anna', 'bert', null);
    return {
      id,
      rider,
      zone: pick('a', 'b', 'c', 'd'),
      km: chance.next() < 0.1 ? 'far' : String(id % 9),
      at: Math.max(startMs, at),
    };
  });
  const calls = Array.from({ length: count >> 1 }, (_, n) => ({
    n,
    rider: pick(who, 'anna', 'carl'),
    about: pick('lost', 'found', 'late', 'paid'),
    at: startMs + chance.whole(0, count * 8000),
  }));
  return { rides, calls };
}

/** A folder in which the pipelines have run over records, with letters of all kinds, and nothing runs. */
export async function ridden(folder: string, seed = 1, count = 120) {
  const file = join(dirname(folder), 'rides.csv');
  const { rides, calls } = records(seed, count);
  const [first, last] = [rides.slice(0, count >> 2), rides.slice(count >> 2)];
  const lines = first.map(({ id, rider, zone, km, at }) =>
    [id, rider ?? '', zone, km, new Date(at).toISOString()].join(),
  );
  // letters of the source: one of the person, one of somebody else
  lines.splice(5, 0, `x,${who},a,1,1970-01-01T00:00:01Z`, 'y,anna,a,1,1970-01-01T00:00:01Z');
  await writeFile(file, `id,rider,zone,km,at\n${lines.join('\n')}\n`);
  await writeFile(`${file}.zones`, 'zone,name\na,Athens\nb,Bari\nc,Cadiz\n');
  const made = riders(file);
  const millrace = await open({ folder });
  try {
    const running = await millrace.start(made.pipelines);
    const backend = millrace.backend(running);
    const post = (topic: string, ...all: unknown[]) =>
      backend.post(topic, { records: all, body: Buffer.from(JSON.stringify(all)) });
    const settled = () =>
      until('all is processed', () => backend.pipelines().every(({ ledger }) => ledger.inFlight === 0));
    await until('the files are read', () =>
      running.status()[0]!.sources.every(({ kind, state }) => kind !== 'csv' || state === 'ended'),
    );
    for (let i = 0; i < last.length; i += 15) {
      await post('rides', ...last.slice(i, i + 15));
      const some = calls.slice(i >> 1, (i + 15) >> 1);
      if (some.length > 0) await post('calls', ...some);
      if (i % 2 === 0) await settled();
    }
    // refused, and kept
    const refused = { id: 'no', zone: 'a', km: '1', at: 1 };
    await post('rides', { ...refused, rider: who }, { ...refused, rider: 'anna' });
    await settled();
    await running.stop();
  } finally {
    await millrace.close();
  }
  return { folder, file, ...made };
}
