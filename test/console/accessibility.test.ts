// Whether the console can be used by everybody: names of all controls, headings in order, and contrast of text in both themes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { draw, examples, places } from './pages.ts';
import { describeConsole, shows } from './tools.ts';

const contrastMin = 4.5;

describeConsole('accessibility', { ...examples, timeout: 600_000 }, (stage) => {
  const look = (page: Page, what: string) => page.evaluate<string[]>(`look.${what}`);

  for (const place of places) {
    test(`${place.path}: controls have names, headings are in order, text is readable`, async (t) => {
      const { page } = await stage.visit(t);
      await page.addInitScript({ path: new URL('in-page.js', import.meta.url).pathname });
      for (const scheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
        await draw(page, place);
        assert.deepEqual(await look(page, 'unnamed()'), [], 'controls without a name');
        assert.deepEqual(await look(page, 'twins()'), [], 'ids that are there twice');
        assert.deepEqual(await look(page, 'headings()'), [], 'headings out of order');
        assert.deepEqual(await look(page, `faint(${contrastMin})`), [], `contrast below ${contrastMin}, ${scheme}`);
      }
    });
  }

  test('drawers, dialogs and menus: controls have names, text is readable, the focus stays inside', async (t) => {
    const { page } = await stage.visit(t);
    await page.addInitScript({ path: new URL('in-page.js', import.meta.url).pathname });
    const check = async (what: string) => {
      assert.deepEqual(await look(page, 'unnamed()'), [], `${what}: controls without a name`);
      assert.deepEqual(await look(page, `faint(${contrastMin})`), [], `${what}: contrast`);
    };
    const [, , , , topic] = places;
    await draw(page, topic!);
    await page.getByRole('row').nth(1).click();
    await shows(page.getByRole('dialog'));
    await check('a record');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Post a record' }).click();
    await shows(page.getByRole('dialog', { name: 'Post a record' }));
    await check('the form of a record');
    for (let i = 0; i < 40; i++) await page.keyboard.press('Tab');
    assert.equal(await page.evaluate('document.activeElement.closest("[role=dialog]") !== null'), true);
    await page.keyboard.press('Escape');
    await shows(page.getByRole('dialog'), 'hidden');
    await page.keyboard.press('ControlOrMeta+k');
    await shows(page.getByRole('dialog', { name: 'Go to' }));
    await check('the command menu');
  });
});
