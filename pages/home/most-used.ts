import { html } from 'htm/preact';
import type { PageUsage } from '#gateway/transports/page-usage.ts';
import { count, plural } from '../parts/words.ts';

/** What clients ask most; nothing where nobody counts. */
export function MostUsed({ usage }: { readonly usage: PageUsage }) {
  if (usage.kind === 'off') return null;
  return html`
    <section aria-labelledby="usage">
      <header class="row">
        <h2 id="usage">Asked most</h2>
        <p class="quiet">${usage.kind === 'counted' ? `In the last ${plural(usage.days, 'day')}` : null}</p>
      </header>
      <${Answer} usage=${usage} />
    </section>
  `;
}

function Answer({ usage }: { readonly usage: Exclude<PageUsage, { kind: 'off' }> }) {
  switch (usage.kind) {
    case 'hidden':
      return html`<p class="notice hidden">What clients ask is not shown to your role, or you are not signed in.</p>`;
    case 'failed':
      return html`<p class="notice failed">What clients ask cannot be shown: reading it failed.</p>`;
    case 'counted':
      return usage.operations.length === 0
        ? html`<p class="card quiet">Nothing was asked yet. Clients name themselves by the headers <code>x-client-name</code> and <code>x-client-version</code>.</p>`
        : html`<${Table} operations=${usage.operations} />`;
  }
}

function Table({ operations }: Pick<Extract<PageUsage, { kind: 'counted' }>, 'operations'>) {
  return html`
    <table class="most-used">
      <thead>
        <tr><th scope="col">Operation</th><th scope="col">Client</th><th scope="col">Requests</th></tr>
      </thead>
      <tbody>
        ${operations.map(
          ({ hash, name, kind, client, requests, errors }) => html`
            <tr key=${`${hash} ${client}`}>
              <th scope="row">${name ?? html`<em>unnamed</em> <code>${hash.slice(0, 8)}</code>`} <small>${kind}</small></th>
              <td>${client}</td>
              <td>${count(requests)}${errors > 0 ? html` <small>${count(errors)} with errors</small>` : null}</td>
            </tr>
          `,
        )}
      </tbody>
    </table>
  `;
}
