// What the URL of the API's page holds: what is looked for, and the route that is open.

export type ApiSearch = { find?: string; route?: string };

export function apiSearch(given: Record<string, unknown>): ApiSearch {
  return {
    ...(typeof given.find === 'string' && given.find ? { find: given.find } : {}),
    ...(typeof given.route === 'string' ? { route: given.route } : {}),
  };
}
