// Whether what opens over a page can be used by everybody: names of all controls, contrast in both themes, the focus that stays inside.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeConsole, faults, rowOf, shopFile, shows } from './tools.ts';

describeConsole('what opens over a page', { files: [shopFile] }, (stage) => {
  for (const colorScheme of ['light', 'dark'] as const) {
    test(`rows, records, dead letters, forms and menus are readable and have names, ${colorScheme}`, async (t) => {
      const product = `cake-${colorScheme}`;
      await stage.order({ id: product, product }, { id: 'broken', price: 'dear' });
      const { page, troubles } = await stage.open(t, `/tables/sold?where.product=${product}`, { colorScheme });
      const dialog = page.getByRole('dialog');
      const closed = async (what: string) => {
        assert.deepEqual(await faults(page), [], what);
        await page.keyboard.press('Escape');
        await shows(dialog, 'hidden');
      };
      await rowOf(page, 'Rows of sold', product).click();
      await shows(dialog.getByText(product).first());
      await closed('a row');
      await page.getByRole('button', { name: 'Filter', exact: false }).last().click();
      await shows(page.getByRole('button', { name: 'Add the filter' }));
      assert.deepEqual(await faults(page), [], 'a filter');
      await page.goto('/topics/orders');
      await rowOf(page, 'Records of orders', product).first().click();
      await shows(dialog.getByText(product).first());
      await closed('a record');
      await page.getByRole('button', { name: 'Post a record' }).click();
      await shows(dialog.getByRole('textbox').first());
      const focused = page.locator('[role=dialog]:focus-within');
      await shows(focused);
      for (let i = 0; i < 30; i++) {
        await page.keyboard.press('Tab');
        // after the last control a guard has the focus until the next frame
        await shows(focused);
      }
      await closed('the form of a record');
      await page.goto('/dead');
      await page.getByRole('grid', { name: 'Dead letters' }).getByRole('row').nth(1).click();
      await shows(dialog.getByText(/Could not convert/).first());
      await dialog.getByRole('button', { name: 'Try', exact: true }).click();
      await shows(dialog.getByText('It would fail again'));
      await closed('a dead letter');
      await page.goto('/pipelines/shop');
      await page.getByRole('button', { name: 'Pause', exact: true }).click();
      await shows(dialog);
      await closed('a question');
      await page.keyboard.press('ControlOrMeta+k');
      await shows(dialog.getByText('Places'));
      await closed('the command menu');
      assert.deepEqual(troubles, []);
    });
  }
});
