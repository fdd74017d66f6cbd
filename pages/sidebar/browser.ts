import '../look/site.css';
import { html } from 'htm/preact';
import { hydrate } from 'preact';
import type { SidebarGiven } from './given.ts';
import { LiveSidebar } from './live.ts';
import { type Watch, watchByClient, watchByPass } from './watch.ts';

const given: SidebarGiven = JSON.parse(document.getElementById('given')?.textContent ?? '');
const place = document.getElementById('sidebar') as HTMLElement;

/** Longest wait for a sidebar that is read again. */
const readTimeoutMs = 10_000;

let { pass } = given;

async function read(): Promise<SidebarGiven> {
  const address = new URL(location.href);
  address.searchParams.set('as', 'json');
  /* That of the address is for opening the page; each reading brings the pass for the next. */
  address.searchParams.delete('pass');
  const answer = await fetch(address, {
    ...(pass !== undefined && { headers: { authorization: `Pass ${pass}` } }),
    signal: AbortSignal.timeout(readTimeoutMs),
  });
  if (!answer.ok) throw new Error(`The sidebar was answered with ${answer.status}.`);
  const next: SidebarGiven = await answer.json();
  pass = next.pass;
  return next;
}

function watchOf({ account: { id }, live }: SidebarGiven): Watch | undefined {
  if (live === undefined) return undefined;
  return pass === undefined
    ? watchByClient(id, live)
    : watchByPass(location.pathname, id, live, () => pass ?? '');
}

const watch = watchOf(given);
hydrate(html`<${LiveSidebar} given=${given} read=${read} watch=${watch} />`, place);
