// A pipeline whose definition changes between two runs: what was processed before stays, and stays counted.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { csv, int, long, pipeline, sql, stream, table, timestamp, topic } from '../../src/index.ts';
import { serving, temporary } from './tools.ts';

const fields = { n: int() };
const made = (...names: readonly string[]) =>
  pipeline('renamed', { tables: names.map((name) => table(`of_${name}`, topic(name, fields), { key: 'n' })) });

test('topics that are renamed, removed and named as before leave the ledger balanced', async (t) => {
  const folder = await temporary(t);
  let sent = 0;
  for (const names of [['first', 'other'], ['second', 'other'], ['other'], ['first', 'other'], ['second']]) {
    const { running, post, settled, stop } = await serving(t, folder, [made(...names)]);
    for (const name of names) {
      await post(name, { n: sent++ }, { n: sent++ });
      await settled();
    }
    const { ledger } = running.status()[0]!;
    assert.deepEqual([names, ledger.balanced, ledger.in, ledger.out, ledger.inFlight], [names, true, sent, sent, 0]);
    await stop();
  }
});

test('a stream whose query was changed says so once, and rows that are there stay', async (t) => {
  const folder = await temporary(t);
  const event = topic('event', fields);
  const of = (query: ReturnType<typeof sql>) =>
    pipeline('changed', { tables: [table('rows', stream('doubled', { n: int(), m: int() }, query), { key: 'n' })] });
  const first = of(sql`select n, n * 2 as m from ${event}`);
  const laidOut = of(sql`
    select n,
      n * 2 as m from ${event}`);
  const other = of(sql`select n, n * 3 as m from ${event}`);
  const told: boolean[] = [];
  for (const [n, one] of [first, laidOut, other, other, first].entries()) {
    const { node, post, settled, stop } = await serving(t, folder, [one]);
    told.push(/another query/.test(node('stream:doubled').notice ?? ''));
    await post('event', { n });
    await settled();
    await stop();
  }
  assert.deepEqual(told, [false, false, true, false, true]);
  const { millrace } = await serving(t, folder, [first]);
  assert.deepEqual((await millrace.query('select m from rows order by n')).rows.flat(), [0, 2, 6, 9, 8]);
});

test('a window that is changed takes the rows that were kept for the former one', async (t) => {
  const folder = await temporary(t);
  const event = topic('event', { at: timestamp() }, { time: 'at' });
  const counted = (window: ReturnType<typeof event.tumble>) => {
    const query = sql`select window_start as w, count(*) as n from ${window} group by window_start`;
    return pipeline('resized', {
      tables: [table('rows', stream('counted', { w: timestamp(), n: long() }, query), { key: 'w' })],
    });
  };
  const views = [event.tumble('1 minute'), event.tumble('5 minutes'), event.hop('4 minutes', { every: '2 minutes' })];
  const found: unknown[] = [];
  for (const [minute, view] of views.entries()) {
    const { millrace, post, settled, running } = await serving(t, folder, [counted(view)]);
    await post('event', { at: minute * 120_000 + 30_000 }, { at: minute * 120_000 + 90_000 });
    await settled();
    await running.stop();
    found.push((await millrace.query('select epoch_ms(w) / 60000, n from rows order by w')).rows);
    await millrace.close();
  }
  assert.deepEqual(found, [
    [
      [0, 1],
      [1, 1],
    ],
    // the row of a window that there is no more stays
    [
      [0, 4],
      [1, 1],
    ],
    [
      [0, 4],
      [1, 1],
      [2, 4],
      [4, 2],
    ],
  ]);
});

test('a topic that is renamed reads its sources again, and what they counted before is not missed', async (t) => {
  const folder = await temporary(t);
  const file = join(folder, '../n.csv');
  await writeFile(file, 'n\n1\n2\nnone\n');
  let read = 0;
  for (const name of ['first', 'second', 'first']) {
    const rows = table('rows', topic(name, fields).from(csv({ file })), { key: 'n' });
    const { running, stop } = await serving(t, folder, [pipeline('renamed', { tables: [rows] })], { once: true });
    await running.done;
    read += name === 'first' && read > 0 ? 0 : 3;
    const { ledger } = running.status()[0]!;
    assert.deepEqual([name, ledger.balanced, ledger.in, ledger.dead], [name, true, read, read / 3]);
    await stop();
  }
});
