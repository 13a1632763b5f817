// What a pipeline declares besides fields and queries: kept at each start, so that a change of it can be told.
import { formatMs } from '../core/durations.ts';
import type { Pipeline } from '../define/pipeline.ts';
import type { Table } from '../define/table.ts';
import type { Topic } from '../define/topic.ts';

/** Settings of a noun, as JSON; null where one is not given. */
export type Settings = Readonly<Record<string, string | number | readonly string[] | null>>;

/** The settings of a pipeline, by `topic NAME`, `stream NAME`, `table NAME`. */
export type AllSettings = Readonly<Record<string, Settings>>;

/** A setting that has changed; `affectsRows`: rows that were stored before would be others. */
export type SettingChange = { readonly says: string; readonly affectsRows: boolean };

/** The settings of a pipeline as it is declared. */
export function settingsOf({ topics, streams, tables }: Pipeline): AllSettings {
  return Object.fromEntries([
    ...topics.map((one) => [`topic ${one.name}`, ofTopic(one)]),
    ...streams.map((one) => [`stream ${one.name}`, {}]),
    ...tables.map((one) => [`table ${one.name}`, ofTable(one)]),
  ]);
}

function ofTopic({ key, time, person, latenessMs }: Topic): Settings {
  return { key: key ?? null, time: time ?? null, person: person ?? null, lateness: latenessMs };
}

function ofTable({ from, version, unique, keepMs }: Table): Settings {
  return { from: `${from.noun} ${from.name}`, version: version ?? null, unique, keep: keepMs ?? null };
}

/** Settings whose change makes stored rows others than the definition now gives. */
const affecting = new Set(['time', 'from', 'version']);

/** What has changed between two settings of one noun, in words. */
export function changedSettings(before: Settings | undefined, now: Settings): SettingChange[] {
  if (before === undefined) return [];
  return Object.keys(now)
    .filter((name) => JSON.stringify(before[name] ?? null) !== JSON.stringify(now[name] ?? null))
    .map((name) => ({
      says: `its ${name} was ${shown(name, before[name])} and is now ${shown(name, now[name])}`,
      affectsRows: affecting.has(name),
    }));
}

function shown(name: string, value: Settings[string] | undefined): string {
  if (value === null || value === undefined || (Array.isArray(value) && value.length === 0)) return 'not given';
  if (typeof value === 'number' && (name === 'keep' || name === 'lateness')) return formatMs(value);
  return typeof value === 'object' ? value.join(', ') : String(value);
}
