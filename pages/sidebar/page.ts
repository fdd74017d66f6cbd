import { readFile } from 'node:fs/promises';
import { html } from 'htm/preact';
import type { Page, PageAnswer, PageLive, PageRequest } from '#gateway/transports/site.ts';
import type {
  AccountOfDomainQuery,
  AccountOfDomainQueryVariables,
  EventCursorQuery,
  SidebarQuery,
  SidebarQueryVariables,
} from '../__generated__/operations.ts';
import type { Bundler } from '../bundle.ts';
import { renderPage } from '../shell.ts';
import { type LiveStart, type SidebarGiven, windows } from './given.ts';
import { LiveSidebar } from './live.ts';
import { nothingAsked, type Trouble, troubleOf } from './trouble.ts';

export const sidebarPath = '/sidebar';
/** A rep waits for this page: a system that is slower is named, and the rest is shown. */
const timeoutMs = 2_000;
/** Nobody waits for the place of events: without it a change in these moments is seen a little later. */
const cursorTimeoutMs = 300;

/**
 * The sidebar of an account, made to live in a frame of a CRM: `?account=ID`, or `?domain=` which leads there, with
 * `&days=30|90|365` of usage. `&as=json` answers what it is drawn from, for the page that reads itself again.
 */
export async function sidebarPage(operations: string, bundler: Bundler): Promise<Page> {
  const sidebar = await readFile(`${operations}/Sidebar.graphql`, 'utf8');
  const accountOfDomain = await readFile(`${operations}/AccountOfDomain.graphql`, 'utf8');
  const eventCursor = await readFile(`${operations}/EventCursor.graphql`, 'utf8');
  const changes = await readFile(`${operations}/AccountChanges.graphql`, 'utf8');

  async function answer(request: PageRequest): Promise<PageAnswer> {
    const { account, domain, days, as } = request.query;
    if (typeof account === 'string' && account !== '')
      return ofAccount(request, account, days, as === 'json');
    if (typeof domain === 'string' && domain !== '') return ofDomain(request, domain.trim().toLowerCase());
    return showTrouble(nothingAsked);
  }

  async function ofAccount(
    request: PageRequest,
    id: string,
    days: unknown,
    asJson: boolean,
  ): Promise<PageAnswer> {
    const chosen = windows.find((one) => one.days === days) ?? windows[0];
    const { window, interval } = chosen as (typeof windows)[number];
    const variables: SidebarQueryVariables = { id, window, interval };
    /* First, so that whatever the sidebar does not show yet comes behind it. */
    const live = await liveStart(request);
    const { data, errors, sources } = await request.ask({ document: sidebar, variables, timeoutMs });
    const account = (data as SidebarQuery | null)?.account ?? null;
    if (account === null) return showTrouble(troubleOf({ errors }, `with the id ${id}`), asJson);
    const pass = await request.passFor({ account: id });
    const readAt = new Date().toISOString();
    const given: SidebarGiven = { account, errors, sources, window, pass, live, readAt };
    if (asJson) return { kind: 'json', status: 200, body: JSON.stringify(given) };
    return renderPage({
      title: account.name,
      description: `What four systems know of ${account.name}.`,
      bundle: await bundler.bundle(),
      look: 'sidebar',
      given,
      body: html`<div id="sidebar"><${LiveSidebar} given=${given} /></div>`,
    });
  }

  async function liveStart({ ask }: PageRequest): Promise<LiveStart | undefined> {
    const { data, errors } = await ask({ document: eventCursor, timeoutMs: cursorTimeoutMs });
    if (errors.some(({ extensions }) => extensions?.code === 'EVENTS_NOT_SERVED')) return undefined;
    return { after: (data as EventCursorQuery | null)?.eventCursor };
  }

  async function ofDomain({ ask, passFor }: PageRequest, domain: string): Promise<PageAnswer> {
    const variables: AccountOfDomainQueryVariables = { domain };
    const { data, errors } = await ask({ document: accountOfDomain, variables, timeoutMs });
    const found = (data as AccountOfDomainQuery | null)?.accountByDomain;
    if (!found) return showTrouble(troubleOf({ errors }, `of the domain ${domain}`));
    const pass = await passFor({ account: found.id });
    const query = new URLSearchParams({ account: found.id, ...(pass && { pass }) });
    return { kind: 'redirect', location: `${sidebarPath}?${query}` };
  }

  async function showTrouble({ status, title, detail }: Trouble, asJson = false): Promise<PageAnswer> {
    if (asJson) return { kind: 'json', status, body: JSON.stringify({ title, detail }) };
    const { styles, fonts } = await bundler.bundle();
    return renderPage({
      status,
      title,
      description: detail,
      bundle: { scripts: {}, styles, fonts },
      look: 'sidebar',
      body: html`
        <main class="trouble">
          <h1>${title}</h1>
          <p>${detail}</p>
          <form action=${sidebarPath}>
            <label>Account id<input name="account" autocomplete="off" /></label>
            <label>or web domain<input name="domain" autocomplete="off" placeholder="example.com" /></label>
            <button type="submit">Show</button>
          </form>
        </main>
      `,
    });
  }

  const live: PageLive = { document: changes, variables: ({ account }) => ({ accountId: account }) };
  return { path: sidebarPath, isEmbeddable: true, answer, live };
}
