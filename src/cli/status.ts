// Pipelines at a moment, as lines for a terminal and as one line for a log.

import type { Health, Ledger, PipelineStatus, SourceStatus } from '../control/millrace.ts';
import { formatMs } from '../core/durations.ts';
import { formatCount, formatRate, plural } from './numbers.ts';
import type { Paint } from './paint.ts';
import { harmless, pad, widthOf } from './width.ts';

/** Tells how long a source has still to go; it must see every status in turn. */
export interface Eta {
  /** Milliseconds to go, or undefined where that is not known. */
  of(source: string, progress: number | undefined): number | undefined;
}

/** Measures how fast sources get on, from the first progress that each shows (a resumed one begins in the middle). */
export function eta(elapsed: () => number): Eta {
  const first = new Map<string, { progress: number; atMs: number }>();
  return {
    of(source, progress) {
      if (progress === undefined) return undefined;
      const from = first.get(source);
      if (!from) {
        first.set(source, { progress, atMs: elapsed() });
        return undefined;
      }
      const done = progress - from.progress;
      const ms = elapsed() - from.atMs;
      return done > 0 && ms > 500 ? ((1 - progress) / done) * ms : undefined;
    },
  };
}

const glyphs: Record<Health, readonly [string, keyof Paint]> = {
  starting: ['◌', 'dim'],
  healthy: ['●', 'green'],
  degraded: ['●', 'yellow'],
  paused: ['‖', 'cyan'],
  failed: ['✗', 'red'],
  stopped: ['○', 'dim'],
};

/** The lines of all pipelines, for a terminal of so many columns. */
export function statusLines(statuses: readonly PipelineStatus[], paint: Paint, columns: number, left: Eta): string[] {
  return statuses.flatMap((status) => ['', ...pipelineLines(status, paint, columns, left)]);
}

function pipelineLines(status: PipelineStatus, paint: Paint, columns: number, left: Eta): string[] {
  const [glyph, colour] = glyphs[status.health];
  const label = (text: string) => paint.dim(pad(text, 9));
  const lines = [
    `${paint[colour](glyph)} ${paint.bold(status.name)}  ${paint[colour](status.health)}   ${formatRate(status.recordsPerSecond)}   ${paint.dim(formatMs(status.run.seconds * 1000))}`,
  ];
  if (status.reason) lines.push(`  ${paint[status.health === 'failed' ? 'red' : 'yellow'](harmless(status.reason))}`);
  const nameWidth = Math.max(0, ...status.sources.map((source) => widthOf(arrow(source))));
  status.sources.forEach((source, i) => {
    const room = Math.max(8, Math.min(28, columns - nameWidth - 62));
    lines.push(
      `  ${label(i === 0 ? 'sources' : '')}${pad(arrow(source), nameWidth)}  ${sourceText(status, source, paint, room, left)}`,
    );
    if (source.notice) lines.push(`  ${label('')}${paint.yellow(`! ${harmless(source.notice)}`)}`);
  });
  for (const [topic, notice] of Object.entries(status.notices))
    lines.push(`  ${label('')}${paint.dim(`topic ${topic}: ${harmless(notice)}`)}`);
  lines.push(`  ${label('ledger')}${ledgerText(status.ledger, paint, columns - 12)}`);
  lines.push(...tableLines(status, paint, columns - 12).map((line, i) => `  ${label(i === 0 ? 'tables' : '')}${line}`));
  if (status.ledger.dead > 0) {
    lines.push(
      `  ${paint.red(`✗ ${plural(status.ledger.dead, 'dead letter')}`)}  ${paint.dim(`millrace dead list --pipeline ${status.name}`)}`,
    );
  }
  return lines;
}

function arrow(source: SourceStatus): string {
  return `${source.kind} → ${source.topic}`;
}

function sourceText(status: PipelineStatus, source: SourceStatus, paint: Paint, room: number, left: Eta): string {
  const etaMs = left.of(`${status.name}/${source.name}`, source.progress);
  const state =
    source.state === 'failed'
      ? paint.red('failed')
      : source.state === 'ended'
        ? paint.green('ended')
        : paint.dim(source.state);
  return [
    source.progress === undefined
      ? state
      : `${bar(source.progress, room, paint)} ${pad(percent(source.progress), 4, 'right')}`,
    `${formatCount(source.read)} read`,
    ...(source.refused > 0 ? [paint.red(`${formatCount(source.refused)} refused`)] : []),
    ...(source.progress !== undefined && (source.state === 'ended' || source.state === 'failed') ? [state] : []),
    ...(etaMs !== undefined && source.state === 'reading' ? [paint.dim(`${formatMs(etaMs)} left`)] : []),
  ].join('  ');
}

/** How much of something is done, as a bar. */
export function bar(progress: number, width: number, paint: Paint): string {
  const full = Math.round(Math.min(1, Math.max(0, progress)) * width);
  return paint.cyan('━'.repeat(full)) + paint.dim('─'.repeat(width - full));
}

function percent(progress: number): string {
  // 100 % only when it is all
  return `${progress >= 1 ? 100 : Math.min(99, Math.floor(Math.max(0, progress) * 100))}%`;
}

const terms = ['out', 'filtered', 'deduplicated', 'late', 'dead', 'inFlight'] as const;

/** The ledger as the equation that it is; terms that are nought are left out where there is no room for them. */
export function ledgerText(ledger: Ledger, paint: Paint, columns = Number.POSITIVE_INFINITY): string {
  const text = (shown: readonly (typeof terms)[number][]) => {
    const sum = shown.map((term) => {
      const written = `${term === 'inFlight' ? 'in flight' : term} ${formatCount(ledger[term])}`;
      if (ledger[term] === 0) return paint.dim(written);
      return term === 'dead' ? paint.red(written) : written;
    });
    return `${balance(ledger, paint)} in ${formatCount(ledger.in)} = ${sum.join(' + ')}`;
  };
  const whole = text(terms);
  return widthOf(whole) <= columns ? whole : text(terms.filter((term) => term === 'out' || ledger[term] > 0));
}

/** Whether a ledger balances, and by how much it does not. */
export function balance(ledger: Ledger, paint: Paint): string {
  if (ledger.balanced) return paint.green('✓');
  const missing = ledger.in - terms.reduce((sum, term) => sum + ledger[term], 0);
  const [wrong] = ledger.wrongTables ?? [];
  if (missing === 0)
    return paint.red(
      wrong ? `✗ table ${wrong.table} has ${plural(wrong.rows, 'row')}, counted ${formatCount(wrong.counted)}` : '✗',
    );
  return paint.red(`✗ ${missing < 0 ? `${formatCount(-missing)} too many` : `${formatCount(missing)} missing`}`);
}

function tableLines(status: PipelineStatus, paint: Paint, columns: number): string[] {
  const lines: string[] = [];
  for (const [name, rows] of Object.entries(status.tables)) {
    const text = `${name} ${paint.bold(formatCount(rows))}`;
    const last = lines.at(-1);
    if (last !== undefined && widthOf(last) + 3 + widthOf(text) <= columns)
      lines[lines.length - 1] = `${last}   ${text}`;
    else lines.push(text);
  }
  return lines;
}

/** A pipeline in one plain line, for a log. */
export function statusLine(status: PipelineStatus): string {
  const { ledger } = status;
  const ends = status.sources.map((source) => source.progress).filter((one) => one !== undefined);
  return [
    status.name,
    status.health,
    ...(ends.length > 0 ? [percent(ends.reduce((sum, one) => sum + one, 0) / ends.length)] : []),
    ...(['in', ...terms] as const)
      .filter((term) => term === 'in' || term === 'out' || ledger[term] > 0)
      .map((term) => `${term === 'inFlight' ? 'in flight' : term} ${formatCount(ledger[term])}`),
    formatRate(status.recordsPerSecond),
    ...(ledger.balanced ? [] : ['DOES NOT BALANCE']),
    ...(status.reason ? [`(${harmless(status.reason)})`] : []),
  ].join('  ');
}
