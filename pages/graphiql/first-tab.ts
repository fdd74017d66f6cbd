export interface Tab {
  readonly query: string;
  readonly variables: string;
}

/**
 * The tab that GraphiQL opens with: the one that was active when it was left, else the first that is offered. It must
 * be told, since by itself it shows an active tab's query without the variables that nobody has edited yet.
 *
 * @param stored what GraphiQL keeps of its tabs, as JSON; null on the first visit
 */
export function firstTab(stored: string | null, offered: readonly Tab[]): Tab | undefined {
  const left = stored === null ? undefined : activeTab(stored);
  return left ?? offered[0];
}

function activeTab(stored: string): Tab | undefined {
  try {
    const { tabs, activeTabIndex } = JSON.parse(stored);
    const { query, variables } = tabs[activeTabIndex];
    return { query: query ?? '', variables: variables ?? '' };
  } catch {
    /* GraphiQL throws away what it cannot read, too. */
    return undefined;
  }
}
