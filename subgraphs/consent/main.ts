import { readFile } from 'node:fs/promises';
import type { Subgraph } from '#chassis/serve.ts';
import { openStore, type Store, type StoreLocation } from '#chassis/store/store.ts';
import { type Context, loadersOf } from './loaders.ts';
import { resolvers } from './resolvers/index.ts';
import { migrations } from './store/migrations.ts';
import type { Tables } from './store/tables.ts';

export interface ConsentOptions {
  readonly location: StoreLocation;
  /** Called for every statement: tests count with it. */
  readonly onQuery?: (sql: string) => void;
}

export interface Consent {
  readonly subgraph: Subgraph<Context>;
  /** For whoever writes consents beside the graph: seed and import. */
  readonly store: Store<Tables>;
}

/** Opens the consent store and makes the subgraph that serves it; closing the subgraph closes the store. */
export async function openConsent(options: ConsentOptions): Promise<Consent> {
  const store = await openStore<Tables>({ name: 'consent', migrations, ...options });
  return {
    store,
    subgraph: {
      name: 'consent',
      sdl: await readFile(new URL('schema.graphql', import.meta.url), 'utf8'),
      resolvers,
      context: (request) => ({ ...request, store, loaders: loadersOf(store, request.tenant) }),
      ping: store.ping,
      close: store.close,
    },
  };
}
