// The sql tag takes the text as it is written: backslashes are SQL's.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { drive, pipeline, sql, stream, table, text, topic } from '../../src/index.ts';

const line = topic('line', { id: text(), line: text() }, { key: 'id' });

describe('the sql tag', () => {
  test('keeps a backslash as it is written, also where the language knows no such escape', () => {
    assert.deepEqual(sql`regexp_extract(line, 'slot (\d+)', 1)`.texts, ["regexp_extract(line, 'slot (\\d+)', 1)"]);
    assert.deepEqual(sql`a \n \u \x1 \\ \{2\} \$ $\ ${line} \w`.texts, [
      'a \\n \\u \\x1 \\\\ \\{2\\} \\$ $\\ ',
      ' \\w',
    ]);
  });

  test('takes an escaped backquote and an escaped ${ as these characters', () => {
    assert.deepEqual(sql`'\`a\` \${b} $\{c}'`.texts, ["'`a` #{b} #{c}'".replaceAll('#', '$')]);
    assert.deepEqual(sql`${sql`'\`\d'`} ${line} \d`.texts, ["'`\\d' ", ' \\d']);
  });

  test('is told from a call without a template', () => {
    assert.throws(() => sql('select 1' as never), { code: 'PIPELINE_INVALID', place: 'sql' });
  });

  test('makes regular expressions that match', async () => {
    const slots = stream(
      'slots',
      { id: text(), slot: text() },
      sql`
      select id, regexp_extract(line, 'slot (\d+)\.', 1) as slot from ${line} where regexp_matches(line, '\bslot\b')`,
    );
    await using driver = await drive(pipeline('p', { tables: [table('slots', slots, { key: 'id' })] }));
    await driver.send(line, [
      { id: 'a', line: 'workerEnv in slot 12.' },
      { id: 'b', line: 'slots 7.' },
    ]);
    const [made] = [...(await driver.rows(table('slots', slots, { key: 'id' })))];
    assert.deepEqual(made, { id: 'a', slot: '12' });
  });
});
