import type { Store } from '../../store/store.ts';
import type { VendorSystem } from '../system.ts';
import {
  type AnyDomain,
  type AnySystem,
  anyDomain,
  anySystem,
  type ReplicaDomain,
  type Weigh,
} from './domain.ts';
import { createReadThrough, type Freshness, type ReadThrough } from './read-through.ts';
import type { ReplicaTables } from './tables.ts';
import { createWritePreparer, createWriter, type WritePreparer, type Writer } from './writer.ts';

export interface ReplicaOptions<Records extends object, Change, Tables> {
  readonly store: Store<Tables>;
  readonly domain: ReplicaDomain<Records, Tables>;
  /** By tenant; tenants without one have no vendor, and what is in the store is all there is. */
  readonly systems: ReadonlyMap<string, VendorSystem<Records, Change>>;
  readonly weigh?: Weigh<Tables> | undefined;
  readonly freshness?: Partial<Freshness> | undefined;
  /** How often the vendors are asked for changes. Default: as often as whoever polls does. */
  readonly pollEveryMs?: number | undefined;
}

/** A store that is the replica of what its tenants have at vendors. */
export interface Replica<Tables> {
  readonly store: Store<Tables>;
  readonly domain: AnyDomain<Tables>;
  readonly systems: ReadonlyMap<string, AnySystem>;
  readonly writer: Writer<Tables>;
  readonly pollEveryMs: number | undefined;
  readonly prepareWrite: WritePreparer<Tables>;
  /** Undefined for a tenant that has no vendor. */
  readonly readThrough: (tenant: string) => ReadThrough | undefined;
  /** Ends what is under way to the vendors; the systems and the store are left to their owners. */
  readonly close: () => Promise<void>;
}

export function openReplica<Records extends object, Change, Tables extends ReplicaTables>({
  store,
  systems,
  weigh,
  freshness,
  pollEveryMs,
  ...given
}: ReplicaOptions<Records, Change, Tables>): Replica<Tables> {
  const domain = anyDomain(given.domain);
  const writer = createWriter({ store, domain, weigh });
  const opened = new Map([...systems].map(([tenant, system]) => [tenant, anySystem(system)]));
  const readThroughs = new Map(
    [...opened].map(([tenant, system]) => [
      tenant,
      createReadThrough({ system, tenant, store, domain, writer, freshness }),
    ]),
  );
  return {
    store,
    domain,
    systems: opened,
    pollEveryMs,
    writer,
    prepareWrite: createWritePreparer({ store, domain, weigh }),
    readThrough: (tenant) => readThroughs.get(tenant),
    close: async () => {
      await Promise.all([...readThroughs.values()].map((each) => each.close()));
    },
  };
}
