// How the console is used: SQL by keyboard, filters in the address, the command menu, and the keyboard alone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeConsole, rowOf, shopFile, show, shows } from './tools.ts';

describeConsole('using the console', { files: [shopFile] }, (stage) => {
  test('Ctrl-Enter runs a query, and its address shows the same answer again', async (t) => {
    await stage.order({ id: 'q1', product: 'bagel', price: '2.5' }, { id: 'q2', product: 'bagel', price: '3' });
    const { page, troubles } = await stage.open(t, '/sql');
    await page.getByRole('textbox', { name: 'Query' }).click();
    await page.keyboard.insertText(
      "select product, sum(price) as total from sold where product = 'bagel' group by product",
    );
    await page.keyboard.press('ControlOrMeta+Enter');
    const result = page.getByRole('region', { name: 'Result' });
    await shows(result.getByRole('gridcell', { name: '5.5' }));
    await shows(result.getByText(/1 row in/));
    await page.reload();
    await shows(result.getByRole('gridcell', { name: '5.5' }));
    assert.deepEqual(troubles, []);
  });

  test('an error of a query names the place', async (t) => {
    const { page } = await stage.open(t, '/sql');
    await page.getByRole('textbox', { name: 'Query' }).click();
    await page.keyboard.insertText('select id,\n  prise\nfrom sold');
    await page.keyboard.press('ControlOrMeta+Enter');
    const alert = page.getByRole('region', { name: 'Result' }).getByRole('alert');
    await shows(alert.getByText(/prise/).first());
    await shows(alert.getByText(/line 2, column 3/));
  });

  test('a filter that is made by hand stands in the address and survives a reload', async (t) => {
    await stage.order({ id: 'f1', product: 'flan' }, { id: 'f2', product: 'focaccia' });
    const { page } = await stage.open(t, '/tables/sold');
    await shows(rowOf(page, 'Rows of sold', 'f2'));
    await page.keyboard.press('/');
    await page.getByRole('combobox', { name: 'Column' }).click();
    await page.getByRole('option', { name: /^product/ }).click();
    await page.getByRole('textbox', { name: 'Value' }).fill('flan');
    await page.getByRole('button', { name: 'Add the filter' }).click();
    await shows(rowOf(page, 'Rows of sold', 'f2'), 'hidden');
    await shows(rowOf(page, 'Rows of sold', 'f1'));
    assert.equal(new URL(page.url()).searchParams.get('where.product'), 'flan');
    await page.reload();
    await shows(rowOf(page, 'Rows of sold', 'f1'));
    await shows(page.getByRole('button', { name: 'Remove the filter of product' }));
    assert.equal(await rowOf(page, 'Rows of sold', 'f2').count(), 0);
  });

  test('a header sorts, and the order is in the address', async (t) => {
    await stage.order({ id: 's1', product: 'sort', price: '9' }, { id: 's2', product: 'sort', price: '10' });
    const { page } = await stage.open(t, '/tables/sold?where.product=sort');
    const header = page.getByRole('columnheader', { name: 'price' }).getByRole('button');
    await header.click();
    await header.click();
    await page.waitForURL(/order=-price/);
    await shows(page.getByRole('row').nth(1).getByRole('gridcell', { name: 's2' }));
    await page.reload();
    await shows(page.getByRole('row').nth(1).getByRole('gridcell', { name: 's2' }));
  });

  test('Ctrl-K opens the command menu, which goes to a table; Escape closes it', async (t) => {
    const { page, troubles } = await stage.open(t, '/');
    await page.keyboard.press('ControlOrMeta+k');
    const menu = page.getByRole('dialog', { name: 'Go to' });
    await shows(menu);
    await page.keyboard.press('Escape');
    await shows(menu, 'hidden');
    await page.keyboard.press('ControlOrMeta+k');
    await shows(menu.getByText('sold', { exact: true }));
    await page.keyboard.type('table sold');
    await shows(menu.getByText('Places'), 'hidden');
    await shows(menu.locator('[data-highlighted]', { hasText: 'sold' }));
    await page.keyboard.press('Enter');
    await shows(page.getByRole('heading', { name: 'sold', level: 1 }));
    assert.equal(new URL(page.url()).pathname, '/tables/sold');
    assert.deepEqual(troubles, []);
  });

  test('Tab reaches the content, the menu and every place', async (t) => {
    const { page } = await stage.open(t, '/');
    const reached: string[] = [];
    const places = ['Overview', 'Topics', 'Tables', 'SQL', 'Dashboards', 'Dead letters', 'API'];
    for (let i = 0; i < 20 && !places.every((one) => reached.includes(one)); i++) {
      await page.keyboard.press('Tab');
      reached.push(await page.evaluate<string>('document.activeElement.ariaLabel || document.activeElement.innerText'));
    }
    assert.equal(reached[0], 'Skip to the content');
    assert.deepEqual(
      reached.filter((one) => places.includes(one)),
      places,
    );
    const ring = await page.evaluate<string>('getComputedStyle(document.activeElement).outlineStyle');
    assert.notEqual(ring, 'none', 'where the focus is can be seen');
    await page.keyboard.press('Enter');
    await shows(page.getByRole('heading', { name: 'API', level: 1 }));
  });

  test('a row is opened, stepped through and closed by keys alone', async (t) => {
    await stage.order({ id: 'k1', product: 'keys' }, { id: 'k2', product: 'keys' });
    const { page } = await stage.open(t, '/tables/sold?where.product=keys');
    await shows(rowOf(page, 'Rows of sold', 'k2'));
    await page.getByRole('grid').focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    const drawer = page.getByRole('dialog');
    await shows(drawer.getByText('k1').first());
    await page.keyboard.press('ArrowDown');
    await shows(drawer.getByText('k2').first());
    await page.keyboard.press('Escape');
    await shows(drawer, 'hidden');
  });

  test('the theme is chosen from the command menu, and kept', async (t) => {
    const { page } = await stage.open(t, '/', { colorScheme: 'light' });
    await page.keyboard.press('ControlOrMeta+k');
    await page.keyboard.type('theme: dark');
    await shows(page.locator('[data-highlighted]', { hasText: 'Theme: dark' }));
    await page.keyboard.press('Enter');
    await shows(page.locator('html[data-theme=dark]'));
    await show(page, '/topics');
    await shows(page.locator('html[data-theme=dark]'));
  });

  test('what stands in grey in the SQL editor is run by Ctrl-Enter', async (t) => {
    await stage.order({ id: 'grey' });
    const { page } = await stage.open(t, '/sql');
    await page.getByRole('textbox', { name: 'Query' }).click();
    await shows(page.getByText(/runs this example/));
    await page.keyboard.press('ControlOrMeta+Enter');
    await shows(page.getByRole('region', { name: 'Result' }).getByText(/rows? in/));
  });

  test('the command menu finds streams, columns and charts, and pauses a pipeline', async (t) => {
    const { page } = await stage.open(t, '/');
    const pick = async (text: string, label: string) => {
      await page.keyboard.press('ControlOrMeta+k');
      await page.keyboard.type(text);
      await shows(page.locator('[data-highlighted]', { hasText: label }));
      await page.keyboard.press('Enter');
      await shows(page.getByRole('dialog', { name: 'Go to' }), 'hidden');
    };
    const closed = async () => {
      await shows(page.getByRole('dialog'));
      await page.keyboard.press('Escape');
      await shows(page.getByRole('dialog'), 'hidden');
    };
    await pick('stream priced', 'priced');
    await page.waitForURL('**/pipelines/shop?node=stream*');
    await closed();
    await pick('column takings.minute', 'takings.minute');
    await page.waitForURL('**/tables/takings');
    await pick('takings a minute', 'Takings a minute');
    await page.waitForURL('**/dashboards/shop?chart=*');
    await closed();
    await pick('pause shop', 'Pause shop');
    await shows(page.getByText('shop is paused.'));
    await pick('resume shop', 'Resume shop');
    await shows(page.getByText('shop goes on.'));
    await page.keyboard.press('ControlOrMeta+k');
    await shows(page.getByText('Recent', { exact: true }));
  });

  test('a table that is not there leads to those that are, and a filter that is wrong can be taken away', async (t) => {
    await stage.order({ id: 'there' });
    const { page } = await stage.open(t, '/tables/nothing');
    await shows(page.getByRole('heading', { name: 'Unknown table' }));
    await page.getByRole('link', { name: 'See all tables' }).click();
    await shows(page.getByRole('heading', { name: 'Tables', level: 1 }));
    await show(page, '/tables/sold?where.price.gt=abc');
    await page.getByRole('button', { name: 'Remove the filter', exact: true }).click();
    await shows(rowOf(page, 'Rows of sold', 'there'));
  });

  test('Tab stops once at the headers of a grid, and the arrow keys go on from there', async (t) => {
    await stage.order({ id: 'walked' });
    const { page } = await stage.open(t, '/tables/sold');
    await shows(rowOf(page, 'Rows of sold', 'walked'));
    await page.getByRole('grid').focus();
    await page.keyboard.press('Tab');
    await shows(page.getByRole('columnheader', { name: 'id' }).locator('button:focus'));
    await page.keyboard.press('ArrowRight');
    await shows(page.getByRole('columnheader', { name: 'product' }).locator('button:focus'));
    await page.keyboard.press('Tab');
    assert.equal(await page.locator('[role=columnheader] button:focus').count(), 0);
    await page.keyboard.press('Shift+Tab');
    await shows(page.getByRole('columnheader', { name: 'product' }).locator('button:focus'));
  });
});
