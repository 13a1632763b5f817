// Every page of the console over both examples, in light, dark and on a phone: no error, no warning, no request to anywhere else.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { draw, examples, places } from './pages.ts';
import { describeConsole, show, shows } from './tools.ts';

const looks = [
  { name: 'light', scheme: 'light', width: 1280 },
  { name: 'dark', scheme: 'dark', width: 1280 },
  { name: 'on a phone', scheme: 'light', width: 390 },
] as const;

describeConsole('every page', { ...examples, timeout: 600_000 }, (stage) => {
  for (const place of places) {
    test(`${place.path} opens in light, dark and on a phone, and nothing goes wrong`, async (t) => {
      const { page, troubles } = await stage.visit(t);
      await page.addInitScript({ path: new URL('in-page.js', import.meta.url).pathname });
      for (const { name, scheme, width } of looks) {
        await page.setViewportSize({ width, height: 860 });
        await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
        await draw(page, place);
        assert.equal(await page.locator('html').getAttribute('data-theme'), scheme);
        assert.equal(
          await page.getByRole('alert').count(),
          0,
          `${name}: ${await page.getByRole('alert').allInnerTexts()}`,
        );
        assert.deepEqual(await page.evaluate<string[]>('look.overflow()'), [], `${name}: wider than the window`);
        assert.deepEqual(troubles, [], name);
      }
    });
  }

  test('an address that there is not says so, and leads back', async (t) => {
    const { page } = await stage.open(t, '/no/such/page');
    await page.getByRole('link', { name: 'Go to the overview' }).click();
    await shows(page.getByRole('heading', { name: 'Overview' }));
  });

  test('a table, topic, pipeline or dashboard that there is not says so', async (t) => {
    const { page } = await stage.visit(t);
    for (const path of ['/tables/nothing', '/topics/nothing', '/pipelines/nothing', '/dashboards/nothing']) {
      await show(page, path);
      await shows(
        page
          .locator('#content')
          .getByText(/there is no|no pipeline|not found/i)
          .first(),
      );
    }
  });
});
