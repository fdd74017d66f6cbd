import { readFile } from 'node:fs/promises';
import type { Subgraph } from '#chassis/serve.ts';
import { openStore, type Store, type StoreLocation } from '#chassis/store/store.ts';
import { type Context, loadersOf } from './loaders.ts';
import { resolvers } from './resolvers/index.ts';
import { migrations } from './store/migrations.ts';
import type { Tables } from './store/tables.ts';

export interface EmailOptions {
  readonly location: StoreLocation;
  /** Called for every statement: tests count with it. */
  readonly onQuery?: (sql: string) => void;
}

export interface Email {
  readonly subgraph: Subgraph<Context>;
  /** For whoever writes into the email platform beside the graph: seed and import. */
  readonly store: Store<Tables>;
}

/** Opens the email platform's store and makes the subgraph that serves it; closing the subgraph closes the store. */
export async function openEmail(options: EmailOptions): Promise<Email> {
  const store = await openStore<Tables>({ name: 'email', migrations, ...options });
  return {
    store,
    subgraph: {
      name: 'email',
      sdl: await readFile(new URL('schema.graphql', import.meta.url), 'utf8'),
      resolvers,
      context: (request) => ({ ...request, store, loaders: loadersOf(store, request.tenant) }),
      ping: store.ping,
      close: store.close,
    },
  };
}
