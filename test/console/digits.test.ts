// Numbers in a real browser have the digits that were sent: in a table, in the drawer of a row, in the records of a topic, in a letter, in SQL.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../e2e/tools.ts';
import { describeConsole, grid, shows } from './tools.ts';

const id = '9007199254740993';
const amount = '12345678901234567890.0123456789';
const data = '{"id":9007199254740993,"share":0.12345678901234567890,"list":[1.5,1]}';
const record = (price: string, of = id) => `{"id":${of},"amount":${amount},"data":${data},"price":"${price}"}`;

describeConsole('digits', { files: [join(root, 'test/console/wide.ts')] }, (stage) => {
  const post = async (body: string) => {
    const response = await fetch(new URL('/api/topics/wide/records', stage.url), {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    });
    assert.equal(response.status, 200, await response.text());
  };

  for (const [browser, isOld] of [
    ['a browser that tells the text of a number', false],
    ['one that does not', true],
  ] as const)
    test(`are those that were sent, in ${browser}`, async (t) => {
      await post(`[${record('1')},${record('dear', '7')}]`);
      const { page, troubles } = await stage.visit(t);
      if (isOld)
        await page.addInitScript(() => {
          const { parse } = JSON;
          JSON.parse = (text, reviver) => parse(text, reviver && ((key, value) => reviver(key, value)));
        });
      await page.goto(`/tables/priced?where.id=${id}`);
      const row = grid(page, 'Rows of priced').getByRole('row').nth(1);
      for (const value of [id, amount, data]) await shows(row.getByRole('gridcell', { name: value, exact: true }));
      await page.goto(`/tables/priced?row=${id}`);
      const drawer = page.getByRole('dialog');
      for (const value of [id, amount, '0.12345678901234567890'])
        await shows(drawer.getByText(value, { exact: true }).first());
      await page.goto('/topics/wide');
      for (const value of [id, amount, data])
        await shows(page.getByRole('gridcell', { name: value, exact: true }).first());
      await page.goto('/dead');
      await grid(page, 'Dead letters').getByRole('row').nth(1).click();
      const letter = page.getByRole('dialog');
      const editor = letter.getByRole('textbox', { name: 'What is sent again' });
      await shows(editor.getByText('0.12345678901234567890'));
      await letter.getByRole('tab', { name: 'Record' }).click();
      await shows(letter.getByText('0.12345678901234567890').first());
      await page.goto('/sql?sql=select%20data%20from%20priced');
      await shows(page.getByRole('gridcell', { name: data, exact: true }).first());
      assert.deepEqual(troubles, []);
    });
});
