import 'graphiql/style.css';
import '../look/graphiql.css';
import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { GraphiQL } from 'graphiql';
import { createElement } from 'react';
import { createRoot } from 'react-dom/client';
import { firstTab } from './first-tab.ts';
import type { GraphiqlGiven } from './given.ts';

const given: GraphiqlGiven = JSON.parse(document.getElementById('given')?.textContent ?? '');

/* Monaco asks this global for the worker of a language. */
Object.assign(globalThis, {
  MonacoEnvironment: {
    getWorker: (_: unknown, label: string) => {
      const { workers } = given;
      return new Worker(
        label === 'json' ? workers.json : label === 'graphql' ? workers.graphql : workers.editor,
      );
    },
  },
});

const tab = firstTab(localStorage.getItem('graphiql:tabState'), given.tabs);
const place = document.getElementById('graphiql') as HTMLElement;
createRoot(place).render(
  createElement(
    GraphiQL,
    {
      fetcher: createGraphiQLFetcher({ url: '/graphql' }),
      initialQuery: tab?.query,
      initialVariables: tab?.variables,
      defaultTabs: given.tabs.map(({ query, variables }) => ({ query, variables })),
      defaultEditorToolsVisibility: 'variables',
    },
    createElement(GraphiQL.Logo, null, createElement('a', { href: '/', className: 'home' }, 'Tributary')),
  ),
);
