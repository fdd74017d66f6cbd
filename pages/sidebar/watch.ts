import { AccountChangesDocument } from '#client/__generated__/operations.ts';
import { createLiveClient, memoryStorage } from '#client/index.ts';
import type { LiveStart } from './given.ts';

/** Calls back whenever something of the account may have changed, until it is stopped. */
export type Watch = (changed: () => void) => () => void;

/** Follows an account by a subscription of its own, as whoever the browser is. */
export function watchByClient(accountId: string, { after }: LiveStart): Watch {
  return (changed) => {
    const storage = memoryStorage();
    if (after !== undefined) storage.set(accountId, after);
    return createLiveClient({ url: '/graphql', storage }).subscribe(
      AccountChangesDocument,
      { accountId },
      { key: accountId, onMessage: changed, onGap: changed },
    );
  };
}

/** Between two streams; many frames do not come back at once. */
const pauseMs = 5_000;

/**
 * Follows an account by the stream of its page, which is all that a pass opens. A stream ends with its pass: the next
 * one is opened with the pass that the last reading brought, behind the last event of the one before. A pass that was
 * refused is not tried twice: the sidebar reads itself again by the clock alone, and that brings another.
 */
export function watchByPass(page: string, accountId: string, start: LiveStart, pass: () => string): Watch {
  return (changed) => {
    let source: EventSource | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let after = start.after ?? '';
    let refused: string | undefined;
    const open = () => {
      const used = pass();
      if (used === refused) {
        openAgain();
        return;
      }
      const query = new URLSearchParams({ account: accountId, pass: used, ...(after && { after }) });
      source = new EventSource(`${page}/live?${query}`);
      source.addEventListener('next', (event) => {
        after = event.lastEventId || after;
        changed();
      });
      source.addEventListener('complete', openAgain);
      /* A connection that is lost the browser opens again by itself, unless it was refused. */
      source.addEventListener('error', () => {
        if (source?.readyState !== EventSource.CLOSED) return;
        refused = used;
        openAgain();
      });
    };
    const openAgain = () => {
      source?.close();
      clearTimeout(timer);
      timer = setTimeout(open, pauseMs * (0.5 + Math.random()));
    };
    open();
    return () => {
      source?.close();
      clearTimeout(timer);
    };
  };
}
