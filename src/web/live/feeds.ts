// What is gathered of a table or a topic between two pushes: of each row the newest, of records the last ones.
import { limits } from '../../core/limits.ts';
import type { StoredRow } from '../../store/store.ts';
import type { TableChange } from '../backend.ts';
import type { TopicRecord } from '../schemas.ts';
import { rowToJson, toJson } from '../values.ts';
import type { Feed } from './hub.ts';
import type { Item } from './ring.ts';

/** A feed, and the function that is told what changed. */
export type Told<T extends readonly unknown[]> = Feed & { readonly tell: (...change: T) => void };

const reasons = { many: 'more rows changed than one event carries', removed: 'rows were removed' };

/** What changes in a table. Where too much changed, rows are left out and clients read again. */
export function tableFeed(key: readonly string[], bytesMax: number): Told<[TableChange]> {
  const rows = new Map<string, { row: StoredRow; count: number }>();
  let isOver = false;
  let isRemoved = false;
  return {
    event: 'rows',
    tell(change) {
      if (change.isPartial) isRemoved = true;
      if (isOver || change.count > change.rows.length) isOver = true;
      else {
        for (const row of change.rows) {
          const name = JSON.stringify(key.map((column) => toJson(row[column])));
          rows.set(name, { row, count: (rows.get(name)?.count ?? 0) + 1 });
        }
        isOver = rows.size > limits.changeRowsMax;
      }
      if (isOver) rows.clear();
    },
    take() {
      const changed = [...rows];
      const reset = isOver ? reasons.many : isRemoved ? reasons.removed : undefined;
      // before anything is made of them: rows that cannot be sent must not be tried again with each push
      rows.clear();
      isOver = false;
      isRemoved = false;
      let bytes = 0;
      const items: Item[] = [];
      for (const [name, { row, count }] of changed) {
        const json = JSON.stringify(rowToJson(row));
        bytes += json.length;
        if (bytes > bytesMax) return { items: [], skipped: 0, reset: reasons.many };
        items.push({ key: name, value: row, json, count });
      }
      return { items, skipped: 0, reset };
    },
    data: (items) =>
      `{"rows":[${items.map(({ json }) => json).join()}],"count":${items.reduce((sum, { count }) => sum + count, 0)}}`,
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
        items.push({ key: undefined, value: record, json, count: 1 });
      }
      return { items: items.reverse(), skipped: left + added.length - items.length, reset: undefined };
    },
    data: (items, left) => `{"records":[${items.map(({ json }) => json).join()}],"skipped":${left}}`,
  };
}
