// Checks the address once more at the moment of connecting, so that a name cannot change its address after it was checked.
import type { SourceContext } from '../source.ts';
import { checkResolved } from './address.ts';

/** What fetch connects with; only what is needed of undici's Agent, which Node has inside but does not export. */
type Agent = { destroy(): Promise<void> };
type Done = (
  error: unknown,
  addresses?: readonly { address: string; family: number }[] | string,
  family?: number,
) => void;
type AgentClass = new (options: {
  connect: { lookup: (host: string, options: { all?: boolean }, done: Done) => void };
}) => Agent;

/**
 * An agent for Node's own fetch that connects only to addresses which were checked. Undefined where fetch connects by other
 * means (a proxy, a replaced dispatcher): then only the check before the request holds.
 */
export function pinnedAgent(lookup: SourceContext['lookup']): Agent | undefined {
  // touching Headers loads what fetch is made of, and with it the dispatcher
  new Headers();
  const dispatcher = (globalThis as Record<symbol, unknown>)[Symbol.for('undici.globalDispatcher.1')];
  const Maker = (dispatcher as { constructor?: AgentClass } | undefined)?.constructor;
  if (Maker?.name !== 'Agent') return undefined;
  return new Maker({
    connect: {
      lookup(host, { all }, done) {
        lookup(host)
          .then((addresses) => {
            checkResolved(host, addresses);
            if (all) done(null, addresses);
            else done(null, addresses[0]!.address, addresses[0]!.family);
          })
          .catch(done);
      },
    },
  });
}
