// Making streams and tables again from the console: the buttons, the question, how far it is.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeConsole, shopFile, shows } from './tools.ts';

describeConsole('rebuilding from the console', { files: [shopFile] }, (stage) => {
  test('a pipeline is made again after a question that says what happens', async (t) => {
    await stage.order({ id: 'r1', product: 'roll' });
    const { page, troubles } = await stage.open(t, '/pipelines/shop');
    await page.getByRole('button', { name: 'Rebuild…' }).click();
    const question = page.getByRole('dialog', { name: 'Rebuild shop?' });
    await shows(question.getByText(/All streams, windows and tables .* can be read/));
    const [asked] = await Promise.all([
      page.waitForRequest('**/api/pipelines/shop/rebuild'),
      question.getByRole('button', { name: 'Rebuild', exact: true }).click(),
    ]);
    assert.deepEqual(asked.postDataJSON(), {});
    await shows(question, 'hidden');
    await shows(page.getByText('shop is made again.').first());
    assert.deepEqual(troubles, []);
  });

  for (const [noun, name, words] of [
    ['stream', 'minutes', /Stream minutes, and the streams and tables that follow/],
    ['table', 'takings', /Table takings, with the streams that keep rows for it/],
  ] as const)
    test(`a ${noun} is made again from its drawer`, async (t) => {
      const { page, troubles } = await stage.open(t, `/pipelines/shop?node=${noun}:${name}`);
      const drawer = page.getByRole('dialog', { name });
      await drawer.getByRole('button', { name: 'Rebuild…' }).click();
      const question = page.getByRole('dialog', { name: `Rebuild ${name}?` });
      await shows(question.getByText(words));
      const [asked] = await Promise.all([
        page.waitForRequest('**/api/pipelines/shop/rebuild'),
        question.getByRole('button', { name: 'Rebuild', exact: true }).click(),
      ]);
      assert.deepEqual(asked.postDataJSON(), { names: [name] });
      await shows(question, 'hidden');
      assert.deepEqual(troubles, []);
    });

  test('how far it is stands on the page of the pipeline and in the overview, and why it has failed', async (t) => {
    const { page } = await stage.visit(t);
    const [view] = (await stage.api<{ pipelines: object[] }>('/api/pipelines')).pipelines;
    let rebuild: object = { state: 'waiting', done: 250, total: 1000, reason: 'no space left on the disk' };
    // what the server would say while the disk is full
    await page.route('**/api/live**', (route) => route.abort());
    await page.route('**/api/pipelines', (route) => route.fulfill({ json: { pipelines: [{ ...view, rebuild }] } }));
    await page.route('**/api/pipelines/shop', async (route) => {
      const detail = (await (await route.fetch()).json()) as object;
      await route.fulfill({ json: { ...detail, rebuild } });
    });
    await page.goto('/pipelines/shop');
    await shows(page.getByText('250 of 1,000 records'));
    await shows(page.getByText(/waits and tries again: no space left on the disk/));
    assert.equal(await page.getByRole('progressbar', { name: 'Made again' }).getAttribute('aria-valuenow'), '250');
    assert.ok(await page.getByRole('button', { name: 'Rebuild…' }).first().isDisabled());
    const cancelled = () => page.waitForRequest((request) => request.method() === 'DELETE');
    await page.getByRole('button', { name: 'Cancel…' }).click();
    const question = page.getByRole('dialog', { name: 'Give up the rebuild of shop?' });
    await shows(question.getByText(/tables that are there stay as they are/));
    const [asked] = await Promise.all([cancelled(), question.getByRole('button', { name: 'Give up' }).click()]);
    assert.match(asked.url(), /\/api\/pipelines\/shop\/rebuild$/);
    // nothing is made again: the server says so
    await shows(page.getByText(/is not being rebuilt/).first());
    rebuild = { state: 'failed', done: 250, total: 1000, reason: 'a column is gone' };
    await page.reload();
    await shows(page.getByText(/has failed: a column is gone/));
    assert.ok(await page.getByRole('button', { name: 'Cancel…' }).isEnabled());
    assert.ok(await page.getByRole('button', { name: 'Rebuild…' }).first().isEnabled());
  });
});
