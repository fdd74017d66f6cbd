import type { Logger } from 'pino';
import { z } from 'zod';
import type { Store } from '../store/store.ts';
import type { CallObserver } from './metrics.ts';
import { type Freshness, usualFreshness } from './replica/read-through.ts';
import type { Sealing } from './sealing.ts';
import type { WebhookSecrets } from './webhooks/secrets.ts';

/** What an adapter gets of the house. */
export interface VendorPlace<Tables> {
  readonly tenant: string;
  /** Of the subgraph: limits are counted and tokens kept there. */
  readonly store: Store<Tables>;
  readonly log: Logger;
  /** Asked for where something is to be kept sealed; rejects where there is no key. */
  readonly sealing: () => Promise<Sealing>;
  readonly observer?: CallObserver | undefined;
}

/** A kind of vendor that can be the system of record behind a subgraph. */
export interface VendorAdapter<Settings, System, Tables> {
  /** Of one tenant's account. */
  readonly settings: z.ZodType<Settings>;
  /** Rejects with an Error that says what cannot be used of the settings; asks nothing of the vendor. */
  readonly open: (settings: Settings, place: VendorPlace<Tables>) => Promise<System>;
}

/** By the name of the adapter. Each has settings of its own, which only it reads. */
export type VendorAdapters<System, Tables> = Readonly<Record<string, VendorAdapter<never, System, Tables>>>;

/** Keeps an adapter's own types together where others see but its name. */
export function vendorAdapter<Settings, System, Tables>(
  adapter: VendorAdapter<Settings, System, Tables>,
): VendorAdapter<never, System, Tables> {
  return adapter as unknown as VendorAdapter<never, System, Tables>;
}

/** Where the records of a subgraph are: in its own store, or at a vendor. */
export type Connection<Rules> =
  | { readonly adapter: 'embedded' }
  | (VendorConnection<Rules> & { readonly adapter: string });

export interface VendorConnection<Rules> {
  readonly adapter: string;
  /** The adapter's settings of each tenant's account. Tenants that are not named have their records in the store. */
  readonly tenants: Readonly<Record<string, unknown>>;
  /** How old a row may be that is answered without a look at the vendor, by type. */
  readonly maxAgeSeconds: Readonly<Partial<Record<string, number>>>;
  /** How long one request waits for the vendor, all in all. */
  readonly deadlineMs: number;
  /** How long reads wait for others to go with them: until nobody has come for so long, and so long at most. */
  readonly gather: { readonly quietMs: number; readonly mostMs: number };
  readonly sync: { readonly everySeconds: number };
  /** Who has the last word where both change the same. */
  readonly rules: Rules;
  /** Where the vendor sends to, where that is not the subgraph's own port; without the path. */
  readonly publicUrl: string | null;
}

const usualMaxAgeSeconds = 60;

export interface ConnectionOptions<System, Tables, Rules> {
  readonly adapters: VendorAdapters<System, Tables>;
  /** Of records. */
  readonly types: readonly string[];
  readonly rules: z.ZodType<Rules>;
}

/** What a configuration may say of a subgraph's vendors. */
export function connectionShape<System, Tables, Rules>({
  adapters,
  types,
  rules,
}: ConnectionOptions<System, Tables, Rules>): z.ZodType<Connection<Rules>> {
  const vendors = Object.entries(adapters).map(([name, { settings }]) =>
    z.strictObject({
      adapter: z.literal(name),
      tenants: z
        .record(z.string().min(1).max(256), settings)
        .refine((given) => Object.keys(given).length > 0, 'must name a tenant at least'),
      maxAgeSeconds: z
        .strictObject(Object.fromEntries(types.map((type) => [type, z.number().min(0).optional()])))
        .default({}),
      deadlineMs: z.int().min(1).max(30_000).default(usualFreshness.deadlineMs),
      gather: z
        .strictObject({
          quietMs: z.int().min(1).max(10_000).default(usualFreshness.gatherMs),
          mostMs: z.int().min(1).max(10_000).default(usualFreshness.gatherMostMs),
        })
        .prefault({}),
      sync: z.strictObject({ everySeconds: z.int().min(1).max(86_400).default(30) }).prefault({}),
      rules: rules.prefault({} as never),
      publicUrl: z.url().nullable().default(null),
    }),
  );
  const known = ['embedded', ...Object.keys(adapters)].join(', ');
  return z.discriminatedUnion('adapter', [z.strictObject({ adapter: z.literal('embedded') }), ...vendors], {
    error: (issue) => (issue.code === 'invalid_union' ? `must be one of ${known}` : undefined),
  }) as unknown as z.ZodType<Connection<Rules>>;
}

/** A subgraph's vendors as it takes them when it is opened. */
export interface VendorsOf<System, Tables, Rules> {
  /** Opens the system of each tenant; where one cannot be opened, none is. */
  readonly open: (store: Store<Tables>) => Promise<ReadonlyMap<string, System>>;
  readonly rules: ReadonlyMap<string, Rules>;
  readonly freshness: Pick<Freshness, 'maxAgeMs' | 'deadlineMs' | 'gatherMs' | 'gatherMostMs'>;
  readonly pollEveryMs: number;
  readonly webhooks: WebhookPlace;
}

/** What is needed to take what vendors send. */
export interface WebhookPlace {
  readonly publicUrl: string | null;
  readonly log: Logger;
  /** Asked for where a vendor sends something. */
  readonly secrets: () => Promise<WebhookSecrets>;
}

export interface ConnectOptions<System, Tables> {
  /** In messages: `crm`. */
  readonly name: string;
  readonly adapters: VendorAdapters<System, Tables>;
  readonly log: Logger;
  readonly sealing: () => Promise<Sealing>;
  readonly secrets: () => Promise<WebhookSecrets>;
  readonly observer?: CallObserver | undefined;
}

/** Undefined where the subgraph keeps its own records. */
export function vendorsOf<System extends { close: () => Promise<void> }, Tables, Rules>(
  connection: Connection<Rules> | undefined,
  { name, adapters, log, sealing, secrets, observer }: ConnectOptions<System, Tables>,
): VendorsOf<System, Tables, Rules> | undefined {
  if (connection === undefined || !('tenants' in connection)) return undefined;
  const { adapter, tenants, maxAgeSeconds, deadlineMs, gather, sync, rules, publicUrl } = connection;
  return {
    open: async (store) => {
      const opened = new Map<string, System>();
      try {
        for (const [tenant, settings] of Object.entries(tenants)) {
          const open = adapters[adapter]?.open as VendorAdapter<unknown, System, Tables>['open'];
          opened.set(
            tenant,
            await open(settings, { tenant, store, log, sealing, observer }).catch((cause: Error) => {
              throw new Error(`The ${name} of tenant "${tenant}" at ${adapter}: ${cause.message}`, { cause });
            }),
          );
        }
        return opened;
      } catch (error) {
        for (const system of opened.values()) await system.close();
        throw error;
      }
    },
    rules: new Map(Object.keys(tenants).map((tenant) => [tenant, rules])),
    freshness: {
      deadlineMs,
      gatherMs: gather.quietMs,
      gatherMostMs: gather.mostMs,
      maxAgeMs: (type) => (maxAgeSeconds[type] ?? usualMaxAgeSeconds) * 1_000,
    },
    pollEveryMs: sync.everySeconds * 1_000,
    webhooks: { publicUrl, log, secrets },
  };
}
