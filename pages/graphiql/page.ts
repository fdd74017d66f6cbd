import { readFile } from 'node:fs/promises';
import { html } from 'htm/preact';
import type { Page } from '#gateway/transports/site.ts';
import type { LatestAccountQuery } from '../__generated__/operations.ts';
import type { Bundler, BundleSource } from '../bundle.ts';
import { renderPage } from '../shell.ts';
import type { GraphiqlGiven } from './given.ts';
import { storedOperations } from './tabs.ts';

export const graphiqlSource: BundleSource = {
  entries: { browser: './graphiql/browser.ts' },
  workers: {
    'editor-worker': 'monaco-editor/esm/vs/editor/editor.worker.js',
    'json-worker': 'monaco-editor/esm/vs/language/json/json.worker.js',
    'graphql-worker': 'monaco-graphql/esm/graphql.worker.js',
  },
};

const timeoutMs = 1_000;

/**
 * GraphiQL with the stored operations in its tabs, filled with an account that is there. All of it is served from
 * here; it is bundled on the first request, which takes a second or two once.
 */
export async function graphiqlPage(operations: string, bundler: Bundler): Promise<Page> {
  const stored = await storedOperations(operations);
  const document = await readFile(`${operations}/LatestAccount.graphql`, 'utf8');
  return {
    path: '/graphiql',
    /* Its editor writes style elements of its own. */
    hasInlineStyles: true,
    answer: async ({ ask }) => {
      const [bundle, { data }] = await Promise.all([bundler.bundle(), ask({ document, timeoutMs })]);
      const account = (data as LatestAccountQuery | null)?.accounts?.nodes[0];
      const { scripts } = bundle;
      const given: GraphiqlGiven = {
        tabs: stored.map(({ query, variablesFor }) => ({ query, variables: variablesFor(account) })),
        workers: {
          editor: scripts['editor-worker'] as string,
          json: scripts['json-worker'] as string,
          graphql: scripts['graphql-worker'] as string,
        },
      };
      return renderPage({
        title: 'GraphiQL · Tributary',
        description: 'Ask the graph, with its documentation and the stored operations at hand.',
        bundle,
        look: 'graphiql-page',
        given,
        body: html`
          <main>
            <h1 class="unseen">GraphiQL</h1>
            <div id="graphiql"><p class="loading">Loading GraphiQL …</p></div>
          </main>
        `,
      });
    },
  };
}
