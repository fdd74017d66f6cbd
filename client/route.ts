import type { Transport } from './transport.ts';

/** Which transport a subscription takes. */
export interface Route {
  readonly current: () => Transport;
  /** The preferred ones that are not in use, best first. */
  readonly better: () => readonly Transport[];
  readonly take: (transport: Transport) => void;
  /** It can be opened. */
  readonly opened: () => void;
  /** It could not be opened. True where the next one is to be tried at once, false where all were. */
  readonly failed: () => boolean;
}

/** One that was open before is given so many tries: the gateway may be starting again, or the network be away. */
const patience = 3;

/** @param known the transports that were open once, for all subscriptions of a client */
export function openRoute(transports: readonly Transport[], known: Set<Transport>): Route {
  let index = 0;
  let failures = 0;
  const current = () => transports[index] as Transport;
  const take = (transport: Transport) => {
    index = transports.indexOf(transport);
    failures = 0;
  };
  return {
    current,
    better: () => transports.slice(0, index),
    take,
    opened: () => {
      known.add(current());
      failures = 0;
    },
    failed: () => {
      failures += 1;
      if (known.has(current()) && failures < patience) return false;
      const next = transports[index + 1];
      take(next ?? (transports[0] as Transport));
      return next !== undefined;
    },
  };
}
