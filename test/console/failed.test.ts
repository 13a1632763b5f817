// A pipeline that has failed: since when, what can be done, and no green sign.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { root, until } from '../e2e/tools.ts';
import { describeConsole, grid, shopFile, shows } from './tools.ts';

type View = { name: string; status: string; run: { endedAt?: number }; canRestart?: boolean };

const files = [shopFile, join(root, 'test/console/broken.ts')];

describeConsole('a pipeline that has failed', { files }, (stage) => {
  const broken = async () =>
    (await stage.api<{ pipelines: View[] }>('/api/pipelines')).pipelines.find(({ name }) => name === 'broken')!;
  const failed = () => until('it has failed', async () => (await broken()).status === 'failed');

  test('says how long ago, and that counts', async (t) => {
    await failed();
    const { page, troubles } = await stage.open(t, '/pipelines/broken');
    const figure = page.locator('#content time').first();
    const seconds = async () => Number(/^(\d+) s ago$/.exec(await figure.innerText())?.[1]);
    await until('the time since is told in seconds', async () => (await seconds()) >= 2);
    const before = await seconds();
    await until('it counts', async () => (await seconds()) > before);
    await shows(page.getByText(/^it failed, after/));
    await page.goto('/');
    await shows(page.getByRole('region', { name: 'Pipeline broken' }).getByText(/ago$/));
    assert.deepEqual(troubles, []);
  });

  test('has no stage that ended well, and is neither paused nor rebuilt', async (t) => {
    await failed();
    const { page } = await stage.open(t, '/pipelines/broken');
    const stages = grid(page, 'Stages');
    await shows(stages.getByText('failed', { exact: true }));
    assert.equal(await stages.getByText('stopped', { exact: true }).count(), 3);
    assert.equal(await stages.getByText('ended', { exact: true }).count(), 0);
    assert.equal(await page.getByRole('button', { name: 'Pause' }).count(), 0);
    assert.ok(await page.getByRole('button', { name: 'Rebuild…' }).isDisabled());
    await page.keyboard.press('ControlOrMeta+k');
    await page.keyboard.type('pause ');
    await shows(page.locator('[data-highlighted]', { hasText: 'Pause shop' }));
    assert.equal(await page.getByRole('option', { name: /Pause broken/ }).count(), 0);
  });

  test('is restarted where the server can, and only there', async (t) => {
    await failed();
    const view = await broken();
    const { page } = await stage.visit(t);
    let canRestart: boolean | undefined;
    // the server's word on it, with the rest as it is
    await page.route('**/api/live**', (route) => route.abort());
    const answer = () => ({ ...view, canRestart });
    await page.route('**/api/pipelines', (route) => route.fulfill({ json: { pipelines: [answer()] } }));
    await page.route('**/api/pipelines/broken', async (route) => {
      const detail = (await (await route.fetch()).json()) as object;
      await route.fulfill({ json: { ...detail, canRestart } });
    });
    const restart = page.getByRole('button', { name: 'Restart' });
    await page.goto('/pipelines/broken');
    await shows(page.getByRole('heading', { name: 'broken', level: 1 }));
    await shows(grid(page, 'Stages').getByText('failed', { exact: true }));
    assert.equal(await restart.count(), 0);
    canRestart = true;
    await page.reload();
    await page.route('**/api/pipelines/broken/restart', (route) => route.fulfill({ json: answer() }));
    const [asked] = await Promise.all([page.waitForRequest('**/api/pipelines/broken/restart'), restart.click()]);
    assert.equal(asked.method(), 'POST');
    await shows(page.getByText('broken is restarted.').first());
  });
});
