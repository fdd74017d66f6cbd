import { html } from 'htm/preact';
import type { OpenApiDocument, OpenApiOperation } from '#gateway/transports/openapi.ts';
import type { JsonSchema } from '#gateway/transports/openapi-shared.ts';
import { Fields } from './fields.ts';

/** Every route of an OpenAPI document: what it takes, what it answers, what it refuses. */
export function Reference({ document }: { readonly document: OpenApiDocument }) {
  const routes = Object.entries(document.paths);
  return html`
    <header class="bar"><div class="wide"><a href="/">Tributary</a><a href="/openapi.json">openapi.json</a></div></header>
    <main class="wide">
      <h1>REST reference</h1>
      <p class="quiet">${document.info.description} This one is <code>${document.info.version}</code>.</p>
      ${routes.length === 0 ? html`<p>No REST route is served.</p>` : null}
      ${routes.map(
        ([path, { get }]) =>
          html`<${Route} key=${path} path=${path} operation=${get} components=${document.components.schemas} />`,
      )}
    </main>
  `;
}

/** What stands between backticks in a description, as code. */
function withCode(text: string) {
  return text.split('`').map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : part));
}

interface RouteProps {
  readonly path: string;
  readonly operation: OpenApiOperation;
  readonly components: Readonly<Record<string, JsonSchema>>;
}

function Route({ path, operation, components }: RouteProps) {
  const { operationId, summary, parameters, responses } = operation;
  const { 200: found, ...refusals } = responses;
  const id = (part: string) => `${operationId}-${part}`;
  return html`
    <section id=${operationId} aria-labelledby=${id('title')} class="route">
      <h2 id=${id('title')}><span class="method">GET</span> <code>${path}</code></h2>
      <p>${summary}</p>
      <pre tabindex="0" aria-label="An example request"><code>curl -s localhost:4000${path.replaceAll(/\{(\w+)\}/g, '$$$1')}</code></pre>
      <h3>Parameters</h3>
      ${
        parameters.length === 0
          ? html`<p class="quiet">None.</p>`
          : html`
              <dl class="fields">
                ${parameters.map(
                  (one) => html`
                    <div key=${one.name}>
                      <dt><code>${one.name}</code> <small>in ${one.in}, ${one.required ? 'required' : 'optional'}</small></dt>
                      <dd>${one.description}</dd>
                    </div>
                  `,
                )}
              </dl>
            `
      }
      <h3>200</h3>
      <p>${withCode(found?.description ?? '')}</p>
      <${Fields} schema=${found?.content['application/json']?.schema ?? {}} components=${components} />
      <h3>Refusals</h3>
      <p class="quiet">Each is a problem by RFC 9457, <code>application/problem+json</code>, with a stable <code>code</code>.</p>
      <dl class="refusals">
        ${Object.entries(refusals).map(
          ([status, { description }]) =>
            html`<div key=${status}><dt>${status}</dt><dd>${description}</dd></div>`,
        )}
      </dl>
    </section>
  `;
}
