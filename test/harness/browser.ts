import { access } from 'node:fs/promises';
import axe from 'axe-core';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

/** Where Debian installs Chromium; another one by CHROMIUM_PATH. */
const executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';

/**
 * True where the machine has no Chromium: tests that look at pages say so and are skipped. CI has one, and there its
 * absence is a failure.
 */
export const browserIsMissing = await isMissing();

async function isMissing(): Promise<boolean> {
  try {
    await access(executablePath);
    return false;
  } catch (error) {
    if (process.env.CI)
      throw new Error(`No Chromium at ${executablePath}, and CI needs one.`, { cause: error });
    console.warn(`No Chromium at ${executablePath}: the tests that look at pages are skipped.`);
    return true;
  }
}

/** Starts Chromium without a window. Root may run it only without its sandbox, and pages are our own. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath, args: ['--no-sandbox'] });
}

/** A page that is looked at, and all that it must not do. */
export interface WatchedPage {
  readonly page: Page;
  /** What the console said that is no plain log, errors that nobody caught, and requests that failed. */
  readonly complaints: readonly string[];
  /** Origins of all requests. */
  readonly origins: ReadonlySet<string>;
  readonly close: () => Promise<void>;
}

/**
 * Opens an address in a context of its own and waits until nothing is loaded any more. Where a page ends workers while
 * they load, Chromium never says that they are: such a page is waited for until `load`.
 */
export async function look(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
  waitUntil: 'networkidle' | 'load' = 'networkidle',
): Promise<WatchedPage> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const complaints: string[] = [];
  const origins = new Set<string>();
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('requestfailed', (request) => complaints.push(`${request.url()}: ${request.failure()?.errorText}`));
  page.on('request', (request) => {
    if (/^(https?|wss?):/.test(request.url())) origins.add(new URL(request.url()).origin);
  });
  await page.addInitScript(watchShifts);
  await page.goto(url, { waitUntil });
  return { page, complaints, origins, close: () => context.close() };
}

/** Runs within the page, before its own scripts. */
function watchShifts(): void {
  const seen = { shifts: 0 };
  Object.assign(globalThis, { seen });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const shift = entry as unknown as { readonly value: number; readonly hadRecentInput: boolean };
      /* What moves because somebody opened something does not count. */
      if (!shift.hadRecentInput) seen.shifts += shift.value;
    }
  }).observe({ type: 'layout-shift', buffered: true });
}

/** The sum of all layout shifts so far, as browsers score them: 0.1 is still called good. */
export function layoutShift(page: Page): Promise<number> {
  return page.evaluate(() => (globalThis as unknown as { seen: { shifts: number } }).seen.shifts);
}

/** What axe finds that keeps somebody from using the page, as `rule: where`. */
export async function seriousFindings(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() =>
    (globalThis as unknown as { axe: typeof axe }).axe.run(document, { resultTypes: ['violations'] }),
  );
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(' ')}`));
}
