// Where the records went as one bar; a hatched red end is what is not accounted for.
import type { Ledger } from '../../../../src/web/schemas.ts';
import { formatCount } from '../../kit/format.ts';
import { ledgerParts, missingRecords } from './ledger-sum.ts';

export function LedgerBar({ ledger, height }: { ledger: Ledger; height: number }) {
  const parts = ledgerParts(ledger).filter((part) => part.count > 0);
  const missing = Math.max(0, missingRecords(ledger));
  const whole = Math.max(ledger.in, parts.reduce((sum, part) => sum + part.count, 0) + missing) || 1;
  // A few records among millions are still seen: no part is narrower than two pixels.
  const style = (count: number) => ({ flexGrow: count / whole, flexBasis: 2 });
  return (
    <div aria-hidden className="flex gap-px overflow-hidden rounded-full bg-surface-3" style={{ height }}>
      {parts.map((part) => (
        <div
          key={part.name}
          title={`${formatCount(part.count)} ${part.label}`}
          style={{ ...style(part.count), background: part.colour }}
        />
      ))}
      {missing > 0 && (
        <div
          title={`${formatCount(missing)} not accounted for`}
          style={{
            ...style(missing),
            minWidth: 8,
            background: 'repeating-linear-gradient(135deg, var(--bad) 0 3px, var(--bad-soft) 3px 6px)',
          }}
        />
      )}
    </div>
  );
}
