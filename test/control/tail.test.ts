// Records of a topic, as a person reads them beside what runs.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tail } from '../../src/control/tail.ts';
import { int, pipeline, table, topic } from '../../src/index.ts';
import { serving, temporary } from './tools.ts';

const ride = topic('ride', { id: int() });

test('an offset beyond the end is told, since nothing comes of it; one at the end or before it is not', async (t) => {
  const folder = await temporary(t);
  const { post } = await serving(t, folder, [pipeline('rides', { tables: [table('rides', ride, { key: 'id' })] })]);
  await post('ride', { id: 1 }, { id: 2 });
  const seen = async (offset: number) => {
    const notices: string[] = [];
    const offsets: number[] = [];
    const options = { folder, topic: 'ride', from: { offset }, notice: (text: string) => void notices.push(text) };
    for await (const record of tail(options)) offsets.push(record.offset);
    return { notices, offsets };
  };
  assert.deepEqual(await seen(1), { notices: [], offsets: [1] });
  assert.deepEqual(await seen(2), { notices: [], offsets: [] });
  const notices = ['partition 0 ends at offset 2: there is no record at 999999 yet'];
  assert.deepEqual(await seen(999_999), { notices, offsets: [] });
});
