// A connection that drops heals by itself: a server that was killed and started again, and a network that went away.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeConsole, rowOf, shopFile, show, shows } from './tools.ts';

const lost = /The connection is lost/;

describeConsole('a dropped connection', { files: [shopFile], timeout: 180_000 }, (stage) => {
  test('heals when the server is killed and starts again, and what was missed is shown', async (t) => {
    await stage.order({ id: 'before' });
    const table = await stage.open(t, '/tables/sold');
    const topic = await stage.open(t, '/topics/orders');
    await shows(rowOf(table.page, 'Rows of sold', 'before'));
    await shows(rowOf(topic.page, 'Records of orders', 'before').first());
    await stage.killServer();
    await shows(table.page.locator('[data-live=reconnecting]:visible'));
    await shows(table.page.getByText(lost));
    await shows(table.page.locator('#content[data-lost]'));
    await shows(table.page.getByText(/last heard \d+ s ago/));
    // the line above says it: the page does not say it once more
    assert.equal(await table.page.getByRole('alert').count(), 0);
    await shows(rowOf(table.page, 'Rows of sold', 'before'));
    await stage.startServer();
    await stage.order({ id: 'missed' });
    await shows(table.page.locator('[data-live=live]:visible'));
    await shows(rowOf(table.page, 'Rows of sold', 'missed'));
    await shows(rowOf(topic.page, 'Records of orders', 'missed').first());
    await shows(table.page.getByText(lost), 'hidden');
    await stage.order({ id: 'after' });
    await shows(rowOf(table.page, 'Rows of sold', 'after'));
    await shows(rowOf(topic.page, 'Records of orders', 'after').first());
  });

  test('heals when the network goes and comes back', async (t) => {
    const { page } = await stage.open(t, '/tables/sold');
    await page.context().setOffline(true);
    await stage.order({ id: 'offline' });
    await page.context().setOffline(false);
    await stage.order({ id: 'online' });
    await shows(rowOf(page, 'Rows of sold', 'offline'));
    await shows(rowOf(page, 'Rows of sold', 'online'));
    await shows(page.locator('[data-live=live]:visible'));
  });

  test('a page that is opened while the server is away says so, and comes by itself', async (t) => {
    const { page } = await stage.open(t, '/tables/sold');
    await shows(rowOf(page, 'Rows of sold', 'before'));
    await page.getByRole('link', { name: 'Topics' }).click();
    await shows(page.getByRole('heading', { name: 'Topics' }));
    await stage.killServer();
    await page.goBack();
    await shows(page.getByRole('alert').filter({ hasText: 'Millrace does not answer' }).first());
    await stage.startServer();
    await shows(rowOf(page, 'Rows of sold', 'before'));
    await shows(page.getByRole('alert').first(), 'hidden');
  });

  test('a page whose code is not there yet waits in the shell, and comes when the server is back', async (t) => {
    const { page } = await stage.visit(t);
    const code = '**/assets/dead-page-*.js';
    await page.route(code, (route) => route.abort());
    await show(page, '/tables');
    await stage.killServer();
    await page.getByRole('link', { name: 'Dead letters' }).first().click();
    await shows(page.getByRole('heading', { name: 'Waiting for Millrace' }));
    await shows(page.getByRole('link', { name: 'Tables', exact: true }));
    await page.unroute(code);
    await stage.startServer();
    await shows(page.getByRole('heading', { name: 'Dead letters', level: 1 }));
    await shows(page.locator('[data-live=live]:visible'));
  });

  test('a page of which a part cannot be loaded comes when the server is back, too', async (t) => {
    const { page } = await stage.visit(t);
    const code = '**/assets/code-editor-*.js';
    await page.route(code, (route) => route.abort());
    await show(page, '/tables');
    await stage.killServer();
    await page.getByRole('link', { name: 'SQL', exact: true }).click();
    await shows(page.getByRole('heading', { name: 'Waiting for Millrace' }));
    await page.unroute(code);
    await stage.startServer();
    await shows(page.getByRole('textbox', { name: 'Query' }));
  });

  test('pages that were never opened are there when the server is not', async (t) => {
    const { page } = await stage.visit(t);
    const last = page.waitForResponse('**/assets/map-drawing-*.js');
    await show(page, '/');
    await last;
    await stage.killServer();
    for (const name of ['Topics', 'SQL', 'API']) {
      await page.getByRole('link', { name, exact: true }).click();
      await shows(page.getByRole('heading', { name, level: 1 }));
    }
    await stage.startServer();
    await shows(page.locator('[data-live=live]:visible'));
  });
});
