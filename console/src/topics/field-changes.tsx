// The fields of a schema, and what became of each since another version.
import { Minus, PenLine, Plus } from 'lucide-react';
import { Badge } from '../kit/badge.tsx';
import { classNames } from '../kit/class-names.ts';
import type { AvroField, FieldChange } from './schema-diff.ts';

const signs = {
  added: { tone: 'good', icon: Plus, row: 'bg-good-soft/50' },
  removed: { tone: 'bad', icon: Minus, row: 'bg-bad-soft/50' },
  changed: { tone: 'warn', icon: PenLine, row: 'bg-warn-soft/50' },
} as const;

function typeText({ type, isOptional, default: fallback }: AvroField, hasDefault: boolean): string {
  return `${type}${isOptional ? ', optional' : ''}${hasDefault && fallback !== undefined ? `, default ${fallback}` : ''}`;
}

function Types({ before, after }: Pick<FieldChange, 'before' | 'after'>) {
  const hasDefault = before !== undefined && after !== undefined && before.default !== after.default;
  const [was, is] = [before && typeText(before, hasDefault), after && typeText(after, hasDefault)];
  if (is === undefined) return <span className="line-through">{was}</span>;
  if (was === undefined || was === is) return is;
  return (
    <>
      <span className="text-muted line-through">{was}</span> {is}
    </>
  );
}

export function FieldChanges({ changes, isDiff }: { changes: readonly FieldChange[]; isDiff: boolean }) {
  return (
    <div className="overflow-x-auto">
      <table className="w-full min-w-xl text-left">
        <thead className="border-b border-line bg-surface-2 text-xs text-muted">
          <tr>
            <th className="h-8 px-4 font-medium">Field</th>
            <th className="px-4 font-medium">Type</th>
            <th className="w-full min-w-64 px-4 font-medium">Meaning</th>
            {isDiff && <th className="px-4 text-right font-medium">Change</th>}
          </tr>
        </thead>
        <tbody className="divide-y divide-line">
          {changes.map(({ name, kind, before, after }) => {
            const sign = kind === 'same' ? undefined : signs[kind];
            return (
              <tr key={name} className={classNames('align-baseline', isDiff && sign?.row)}>
                <td className={classNames('px-4 py-1.5 font-mono text-xs', kind === 'removed' && 'line-through')}>
                  {name}
                </td>
                <td className="px-4 py-1.5 font-mono text-xs whitespace-nowrap">
                  <Types before={before} after={after} />
                </td>
                <td className="px-4 py-1.5 text-muted">{(after ?? before)?.doc}</td>
                {isDiff && (
                  <td className="px-4 py-1.5 text-right">
                    {sign && (
                      <Badge tone={sign.tone} icon={sign.icon}>
                        {kind}
                      </Badge>
                    )}
                  </td>
                )}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
