// The ledger of a pipeline whose definition changes: what was processed before stays counted.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { csv, int, pipeline, table, topic } from '../../src/index.ts';
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
