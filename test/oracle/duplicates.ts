// Duplicates, found one record after the other.
import type { Relation } from '../../src/define/relation.ts';
import { type Entry, versionFor } from './records.ts';

/** Leaves out what repeats a record that was kept less than `withinMs` away, in the order in which records were processed. */
export function withoutDuplicates(
  entries: readonly Entry[],
  dedupe: NonNullable<Relation['dedupe']>,
  time: string,
): Entry[] {
  const kept: Entry[] = [];
  for (const entry of inOrder(entries)) if (!kept.some((one) => repeats(entry, one, dedupe, time))) kept.push(entry);
  return entries.filter((entry) => kept.includes(entry));
}

/** Records in the order in which they were processed. */
export function inOrder(entries: readonly Entry[]): Entry[] {
  return [...entries].sort((a, b) => a.order - b.order);
}

export function repeats(
  one: Entry,
  other: Entry,
  { by, withinMs }: NonNullable<Relation['dedupe']>,
  time: string,
): boolean {
  const [{ values }, { values: others }] = [versionFor(one, '*'), versionFor(other, '*')];
  return (
    by.every((name) => values[name] === others[name]) &&
    Math.abs(Number(values[time]) - Number(others[time])) < withinMs
  );
}
