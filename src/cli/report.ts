// What a run did, when it has ended: per pipeline the ledger, how long it took, and the rows of the tables.

import type { PipelineStatus } from '../control/millrace.ts';
import { formatMs } from '../core/durations.ts';
import type { MillraceError } from '../core/errors.ts';
import { grid } from './grid.ts';
import { formatCount, formatRate, plural } from './numbers.ts';
import type { Paint } from './paint.ts';
import { balance } from './status.ts';
import { harmless } from './width.ts';

/** A pipeline's run as --json prints it. */
export function reportJson(status: PipelineStatus, failure: MillraceError | undefined): Record<string, unknown> {
  return {
    name: status.name,
    health: status.health,
    ...(status.reason === undefined ? {} : { reason: status.reason }),
    ...(failure ? { error: failure.toJSON() } : {}),
    ledger: status.ledger,
    seconds: round(status.run.seconds, 3),
    records: status.run.records,
    recordsPerSecond: round(rateOf(status), 1),
    tables: status.tables,
    stages: status.stages,
    sources: status.sources,
    parts: status.parts,
  };
}

/** A pipeline's run for people. */
export function reportText(status: PipelineStatus, paint: Paint): string {
  const { ledger } = status;
  const isWell = status.health !== 'failed' && ledger.balanced;
  const mark = isWell ? paint.green('✓') : paint.red('✗');
  const took = `${formatMs(status.run.seconds * 1000)}   ${formatRate(rateOf(status))}`;
  const lines = [`${mark} ${paint.bold(status.name)}   ${plural(status.run.records, 'record')} stored in ${took}`];
  if (status.reason) lines.push(`  ${paint[isWell ? 'yellow' : 'red'](harmless(status.reason))}`);
  for (const source of status.sources)
    if (source.notice) lines.push(`  ${paint.yellow(`! ${harmless(source.notice)}`)}`);
  const dead = ledger.dead > 0 ? paint.dim(`millrace dead list --pipeline ${status.name}`) : '';
  const late = ledger.late > 0 ? paint.dim(`millrace dead list --pipeline ${status.name} --kind late`) : '';
  const rows = [
    ['in', formatCount(ledger.in), balance(ledger, paint)],
    ['out', formatCount(ledger.out), ''],
    ['filtered', formatCount(ledger.filtered), ''],
    ['deduplicated', formatCount(ledger.deduplicated), ''],
    ['late', formatCount(ledger.late), late],
    [ledger.dead > 0 ? paint.red('dead') : 'dead', formatCount(ledger.dead), dead],
    ['in flight', formatCount(ledger.inFlight), ''],
  ];
  const tables = Object.entries(status.tables).map(([name, count]) => [
    name,
    formatCount(count),
    paint.dim(madeOf(status, name)),
  ]);
  const text = grid(
    [{ name: 'ledger' }, { name: 'records', side: 'right' }, { name: '' }],
    [...rows, ['', '', ''], [paint.bold('table'), paint.bold('rows'), ''], ...tables],
    paint,
  );
  return `${lines.join('\n')}\n\n${indent(text)}`;
}

/** What rows a table has, where they are not all that it took: `1,000 - 588 replaced`. */
function madeOf({ stages }: PipelineStatus, table: string): string {
  const counts = stages.find(({ noun, name }) => noun === 'table' && name === table);
  if (!counts) return '';
  const gone = (['replaced', 'retracted', 'expired'] as const)
    .filter((what) => counts[what] > 0)
    .map((what) => ` - ${formatCount(counts[what])} ${what}`);
  return gone.length === 0 ? '' : `${formatCount(counts.out)} stored${gone.join('')}`;
}

function rateOf(status: PipelineStatus): number {
  return status.run.seconds > 0 ? status.run.records / status.run.seconds : 0;
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '  ');
}
