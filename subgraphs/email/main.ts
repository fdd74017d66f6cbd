import { readFile } from 'node:fs/promises';
import type { Subgraph } from '#chassis/serve.ts';
import type { Chore } from '#chassis/store/housekeeping.ts';
import { openStore, type Store, type StoreLocation } from '#chassis/store/store.ts';
import { vendorChores } from '#chassis/vendor/chores.ts';
import { closeAll, closing } from '#chassis/vendor/closing.ts';
import type { VendorsOf, WebhookPlace } from '#chassis/vendor/connections.ts';
import { replicaWebhooks } from '#chassis/vendor/replica/notices.ts';
import type { Freshness } from '#chassis/vendor/replica/read-through.ts';
import { openReplica, type Replica } from '#chassis/vendor/replica/replica.ts';
import { watchSystems } from '#chassis/vendor/watched.ts';
import type { Webhooks } from '#chassis/vendor/webhooks/open.ts';
import type { Consumer } from '#events/consumer.ts';
import type { EmailSystem } from './adapters/email.ts';
import { gatheredAddresses } from './addresses.ts';
import { type AskConsent, nobodyToAsk } from './ask-consent.ts';
import { consentSuppression } from './consumers/consent-suppression.ts';
import { contactAccounts } from './consumers/contact-accounts.ts';
import { emailPush } from './consumers/push.ts';
import { type AskContacts, noContacts } from './contacts.ts';
import { type Context, loadersOf } from './loaders.ts';
import type { EmailSystems } from './pushes/record.ts';
import { linkAgain } from './replica/link-again.ts';
import { linkedSystem } from './replica/linked-system.ts';
import { writeNoticed } from './replica/webhooks.ts';
import { emailReplica } from './replica.ts';
import { resolvers } from './resolvers/index.ts';
import { migrations } from './store/migrations.ts';
import type { Tables } from './store/tables.ts';

export interface EmailOptions {
  readonly location: StoreLocation;
  /** Called for every statement: tests count with it. */
  readonly onQuery?: (sql: string) => void;
  /** Who says whether a contact consents; without, nobody is enrolled until `connectConsent` was called. */
  readonly askConsent?: AskConsent;
  /** The vendors' platforms that are the system of record, by tenant. Default: the store is all there is. */
  readonly systems?: EmailSystems;
  /** In their place, with all that goes with them, as a configuration says it. */
  readonly vendors?: VendorsOf<EmailSystem, Tables, object> | undefined;
  readonly freshness?: Partial<Freshness>;
  /** How what vendors send is taken; without, nothing is. */
  readonly webhooks?: WebhookPlace;
}

export interface Email {
  readonly subgraph: Subgraph<Context>;
  /** For whoever writes into the email platform beside the graph: seed and import. */
  readonly store: Store<Tables>;
  /** Undefined where no tenant has a vendor. */
  readonly replica: Replica<Tables> | undefined;
  /** What vendors send; undefined where none does. */
  readonly webhooks: Webhooks | undefined;
  /** Looks again for people whom the graph did not know; part of each round of polling. */
  readonly linkAgain: (tenant: string, signal: AbortSignal) => Promise<void>;
  /** What is to be run on the events of all subgraphs, with this store. */
  readonly consumers: readonly Consumer<Tables>[];
  /** Says whom to ask for consent from now on, where that is served after this. */
  readonly connectConsent: (ask: AskConsent) => void;
  /** Says whom to ask for contacts: before, changes wait, and nothing is read from a vendor. */
  readonly connectContacts: (ask: AskContacts) => void;
  /** What is to be forgotten of this store from time to time. */
  readonly chores: Readonly<Record<string, Chore<Tables>>>;
}

/**
 * Opens the email platform's store and makes the subgraph that serves it; closing the subgraph closes the store, and the
 * systems.
 */
export async function openEmail({ askConsent, vendors, ...options }: EmailOptions): Promise<Email> {
  const {
    systems: given,
    freshness = vendors?.freshness,
    webhooks: taken = vendors?.webhooks,
    ...place
  } = options;
  const store = await openStore<Tables>({ name: 'email', migrations, ...place });
  const opened =
    given ?? (await vendors?.open(store).catch(closing(store))) ?? new Map<string, EmailSystem>();
  const { systems, states } = watchSystems(opened);
  let ask = askConsent ?? nobodyToAsk('This subgraph was told of nobody to ask for consent.');
  let contacts = noContacts('This subgraph was told of nobody to ask for contacts.');
  const linked = new Map(
    [...systems].map(([tenant, system]) => [
      tenant,
      linkedSystem({ db: store.db, tenant, system, contacts: () => contacts }),
    ]),
  );
  const replica =
    systems.size === 0
      ? undefined
      : openReplica({
          store,
          domain: emailReplica(systems),
          systems: new Map([...linked].map(([tenant, { system }]) => [tenant, system])),
          freshness,
          pollEveryMs: vendors?.pollEveryMs,
        });
  const webhooks =
    replica && taken
      ? await replicaWebhooks(replica, {
          ...taken,
          systems,
          content: writeNoticed({ linked, replica }),
        }).catch(closing(store, systems))
      : undefined;
  const addressOf = gatheredAddresses(() => contacts.addresses);
  const ofVendors =
    replica === undefined ? [] : [emailPush({ store, systems, addressOf }), contactAccounts(systems)];
  return {
    store,
    replica,
    consumers: [consentSuppression(systems), ...ofVendors],
    webhooks,
    linkAgain: async (tenant, signal) => {
      if (replica) await linkAgain(replica, tenant, signal);
    },
    chores: replica ? vendorChores : {},
    connectConsent: (asked) => {
      ask = asked;
    },
    connectContacts: (asked) => {
      contacts = asked;
    },
    subgraph: {
      name: 'email',
      sdl: await readFile(new URL('schema.graphql', import.meta.url), 'utf8'),
      resolvers,
      context: (request) => {
        const readThrough = replica?.readThrough(request.tenant);
        const context = { ...request, store, askConsent: ask, systems, readThrough };
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
