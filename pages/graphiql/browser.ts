import 'graphiql/style.css';
import '../look/graphiql.css';
import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { GraphiQL } from 'graphiql';
import { createElement } from 'react';
import { createRoot } from 'react-dom/client';
import { editorTheme, palettes, themeOf } from './editor-themes.ts';
import { firstTab } from './first-tab.ts';
import type { GraphiqlGiven } from './given.ts';
import { HistoryNames } from './history-names.ts';
import { OperationTabs } from './operation-tabs.ts';

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

/* GraphiQL loads Monaco itself, after this: where its editors are made the themes are there. */
import('monaco-graphql/esm/monaco-editor.js').then(({ editor }) => {
  for (const scheme of ['light', 'dark'] as const) {
    editor.defineTheme(editorTheme[scheme], themeOf(palettes[scheme]));
  }
});

/*
 * Nothing is drawn before its faces are there, since text would move when they come, and Monaco measures them once.
 * They stand in the stylesheet, so that this waits for no network; without them it is drawn in what the machine has.
 */
await Promise.allSettled(
  ['15px Roboto', '500 18px Roboto', '15px "Fira Code"'].map((face) => document.fonts.load(face)),
);

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
      editorTheme,
    },
    /* The only place of its header that is free, so the tabs stand there too. */
    createElement(
      GraphiQL.Logo,
      null,
      createElement(OperationTabs),
      createElement('a', { href: '/', className: 'home' }, 'Tributary'),
    ),
    createElement(HistoryNames),
  ),
);
