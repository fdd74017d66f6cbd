import { join } from 'node:path';
import type { MutationTables } from '#chassis/mutation.ts';
import type { Subgraph } from '#chassis/serve.ts';
import type { Store } from '#chassis/store/store.ts';
import type { Consumer } from '#events/consumer.ts';
import type { InboxTables } from '#events/inbox.ts';

/**
 * A subgraph with examples of every entity that pacts speak of. Those called `…_example` are whole: nothing that may be
 * null is null there, since a matcher by type finds a null to be a difference. Of those called `…_bare` nothing is
 * known but what must be; of those called `…_lone` their owner knows all, and nobody else anything. Lists begin with the
 * whole ones.
 */
export interface Provider {
  readonly subgraph: Subgraph;
  /** Its outbox has the events of what is asked of it. */
  readonly store: Store<MutationTables & InboxTables>;
  /** What it does when something happened elsewhere. */
  readonly consumers: readonly Consumer<InboxTables>[];
  /** The keys it knows, as `Account acc_example`. */
  readonly holds: readonly string[];
}

/** Opens a provider on stores in an empty folder. */
export type OpenProvider = (folder: string) => Promise<Provider>;

export const tenant = 'default';
/** When whole examples were observed. */
export const at = '2026-03-01T09:30:00.000Z';
/** When the others were: lists by time begin with the whole ones. */
export const earlier = '2026-02-01T09:30:00.000Z';

export const sqlite = (folder: string) => ({ engine: 'sqlite', file: join(folder, 'store.sqlite') }) as const;

/** The event path reads tables of which each store has those it needs, and more. */
export function eventStore(store: object): Provider['store'] {
  return store as Provider['store'];
}

/** A consumer sees its own store's tables; here they are all alike. */
export function consumersOf(consumers: readonly object[]): Provider['consumers'] {
  return consumers as Provider['consumers'];
}
