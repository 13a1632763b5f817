// The pages of the console as the tests of all pages open them, with the examples running, and how one knows that a page is drawn.
import type { Page } from 'playwright-core';
import { busFile, usersFile } from '../e2e/tools.ts';
import { show, shows, type Wanted } from './tools.ts';

/** Both examples, without a network: a name of RFC 2606 that no resolver knows, so that the generator takes the API's place. */
export const examples: Wanted = {
  files: [busFile, usersFile],
  words: ['--set', 'url=https://users.invalid/api/', '--set', 'seed=7'],
};

/** Where a page is, and the texts by which one sees that it is there; `roles` are those of the content. */
export type Place = { readonly path: string; readonly texts: readonly (string | RegExp)[] };

export const places: readonly Place[] = [
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

/** Goes to a page and waits until it is drawn: its texts are there, every chart has been scrolled to, and nothing is loading. */
export async function draw(page: Page, { path, texts }: Place): Promise<void> {
  await show(page, path);
  for (const text of texts) await shows(page.locator('#content').getByText(text).locator('visible=true').first());
  for (const chart of await page.locator('[data-chart]').all()) {
    await chart.scrollIntoViewIfNeeded();
    await shows(chart.getByRole('status', { name: /^Loading/ }), 'hidden');
  }
  await shows(page.locator('#content').getByRole('status', { name: 'Loading' }).first(), 'hidden');
}
