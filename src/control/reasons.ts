// What the counts of a pipeline have to say of its health, in words.
import type { Ledger } from './millrace.ts';

/**
 * A reason for each count that a person should look at.
 *
 * @param mostlyLate the streams for which most records of the last seconds were too late
 */
export function countReasons({ dead, balanced }: Ledger, mostlyLate: readonly string[]): string[] {
  return [
    ...(dead > 0 ? [`${dead} ${dead === 1 ? 'record is' : 'records are'} in the dead letters`] : []),
    ...(balanced ? [] : ['the ledger does not balance']),
    ...mostlyLate.map(
      (stream) =>
        `most records come too late for the windows of stream ${stream}: one with a later time may have moved the watermark. They are kept: see \`millrace dead list\``,
    ),
  ];
}
