import { readFile } from 'node:fs/promises';
import type { Subgraph } from '#chassis/serve.ts';
import { openStore, type Store, type StoreLocation } from '#chassis/store/store.ts';
import type { Consumer } from '#events/consumer.ts';
import { type AskConsent, nobodyToAsk } from './ask-consent.ts';
import { consentSuppression } from './consumers/consent-suppression.ts';
import { type Context, loadersOf } from './loaders.ts';
import { resolvers } from './resolvers/index.ts';
import { migrations } from './store/migrations.ts';
import type { Tables } from './store/tables.ts';

export interface EmailOptions {
  readonly location: StoreLocation;
  /** Called for every statement: tests count with it. */
  readonly onQuery?: (sql: string) => void;
  /** Who says whether a contact consents; without, nobody is enrolled until `connectConsent` was called. */
  readonly askConsent?: AskConsent;
}

export interface Email {
  readonly subgraph: Subgraph<Context>;
  /** For whoever writes into the email platform beside the graph: seed and import. */
  readonly store: Store<Tables>;
  /** What is to be run on the events of all subgraphs, with this store. */
  readonly consumers: readonly Consumer<Tables>[];
  /** Says whom to ask for consent from now on, where that is served after this. */
  readonly connectConsent: (ask: AskConsent) => void;
}

/** Opens the email platform's store and makes the subgraph that serves it; closing the subgraph closes the store. */
export async function openEmail(options: EmailOptions): Promise<Email> {
  const { askConsent, ...place } = options;
  const store = await openStore<Tables>({ name: 'email', migrations, ...place });
  let ask = askConsent ?? nobodyToAsk('This subgraph was told of nobody to ask for consent.');
  return {
    store,
    consumers: [consentSuppression],
    connectConsent: (asked) => {
      ask = asked;
    },
    subgraph: {
      name: 'email',
      sdl: await readFile(new URL('schema.graphql', import.meta.url), 'utf8'),
      resolvers,
      context: (request) => ({
        ...request,
        store,
        askConsent: ask,
        loaders: loadersOf(store, request.tenant),
      }),
      ping: store.ping,
      close: store.close,
    },
  };
}
