// What the URLs of the topics' pages hold.

export type TopicsSearch = { find?: string };

export function topicsSearch(given: Record<string, unknown>): TopicsSearch {
  return given.find === undefined || given.find === '' ? {} : { find: String(given.find) };
}

export const topicTabs = ['records', 'partitions', 'schema', 'configuration'] as const;
export type TopicTab = (typeof topicTabs)[number];

/**
 * `offset` with `partition`, or `at` (a time): where reading begins; else the newest. `search`: a text in key or value.
 * `isLive` false: no live tail. `record`: PARTITION:OFFSET of the one that is open. `version` and `base`: of the schema.
 */
export type TopicSearch = {
  tab?: TopicTab;
  partition?: number;
  offset?: number;
  at?: string;
  search?: string;
  isLive?: boolean;
  record?: string;
  version?: number;
  base?: number;
};

function whole(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0;
}

export function topicSearch(given: Record<string, unknown>): TopicSearch {
  const tab = topicTabs.find((one) => one === given.tab);
  return {
    ...(tab && tab !== 'records' ? { tab } : {}),
    ...(whole(given.partition) ? { partition: given.partition } : {}),
    ...(whole(given.offset) ? { offset: given.offset } : {}),
    ...(given.at === undefined || given.at === '' ? {} : { at: String(given.at) }),
    ...(given.search === undefined || given.search === '' ? {} : { search: String(given.search) }),
    ...(given.isLive === false ? { isLive: false } : {}),
    ...(typeof given.record === 'string' && /^\d+:\d+$/.test(given.record) ? { record: given.record } : {}),
    ...(whole(given.version) ? { version: given.version } : {}),
    ...(whole(given.base) ? { base: given.base } : {}),
  };
}
