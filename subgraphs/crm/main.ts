import { readFile } from 'node:fs/promises';
import type { Subgraph } from '#chassis/serve.ts';
import type { Chore } from '#chassis/store/housekeeping.ts';
import { openStore, type Store, type StoreLocation } from '#chassis/store/store.ts';
import { vendorChores } from '#chassis/vendor/chores.ts';
import { closeAll, closing } from '#chassis/vendor/closing.ts';
import type { VendorsOf } from '#chassis/vendor/connections.ts';
import { replicaWebhooks } from '#chassis/vendor/replica/notices.ts';
import type { Freshness } from '#chassis/vendor/replica/read-through.ts';
import { openReplica, type Replica } from '#chassis/vendor/replica/replica.ts';
import { watchSystems } from '#chassis/vendor/watched.ts';
import type { Webhooks } from '#chassis/vendor/webhooks/open.ts';
import type { Consumer } from '#events/consumer.ts';
import type { CrmSystem } from './adapters/crm.ts';
import { crmPush } from './consumers/push.ts';
import { type Context, loadersOf } from './loaders.ts';
import type { CrmRules } from './pushes/rules.ts';
import { weighCrm } from './pushes/weigh.ts';
import { crmReplica } from './replica.ts';
import { resolvers } from './resolvers/index.ts';
import { migrations } from './store/migrations.ts';
import type { Tables } from './store/tables.ts';

export interface CrmOptions {
  readonly location: StoreLocation;
  /** The vendor's system of each tenant that has one. Default: the store is all there is. */
  readonly systems?: ReadonlyMap<string, CrmSystem>;
  /** In their place, with all that goes with them, as a configuration says it. */
  readonly vendors?: VendorsOf<CrmSystem, Tables, CrmRules> | undefined;
  /** Who has the last word where a vendor and this house change the same, by tenant; see `defaultRules`. */
  readonly rules?: ReadonlyMap<string, CrmRules>;
  readonly freshness?: Partial<Freshness>;
  /** Called for every statement: tests count with it. */
  readonly onQuery?: (sql: string) => void;
}

export interface Crm {
  readonly subgraph: Subgraph<Context>;
  /** For whoever writes into the CRM beside the graph: seed and import. */
  readonly store: Store<Tables>;
  /** Undefined where no tenant has a vendor. */
  readonly replica: Replica<Tables> | undefined;
  /** What vendors send; undefined where none does. */
  readonly webhooks: Webhooks | undefined;
  /** What is to be run on its own events, with this store; none where no tenant has a vendor. */
  readonly consumers: readonly Consumer<Tables>[];
  /** What is to be forgotten of this store from time to time. */
  readonly chores: Readonly<Record<string, Chore<Tables>>>;
}

/**
 * Opens the CRM's store and makes the subgraph that serves it. Closing the subgraph closes the store, and the systems.
 */
export async function openCrm({ vendors, ...options }: CrmOptions): Promise<Crm> {
  const { systems: given, rules = vendors?.rules, freshness = vendors?.freshness, ...place } = options;
  const store = await openStore<Tables>({ name: 'crm', migrations, ...place });
  const opened = given ?? (await vendors?.open(store).catch(closing(store))) ?? new Map<string, CrmSystem>();
  const { systems, states } = watchSystems(opened);
  const weigh = weighCrm((tenant) => rules?.get(tenant));
  const pollEveryMs = vendors?.pollEveryMs;
  const replica =
    systems.size > 0
      ? openReplica({ store, domain: crmReplica, systems, weigh, freshness, pollEveryMs })
      : undefined;
  const webhooks =
    replica && vendors
      ? await replicaWebhooks(replica, { systems, ...vendors.webhooks }).catch(closing(store, systems))
      : undefined;
  return {
    store,
    replica,
    webhooks,
    consumers: replica ? [crmPush({ store, systems, write: replica.writer })] : [],
    chores: replica ? vendorChores : {},
    subgraph: {
      name: 'crm',
      sdl: await readFile(new URL('schema.graphql', import.meta.url), 'utf8'),
      resolvers,
      context: (request) => {
        const context = { ...request, store, readThrough: replica?.readThrough(request.tenant) };
        return { ...context, loaders: loadersOf(context) };
      },
      ping: store.ping,
      ...(replica && { vendors: states }),
      webhooks: webhooks?.intake,
      close: async () => {
        await replica?.close();
        await closeAll(store, systems);
      },
    },
  };
}
