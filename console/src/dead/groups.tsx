// The dead letters by what happened to them: a line for each pipeline, stage and reason, with a button that sends all again.
import { Clock, MailX, RotateCcw } from 'lucide-react';
import { useState } from 'react';
import { needsWriter, useMayWrite } from '../data/may-write.ts';
import { Button } from '../kit/button.tsx';
import { classNames } from '../kit/class-names.ts';
import { formatAgo, formatCount } from '../kit/format.ts';
import { Middle } from '../kit/middle.tsx';
import { type Group, groupId, type Wanted } from './group.ts';
import { explainCode } from './reasons.ts';
import { SendAllDialog } from './send-all-dialog.tsx';

type GroupsProps = { groups: readonly Group[]; wanted: Wanted; onWant: (wanted: Wanted) => void };

export function Groups({ groups, wanted, onWant }: GroupsProps) {
  const [sending, setSending] = useState<Group>();
  const mayWrite = useMayWrite();
  const sorted = groups
    .filter(({ kind }) => wanted.kind === undefined || kind === wanted.kind)
    .sort((a, b) => a.kind.localeCompare(b.kind) || b.count - a.count);
  return (
    <>
      <ul aria-label="Groups" className="divide-y divide-line overflow-hidden rounded-lg border border-line bg-surface">
        {sorted.map((group) => {
          const { pipeline, stage, kind, code, count, newestAt } = group;
          const isOnly = groupId(wanted) === groupId(group);
          const Icon = kind === 'late' ? Clock : MailX;
          return (
            <li key={groupId(group)} className={classNames('flex items-center gap-2 pr-3', isOnly && 'bg-accent-soft')}>
              <button
                type="button"
                aria-pressed={isOnly}
                onClick={() => onWant(isOnly ? {} : { pipeline, stage, kind, code })}
                className="flex min-w-0 flex-1 items-center gap-3 py-2 pl-4 text-left -outline-offset-2 hover:bg-surface-2"
              >
                <Icon
                  aria-hidden
                  className={classNames('size-4 shrink-0', kind === 'late' ? 'text-warn' : 'text-bad')}
                />
                <span className="min-w-0 flex-1">
                  <span className="block truncate">{explainCode(code).title}</span>
                  <Middle text={`${pipeline} › ${stage}`} className="font-mono text-xs text-muted" />
                </span>
                <span className="font-mono text-2xs text-muted max-lg:hidden">{code}</span>
                <span className="w-24 text-right text-xs text-muted max-md:hidden" title="The newest">
                  {formatAgo(newestAt)}
                </span>
                <span className="w-14 text-right font-semibold">{formatCount(count)}</span>
              </button>
              <Button
                size="small"
                icon={RotateCcw}
                disabled={!mayWrite}
                title={mayWrite ? undefined : needsWriter}
                aria-label={`Send all ${count} again`}
                onClick={() => setSending(group)}
              >
                <span className="max-sm:hidden">Send all again</span>
              </Button>
            </li>
          );
        })}
      </ul>
      {sending && <SendAllDialog group={sending} onClose={() => setSending(undefined)} />}
    </>
  );
}
