// The ledger as a sum that is seen to balance: each part with its count, and both sides as bars of the same length.
import { CircleCheck, CircleX } from 'lucide-react';
import type { Ledger } from '../../../../src/web/schemas.ts';
import { Card } from '../../kit/card.tsx';
import { classNames } from '../../kit/class-names.ts';
import { formatCount } from '../../kit/format.ts';
import { LedgerBar } from '../overview/ledger-bar.tsx';
import { imbalanceOf, ledgerParts, ledgerShare } from '../overview/ledger-sum.ts';

type LedgerCardProps = {
  ledger: Ledger;
  /** Whether rows of one of the stages may be retracted. */
  retracts: boolean;
};

export function LedgerCard({ ledger, retracts }: LedgerCardProps) {
  const parts = ledgerParts(ledger);
  return (
    <Card
      title="Ledger"
      note={
        retracts
          ? 'Where each record went, since the data folder began. A retraction is not a record: the sum counts records, the stages count rows.'
          : 'Where each record went, since the data folder began.'
      }
      actions={
        ledger.balanced ? (
          <span className="inline-flex items-center gap-1.5 font-medium text-good">
            <CircleCheck aria-hidden className="size-4" />
            It balances
          </span>
        ) : (
          <span className="inline-flex items-center gap-1.5 font-medium text-bad">
            <CircleX aria-hidden className="size-4" />
            It does not balance
          </span>
        )
      }
    >
      <div className="flex flex-col gap-3">
        <div className="grid grid-cols-[4.5rem_minmax(0,1fr)] items-center gap-x-3 gap-y-1.5 text-xs text-muted">
          <span>Came in</span>
          <div className="h-2.5 rounded-full bg-accent" />
          <span>Went</span>
          <LedgerBar ledger={ledger} height={10} />
        </div>
        {/* biome-ignore lint/a11y/useSemanticElements: a sum is read as a group. */}
        <div
          role="group"
          aria-label="The sum"
          className="grid grid-cols-2 gap-x-4 gap-y-3 sm:grid-cols-4 xl:grid-cols-7"
        >
          <Term
            sign=""
            label="came in"
            count={ledger.in}
            colour="var(--accent)"
            note="Records that came in."
            isStrong
          />
          {parts.map((part, i) => (
            <Term
              key={part.name}
              sign={i === 0 ? '=' : '+'}
              label={part.label}
              count={part.count}
              colour={part.colour}
              note={part.note}
              share={ledger.in > 0 ? part.count / ledger.in : 0}
            />
          ))}
        </div>
        {!ledger.balanced && (
          <p role="alert" className="rounded-md bg-bad-soft px-3 py-2 text-bad">
            {imbalanceOf(ledger).text} Keep the data folder as it is and report it: this is a bug of Millrace, not of
            the pipeline.
          </p>
        )}
      </div>
    </Card>
  );
}

type TermProps = {
  sign: string;
  label: string;
  count: number;
  colour: string;
  note: string;
  share?: number;
  isStrong?: boolean;
};

function Term({ sign, label, count, colour, note, share, isStrong }: TermProps) {
  const isNone = count === 0;
  return (
    <div className="flex min-w-0 gap-2" title={note}>
      {sign && (
        <span aria-hidden className="w-3 shrink-0 pt-px text-base text-faint">
          {sign}
        </span>
      )}
      <div className="min-w-0">
        <p
          className={classNames(
            'text-base leading-6 font-semibold',
            isNone && 'font-normal text-faint',
            isStrong && 'text-text',
          )}
        >
          {formatCount(count)}
        </p>
        <p className="flex items-center gap-1.5 text-xs whitespace-nowrap text-muted">
          <span
            aria-hidden
            className="size-2 shrink-0 rounded-xs"
            style={{ background: isNone ? 'var(--line-strong)' : colour }}
          />
          {label}
          {share !== undefined && !isNone && <span className="text-faint">{ledgerShare(share)}</span>}
        </p>
      </div>
    </div>
  );
}
