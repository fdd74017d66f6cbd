import { html } from 'htm/preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Ago } from '../parts/time.ts';
import { coalesced } from './coalesce.ts';
import type { SidebarGiven } from './given.ts';
import { Sidebar } from './view.ts';
import type { Watch } from './watch.ts';

export interface LiveProps {
  readonly given: SidebarGiven;
  /** Reads everything again; rejects where that fails. Undefined on the server, which draws once. */
  readonly read?: () => Promise<SidebarGiven>;
  /** Says when something may have changed. */
  readonly watch?: Watch;
}

/** How old the sidebar gets before it reads itself again, while somebody looks at it. */
const refreshMs = 60_000;
/** It reads itself again so often at most when one change follows another. */
const changeMs = 1_000;

/**
 * The sidebar, read again when something has changed, from time to time and on request. What was read stays where
 * reading again fails.
 */
export function LiveSidebar({ given, read, watch }: LiveProps) {
  const [shown, setShown] = useState(given);
  const [state, setState] = useState<'idle' | 'reading' | 'failed'>('idle');
  const [now, setNow] = useState(given.readAt);

  /* Whoever asks, the clock, the button or a change, no two readings are under way at once. */
  const ask = useRef(() => {});
  useEffect(() => {
    if (read === undefined) return;
    const reading = coalesced(async () => {
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
    }, changeMs);
    ask.current = reading.ask;
    /* Nobody looks at a hidden one: it is read when somebody does. */
    let isStale = false;
    const look = () => {
      if (document.visibilityState !== 'visible') isStale = true;
      else reading.ask();
    };
    const shownAgain = () => {
      if (isStale && document.visibilityState === 'visible') {
        isStale = false;
        reading.ask();
      }
    };
    document.addEventListener('visibilitychange', shownAgain);
    const timer = setInterval(look, refreshMs);
    const stop = watch?.(look);
    return () => {
      stop?.();
      clearInterval(timer);
      document.removeEventListener('visibilitychange', shownAgain);
      reading.stop();
    };
  }, [read, watch]);

  return html`
    <${Sidebar} ...${shown} />
    <div class="refresh">
      <button type="button" class="secondary outline" onClick=${() => ask.current()} aria-busy=${state === 'reading'}>
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
