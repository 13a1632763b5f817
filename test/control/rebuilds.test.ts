// Rebuilds of pipelines that run, and of those that do not: paused, stopped, asked for twice, and what `check --data` says before and after.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { open } from '../../src/control/open.ts';
import { outlook } from '../../src/control/outlook.ts';
import { int, long, pipeline, simulate, sql, stream, table, text, timestamp, topic } from '../../src/index.ts';
import { serving, temporary, until } from './tools.ts';

type Made = {
  readonly key?: readonly ('w' | 'k')[];
  readonly size?: '1 minute' | '5 minutes';
  readonly least?: number;
  readonly wide?: boolean;
  readonly more?: boolean;
};

function* rows() {
  for (let n = 0; ; n++) yield { n, k: 'acd'[n % 3]!, v: n % 7, at: n * 1000 };
}

/** A pipeline over 3,000 records, in several versions. */
function made({ key = ['w', 'k'], size = '1 minute', least = 0, wide = false, more = false }: Made = {}) {
  const f = topic(
    'f',
    { n: int(), k: text(), v: int(), at: timestamp() },
    { time: 'at', key: 'k', partitions: 2 },
  ).from(simulate({ seed: 1, count: 3000, rate: '1000000/s', rows }));
  const minutes = stream(
    'minutes',
    { w: timestamp(), k: text(), n: long() },
    wide
      ? sql`select window_start as w, k, sum(v)::bigint as n from ${f.tumble(size)} group by all`
      : sql`select window_start as w, k, count(*) as n from ${f.tumble(size)} where n > ${least === 0 ? sql`-1` : sql`1000`} group by all`,
  );
  const tables = [
    table('counts', minutes, { key: [...key] }),
    table('all_', f, { key: 'n' }),
    ...(more ? [table('later', f, { key: 'n' })] : []),
  ];
  return pipeline('p', { tables });
}

async function runOnce(folder: string, of: ReturnType<typeof made>): Promise<void> {
  const millrace = await open({ folder });
  try {
    const running = await millrace.start([of], { once: true });
    await running.done;
    for (const failure of running.failures.values()) throw failure;
  } finally {
    await millrace.close();
  }
}

async function rowsOf(folder: string, of: string): Promise<unknown> {
  const millrace = await open({ folder });
  const { rows } = await millrace.query(`select * from ${of} order by all`);
  await millrace.close();
  return rows;
}

describe('a pipeline that does not run', () => {
  for (const [what, change, names, code] of [
    ['a changed key', { key: ['k'] }, ['counts'], 'TABLE_CHANGED'],
    ['a changed window', { size: '5 minutes' }, ['minutes'], undefined],
    ['a query that needs other columns', { wide: true }, ['minutes'], 'TABLE_CHANGED'],
    ['a changed query', { least: 1 }, ['minutes'], undefined],
  ] as const)
    test(`is made again after ${what}, by the command that check --data names`, async (t) => {
      const folder = await temporary(t);
      await runOnce(folder, made());
      const changed = made(change);
      const before = await outlook([changed], {}, folder);
      const named = before.filter(({ effect }) => effect === 'rebuild');
      assert.deepEqual(
        named.map(({ command }) => command),
        [`millrace rebuild p ${names[0]}`],
      );
      assert.equal(named[0]!.error?.code, code);
      const millrace = await open({ folder });
      await millrace.rebuild(changed, [...names]);
      await millrace.close();
      const after = await outlook([changed], {}, folder);
      assert.deepEqual(
        after.filter(({ effect }) => effect !== 'kept').map(({ noun, name, says }) => `${noun} ${name}: ${says}`),
        [],
      );
      await runOnce(folder, changed);
      const clean = await temporary(t);
      await runOnce(clean, changed);
      for (const one of ['counts', 'all_']) assert.deepEqual(await rowsOf(folder, one), await rowsOf(clean, one));
    });
});

describe('a pipeline that runs', () => {
  test('is made again while it is paused, and is paused still', async (t) => {
    const folder = await temporary(t);
    await runOnce(folder, made());
    const { backend, view } = await serving(t, folder, [made({ least: 1 })]);
    await backend.pause('p');
    assert.match(
      backend.pipelines()[0]!.nodes.find(({ id }) => id === 'stream:minutes')?.notice ?? '',
      /another query/,
    );
    await backend.rebuild('p', undefined, false);
    await until('it has changed places', () => view().rebuild === undefined);
    assert.equal(view().status, 'paused');
    assert.equal(view().nodes.find(({ id }) => id === 'stream:minutes')?.notice, undefined);
    assert.equal(view().nodes.find(({ id }) => id === 'table:counts')?.out, 102);
  });

  test('has one rebuild at a time, and says what it does not have', async (t) => {
    const folder = await temporary(t);
    await runOnce(folder, made());
    const { backend, view } = await serving(t, folder, [made()]);
    await assert.rejects(async () => backend.rebuild('p', ['count'], false), {
      code: 'NOT_FOUND',
      place: "pipeline 'p'",
      remedy: "Perhaps you mean 'counts'.",
    });
    assert.equal(view().rebuild, undefined);
    const first = backend.rebuild('p', undefined, false);
    await assert.rejects(async () => backend.rebuild('p', undefined, false), { code: 'USAGE', place: "pipeline 'p'" });
    await first;
    await until('it has changed places', () => view().rebuild === undefined);
  });

  test('is stopped within a rebuild, and goes on with it at the next start', async (t) => {
    const folder = await temporary(t);
    await runOnce(folder, made());
    const first = await serving(t, folder, [made({ least: 1 })]);
    await first.backend.rebuild('p', undefined, false);
    await first.stop();
    const second = await serving(t, folder, [made({ least: 1 })]);
    await until('it has changed places', () => second.view().rebuild === undefined);
    await second.stop();
    const clean = await temporary(t);
    await runOnce(clean, made({ least: 1 }));
    assert.deepEqual(await rowsOf(folder, 'counts'), await rowsOf(clean, 'counts'));
  });

  test('gives a new table all records before a run with --once ends', async (t) => {
    const folder = await temporary(t);
    await runOnce(folder, made());
    await runOnce(folder, made({ more: true }));
    assert.deepEqual(await rowsOf(folder, 'later'), await rowsOf(folder, 'all_'));
  });
});
