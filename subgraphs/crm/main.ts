import { readFile } from 'node:fs/promises';
import type { Subgraph } from '#chassis/serve.ts';
import { openStore, type Store, type StoreLocation } from '#chassis/store/store.ts';
import { type Context, loadersOf } from './loaders.ts';
import { resolvers } from './resolvers/index.ts';
import { migrations } from './store/migrations.ts';
import type { Tables } from './store/tables.ts';

export interface CrmOptions {
  readonly location: StoreLocation;
  /** Called for every statement: tests count with it. */
  readonly onQuery?: (sql: string) => void;
}

export interface Crm {
  readonly subgraph: Subgraph<Context>;
  /** For whoever writes into the CRM beside the graph: seed and import. */
  readonly store: Store<Tables>;
}

/** Opens the CRM's store and makes the subgraph that serves it; closing the subgraph closes the store. */
export async function openCrm(options: CrmOptions): Promise<Crm> {
  const store = await openStore<Tables>({ name: 'crm', migrations, ...options });
  return {
    store,
    subgraph: {
      name: 'crm',
      sdl: await readFile(new URL('schema.graphql', import.meta.url), 'utf8'),
      resolvers,
      context: (request) => ({ ...request, store, loaders: loadersOf(store, request.tenant) }),
      ping: store.ping,
      close: store.close,
    },
  };
}
