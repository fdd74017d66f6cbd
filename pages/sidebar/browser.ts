import '../look/site.css';
import { html } from 'htm/preact';
import { hydrate } from 'preact';
import type { SidebarGiven } from './given.ts';
import { LiveSidebar } from './live.ts';

const given: SidebarGiven = JSON.parse(document.getElementById('given')?.textContent ?? '');
const place = document.getElementById('sidebar') as HTMLElement;

/** Longest wait for a sidebar that is read again. */
const readTimeoutMs = 10_000;

async function read(): Promise<SidebarGiven> {
  const address = new URL(location.href);
  address.searchParams.set('as', 'json');
  const answer = await fetch(address, { signal: AbortSignal.timeout(readTimeoutMs) });
  if (!answer.ok) throw new Error(`The sidebar was answered with ${answer.status}.`);
  return await answer.json();
}

hydrate(html`<${LiveSidebar} given=${given} read=${read} />`, place);
