/**
 * Takes the pictures of the pages that README shows and measures how soon the sidebar is painted:
 * `npm run screenshots`. It runs the whole house on demo data in a folder of its own.
 */
import { mkdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { browserIsMissing, startBrowser } from '#test/harness/browser.ts';
import { type House, startHouse } from '#test/harness/house.ts';
import { ask } from '#test/harness/subgraph.ts';

const folder = resolve(import.meta.dirname, '../docs');
/** What a picture may weigh in the repository. */
const mostBytes = 200_000;
const sidebarFrame = { viewport: { width: 360, height: 1_120 }, deviceScaleFactor: 1.5 };

interface Shot {
  readonly name: string;
  readonly path: string;
  readonly options: BrowserContextOptions;
  /** What is done before the picture is taken. */
  readonly prepare?: (page: Page) => Promise<void>;
}

async function runOperation(page: Page): Promise<void> {
  await page.locator('.graphiql-editor-tool').getByText('acc_').first().waitFor();
  await page.locator('.graphiql-execute-button').click();
  await page.locator('.graphiql-response').getByText('observedAt').first().waitFor();
}

async function take(browser: Browser, house: House, shot: Shot): Promise<void> {
  const context = await browser.newContext(shot.options);
  const page = await context.newPage();
  /* The first visit bundles and warms; the picture is of what everybody after it sees. */
  await page.goto(house.url + shot.path, { timeout: 120_000 });
  await page.reload();
  await page.evaluate(async () => void (await document.fonts.ready));
  await shot.prepare?.(page);
  const file = join(folder, `${shot.name}.png`);
  await page.screenshot({ path: file });
  await context.close();
  const { size } = await stat(file);
  if (size > mostBytes) throw new Error(`${file} has ${size} bytes, more than ${mostBytes}.`);
  process.stdout.write(`${file}: ${Math.round(size / 1_000)} kB\n`);
}

/** Milliseconds to the first paint of content in a fresh context, which has nothing cached. */
async function firstPaint(browser: Browser, url: string): Promise<number> {
  const context = await browser.newContext(sidebarFrame);
  const page = await context.newPage();
  await page.goto(url, { waitUntil: 'load' });
  const ms = await page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        new PerformanceObserver((list) => {
          const paint = list.getEntriesByName('first-contentful-paint')[0];
          if (paint) resolve(paint.startTime);
        }).observe({ type: 'paint', buffered: true });
      }),
  );
  await context.close();
  return ms;
}

if (browserIsMissing) throw new Error('Pictures need Chromium: install it, or set CHROMIUM_PATH.');
await mkdir(folder, { recursive: true });
const house = await startHouse({ accounts: 200, now: new Date().toISOString().slice(0, 10) });
const browser = await startBrowser();
try {
  const { data } = await ask(
    `${house.url}/graphql`,
    '{ mostActiveAccounts(first: 1) { accounts { account { id } } } }',
  );
  const sidebar = `/sidebar?account=${data.mostActiveAccounts.accounts[0].account.id}`;
  const desk = { viewport: { width: 1100, height: 860 } };
  const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 1.5 };
  const dark = { ...phone, colorScheme: 'dark' } as const;
  await take(browser, house, { name: 'home', path: '/', options: desk });
  await take(browser, house, { name: 'home-phone-dark', path: '/', options: dark });
  await take(browser, house, { name: 'sidebar', path: sidebar, options: sidebarFrame });
  await take(browser, house, {
    name: 'graphiql',
    path: '/graphiql',
    options: { viewport: { width: 1200, height: 720 } },
    prepare: runOperation,
  });
  const paints: number[] = [];
  for (let run = 0; run < 5; run += 1) paints.push(await firstPaint(browser, house.url + sidebar));
  await house.stop('analytics');
  await take(browser, house, {
    name: 'sidebar-one-down',
    path: sidebar,
    options: sidebarFrame,
  });
  const median = paints.toSorted((one, other) => one - other)[2];
  const runs = paints.map(Math.round).join(', ');
  process.stdout.write(
    `sidebar, first paint with data: ${Math.round(median ?? 0)} ms, the median of ${runs}\n`,
  );
} finally {
  await browser.close();
  await house.close();
}
