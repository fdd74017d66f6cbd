import { html } from 'htm/preact';
import type { SubgraphState } from '#gateway/fetching/probe.ts';
import type { OpenApiDocument } from '#gateway/transports/openapi.ts';
import type { PageUsage } from '#gateway/transports/page-usage.ts';
import { systemName } from '../parts/systems.ts';
import { exactTime } from '../parts/words.ts';
import { AccountCard, type LatestAccount } from './account-card.ts';
import { MostUsed } from './most-used.ts';

export interface HomeProps {
  readonly states: readonly SubgraphState[];
  readonly paths: OpenApiDocument['paths'];
  readonly account: LatestAccount;
  readonly usage: PageUsage;
  /** When all of this was read, RFC 3339. */
  readonly now: string;
}

/** What stands at the gateway's address: what it is, how it is, what it knows, and where to go. */
export function Home({ states, paths, account, usage, now }: HomeProps) {
  return html`
    <header class="hero">
      <${Flow} />
      <div class="wide">
        <p class="mark"><${River} />Tributary</p>
        <h1>One question, ${numberWord(states.length)} systems, one answer</h1>
        <p class="lead">
          A GraphQL gateway over the systems that marketing and sales live in. Ask it once: it asks each system for its part, and when one is down the rest is still there.
        </p>
        <nav aria-label="Ways in">
          <a role="button" href="/graphiql">Ask in GraphiQL</a>
          ${account.kind === 'found' ? html`<a role="button" class="second" href="/sidebar?account=${encodeURIComponent(account.account.id)}">Open the sidebar</a>` : null}
          <a role="button" class="second" href="/live">Watch leads live</a>
          <a role="button" class="second" href="/docs">REST reference</a>
        </nav>
      </div>
    </header>
    <main class="wide">
      <section aria-labelledby="state">
        <header class="row">
          <h2 id="state">Right now</h2>
          <p class="quiet">${overall(states)} <time datetime=${now}>${exactTime(now)}</time></p>
        </header>
        <ul class="states">
          ${states.map((state) => html`<${State} key=${state.name} ...${state} />`)}
        </ul>
      </section>
      <section aria-labelledby="account">
        <header class="row"><h2 id="account">The account that changed last</h2></header>
        <${AccountCard} shown=${account} now=${now} />
      </section>
      <${MostUsed} usage=${usage} />
      <section aria-labelledby="endpoints">
        <header class="row"><h2 id="endpoints">Endpoints</h2></header>
        <${Endpoints} paths=${paths} />
      </section>
    </main>
    <footer class="wide">
      <p class="quiet">This page asks the graph as you do: what it shows is what you may see.</p>
    </footer>
  `;
}

function numberWord(value: number): string {
  return ['no', 'one', 'two', 'three', 'four', 'five', 'six'][value] ?? String(value);
}

function overall(states: readonly SubgraphState[]): string {
  const down = states.filter(({ kind }) => kind === 'unreachable');
  if (down.length === 0) return 'All systems answer.';
  return `${down.map(({ name }) => systemName(name)).join(', ')} ${down.length === 1 ? 'does' : 'do'} not answer.`;
}

function State(state: SubgraphState) {
  const isUp = state.kind === 'reachable';
  return html`
    <li class=${isUp ? 'good' : 'bad'}>
      <strong>${systemName(state.name)}</strong>
      <span class="word">${isUp ? 'Reachable' : 'Not answering'}</span>
      <span class="latency">${isUp ? `${state.latencyMs} ms` : 'no answer within 1 s'}</span>
    </li>
  `;
}

function Endpoints({ paths }: Pick<HomeProps, 'paths'>) {
  const rows = [
    ['POST', '/graphql', 'GraphQL over HTTP, for every question', '/graphiql'],
    ...Object.entries(paths).map(([path, { get }]) => ['GET', path, get.summary, `/docs#${get.operationId}`]),
    ['GET', '/sidebar', 'One account for a frame in the CRM: ?account= or ?domain=', '/sidebar'],
    ['GET', '/live', 'Lead updates as they come: ?owner= and ?account= choose', '/live'],
    ['GET', '/openapi.json', 'The REST routes as OpenAPI 3.1', '/openapi.json'],
    ['GET', '/health', 'Whether the process lives', '/health'],
    ['GET', '/ready', 'Whether it should be sent requests', '/ready'],
  ] as const;
  return html`
    <ul class="endpoints">
      ${rows.map(
        ([method, path, meaning, link]) => html`
          <li key=${path}>
            <span class="method">${method}</span>
            <a href=${link}><code>${path}</code></a>
            <span class="meaning">${meaning}</span>
          </li>
        `,
      )}
    </ul>
  `;
}

/** The mark at large, behind the title. */
function Flow() {
  const streams = [
    ['#0f5a6c', 'M150 -30C150 90 220 167 420 167'],
    ['#15768c', 'M50 -30C50 110 150 189 420 189'],
    ['#1d93ab', 'M50 430C50 290 150 211 420 211'],
    ['#0c4f60', 'M150 430C150 310 220 233 420 233'],
  ];
  return html`
    <svg class="flow" viewBox="0 0 400 400" preserveAspectRatio="xMaxYMid slice" aria-hidden="true">
      ${streams.map(([colour, path]) => html`<path key=${path} d=${path} stroke=${colour} />`)}
    </svg>
  `;
}

/** Three streams that become one. */
function River() {
  return html`
    <svg viewBox="0 0 32 32" width="32" height="32" aria-hidden="true">
      <path d="M3 7c9 0 8 9 15 9h11M3 25c9 0 8-9 15-9M3 16h15" fill="none" stroke="currentColor" stroke-width="2.6" stroke-linecap="round" />
    </svg>
  `;
}
