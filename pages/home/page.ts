import { readFile } from 'node:fs/promises';
import { html } from 'htm/preact';
import type { Page } from '#gateway/transports/site.ts';
import type { LatestAccountQuery } from '../__generated__/operations.ts';
import type { Bundler } from '../bundle.ts';
import { renderPage } from '../shell.ts';
import { latestAccount } from './account-card.ts';
import { Home } from './view.ts';

/** As long as the state of a system is waited for, so that neither holds the page up longer. */
const timeoutMs = 1_000;

/** The front page. It loads no script. */
export async function homePage(operations: string, bundler: Bundler): Promise<Page> {
  const document = await readFile(`${operations}/LatestAccount.graphql`, 'utf8');
  return {
    path: '/',
    answer: async ({ ask, subgraphs, openApi, usage }) => {
      const [states, { data, errors }, used, bundle] = await Promise.all([
        subgraphs(),
        ask({ document, timeoutMs }),
        usage(),
        bundler.bundle(),
      ]);
      const account = latestAccount(data as LatestAccountQuery | null, errors);
      const now = new Date().toISOString();
      return renderPage({
        title: 'Tributary',
        description: 'A GraphQL gateway over CRM, email, analytics and consent systems.',
        bundle,
        look: 'home',
        body: html`<${Home} states=${states} paths=${openApi().paths} account=${account} usage=${used} now=${now} />`,
      });
    },
  };
}
