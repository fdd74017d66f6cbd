import type { Page, Site } from '#gateway/transports/site.ts';
import { type Assets, createBundler } from './bundle.ts';
import { docsPage } from './docs/page.ts';
import { graphiqlPage, graphiqlSource } from './graphiql/page.ts';
import { homePage } from './home/page.ts';
import { livePage } from './live/page.ts';
import { sidebarPage } from './sidebar/page.ts';

/**
 * The pages of this house: the front page, GraphiQL, the sidebar, the live updates and the reference of the REST routes.
 *
 * @param operations folder of the operations that the pages ask
 */
export async function openSite(operations: string): Promise<Site> {
  const assets: Assets = new Map();
  /* For pages that load no script. */
  const styled = createBundler({ entries: { site: './look/site.css' } }, assets);
  const pages: readonly Page[] = await Promise.all([
    homePage(operations, styled),
    graphiqlPage(operations, createBundler(graphiqlSource, assets)),
    docsPage(styled),
    livePage(createBundler({ entries: { browser: './live/browser.ts' } }, assets)),
    sidebarPage(operations, createBundler({ entries: { browser: './sidebar/browser.ts' } }, assets)),
  ]);
  return { pages, asset: async (name) => assets.get(name) };
}
