// What needs attention, in words, the worst first.
import type { GraphNode, PipelineView } from '../../../../src/web/schemas.ts';
import { canRestart } from '../../data/can-restart.ts';
import { capitalised, formatCount, formatDuration, plural } from '../../kit/format.ts';
import { imbalanceOf } from './ledger-sum.ts';

export type Matter = {
  id: string;
  weight: 'bad' | 'warn' | 'plain';
  pipeline: string;
  /** What it is. */
  title: string;
  /** Why, and what to do. */
  text?: string;
  /** What can be done from here. */
  action?: 'dead' | 'late' | 'resume' | 'restart' | 'open';
};

/** A topic's lag at a time. */
export type LagSample = { at: number; seconds: number };

const lagMinSeconds = 5;
const lagWindowMs = 12_000;
/** Of what came in: where more are late, the topic's lateness is too small or a time is wrong. */
const lateShareMax = 0.01;

/** Lags of topics over the last seconds that this tab has seen, to tell one that grows. */
export class LagMemory {
  readonly #samples = new Map<string, LagSample[]>();

  remember(pipelines: readonly PipelineView[], at: number): void {
    for (const pipeline of pipelines) {
      for (const node of pipeline.nodes) {
        if (node.lagSeconds === undefined) continue;
        const key = `${pipeline.name} ${node.id}`;
        const samples = (this.#samples.get(key) ?? []).filter((one) => at - one.at <= lagWindowMs);
        if (at - (samples.at(-1)?.at ?? 0) >= 900) samples.push({ at, seconds: node.lagSeconds });
        this.#samples.set(key, samples);
      }
    }
  }

  /** Whether the topic waits for seconds, and longer than it did a while ago. */
  isGrowing(pipeline: string, node: GraphNode): boolean {
    const samples = this.#samples.get(`${pipeline} ${node.id}`) ?? [];
    const first = samples[0];
    const last = samples.at(-1);
    if (!first || !last || last.at - first.at < lagWindowMs / 2) return false;
    return last.seconds > lagMinSeconds && last.seconds - first.seconds > ((last.at - first.at) / 1_000) * 0.3;
  }
}

const order = { bad: 0, warn: 1, plain: 2 };

export function mattersOf(pipelines: readonly PipelineView[], lags: LagMemory): Matter[] {
  return pipelines
    .flatMap((pipeline) => mattersOfOne(pipeline, lags))
    .sort((a, b) => order[a.weight] - order[b.weight]);
}

function mattersOfOne(view: PipelineView, lags: LagMemory): Matter[] {
  const { name, status, ledger } = view;
  const reason = view.reason === undefined ? undefined : capitalised(view.reason);
  const matters: Matter[] = [];
  const add = (id: string, matter: Omit<Matter, 'id' | 'pipeline'>) =>
    matters.push({ id: `${name} ${id}`, pipeline: name, ...matter });
  const saysDead = reason !== undefined && /in the dead letters/i.test(reason);
  // both at once have each a line of their own, since each leads elsewhere
  const saysLateOnly = reason !== undefined && /too late/i.test(reason) && !saysDead;
  if (status === 'failed')
    add('status', { weight: 'bad', title: 'failed', text: reason, action: canRestart(view) ? 'restart' : 'open' });
  if (status === 'degraded')
    add('status', {
      weight: 'warn',
      title: 'is degraded',
      text: saysLateOnly ? `${reason}. ${plural(ledger.late, 'record')} came too late so far.` : reason,
      action: saysDead ? 'dead' : saysLateOnly ? 'late' : 'open',
    });
  if (status === 'paused')
    add('status', {
      weight: 'warn',
      title: 'is paused',
      text:
        ledger.inFlight > 0
          ? `${plural(ledger.inFlight, 'record')} wait in the log.`
          : 'Its sources wait until it is resumed.',
      action: 'resume',
    });
  if (!ledger.balanced)
    add('ledger', {
      weight: 'bad',
      title: 'does not balance',
      text: imbalanceOf(ledger).text,
      action: 'open',
    });
  if (ledger.dead > 0 && !saysDead)
    add('dead', {
      weight: 'warn',
      title: 'has dead letters',
      text: `${plural(ledger.dead, 'record')} could not be processed. Fix the cause and send them again.`,
      action: 'dead',
    });
  if (ledger.late > 0 && !saysLateOnly)
    add('late', {
      // some are late wherever events come out of order
      weight: ledger.late > ledger.in * lateShareMax ? 'warn' : 'plain',
      title: 'has late records',
      text: `${plural(ledger.late, 'record')} came when their window was closed. They are kept aside, and correct it when they are sent again.`,
      action: 'late',
    });
  for (const node of view.nodes) {
    if (status !== 'paused' && lags.isGrowing(name, node))
      add(`lag ${node.id}`, {
        weight: 'warn',
        title: `falls behind on ${node.name}`,
        text: `${formatCount(node.lagRecords ?? 0)} records wait, the oldest for ${formatDuration((node.lagSeconds ?? 0) * 1_000)}, and it grows.`,
        action: 'open',
      });
    if (node.notice && node.notice !== view.reason) {
      const isBad = node.state === 'failed';
      add(`notice ${node.id}`, {
        weight: isBad ? 'bad' : 'plain',
        title: isBad ? `lost ${node.noun} ${node.name}` : `has a notice of ${node.noun} ${node.name}`,
        text: node.notice,
        action: 'open',
      });
    }
  }
  return matters;
}
