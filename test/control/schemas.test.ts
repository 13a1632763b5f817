// What becomes of records in the log when their schema is deleted from the registry.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { int, text } from '../../src/define/fields.ts';
import { pipeline } from '../../src/define/pipeline.ts';
import { table } from '../../src/define/table.ts';
import { topic } from '../../src/define/topic.ts';
import { serving, temporary } from './tools.ts';

const order = topic('orders', { id: text(), count: int() });
const shop = pipeline('shop', { tables: [table('orders', order, { key: 'id' })] });

test('records whose schema was deleted permanently are decoded and processed after a restart', async (t) => {
  const folder = await temporary(t);
  const first = await serving(t, folder, [shop]);
  await first.backend.pause('shop');
  await first.post('orders', { id: 'a', count: 1 }, { id: 'b', count: 2 });
  const { registry } = first.backend;
  await registry.deleteSubject('orders-value');
  await registry.deleteSubject('orders-value', { permanent: true });
  await first.stop();

  const second = await serving(t, folder, [shop]);
  assert.deepEqual(
    (await second.backend.records('orders', { limit: 10 })).records.map((record) => record.value),
    [
      { id: 'a', count: 1 },
      { id: 'b', count: 2 },
    ],
  );
  await second.backend.resume('shop');
  await second.post('orders', { id: 'c', count: 3 });
  await second.settled();
  const { dead, out, balanced } = second.view().ledger;
  assert.deepEqual({ dead, out, balanced }, { dead: 0, out: 3, balanced: true });
});
