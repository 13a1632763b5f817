// What others write is text and nothing else, and what is personal is not shown.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeConsole, rowOf, shopFile, shows } from './tools.ts';

const attacks = [
  '<img src=x onerror="window.wasAttacked=1">',
  '<script>window.wasAttacked=1</script>',
  'javascript:window.wasAttacked=1',
  '"><svg onload=window.wasAttacked=1>',
];

describeConsole('what others write', { files: [shopFile] }, (stage) => {
  test('is shown as text, wherever it is shown', async (t) => {
    const notes = attacks.map((note, i) => ({ id: `x-${i}`, product: note, note }));
    await stage.order(...notes, { id: attacks[0]!, product: 'x', price: attacks[0]! });
    const { page, troubles } = await stage.open(t, '/tables/sold');
    const wasAttacked = () => page.evaluate<unknown>('window.wasAttacked');
    for (const [i, attack] of attacks.entries()) {
      const row = rowOf(page, 'Rows of sold', `x-${i}`);
      await shows(row.getByText(attack, { exact: true }).first());
      assert.equal(await row.locator('img, script, a[href^=javascript]').count(), 0);
      await row.click();
      await shows(page.getByRole('dialog').getByText(attack, { exact: true }).first());
      assert.equal(await page.getByRole('dialog').locator('img, script, a[href^=javascript]').count(), 0);
      await page.keyboard.press('Escape');
    }
    for (const path of ['/topics/orders', '/topics/orders?record=0:0', '/dead', '/dashboards/shop', '/']) {
      await page.goto(path);
      await shows(page.locator('[data-live=live]:visible'));
      if (path.startsWith('/topics')) await shows(page.getByText(attacks[1]!).first());
      if (path === '/dead') await shows(page.getByText(/Could not convert/).first());
      assert.equal(await page.locator('#content img[src=x], #content script').count(), 0, path);
    }
    const sql = `select note, '${attacks[0]!.replaceAll("'", "''")}' as "<b>name</b>" from sold where note is not null`;
    await page.goto(`/sql?sql=${encodeURIComponent(sql)}`);
    await shows(page.getByRole('gridcell', { name: attacks[1]! }));
    await shows(page.getByRole('columnheader', { name: '<b>name</b>' }));
    assert.equal(await wasAttacked(), undefined);
    assert.deepEqual(troubles, []);
  });

  test('as a name in the address is text too', async (t) => {
    const { page } = await stage.open(t, '/');
    for (const path of ['/tables/', '/topics/', '/pipelines/', '/dashboards/', '/dead/']) {
      await page.goto(`${path}${encodeURIComponent(attacks[0]!)}`);
      await shows(page.getByRole('heading', { level: 1 }));
      assert.equal(await page.evaluate<unknown>('window.wasAttacked'), undefined, path);
    }
  });

  test('is masked in a topic where the field is personal', async (t) => {
    await stage.order({ id: 'hidden', product: 'quiche', buyer: 'Philippa Secret' });
    const { page } = await stage.open(t, '/topics/orders?search=hidden');
    const row = rowOf(page, 'Records of orders', 'quiche');
    await shows(row.getByText('•••'));
    await row.click();
    await shows(page.getByRole('dialog').getByText('•••').first());
    assert.equal(await page.getByText('Philippa').count(), 0);
    await stage.order({ id: 'hidden', product: 'live-quiche', buyer: 'Philippa Secret' });
    await shows(rowOf(page, 'Records of orders', 'live-quiche').getByText('•••'));
    assert.equal(await page.getByText('Philippa').count(), 0);
  });
});
