// What check says about SQL: every case of cases/ with its golden output.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { check } from '../../src/control/check.ts';
import { cases } from './cases/refused-sql.ts';

const golden = new URL('./cases/refused.golden.txt', import.meta.url);

describe('check says of SQL', () => {
  test('what is wrong, where, and what to do: as in cases/refused.golden.txt (UPDATE=1 writes it anew)', async () => {
    let written = '';
    for (const [title, made] of Object.entries(cases)) {
      const errors = await check([made()], {});
      written += `## ${title}\n`;
      for (const { code, place, message, remedy } of errors)
        written += `${code} at ${place}\n  ${message}\n  > ${remedy}\n`;
      if (errors.length === 0) written += 'fine\n';
      written += '\n';
    }
    if (process.env.UPDATE) await writeFile(golden, written);
    assert.equal(written, await readFile(golden, 'utf8'));
    for (const line of written.split('\n').filter((one) => / at /.test(one) && /^[A-Z_]+ at/.test(one)))
      assert.match(line, /(stream|table|topic) '/);
  });
});
