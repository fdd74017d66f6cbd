import { html } from 'htm/preact';
import type { ComponentChildren } from 'preact';
import type { Missing } from '../parts/missing.ts';
import { systemName } from '../parts/systems.ts';

export interface SectionProps {
  readonly id: string;
  readonly title: string;
  /** Beside the title, such as the age of what is shown. */
  readonly aside?: ComponentChildren;
  readonly missing: Missing | null;
  /** What is not there, for the sentence that says so: "Usage". */
  readonly what?: string;
  readonly children?: ComponentChildren;
}

/** A part of the sidebar under a heading. What is missing of it is said in its place, and why. */
export function Section({ id, title, aside, missing, what = title, children }: SectionProps) {
  return html`
    <section aria-labelledby=${id} class="part">
      <header><h2 id=${id}>${title}</h2>${aside ? html`<span class="aside">${aside}</span>` : null}</header>
      ${missing === null ? children : html`<${Notice} missing=${missing} what=${what} />`}
    </section>
  `;
}

/** Why something is not shown, in a sentence. */
export function Notice({ missing, what }: { readonly missing: Missing; readonly what: string }) {
  return html`<p class="notice ${missing.kind}">${sentence(missing, what)}</p>`;
}

function sentence(missing: Missing, what: string): string {
  switch (missing.kind) {
    case 'down':
      return `${what} cannot be shown: ${systemName(missing.subgraph)} does not answer right now.`;
    case 'hidden':
      return `${what}: not shown to your role.`;
    case 'failed':
      return `${what} cannot be shown: reading it failed.`;
  }
}
