import { useEffect } from 'react';

/**
 * Gives the entries of the history back their names. GraphiQL names each of them "Set active" and so hides its text
 * from whoever listens to the page or speaks to it. Its history takes no other entry, hence what it draws is mended:
 * the name is never written a second time, so taking it away once is enough.
 */
export function HistoryNames() {
  useEffect(() => {
    const panel = document.querySelector('.graphiql-plugin');
    if (panel === null) return;
    const mend = () => {
      for (const entry of panel.querySelectorAll('.graphiql-history-item-label')) {
        entry.removeAttribute('aria-label');
      }
    };
    const observer = new MutationObserver(mend);
    observer.observe(panel, { childList: true, subtree: true });
    mend();
    return () => observer.disconnect();
  }, []);
  return null;
}
