import 'graphiql/style.css';
import '../look/graphiql.css';
import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { GraphiQL } from 'graphiql';
import { createClient } from 'graphql-ws';
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

/*
 * Nothing is drawn before Monaco and the faces are there: editors are made in a theme only if it is known by then, and
 * text would move when its face comes late. The faces stand in the stylesheet, so that they wait for no network.
 */
const [{ editor }] = await Promise.all([
  import('monaco-graphql/esm/monaco-editor.js'),
  ...['15px Roboto', '500 18px Roboto', '15px "Fira Code"'].map((face) => document.fonts.load(face)),
]);
for (const scheme of ['light', 'dark'] as const) {
  editor.defineTheme(editorTheme[scheme], themeOf(palettes[scheme]));
}

const tab = firstTab(localStorage.getItem('graphiql:tabState'), given.tabs);
const place = document.getElementById('graphiql') as HTMLElement;
createRoot(place).render(
  createElement(
    GraphiQL,
    {
      fetcher: createGraphiQLFetcher({
        url: '/graphql',
        wsClient: createClient({ url: new URL('/graphql', location.href).href.replace(/^http/, 'ws') }),
      }),
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
