import {
  CloseIcon,
  PlusIcon,
  pick,
  Tab,
  Tabs,
  Tooltip,
  UnStyledButton,
  useGraphiQL,
  useGraphiQLActions,
} from '@graphiql/react';
import { html } from 'htm/react';
import { type KeyboardEvent, useEffect, useRef, type WheelEvent } from 'react';

const steps: Readonly<Record<string, (index: number, last: number) => number>> = {
  ArrowLeft: (index, last) => (index === 0 ? last : index - 1),
  ArrowRight: (index, last) => (index === last ? 0 : index + 1),
  Home: () => 0,
  End: (_, last) => last,
};

/**
 * The row of open operations, in place of GraphiQL's own, whose tabs hold a button each and a button to close them:
 * nothing may stand in a tab that can be acted on. Here a tab is one thing that the arrow keys go through, and what
 * closes it, the Delete key or a button, is outside. As in GraphiQL, tabs can be dragged.
 */
export function OperationTabs() {
  const { tabs, activeTabIndex } = useGraphiQL(pick('tabs', 'activeTabIndex'));
  const { addTab, changeTab, closeTab, moveTab } = useGraphiQLActions();
  const list = useRef<HTMLUListElement>(null);
  const takesFocus = useRef(false);
  const activeTab = tabs[activeTabIndex];
  const activeId = activeTab?.id;
  const isLast = tabs.length === 1;

  useEffect(() => {
    if (activeId === undefined) return;
    const active = list.current?.querySelector<HTMLElement>('[aria-selected=true]');
    active?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    /* A tab that was closed by a key took the focus with it. */
    if (takesFocus.current) active?.focus();
    takesFocus.current = false;
  }, [activeId]);

  const onKeyDown = (event: KeyboardEvent) => {
    const next = steps[event.key]?.(activeTabIndex, tabs.length - 1);
    const closes = event.key === 'Delete' && !isLast;
    if (next === undefined && !closes) return;
    event.preventDefault();
    takesFocus.current = next !== activeTabIndex;
    if (next === undefined) closeTab(activeTabIndex);
    else changeTab(next);
  };

  /* A wheel turns up and down, the row goes left and right; nothing else of the page scrolls under it. */
  const onWheel = (event: WheelEvent) => list.current?.scrollBy({ left: event.deltaY });

  return html`
    <${Tabs}
      ref=${list}
      values=${tabs}
      onReorder=${moveTab}
      onWheel=${onWheel}
      aria-label="Open operations"
    >
      ${tabs.map(
        (tab, index) => html`
          <${Tab}
            key=${tab.id}
            value=${tab}
            isActive=${index === activeTabIndex}
            dragConstraints=${list}
            tabIndex=${index === activeTabIndex ? 0 : -1}
            aria-controls="graphiql-session"
            aria-keyshortcuts=${isLast ? undefined : 'Delete'}
            onClick=${() => changeTab(index)}
            onKeyDown=${onKeyDown}
          >${tab.title}<//>
        `,
      )}
    <//>
    <${Tooltip} label="Close this tab (Delete)">
      <${UnStyledButton}
        type="button"
        className="close-tab"
        aria-label=${`Close ${activeTab?.title}`}
        disabled=${isLast}
        onClick=${() => closeTab(activeTabIndex)}
      ><${CloseIcon} aria-hidden="true" /><//>
    <//>
    <${Tooltip} label="New tab">
      <${UnStyledButton} type="button" className="graphiql-tab-add" aria-label="New tab" onClick=${addTab}>
        <${PlusIcon} aria-hidden="true" />
      <//>
    <//>
  `;
}
