// Dead letters in a real browser: one is edited, tried and sent again; a group is sent again; what is personal stays hidden.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import type { DeadLetterDetail, DeadPage } from '../../src/web/schemas.ts';
import { until } from '../e2e/tools.ts';
import { describeConsole, grid, type Order, rowOf, shopFile, shows } from './tools.ts';

describeConsole('dead letters', { files: [shopFile] }, (stage) => {
  /** Posts orders whose price is no number, and waits until they are in the dead letters; the id of the newest. */
  const fail = async (...orders: readonly Partial<Order>[]): Promise<number> => {
    const before = await stage.api<DeadPage>('/api/dead');
    await stage.order(...orders.map((one) => ({ price: 'dear', ...one })));
    const letters = async () => (await stage.api<DeadPage>('/api/dead')).letters;
    await until('they are dead', async () => (await letters()).length === before.letters.length + orders.length);
    return (await letters())[0]!.id;
  };
  const edit = async (page: Page, from: string, to: string) => {
    const editor = page.getByRole('textbox', { name: 'What is sent again' });
    const text = await editor.innerText();
    assert.ok(text.includes(from), text);
    await editor.click();
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.insertText(text.replace(from, to));
  };

  test('one is edited, tried, sent again and gone, and its row is in the table', async (t) => {
    const id = await fail({ id: 'fixed', product: 'scone' });
    const { page, troubles } = await stage.open(t, '/dead');
    await grid(page, 'Dead letters').getByRole('row').nth(1).click();
    await page.waitForURL(`**/dead/${id}`);
    const drawer = page.getByRole('dialog');
    await shows(drawer.getByText(/Could not convert/).first());
    await edit(page, '"dear"', '"4.75"');
    await drawer.getByRole('button', { name: 'Try', exact: true }).click();
    await shows(drawer.getByText('It would be stored'));
    assert.equal((await stage.api<DeadPage>('/api/dead')).letters.length, 1, 'a trial stores nothing');
    await drawer.getByRole('button', { name: 'Send the fixed one' }).click();
    await shows(drawer.getByText('Stored: it has left the dead letters'));
    await drawer.getByRole('button', { name: 'Close' }).click();
    await shows(page.getByText('Nothing is dead'));
    const table = await stage.open(t, '/tables/sold?where.product=scone');
    await shows(rowOf(table.page, 'Rows of sold', 'fixed').getByRole('gridcell', { name: '4.75' }));
    assert.deepEqual([...troubles, ...table.troubles], []);
  });

  test('one that is not fixed says why it would fail again, and stays', async (t) => {
    const id = await fail({ id: 'unfixed' });
    const { page } = await stage.open(t, `/dead/${id}`);
    const drawer = page.getByRole('dialog');
    await drawer.getByRole('button', { name: 'Try', exact: true }).click();
    await shows(drawer.getByText('It would fail again'));
    await drawer.getByRole('button', { name: 'Send again', exact: true }).click();
    await shows(drawer.getByText('It failed again and stays here'));
    assert.equal((await stage.api<DeadLetterDetail>(`/api/dead/${id}`)).tries, 1);
  });

  test('a group is sent again at once, and it is said what became of it', async (t) => {
    await fail({ id: 'group-1' }, { id: 'group-2' });
    const { page } = await stage.open(t, '/dead');
    const { groups } = await stage.api<DeadPage>('/api/dead');
    const count = groups.reduce((sum, group) => sum + group.count, 0);
    await page.getByRole('button', { name: `Send all ${count} again` }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Send all again' }).click();
    await shows(dialog.getByText(`${count} refused again`));
    await dialog.getByRole('button', { name: 'Done' }).click();
    await shows(dialog, 'hidden');
    const after = await stage.api<DeadPage>('/api/dead');
    assert.ok(after.letters.every((one) => one.tries >= 1));
  });

  test('a letter has an address of its own', async (t) => {
    const id = await fail({ id: 'linked' });
    const { page } = await stage.open(t, '/dead');
    await grid(page, 'Dead letters').getByRole('row').nth(1).click();
    await page.waitForURL(`**/dead/${id}`);
    await page.reload();
    await shows(page.getByRole('dialog').getByText('ROW_FAILED').first());
    await page.keyboard.press('Escape');
    await shows(page.getByRole('dialog'), 'hidden');
    assert.match(page.url(), /\/dead$/);
  });

  test('a personal field is masked in a letter, and keeps its value when it is fixed', async (t) => {
    const id = await fail({ id: 'masked', buyer: 'Philippa Secret' });
    const { page } = await stage.open(t, `/dead/${id}`);
    const drawer = page.getByRole('dialog');
    await shows(drawer.getByText('•••').first());
    await drawer.getByRole('tab', { name: 'Record' }).click();
    await shows(drawer.getByText('•••').first());
    assert.equal(await page.getByText('Philippa').count(), 0);
    await drawer.getByRole('tab', { name: 'Fix' }).click();
    await edit(page, '"dear"', '"1.25"');
    await drawer.getByRole('button', { name: 'Send the fixed one' }).click();
    await shows(drawer.getByText('Stored: it has left the dead letters'));
    assert.equal((await stage.api<{ buyer: string }>('/api/tables/sold/rows/masked')).buyer, 'Philippa Secret');
  });
});
