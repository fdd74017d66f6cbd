import { html } from 'htm/preact';
import { useEffect, useState } from 'preact/hooks';
import { Ago } from '../parts/time.ts';
import type { SidebarGiven } from './given.ts';
import { Sidebar } from './view.ts';

export interface LiveProps {
  readonly given: SidebarGiven;
  /** Reads everything again; rejects where that fails. Undefined on the server, which draws once. */
  readonly read?: () => Promise<SidebarGiven>;
}

/** How old the sidebar gets before it reads itself again, while somebody looks at it. */
const refreshMs = 60_000;

/** The sidebar, read again from time to time and on request. What was read stays where reading again fails. */
export function LiveSidebar({ given, read }: LiveProps) {
  const [shown, setShown] = useState(given);
  const [state, setState] = useState<'idle' | 'reading' | 'failed'>('idle');
  const [now, setNow] = useState(given.readAt);

  const refresh = async () => {
    if (read === undefined || state === 'reading') return;
    setState('reading');
    try {
      const next = await read();
      setShown(next);
      setNow(next.readAt);
      setState('idle');
    } catch {
      setNow(new Date().toISOString());
      setState('failed');
    }
  };

  useEffect(() => {
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') void refresh();
    }, refreshMs);
    return () => clearInterval(timer);
  });

  return html`
    <${Sidebar} ...${shown} />
    <div class="refresh">
      <button type="button" class="secondary outline" onClick=${refresh} aria-busy=${state === 'reading'}>
        Read again
      </button>
      <span role="status">
        ${
          state === 'failed'
            ? html`Reading again failed; this was read <${Ago} time=${shown.readAt} now=${now} />.`
            : html`Read <${Ago} time=${shown.readAt} now=${now} />.`
        }
      </span>
    </div>
  `;
}
