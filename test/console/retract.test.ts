// Rows that are retracted, in a real browser: they leave tables, drawers and charts by themselves, and the stages count them.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../e2e/tools.ts';
import { describeConsole, grid, rowOf, type Stage, shows } from './tools.ts';

const minute = '2026-11-22T08:00:00.000Z';
let second = 0;

/** Posts sales of one minute, each at an instant of its own. */
async function sell(stage: Stage, ...sales: { product: string; amount: number }[]): Promise<void> {
  const records = sales.map((one) => ({ ...one, at: new Date(Date.parse(minute) + ++second * 10).toISOString() }));
  await stage.api('/api/topics/sales/records', records);
}

describeConsole('rows that are retracted', { files: [join(root, 'test/console/till.ts')] }, (stage) => {
  test('appear early and disappear when the window is corrected, without the table being read again', async (t) => {
    const { page, troubles } = await stage.open(t, '/tables/earned');
    await shows(page.getByText('The table has no rows yet'));
    const reads: string[] = [];
    page.on('request', (request) => {
      if (request.url().includes('/api/tables/earned/rows')) reads.push(request.url());
    });
    await sell(stage, { product: 'bread', amount: 5 }, { product: 'rye', amount: 3 });
    await shows(rowOf(page, 'Rows of earned', 'bread'));
    await shows(page.getByText('2 rows', { exact: true }));
    // a page whose stream connects late reads once more: what counts is what follows
    reads.length = 0;
    await sell(stage, { product: 'bread', amount: -5 });
    await shows(rowOf(page, 'Rows of earned', 'bread'), 'hidden');
    await shows(rowOf(page, 'Rows of earned', 'rye'));
    await shows(page.getByText('1 row', { exact: true }));
    await sell(stage, { product: 'bread', amount: 4 });
    await shows(rowOf(page, 'Rows of earned', 'bread'));
    assert.deepEqual([reads, troubles], [[], []]);
  });

  test('leave a table whose filter they no longer meet', async (t) => {
    await sell(stage, { product: 'cake', amount: 50 }, { product: 'pie', amount: 60 });
    const { page } = await stage.open(t, '/tables/earned?where.takings.gt=40');
    await shows(rowOf(page, 'Rows of earned', 'cake'));
    await sell(stage, { product: 'cake', amount: -20 });
    await shows(rowOf(page, 'Rows of earned', 'cake'), 'hidden');
    await shows(rowOf(page, 'Rows of earned', 'pie'));
  });

  test('are said to be gone where one is open', async (t) => {
    await sell(stage, { product: 'roll', amount: 5 });
    const { page } = await stage.open(t, '/tables/earned');
    await rowOf(page, 'Rows of earned', 'roll').click();
    await shows(page.getByRole('dialog'));
    await sell(stage, { product: 'roll', amount: -5 });
    await shows(page.getByText('The row is not in the table'));
  });

  test('stand still, faint, while one reads further down, and the pill counts them', async (t) => {
    const many = Array.from({ length: 60 }, (_, i) => ({ product: `many-${i + 100}`, amount: 1 }));
    await sell(stage, ...many);
    const { page } = await stage.open(t, '/tables/earned?where.product.like=many%25&order=product');
    await shows(rowOf(page, 'Rows of earned', 'many-100'));
    await grid(page, 'Rows of earned').hover();
    await page.mouse.wheel(0, 300);
    await sell(stage, { product: 'many-115', amount: -1 });
    const pill = page.getByRole('button', { name: '1 removed' });
    await shows(pill);
    await shows(page.locator('.gone').filter({ hasText: 'many-115' }));
    await pill.click();
    await shows(rowOf(page, 'Rows of earned', 'many-100'));
    await shows(rowOf(page, 'Rows of earned', 'many-115'), 'hidden');
    await shows(page.getByText(/^59 rows of/));
  });

  test('leave charts, and are counted by the stages', async (t) => {
    await sell(stage, { product: 'tart', amount: 5 });
    const board = await stage.open(t, '/dashboards/till');
    const cell = board.page.getByRole('gridcell', { name: 'tart', exact: true });
    await shows(cell);
    await sell(stage, { product: 'tart', amount: -5 });
    await shows(cell, 'hidden');
    const { page, troubles } = await stage.open(t, '/pipelines/till');
    const retracted = page.getByRole('columnheader', { name: 'Retracted' });
    await shows(retracted);
    // other products earn more than before: their rows take the places of those that were there
    await shows(page.getByRole('columnheader', { name: 'Replaced' }));
    await shows(page.getByRole('columnheader', { name: 'Expired' }), 'hidden');
    await grid(page, 'Stages').getByText('earned', { exact: true }).first().click();
    for (const count of ['Retracted', 'Replaced', 'Expired'])
      await shows(page.getByRole('dialog').getByText(count, { exact: true }));
    assert.deepEqual([...board.troubles, ...troubles], []);
  });

  test('stay in a table by place, in which each record has a row and a drawer of its own', async (t) => {
    await sell(stage, { product: 'scone', amount: 5 }, { product: 'scone', amount: -5 });
    const { page, troubles } = await stage.open(t, '/tables/sold?where.product=scone&order=-_offset');
    await shows(page.getByText(/^2 rows of/));
    await shows(page.getByRole('columnheader', { name: '_offset' }));
    await rowOf(page, 'Rows of sold', '-5').click();
    await shows(page.getByRole('dialog').getByText('_partition, _offset of sold'));
    await shows(page.getByRole('dialog').getByText('-5', { exact: true }));
    assert.deepEqual(troubles, []);
  });
});
