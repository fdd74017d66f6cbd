import '../look/site.css';
import { html } from 'htm/preact';
import { hydrate } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { LeadUpdatesDocument } from '#client/__generated__/operations.ts';
import { createLiveClient } from '#client/index.ts';
import { emptyFeed, withUpdate } from './feed.ts';
import type { LiveGiven } from './given.ts';
import { LivePage } from './view.ts';

const given: LiveGiven = JSON.parse(document.getElementById('given')?.textContent ?? '');
const client = createLiveClient({ url: '/graphql' });

/** Between two announcements to whoever listens to the page. */
const announceMs = 5_000;

/** The page with what its subscription brings. Its cursor lives as long as the list that it belongs to. */
function Live() {
  const [feed, setFeed] = useState(emptyFeed);
  useEffect(
    () =>
      client.subscribe(LeadUpdatesDocument, given, {
        key: 'leads',
        onMessage: ({ data }) => setFeed((now) => withUpdate(now, data?.leadUpdated ?? null)),
        onGap: (gap) => setFeed((now) => ({ ...now, gap })),
        onError: (failure) => setFeed((now) => ({ ...now, failure })),
        onState: (state) => setFeed((now) => ({ ...now, state })),
      }),
    [],
  );
  const [announced, setAnnounced] = useState(0);
  const count = useRef(0);
  count.current = feed.count;
  useEffect(() => {
    const timer = setInterval(() => setAnnounced(count.current), announceMs);
    return () => clearInterval(timer);
  }, []);
  return html`<${LivePage} given=${given} feed=${feed} announced=${announced} />`;
}

hydrate(html`<${Live} />`, document.getElementById('live') as HTMLElement);
