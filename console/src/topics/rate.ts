// How fast records come into topics, from the live graph of the pipelines.
import { useLivePipelines } from '../api/live.ts';

/** Records a second by topic; a topic that several pipelines read is counted once. */
export function useTopicRates(): ReadonlyMap<string, number> {
  const { pipelines = [] } = useLivePipelines();
  const rates = new Map<string, number>();
  for (const { nodes } of pipelines) {
    for (const { noun, name, ratePerSecond } of nodes) {
      if (noun === 'topic') rates.set(name, Math.max(rates.get(name) ?? 0, ratePerSecond));
    }
  }
  return rates;
}
