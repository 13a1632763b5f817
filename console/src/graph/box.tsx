// A box of a graph: what it is, how it is, and its figure.
import { CircleAlert, CirclePause, CircleX, ClockAlert, Info, type LucideIcon } from 'lucide-react';
import type { GraphNode } from '../../../src/web/schemas.ts';
import { classNames } from '../kit/class-names.ts';
import { formatCount, formatShort } from '../kit/format.ts';
import { Middle } from '../kit/middle.tsx';
import { nodeFigure, nodeNote, nodeTitle, nodeWords, nounIcons } from './looks.ts';

type BoxProps = { node: GraphNode; onOpen: (node: GraphNode) => void; isOpen?: boolean };

export function Box({ node, onOpen, isOpen }: BoxProps) {
  const Icon = nounIcons[node.noun];
  const isFlowing = node.state === 'flowing';
  const title = nodeTitle(node);
  return (
    <button
      type="button"
      aria-label={nodeWords(node)}
      title={node.notice}
      onClick={() => onOpen(node)}
      className={classNames(
        'relative flex h-[58px] w-[190px] flex-col justify-center gap-1 rounded-lg border bg-surface px-2.5 text-left transition-colors',
        node.state === 'failed'
          ? 'border-bad'
          : node.state === 'paused'
            ? 'border-dashed border-line-strong'
            : isFlowing
              ? 'border-accent/55'
              : 'border-line-strong',
        isOpen ? 'ring-2 ring-accent' : 'hover:border-accent',
      )}
    >
      <span className="flex items-center gap-1.5">
        <Icon
          aria-hidden
          className={classNames(
            'size-3.5 shrink-0',
            node.state === 'failed' ? 'text-bad' : isFlowing ? 'text-accent' : 'text-muted',
          )}
        />
        <Middle text={title} className="min-w-0 flex-1 font-mono text-[11.5px] leading-4 font-medium" />
        <Sign node={node} />
      </span>
      <span className="flex items-baseline gap-2 text-2xs leading-4 text-muted">
        <span className="min-w-0 flex-1 truncate">{nodeNote(node)}</span>
        <span
          className={classNames(
            'shrink-0',
            node.state === 'failed' ? 'font-medium text-bad' : isFlowing && 'font-medium text-text',
          )}
        >
          {nodeFigure(node)}
        </span>
      </span>
      {node.progress !== undefined && node.progress < 1 && (
        <span aria-hidden className="absolute inset-x-2.5 bottom-1 h-0.5 overflow-hidden rounded-full bg-surface-3">
          <span className="block h-full bg-accent transition-[width]" style={{ width: `${node.progress * 100}%` }} />
        </span>
      )}
    </button>
  );
}

/** Records that were put aside here. */
function Aside({ icon: Icon, count, title }: { icon: LucideIcon; count: number; title: string }) {
  return (
    <span title={title} className="inline-flex shrink-0 items-center gap-0.5 text-2xs font-medium text-warn">
      <Icon aria-hidden className="size-3.5" />
      {formatShort(count)}
    </span>
  );
}

/** The small sign beside the name, where there is something to know. */
export function Sign({ node }: { node: GraphNode }) {
  if (node.state === 'failed') return <CircleX aria-hidden className="size-3.5 shrink-0 text-bad" />;
  if (node.dead || node.late)
    return (
      <>
        {node.dead ? (
          <Aside icon={CircleAlert} count={node.dead} title={`${formatCount(node.dead)} in the dead letters`} />
        ) : null}
        {node.late ? (
          <Aside icon={ClockAlert} count={node.late} title={`${formatCount(node.late)} came too late; kept aside`} />
        ) : null}
      </>
    );
  if (node.state === 'paused') return <CirclePause aria-hidden className="size-3.5 shrink-0 text-muted" />;
  if (node.notice) return <Info aria-hidden className="size-3.5 shrink-0 text-muted" />;
  return null;
}
