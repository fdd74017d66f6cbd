import { html } from 'htm/preact';
import type { Page } from '#gateway/transports/site.ts';
import type { Bundler } from '../bundle.ts';
import { renderPage } from '../shell.ts';
import type { LiveGiven } from './given.ts';
import { LivePage } from './view.ts';

export const livePath = '/live';

/** Lead updates as they come: all that the viewer may see, or those of `?owner=` and `?account=`. */
export function livePage(bundler: Bundler): Page {
  return {
    path: livePath,
    answer: async ({ query }) => {
      const given: LiveGiven = { ownerId: idIn(query.owner), accountId: idIn(query.account) };
      return renderPage({
        title: 'Live · Tributary',
        description: 'What happens to leads, as it happens.',
        bundle: await bundler.bundle(),
        look: 'live',
        given,
        body: html`<div id="live"><${LivePage} given=${given} /></div>`,
      });
    },
  };
}

function idIn(parameter: unknown): string | null {
  const id = typeof parameter === 'string' ? parameter.trim() : '';
  return id === '' ? null : id;
}
