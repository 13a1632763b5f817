// Every page of the console over both examples, in light, dark and on a phone: nothing goes wrong, and everybody can use it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { busFile, usersFile } from '../e2e/tools.ts';
import { describeConsole, faults, show, shows, type Wanted } from './tools.ts';

/** Both examples, without a network: a name of RFC 2606 that no resolver knows, so that the generator takes the API's place. */
const examples: Wanted = {
  files: [busFile, usersFile],
  words: ['--set', 'url=https://users.invalid/api/', '--set', 'seed=7', '--set', 'rate=20/s'],
};

/** Where a page is, and the texts by which one sees that it is there; `roles` are those of the content. */
type Place = { readonly path: string; readonly texts: readonly (string | RegExp)[] };

const places: readonly Place[] = [
  { path: '/', texts: ['Overview', 'bus', 'users'] },
  { path: '/pipelines/bus', texts: ['Stages', 'bus_processed', 'line_delay'] },
  { path: '/pipelines/bus?tab=definition', texts: ['bus_positions', 'line_delays'] },
  { path: '/topics', texts: ['bus_positions', 'users_created'] },
  { path: '/topics/bus_positions', texts: ['vehicle', /The newest [\d,]+ of/] },
  { path: '/topics/bus_positions?tab=partitions', texts: ['Partition'] },
  { path: '/topics/bus_positions?tab=schema', texts: ['recorded_at'] },
  { path: '/topics/bus_positions?tab=configuration', texts: ['Retention', 'Posting'] },
  { path: '/tables', texts: ['bus_latest', 'created_users'] },
  { path: '/tables/bus_latest', texts: ['vehicle', /rows/] },
  { path: '/sql', texts: ['Write a SELECT and run it', 'bus_latest'] },
  { path: '/dashboards', texts: ['bus', 'users'] },
  { path: '/dashboards/bus', texts: ['Positions', 'Mean delay by line'] },
  { path: '/dashboards/users', texts: ['Users by country', 'Newest users'] },
  { path: '/dead', texts: ['Dead letters'] },
  { path: '/api', texts: ['/api/topics/{name}/records'] },
];

/** Grey shapes where something is on its way. */
const skeleton = '[class*=breathe]';

/** Goes to a page and waits until it is drawn: its texts are there, every chart has been scrolled to, and nothing is on its way. */
async function draw(page: Page, { path, texts }: Place): Promise<void> {
  await show(page, path);
  for (const text of texts) await shows(page.locator('#content').getByText(text).locator('visible=true').first());
  for (const chart of await page.locator('[data-chart]').all()) {
    await chart.scrollIntoViewIfNeeded();
    await shows(chart.locator(':scope > header + div > *').first());
    await shows(chart.locator(skeleton).first(), 'hidden');
  }
  await shows(page.locator('#content').locator(skeleton).first(), 'hidden');
}

const looks = [
  { name: 'light', scheme: 'light', width: 1280 },
  { name: 'dark', scheme: 'dark', width: 1280 },
  { name: 'on a phone', scheme: 'light', width: 390 },
] as const;

describeConsole('every page', { ...examples, timeout: 900_000 }, (stage) => {
  for (const place of places) {
    test(`${place.path} opens in light, dark and on a phone; nothing goes wrong, and it is readable`, async (t) => {
      const { page, troubles } = await stage.visit(t);
      for (const { name, scheme, width } of looks) {
        await page.setViewportSize({ width, height: 860 });
        await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
        await draw(page, place);
        assert.equal(await page.locator('html').getAttribute('data-theme'), scheme);
        assert.deepEqual(await page.getByRole('alert').allInnerTexts(), [], name);
        assert.deepEqual(await faults(page), [], name);
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
