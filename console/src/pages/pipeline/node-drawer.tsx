// The details of one box of the graph: its figures now, and how it is declared.
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { GraphNode, Plan } from '../../../../src/web/schemas.ts';
import { FieldsTable } from '../../data/fields-table.tsx';
import { nodeTitle } from '../../graph/looks.ts';
import { NodeBadge } from '../../kit/badge.tsx';
import { buttonClass } from '../../kit/button.tsx';
import { Facts } from '../../kit/card.tsx';
import { CodeBlock } from '../../kit/code.tsx';
import { Drawer } from '../../kit/dialog.tsx';
import { formatBytes, formatCount, formatDuration, formatRate, formatShare } from '../../kit/format.ts';
import { JsonView } from '../../kit/json-view.tsx';
import { formatUtc } from '../../kit/utc.ts';
import { RebuildButton } from './rebuild-button.tsx';

type NodeDrawerProps = {
  pipeline: string;
  /** Why it cannot be made again now, if so. */
  obstacle: string | undefined;
  node: GraphNode | undefined;
  plan: Plan | undefined;
  onClose: () => void;
};

export function NodeDrawer({ pipeline, obstacle, node, plan, onClose }: NodeDrawerProps) {
  return (
    <Drawer
      isModal={false}
      isOpen={node !== undefined}
      onClose={onClose}
      title={node && <span className="font-mono">{nodeTitle(node)}</span>}
      note={node && `${node.noun}, ${node.label}`}
      actions={
        node && (
          <>
            <NodeLink node={node} pipeline={pipeline} />
            {!node.notice && <Rebuild node={node} pipeline={pipeline} obstacle={obstacle} />}
          </>
        )
      }
    >
      {node && (
        <div className="flex flex-col gap-6">
          {node.notice && (
            <div className="flex flex-col items-start gap-2 rounded-md bg-surface-2 px-3 py-2">
              <p className="min-w-0 break-words">{node.notice}</p>
              <Rebuild node={node} pipeline={pipeline} obstacle={obstacle} />
            </div>
          )}
          <Now node={node} />
          {plan && <Declared node={node} plan={plan} />}
        </div>
      )}
    </Drawer>
  );
}

/** Streams and tables can be made again. */
function Rebuild({ node, pipeline, obstacle }: { node: GraphNode; pipeline: string; obstacle: string | undefined }) {
  const { noun, name } = node;
  if (noun !== 'stream' && noun !== 'table') return null;
  return <RebuildButton pipeline={pipeline} of={{ noun, name }} obstacle={obstacle} size="small" />;
}

function NodeLink({ node, pipeline }: { node: GraphNode; pipeline: string }) {
  const look = buttonClass('plain', 'small');
  const { name } = node;
  return (
    <>
      {node.dead !== undefined && node.dead > 0 && (
        <Link to="/dead" search={{ pipeline }} className={look}>
          Dead letters
        </Link>
      )}
      {node.late !== undefined && node.late > 0 && (
        <Link to="/dead" search={{ pipeline, kind: 'late' }} className={look}>
          Late records
        </Link>
      )}
      {node.noun === 'topic' && (
        <Link to="/topics/$name" params={{ name }} className={look}>
          Browse records
        </Link>
      )}
      {node.noun === 'table' && (
        <Link to="/tables/$name" params={{ name }} className={look}>
          Browse rows
        </Link>
      )}
    </>
  );
}

function Now({ node }: { node: GraphNode }) {
  const count = (value: number | undefined) => (value === undefined ? undefined : formatCount(value));
  return (
    <Section title="Now">
      <Facts
        facts={[
          ['State', <NodeBadge key="state" state={node.state} />],
          ['Rate', formatRate(node.ratePerSecond)],
          ['Read so far', node.progress === undefined ? undefined : formatShare(node.progress)],
          ['In', count(node.in)],
          ['Out', count(node.out)],
          ['Replaced', count(node.replaced)],
          ['Retracted', count(node.retracted)],
          ['Expired', count(node.expired)],
          ['Refused', count(node.refused)],
          ['Filtered', count(node.filtered)],
          ['Deduplicated', count(node.deduplicated)],
          ['Late', count(node.late)],
          ['Dead', count(node.dead)],
          ['Rows', count(node.rows)],
          ['Size', node.bytes === undefined ? undefined : formatBytes(node.bytes)],
          [
            'Lag',
            node.lagRecords === undefined
              ? undefined
              : node.lagRecords === 0
                ? 'none'
                : `${formatCount(node.lagRecords)} records, ${formatDuration((node.lagSeconds ?? 0) * 1_000)}`,
          ],
          ['Batch takes', node.batchMs === undefined ? undefined : formatDuration(node.batchMs)],
          ['Watermark', node.watermark === undefined ? undefined : formatUtc(node.watermark)],
        ]}
      />
    </Section>
  );
}

function Declared({ node, plan }: { node: GraphNode; plan: Plan }) {
  if (node.noun === 'source') {
    const source = plan.sources
      .flatMap((one) => (one.otherwise ? [one, one.otherwise] : [one]))
      .find((one) => one.name === node.name);
    return source ? (
      <Section title="Options">
        <Facts facts={[['Brings records into', <code key="topic">{source.topic}</code>]]} className="mb-3" />
        <JsonView value={source.options} />
      </Section>
    ) : null;
  }
  if (node.noun === 'topic') {
    const topic = plan.topics.find((one) => one.name === node.name);
    return topic ? (
      <Section title="Fields">
        <FieldsTable fields={topic.fields} keys={topic.key ? [topic.key] : []} time={topic.time} />
      </Section>
    ) : null;
  }
  if (node.noun === 'stream') {
    const stream = plan.streams.find((one) => one.name === node.name);
    return stream ? (
      <>
        <Section title="SQL">
          <Facts
            className="mb-3"
            facts={[
              ['Reads', stream.reads],
              ['Window', stream.window],
              ['Looks up', stream.lookups.length > 0 ? stream.lookups.join(', ') : undefined],
            ]}
          />
          <CodeBlock text={stream.sql} language="sql" />
        </Section>
        <Section title="Columns">
          <FieldsTable fields={stream.fields} />
        </Section>
      </>
    ) : null;
  }
  const table = plan.tables.find((one) => one.name === node.name);
  return table ? (
    <Section title="Columns">
      <Facts
        className="mb-3"
        facts={[
          ['Filled by', table.from],
          ['Newest wins by', table.version],
          ['Unique', table.unique.length > 0 ? table.unique.join(', ') : undefined],
          ['Kept for', table.keepMs === undefined ? undefined : formatDuration(table.keepMs)],
        ]}
      />
      <FieldsTable fields={table.columns} keys={table.key} />
    </Section>
  ) : null;
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section>
      <h3 className="mb-2 text-sm font-semibold">{title}</h3>
      {children}
    </section>
  );
}
