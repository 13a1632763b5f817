// The ledger on one line: what came in, a bar of where it went, and whether the sum is right.
import { CircleCheck, CircleX } from 'lucide-react';
import type { Ledger } from '../../../../src/web/schemas.ts';
import { formatCount } from '../../kit/format.ts';
import { LedgerBar } from './ledger-bar.tsx';
import { imbalanceOf, ledgerParts } from './ledger-sum.ts';

export function LedgerLine({ ledger }: { ledger: Ledger }) {
  const parts = ledgerParts(ledger).filter((part) => part.count > 0 || part.name === 'out');
  return (
    <div className="flex min-w-0 flex-col gap-1.5">
      <LedgerBar ledger={ledger} height={6} />
      <p className="flex flex-wrap items-center gap-x-2 gap-y-0.5 text-xs text-muted">
        <span>
          <b className="font-semibold text-text">{formatCount(ledger.in)}</b> in
        </span>
        <span aria-hidden>=</span>
        {parts.map((part, i) => (
          <span key={part.name} title={part.note} className="inline-flex items-center gap-1.5">
            {i > 0 && (
              <span aria-hidden className="mr-0.5">
                +
              </span>
            )}
            <span aria-hidden className="size-2 rounded-xs" style={{ background: part.colour }} />
            <span>
              <b className="font-semibold text-text">{formatCount(part.count)}</b> {part.label}
            </span>
          </span>
        ))}
        {ledger.balanced ? (
          <span className="inline-flex items-center gap-1 text-good">
            <CircleCheck aria-hidden className="size-3.5" />
            balanced
          </span>
        ) : (
          <span className="inline-flex items-center gap-1 font-medium text-bad">
            <CircleX aria-hidden className="size-3.5" />
            {imbalanceOf(ledger).short}
          </span>
        )}
      </p>
    </div>
  );
}
