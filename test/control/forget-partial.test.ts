// A person is forgotten whose older records the log no longer has: what can be made again is, and of the rest the rows go one by one.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { forget } from '../../src/control/forget.ts';
import { open } from '../../src/control/open.ts';
import { cleanRun, madeIn, recordsIn, traces, within } from './forgetting-tools.ts';
import { records, riders, who } from './riders.ts';
import { temporary, until } from './tools.ts';

// none is late: which records are late depends on those before them, and stays as it was
const dayMs = 86_400_000;
const [old, recent] = [Date.UTC(2020, 0, 1), Date.now() - dayMs / 24];

type Row = Record<string, unknown>;
const rowsOf = (made: Awaited<ReturnType<typeof madeIn>>, table: string): Row[] =>
  made.tables[table]!.map((one) => JSON.parse(one) as Row);
/** Rows without the columns of ours, in an order of their own. */
const plain = (rows: readonly Row[]) => rows.map(({ _hash, _place, ...row }) => JSON.stringify(row)).sort();

test('rows of the person go, in tables and in what streams keep; what windows counted long ago stays, and it says where', async (t) => {
  const folder = await temporary(t);
  const file = join(dirname(folder), 'rides.csv');
  await writeFile(file, 'id,rider,zone,km,at\n');
  await writeFile(`${file}.zones`, 'zone,name\na,Athens\nb,Bari\nc,Cadiz\n');
  const { pipelines } = riders(file, { age: '1 day' });
  const post = async (from: number, startMs: number) => {
    const millrace = await open({ folder });
    try {
      const running = await millrace.start(pipelines);
      const backend = millrace.backend(running);
      const { rides, calls } = records(from + Number(process.env.SEED ?? 0), 60, startMs, 0);
      for (const [topic, all] of [
        ['rides', rides.map((one) => ({ ...one, id: one.id + from }))],
        ['calls', calls.map((one) => ({ ...one, n: one.n + from }))],
      ] as const)
        for (let i = 0; i < all.length; i += 20)
          await backend.post(topic, { records: all.slice(i, i + 20), body: Buffer.from(`${i}`) });
      await until('all is processed', () => backend.pipelines().every(({ ledger }) => ledger.inFlight === 0));
      await running.stop();
    } finally {
      await millrace.close();
    }
  };
  await post(0, old);
  await within(folder, ({ log }) => log.retain(() => Number.POSITIVE_INFINITY));
  await post(1000, recent);
  const look = () =>
    within(folder, async (parts) => ({ records: await recordsIn(parts), ...(await madeIn(parts, pipelines, true)) }));
  const had = await look();
  assert.ok(had.records['rides/0']![0]!.offset > 0, 'the log has lost the old rides');

  const result = await forget({ folder, names: [who], pipelines, command: 'millrace forget' });
  assert.deepEqual(await traces(folder, who), []);
  assert.ok(result.state === 'forgotten');
  const { remade, rows, stale } = result.forgotten;
  assert.deepEqual(remade, { rides: ['repeated'], calls: ['by_rider', 'subjects'] });
  assert.deepEqual(
    stale.toSorted(),
    ['busy', 'minutes', 'near', 'tens', 'trips'].filter((one) => one !== 'near'),
  );
  const now = await look();
  const clean = await cleanRun(folder, pipelines);

  // made again
  for (const table of ['repeated', 'by_rider', 'subjects'])
    assert.deepEqual(now.tables[table], clean.tables[table], table);
  // one by one: by the name, and by the place of a record that was erased
  const isNew = (row: Row) => Number(row.id) >= 1000;
  for (const table of ['all_rides', 'amounts', 'once']) {
    const kept = rowsOf(had, table).filter(({ rider }) => rider !== who);
    assert.deepEqual(plain(rowsOf(now, table)), plain(kept), table);
    assert.equal(rows[table], rowsOf(had, table).length - kept.length, table);
  }
  const at = ({ _partition, _offset }: Row) => `${_partition}/${_offset}`;
  const places = new Set(
    [0, 1].flatMap((one) =>
      now.records[`rides/${one}`]!.filter(({ value }) => value === null).map(({ offset }) => `${one}/${offset}`),
    ),
  );
  const lines = rowsOf(had, 'lines');
  assert.deepEqual(plain(rowsOf(now, 'lines')), plain(lines.filter((one) => !places.has(at(one)))));
  assert.ok(rowsOf(now, 'lines').length < lines.length);
  const erased = new Set(
    rowsOf(had, 'all_rides')
      .filter((one) => one.rider === who && isNew(one))
      .map(({ id }) => id),
  );
  for (const table of ['bare', 'named'])
    assert.deepEqual(plain(rowsOf(now, table)), plain(rowsOf(had, table).filter(({ id }) => !erased.has(id))), table);
  // windows whose rows are kept are as if the person had never been; older ones only lose rows that show the name
  const isRecent = ({ w }: Row) => Date.parse(`${String(w).replace(' ', 'T')}Z`) > recent - dayMs;
  for (const table of ['minutes', 'busy', 'tens', 'trips']) {
    const [before, after, made] = [had, now, clean].map((one) => rowsOf(one as typeof had, table));
    assert.deepEqual(plain(after!.filter(isRecent)), plain(made!.filter(isRecent)), table);
    const kept = before!.filter((row) => !isRecent(row) && row.last !== who && row.rider !== who);
    assert.deepEqual(plain(after!.filter((row) => !isRecent(row))), plain(kept), table);
  }
  for (const { balanced } of Object.values(now.ledgers)) assert.ok(balanced);

  // and it goes on
  await post(2000, recent + 1_500_000);
  for (const { balanced } of Object.values((await look()).ledgers)) assert.ok(balanced);
});
