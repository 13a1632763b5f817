// Any JSON value, to be read: parts fold, the whole can be copied.
import { ChevronRight } from 'lucide-react';
import { useState } from 'react';
import { classNames } from './class-names.ts';
import { CopyButton } from './copy-button.tsx';
import { Digits, jsonText } from './json.ts';

type JsonViewProps = {
  value: unknown /** Levels that are open at first. */;
  depth?: number;
  hasCopy?: boolean;
  className?: string;
};

export function JsonView({ value, depth = 2, hasCopy = true, className }: JsonViewProps) {
  return (
    <div className={classNames('relative min-w-0 rounded-md border border-line bg-canvas', className)}>
      <div className="overflow-auto py-2 pr-10 pl-2 font-mono text-xs leading-5">
        <Value value={value} depth={depth} isLast />
      </div>
      {hasCopy && (
        <CopyButton text={() => jsonText(value, 2)} label="Copy as JSON" className="absolute! top-1 right-1" />
      )}
    </div>
  );
}

type ValueProps = { name?: string; value: unknown; depth: number; isLast: boolean };

const shownMax = 200;

function Value({ name, value, depth, isLast }: ValueProps) {
  const [isOpen, setOpen] = useState(depth > 0);
  const [isAll, setAll] = useState(false);
  const label = name !== undefined && <span className="text-accent-text">{JSON.stringify(name)}: </span>;
  const comma = isLast ? '' : ',';
  if (typeof value !== 'object' || value === null || value instanceof Digits) {
    return (
      <div className="pl-4 break-all whitespace-pre-wrap">
        {label}
        <Scalar value={value} />
        {comma}
      </div>
    );
  }
  const isArray = Array.isArray(value);
  const entries = Object.entries(value);
  const [begin, end] = isArray ? ['[', ']'] : ['{', '}'];
  if (entries.length === 0) {
    return (
      <div className="pl-4">
        {label}
        {begin}
        {end}
        {comma}
      </div>
    );
  }
  const shown = isAll ? entries : entries.slice(0, shownMax);
  return (
    <div>
      <button
        type="button"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
        className="flex w-full items-start rounded-sm text-left hover:bg-surface-2"
      >
        <ChevronRight
          aria-hidden
          className={classNames('mt-1 mr-1 size-3 shrink-0 text-faint', isOpen && 'rotate-90')}
        />
        <span>
          {label}
          {begin}
          {!isOpen && (
            <span className="text-faint">
              {' '}
              {entries.length}{' '}
              {isArray ? (entries.length === 1 ? 'item' : 'items') : entries.length === 1 ? 'field' : 'fields'} {end}
              {comma}
            </span>
          )}
        </span>
      </button>
      {isOpen && (
        <>
          <div className="ml-1.5 border-l border-line pl-2">
            {shown.map(([key, one], i) => (
              <Value
                key={key}
                {...(isArray ? {} : { name: key })}
                value={one}
                depth={depth - 1}
                isLast={i === entries.length - 1}
              />
            ))}
            {shown.length < entries.length && (
              <button type="button" className="pl-4 text-accent-text hover:underline" onClick={() => setAll(true)}>
                {entries.length - shown.length} more
              </button>
            )}
          </div>
          <div className="pl-4">
            {end}
            {comma}
          </div>
        </>
      )}
    </div>
  );
}

function Scalar({ value }: { value: unknown }) {
  if (typeof value === 'string') return <span className="text-good">{JSON.stringify(value)}</span>;
  if (typeof value === 'number' || value instanceof Digits)
    return <span className="text-series-4">{String(value)}</span>;
  return <span className="text-warn">{value === undefined ? 'undefined' : String(value)}</span>;
}
