// Where tokens are needed the console asks for one, lets in with it, and shows a reader no more than may be done.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cli } from '../e2e/tools.ts';
import { describeConsole, shopFile, shows } from './tools.ts';

const tokens = { reader: '', writer: '' };

describeConsole(
  'signing in',
  {
    files: [shopFile],
    words: ['--require-tokens'],
    async prepare(stage) {
      for (const role of ['reader', 'writer'] as const) {
        const made = await cli(
          { after: () => undefined },
          'token',
          'create',
          '--role',
          role,
          '--json',
          '--data',
          stage.data,
        );
        tokens[role] = (JSON.parse(made.out) as { token: string }).token;
      }
    },
  },
  (stage) => {
    test('a token is asked for, a wrong one is refused with words, and a right one lets in', async (t) => {
      const { page } = await stage.visit(t);
      await page.goto('/tables/sold');
      const field = page.getByLabel('Token');
      await shows(page.locator('input:focus'));
      assert.equal(await page.title(), 'Sign in · Millrace');
      await field.fill('mr_wrong');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await shows(page.getByRole('alert'));
      assert.equal(await page.getByText('Authorization', { exact: true }).count(), 0);
      await field.fill(tokens.writer);
      await page.keyboard.press('Enter');
      await shows(page.getByRole('heading', { name: 'sold', level: 1 }));
      await shows(page.locator('[data-live=live]:visible'));
      await page.reload();
      await shows(page.getByRole('heading', { name: 'sold', level: 1 }));
      const cookies = await page.context().cookies();
      assert.deepEqual(
        cookies.map((one) => [one.httpOnly, one.sameSite]),
        [[true, 'Strict']],
      );
      assert.equal(
        await page
          .evaluate<string>('document.cookie + JSON.stringify(localStorage)')
          .then((text) => text.includes(tokens.writer)),
        false,
      );
    });

    test('a reader cannot pause, and is told why', async (t) => {
      const { page } = await stage.visit(t);
      await page.goto('/pipelines/shop');
      await page.getByLabel('Token').fill(tokens.reader);
      await page.keyboard.press('Enter');
      const pause = page.locator('#content').getByRole('button', { name: 'Pause', exact: true });
      await shows(pause);
      assert.equal(await pause.isDisabled(), true);
      assert.match((await pause.getAttribute('title')) ?? '', /writer/);
      const asked = await page.evaluate<number>(
        "fetch('/api/pipelines/shop/pause', { method: 'POST' }).then((answer) => answer.status)",
      );
      assert.equal(asked, 403);
    });
  },
);
