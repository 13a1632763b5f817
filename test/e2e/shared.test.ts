// Two pipeline files over one topic, on the command line: run together, and killed at seeded moments.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { random } from '../../src/core/random.ts';
import { cli, fixture, jsonOf, lettersOf, opened, type RunReport, sameTables, startCli, temporary } from './tools.ts';

const [zonesFile, ridesFile] = [fixture('shared-zones.ts'), fixture('shared-rides.ts')];

/** Two files, with broken rows in one of them. */
async function files(folder: string, rides: number, zones: number, broken: number): Promise<string[]> {
  const paths = { rides: join(folder, 'rides.csv'), zones: join(folder, 'zones.csv') };
  const ride = (n: number) => (n % Math.floor(rides / broken) === 5 ? `broken ${n},1` : `${n},${(n * 31) % zones}`);
  await writeFile(paths.rides, ['n,zone', ...Array.from({ length: rides }, (_, n) => ride(n))].join('\n'));
  await writeFile(paths.zones, ['id,name', ...Array.from({ length: zones }, (_, id) => `${id},zone ${id}`)].join('\n'));
  return Object.entries(paths).flatMap(([name, path]) => ['--set', `${name}=${path}`]);
}

const figures = (report: RunReport) =>
  Object.fromEntries(
    report.pipelines.map(({ name, ledger, tables }) => [
      name,
      { ...tables, out: ledger.out, balanced: ledger.balanced },
    ]),
  );

test('two pipelines over one topic, killed at 8 moments, end as in an undisturbed run', {
  timeout: 180_000,
}, async (t) => {
  const folder = await temporary(t);
  const given = await files(folder, 40_000, 20_000, 8);
  const words = (data: string, pace: string, isZonesFirst: boolean) => [
    'run',
    ...(isZonesFirst ? [zonesFile, ridesFile] : [ridesFile, zonesFile]),
    ...given,
    ...['--set', `pace=${pace}`, '--once', '--json', '--data', data],
  ];
  const [calm, killed] = [join(folder, 'calm'), join(folder, 'killed')];
  const startedMs = performance.now();
  const undisturbed = await cli(t, ...words(calm, 'full', true));
  const ms = performance.now() - startedMs;
  assert.equal(undisturbed.code, 0, undisturbed.error);
  const expected = jsonOf<RunReport>(undisturbed);
  assert.deepEqual(figures(expected), {
    zones: { zones: 20_000, plain_rides: 39_992, out: 59_992, balanced: true },
    rides: { named_rides: 39_992, out: 39_992, balanced: true },
  });

  const dice = random('shared');
  let [kills, lives, midway] = [0, 0, 0];
  for (; kills < 8 && lives < 16; lives++) {
    const child = startCli(t, words(killed, dice.pick(['5000/s', '3000/s']), dice.next() < 0.5));
    await Promise.race([sleep(ms * (0.3 + 0.9 * dice.next())), child.ended]);
    child.process.kill('SIGKILL');
    const ended = await child.ended;
    if (ended.signal === 'SIGKILL') kills++;
    else assert.equal(ended.code, 0, ended.error);
    if (kills > lives) midway++;
  }
  t.diagnostic(`${kills} kills in ${lives} lives, ${midway} of them before the first that reached the end`);
  assert.equal(kills, 8);
  assert.ok(midway >= 4, 'the kills did not meet the work');
  const final = await cli(t, ...words(killed, 'full', false));
  assert.equal(final.code, 0, final.error);
  const got = jsonOf<RunReport>(final);
  assert.deepEqual(figures(got), figures(expected));
  assert.equal(
    got.pipelines.reduce((sum, { ledger }) => sum + ledger.dead, 0),
    8,
    'each refusal lies in the dead letters of one of the two',
  );
  const [one, other] = [await opened(t, killed), await opened(t, calm)];
  await sameTables(one, other, ['zones', 'plain_rides', 'named_rides']);
  const places = async (millrace: typeof one) => (await lettersOf(millrace)).map(({ place }) => place).sort();
  assert.deepEqual(await places(one), await places(other));
  assert.deepEqual(
    (await one.topics()).map(({ name, records }) => [name, records]),
    [
      ['rides', 39_992],
      ['zone', 20_000],
    ],
  );
  await Promise.all([one.close(), other.close()]);
});
