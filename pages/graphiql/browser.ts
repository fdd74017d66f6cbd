import 'graphiql/style.css';
import '../look/graphiql.css';
import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { GraphiQL } from 'graphiql';
import { createElement } from 'react';
import { createRoot } from 'react-dom/client';
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

/* Of the tabs that it starts with, GraphiQL shows the first without its variables; later it knows its own. */
const isFirstVisit = localStorage.getItem('graphiql:tabState') === null;
const place = document.getElementById('graphiql') as HTMLElement;
createRoot(place).render(
  createElement(
    GraphiQL,
    {
      fetcher: createGraphiQLFetcher({ url: '/graphql' }),
      initialVariables: isFirstVisit ? given.tabs[0]?.variables : undefined,
      defaultTabs: given.tabs.map(({ query, variables }) => ({ query, variables })),
      defaultEditorToolsVisibility: 'variables',
    },
    createElement(GraphiQL.Logo, null, createElement('a', { href: '/', className: 'home' }, 'Tributary')),
  ),
);
