import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';
import type { PageAnswer } from '#gateway/transports/site.ts';
import type { Bundle } from './bundle.ts';

export interface PageText {
  readonly status?: number;
  readonly title: string;
  readonly description: string;
  readonly bundle: Bundle;
  /** Which look of the stylesheet, as a class of the body. */
  readonly look: string;
  /** What the browser's half starts from; it finds it as JSON under the id `given`. */
  readonly given?: unknown;
  readonly body: VNode;
}

/** A whole HTML page. No script stands in it: it loads the bundle's, which the policy of the page admits. */
export function renderPage(page: PageText): PageAnswer {
  const { title, description, bundle, look, given, body } = page;
  const start = bundle.scripts.browser;
  const text = renderToString(html`
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>${title}</title>
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="description" content=${description} />
        <meta name="color-scheme" content="light dark" />
        ${bundle.fonts.map((url) => html`<link rel="preload" href=${url} as="font" type="font/woff2" crossorigin="" />`)}
        ${bundle.styles.map((url) => html`<link rel="stylesheet" href=${url} />`)}
        <link rel="icon" href=${icon} />
        ${given === undefined ? null : html`<script type="application/json" id="given" dangerouslySetInnerHTML=${{ __html: asData(given) }} />`}
        ${start === undefined ? null : html`<script type="module" src=${start} />`}
      </head>
      <body class=${look}>
        ${body}
      </body>
    </html>
  `);
  return { kind: 'html', status: page.status ?? 200, body: `<!doctype html>${text}` };
}

/** JSON that can stand in a script element, whatever text is in it. */
function asData(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}

const icon = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#0b5f73"/><path d="M5 8c7 0 7 8 11 8h11M5 24c7 0 7-8 11-8M5 16h11" fill="none" stroke="#d8f3f7" stroke-width="2.6" stroke-linecap="round"/></svg>',
)}`;
