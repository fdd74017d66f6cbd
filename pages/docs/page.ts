import { html } from 'htm/preact';
import type { Page } from '#gateway/transports/site.ts';
import type { Bundler } from '../bundle.ts';
import { renderPage } from '../shell.ts';
import { Reference } from './view.ts';

/** The REST routes for people, drawn from the same document that programs get. It loads no script. */
export function docsPage(bundler: Bundler): Page {
  return {
    path: '/docs',
    answer: async ({ openApi }) =>
      renderPage({
        title: 'REST reference · Tributary',
        description: 'Every REST route with its parameters, answers and problems.',
        bundle: await bundler.bundle(),
        look: 'docs',
        body: html`<${Reference} document=${openApi()} />`,
      }),
  };
}
