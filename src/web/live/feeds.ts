// What a feed collects between two pushes: the last state of each changed row of a table, the last records of a topic.
import { limits } from '../../core/limits.ts';
import { rowToJson } from '../../core/row-json.ts';
import type { StoredRow } from '../../store/store.ts';
import type { TableChange } from '../backend.ts';
import type { TopicRecord } from '../schemas.ts';
import type { Feed } from './hub.ts';
import type { Item } from './ring.ts';

/** A feed, and the function that is told what changed. */
export type Told<T extends readonly unknown[]> = Feed & { readonly tell: (...change: T) => void };

const reasons = { many: 'more rows changed than one event carries', partial: 'not all that changed is known' };

/** What changes in a table: rows that were written and rows that were removed. Where too much changed, clients read again. */
export function tableFeed(key: readonly string[], bytesMax: number): Told<[TableChange]> {
  const changed = new Map<string, { row: StoredRow; isRemoved: boolean; count: number }>();
  let reset: string | undefined;
  const put = (row: StoredRow, isRemoved: boolean) => {
    const name = JSON.stringify(rowToJson(Object.fromEntries(key.map((column) => [column, row[column]]))));
    changed.set(name, { row, isRemoved, count: (changed.get(name)?.count ?? 0) + 1 });
  };
  return {
    event: 'rows',
    tell({ rows, removed, isPartial, count }) {
      if (isPartial) reset = count > limits.changeRowsMax ? reasons.many : (reset ?? reasons.partial);
      if (reset === reasons.many) return;
      for (const row of rows) put(row, false);
      for (const row of removed) put(row, true);
      if (changed.size > limits.changeRowsMax) reset = reasons.many;
    },
    take() {
      const gathered = reset === reasons.many ? [] : [...changed];
      const why = reset;
      // before anything is made of them: rows that cannot be sent must not be tried again with each push
      changed.clear();
      reset = undefined;
      let bytes = 0;
      const items: Item[] = [];
      for (const [name, { row, isRemoved, count }] of gathered) {
        const json = isRemoved ? name : JSON.stringify(rowToJson(row));
        bytes += json.length;
        if (bytes > bytesMax) return { items: [], skipped: 0, reset: reasons.many };
        items.push({ key: name, value: row, json, isRemoved, count });
      }
      return { items, skipped: 0, reset: why };
    },
    data(items) {
      const rows = items.filter(({ isRemoved }) => !isRemoved).map(({ json }) => json);
      const removed = items.filter(({ isRemoved }) => isRemoved).map(({ key }) => key);
      const count = items.reduce((sum, item) => sum + item.count, 0);
      return `{"rows":[${rows.join()}],"removed":[${removed.join()}],"count":${count}}`;
    },
  };
}

/** What is appended to a topic. Where too much was, the last records are sent and those before them are counted. */
export function topicFeed(bytesMax: number): Told<[readonly TopicRecord[], number]> {
  let records: TopicRecord[] = [];
  let skipped = 0;
  return {
    event: 'records',
    tell(added, left) {
      skipped += left;
      records.push(...added);
      const over = records.length - limits.changeRowsMax;
      if (over <= 0) return;
      records = records.slice(over);
      skipped += over;
    },
    take() {
      const added = records.reverse();
      const left = skipped;
      records = [];
      skipped = 0;
      let bytes = 0;
      const items: Item[] = [];
      for (const record of added) {
        const json = JSON.stringify(rowToJson(record));
        bytes += json.length;
        if (bytes > bytesMax) break;
        items.push({ key: undefined, value: record, json, isRemoved: false, count: 1 });
      }
      return { items: items.reverse(), skipped: left + added.length - items.length, reset: undefined };
    },
    data: (items, left) => `{"records":[${items.map(({ json }) => json).join()}],"skipped":${left}}`,
  };
}
