// The ledger as parts of a sum: what came in, and where each record went.
import type { Ledger } from '../../../../src/web/schemas.ts';
import { formatCount, plural } from '../../kit/format.ts';

export type LedgerPart = {
  name: 'out' | 'filtered' | 'deduplicated' | 'late' | 'dead' | 'inFlight';
  label: string;
  /** What these records are. */
  note: string;
  colour: string;
  count: number;
};

/** The parts in the order in which the API's sum has them. */
export function ledgerParts(ledger: Ledger): LedgerPart[] {
  return [
    {
      name: 'out',
      label: 'stored',
      note: 'Records whose rows are in the tables.',
      colour: 'var(--good)',
      count: ledger.out,
    },
    {
      name: 'filtered',
      label: 'filtered',
      note: 'Left out by a WHERE clause.',
      colour: 'var(--series-8)',
      count: ledger.filtered,
    },
    {
      name: 'deduplicated',
      label: 'deduplicated',
      note: 'Left out as duplicates.',
      colour: 'var(--series-7)',
      count: ledger.deduplicated,
    },
    {
      name: 'late',
      label: 'late',
      note: 'Too late for their window; kept aside.',
      colour: 'var(--series-5)',
      count: ledger.late,
    },
    {
      name: 'dead',
      label: 'dead',
      note: 'In the dead letters, to be fixed and sent again.',
      colour: 'var(--bad)',
      count: ledger.dead,
    },
    {
      name: 'inFlight',
      label: 'in flight',
      note: 'Durable in the log, not processed yet.',
      colour: 'var(--series-6)',
      count: ledger.inFlight,
    },
  ];
}

/** `97.7%`, `2.0%`, `0.3%`: the shares of a sum to the same place, so that they can be compared. */
export function ledgerShare(share: number): string {
  if (share > 0 && share < 0.0005) return '<0.1%';
  if (share > 0.9995 && share < 1) return '>99.9%';
  return share === 1 ? '100%' : `${(share * 100).toFixed(1)}%`;
}

/** What is wrong with a ledger that does not balance: in a few words, and in a sentence. */
export function imbalanceOf(ledger: Ledger): { short: string; text: string } {
  const missing = missingRecords(ledger);
  if (missing > 0)
    return {
      short: `${formatCount(missing)} not accounted for`,
      text: `${plural(missing, 'record')} came in and are not accounted for.`,
    };
  if (missing < 0)
    return {
      short: `${formatCount(-missing)} too many`,
      text: `${plural(-missing, 'record')} more went out than came in.`,
    };
  const [first, ...others] = ledger.wrongTables ?? [];
  if (!first) return { short: 'not balanced', text: 'What was counted does not agree with the offsets of the log.' };
  return {
    short: others.length > 0 ? `${others.length + 1} tables have other rows` : `${first.table} has other rows`,
    text: [first, ...others]
      .map(
        ({ table, rows, counted }) =>
          `Table ${table} has ${plural(rows, 'row')}, and ${formatCount(counted)} by its counts.`,
      )
      .join(' '),
  };
}

/** Records that came in and are nowhere; below 0 where more went out than came in. 0 while the sum is right. */
export function missingRecords(ledger: Ledger): number {
  return ledger.in - ledgerParts(ledger).reduce((sum, part) => sum + part.count, 0);
}
