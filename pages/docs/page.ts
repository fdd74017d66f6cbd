import { html } from 'htm/preact';
import type { Page } from '#gateway/transports/site.ts';
import type { Bundler } from '../bundle.ts';
import { renderPage } from '../shell.ts';

/** The REST routes as Swagger UI shows them, each to be tried at once. */
export function docsPage(bundler: Bundler): Page {
  return {
    path: '/docs',
    answer: async () =>
      renderPage({
        title: 'REST reference · Tributary',
        description: 'Every REST route with its parameters, answers and problems.',
        bundle: await bundler.bundle(),
        look: 'docs',
        body: html`
          <header class="bar"><a href="/">Tributary</a><a href="/openapi.json">openapi.json</a></header>
          <main id="reference"><p class="loading">Loading the reference …</p></main>
        `,
      }),
  };
}
