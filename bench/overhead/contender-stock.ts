process.env.APOLLO_TELEMETRY_DISABLED = '1';

import { readFile } from 'node:fs/promises';
import { ApolloGateway, RemoteGraphQLDataSource } from '@apollo/gateway';
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { report, subgraphUrls } from './contender-process.ts';

/**
 * Stock `@apollo/gateway` under Apollo Server, as its documentation starts it. It enforces no rights and refuses a
 * supergraph that says they must be, so that this word is taken out: it has less to do than the others.
 */
const gateway = new ApolloGateway({
  supergraphSdl: (await readFile('supergraph.graphql', 'utf8')).replaceAll(', for: SECURITY)', ')'),
  buildService: ({ name, url }) => new RemoteGraphQLDataSource({ url: subgraphUrls[name ?? ''] ?? url }),
});
const server = new ApolloServer({ gateway });
const { url } = await startStandaloneServer(server, { listen: { port: 0, host: '127.0.0.1' } });
report(url);
