// Live data in a real browser: what is posted is seen without reload, in tables, topics and filters; a pipeline is paused and goes on.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeConsole, grid, rowOf, shopFile, shows } from './tools.ts';

describeConsole('live data', { files: [shopFile] }, (stage) => {
  test('a record posted by REST appears in the open table without reload', async (t) => {
    await stage.order({ id: 'first' });
    const { page, troubles } = await stage.open(t, '/tables/sold');
    await shows(rowOf(page, 'Rows of sold', 'first'));
    await stage.order({ id: 'posted', price: '17.25' });
    const row = rowOf(page, 'Rows of sold', 'posted');
    await shows(row);
    await shows(row.getByRole('gridcell', { name: '17.25' }));
    await stage.order({ id: 'posted', price: '18.75' });
    await shows(row.getByRole('gridcell', { name: '18.75' }));
    assert.deepEqual(troubles, []);
  });

  test('a record posted by REST appears in the live tail of its topic', async (t) => {
    const { page, troubles } = await stage.open(t, '/topics/orders');
    await shows(grid(page, 'Records of orders'));
    await stage.order({ id: 'tailed', product: 'rye' });
    const row = rowOf(page, 'Records of orders', 'rye');
    await shows(row);
    assert.deepEqual(troubles, []);
  });

  test('a paused tail stands still until it is followed again', async (t) => {
    const { page } = await stage.open(t, '/topics/orders');
    await page.getByRole('button', { name: 'Pause', exact: true }).click();
    await shows(page.getByRole('button', { name: 'Follow' }));
    assert.match(page.url(), /isLive=false/);
    await stage.order({ id: 'while-it-stands', product: 'spelt' });
    // the figures above are read again and again: by then the tail would have shown it
    const { records } = await stage.api<{ records: number }>('/api/topics/orders');
    await shows(page.locator('#content').getByText(String(records), { exact: true }).first());
    assert.equal(await rowOf(page, 'Records of orders', 'spelt').count(), 0);
    await page.getByRole('button', { name: 'Follow' }).click();
    await shows(rowOf(page, 'Records of orders', 'spelt'));
  });

  test('a filtered table shows the changes that meet the filter, and no others', async (t) => {
    await stage.order({ id: 'cake-1', product: 'cake' });
    const { page, troubles } = await stage.open(t, '/tables/sold?where.product=cake');
    await shows(rowOf(page, 'Rows of sold', 'cake-1'));
    await stage.order({ id: 'roll-1', product: 'roll' }, { id: 'cake-2', product: 'cake' });
    await shows(rowOf(page, 'Rows of sold', 'cake-2'));
    assert.equal(await rowOf(page, 'Rows of sold', 'roll-1').count(), 0);
    assert.deepEqual(troubles, []);
  });

  test('a row that no longer meets the filter goes', async (t) => {
    await stage.order({ id: 'pie-1', product: 'pie' }, { id: 'pie-2', product: 'pie' });
    const { page } = await stage.open(t, '/tables/sold?where.product=pie');
    await shows(rowOf(page, 'Rows of sold', 'pie-1'));
    await stage.order({ id: 'pie-1', product: 'tart' });
    await shows(rowOf(page, 'Rows of sold', 'pie-1'), 'hidden');
    await shows(rowOf(page, 'Rows of sold', 'pie-2'));
  });

  test('rows stand still while one reads further down, and the pill says how many wait', async (t) => {
    await stage.order(...Array.from({ length: 90 }, (_, i) => ({ id: `m-${i + 100}`, product: 'many' })));
    const { page } = await stage.open(t, '/tables/sold?where.product=many&order=-id');
    await shows(rowOf(page, 'Rows of sold', 'm-189'));
    await grid(page, 'Rows of sold').hover();
    await page.mouse.wheel(0, 900);
    await shows(rowOf(page, 'Rows of sold', 'm-189'), 'hidden');
    await stage.order({ id: 'm-999', product: 'many' });
    await page.getByRole('button', { name: '1 new row' }).click();
    await shows(rowOf(page, 'Rows of sold', 'm-999'));
  });

  test('a paused pipeline lets records wait, and stores them when it goes on', async (t) => {
    const { page, troubles } = await stage.open(t, '/pipelines/shop');
    await page.getByRole('button', { name: 'Pause', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Pause', exact: true }).click();
    const resume = page.locator('#content').getByRole('button', { name: 'Resume', exact: true });
    await shows(resume);
    await stage.order({ id: 'waited-1' }, { id: 'waited-2' });
    await shows(
      page
        .locator('#content')
        .getByText(/2 (records )?waiting|in flight/)
        .first(),
    );
    const missing = await fetch(`${stage.url}/api/tables/sold/rows/waited-1`);
    assert.equal(missing.status, 404);
    const table = await stage.open(t, '/tables/sold?where.id.like=waited%25');
    await shows(table.page.getByText('No row meets the filter'));
    await resume.click();
    await shows(rowOf(table.page, 'Rows of sold', 'waited-1'));
    await shows(rowOf(table.page, 'Rows of sold', 'waited-2'));
    await shows(page.getByRole('button', { name: 'Pause', exact: true }));
    assert.deepEqual([...troubles, ...table.troubles], []);
  });
});
