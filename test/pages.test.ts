import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mintToken } from '#gateway/identity/trial.ts';
import type { UsageSink } from '#gateway/usage/types.ts';
import {
  browserIsMissing,
  layoutShift,
  look,
  seriousFindings,
  startBrowser,
  type WatchedPage,
} from '#test/harness/browser.ts';
import { type House, startHouse } from '#test/harness/house.ts';
import { ask, type GraphqlAnswer } from '#test/harness/subgraph.ts';

const desk = { viewport: { width: 1280, height: 800 } };
const phone = { viewport: { width: 360, height: 740 } };
const dark = { viewport: { width: 390, height: 800 }, colorScheme: 'dark' } as const;

const usage: UsageSink = {
  write: async () => {},
  mostUsed: async ({ limit }) =>
    Array.from({ length: limit }, (_, n) => ({
      client: n === 0 ? '@acme/a-sales-tool-with-a-name-of-some-length' : 'desk',
      hash: `${n}123456789abcdef`,
      name: n === 1 ? undefined : `AnOperationWithALongName${n}`,
      kind: 'query' as const,
      requests: 1_234_567,
      errors: n,
    })),
};

describe.skipIf(browserIsMissing)('the pages in a browser', { timeout: 120_000 }, () => {
  let house: House;
  let browser: Browser;
  let account: { readonly id: string; readonly name: string; readonly domain: string };

  beforeAll(async () => {
    house = await startHouse({ accounts: 40, events: {}, usage });
    browser = await startBrowser();
    const { data } = await ask(
      `${house.url}/graphql`,
      '{ accounts(first: 1, filter: { lifecycleStage: [CUSTOMER] }) { nodes { id name domain } } }',
    );
    account = data.accounts.nodes[0];
  }, 180_000);
  afterAll(async () => {
    await browser?.close();
    await house?.close();
  });

  const sidebar = () => `${house.url}/sidebar?account=${account.id}`;

  /** What holds for every page. */
  async function expectSound(watched: WatchedPage): Promise<void> {
    expect(watched.complaints).toEqual([]);
    expect([...watched.origins]).toEqual([house.url]);
    expect(await seriousFindings(watched.page)).toEqual([]);
    expect(await layoutShift(watched.page)).toBeLessThan(0.02);
  }

  it.each([
    ['in the light', {}],
    ['on a phone in the dark', dark],
  ])('the front page shows the systems, an account and the ways in, %s', async (_, options) => {
    const watched = await look(browser, house.url, options);
    const { page } = watched;
    expect(await page.title()).toBe('Tributary');
    const states = page.getByRole('region', { name: 'Right now' }).getByRole('listitem');
    expect(await states.count()).toBe(4);
    for (const state of await states.all()) expect(await state.innerText()).toMatch(/Reachable\s+[\d.]+ ms/);
    const card = page.getByRole('article');
    expect(await card.getByRole('term').allInnerTexts()).toHaveLength(4);
    expect(await card.innerText()).toMatch(/1 of 40 accounts/);
    expect(await page.getByRole('link', { name: '/accounts/{id}/snapshot' }).count()).toBe(1);
    const asked = page.getByRole('region', { name: 'Asked most' }).getByRole('row');
    expect(await asked.count()).toBe(11);
    expect(await asked.nth(2).innerText()).toMatch(
      /unnamed 11234567 query\s+desk\s+1,234,567\s+1 with errors/,
    );
    const width = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    expect(width[0]).toBeLessThanOrEqual(width[1] as number);
    await expectSound(watched);
    await card.getByRole('link', { name: 'Sidebar' }).click();
    await page.getByRole('heading', { name: 'Open pipeline' }).waitFor();
    await watched.close();
  });

  it.each([
    ['300 px', { viewport: { width: 300, height: 700 } }],
    ['480 px in the dark', { ...dark, viewport: { width: 480, height: 700 } }],
  ])('the sidebar shows all four systems at %s', async (_, options) => {
    const watched = await look(browser, sidebar(), options);
    const { page } = watched;
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe(account.name);
    const headings = await page.getByRole('heading', { level: 2 }).allInnerTexts();
    expect(headings).toEqual([
      'Open pipeline',
      'Usage',
      'What brought them',
      'Engagement',
      'Latest touches',
      'People',
    ]);
    expect(await page.locator('.notice').count()).toBe(0);
    const times = page.getByRole('list', { name: 'Systems' }).locator('time');
    expect(await times.count()).toBe(4);
    expect(await times.first().getAttribute('title')).toMatch(/^\d{1,2} \w{3} \d{4}, \d\d:\d\d UTC$/);
    const chart = page.getByRole('img', { name: /^Visits per day from .* in all/ });
    const box = await chart.boundingBox();
    expect(box?.height).toBeGreaterThan(60);
    const width = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    expect(width[0]).toBeLessThanOrEqual(width[1] as number);
    await expectSound(watched);
    await watched.close();
  });

  it('the chart says what is under the pointer, and reads as a table', async () => {
    const watched = await look(browser, sidebar(), phone);
    const { page } = watched;
    await page.getByRole('img', { name: /Visits per day/ }).hover();
    await expect.poll(() => page.locator('.readout').innerText()).toMatch(/^\d+ \w{3}: \d+ visits?$/);
    await page.getByText('Visits per day as a table').click();
    expect(await page.locator('.trend tbody tr').count()).toBe(30);
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole('link', { name: '90 days' }).click();
    await page.getByRole('img', { name: /^Visits per week/ }).waitFor();
    await watched.close();
  });

  it('the sidebar is reached by keyboard alone, people and their consent too', async () => {
    const watched = await look(browser, sidebar(), phone);
    const { page } = watched;
    const seen: string[] = [];
    while (seen.at(-1) !== 'Read again' && seen.length < 40) {
      await page.keyboard.press('Tab');
      const [text, outline] = await page.evaluate(() => {
        const focused = document.activeElement as HTMLElement;
        return [focused.innerText.split('\n')[0] ?? '', getComputedStyle(focused).outlineStyle];
      });
      expect(outline, `the outline of "${text}"`).toBe('solid');
      seen.push(text);
    }
    expect(seen).toEqual(
      expect.arrayContaining(['30 days', 'Visits per day as a table', 'How fresh this is', 'Read again']),
    );
    const person = page.locator('.people summary').first();
    await person.focus();
    await page.keyboard.press('Enter');
    await page
      .getByText(/^(Allowed|Not allowed): /)
      .first()
      .waitFor();
    await watched.close();
  });

  it('the sidebar reads itself again, and keeps what it has where that fails', async () => {
    const watched = await look(browser, sidebar(), phone);
    const { page } = watched;
    const again = page.waitForResponse((answer) => answer.url().includes('as=json'));
    await page.getByRole('button', { name: 'Read again' }).click();
    expect((await again).status()).toBe(200);
    await page.route('**/*as=json*', (route) => route.abort());
    await page.getByRole('button', { name: 'Read again' }).click();
    await page.getByText(/Reading again failed/).waitFor();
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe(account.name);
    await watched.close();
  });

  it('the sidebar tells of the systems that it shows something of, and of no others', async () => {
    const given = (await (await fetch(`${sidebar()}&as=json`)).json()) as { sources: object; live: object };
    expect(Object.keys(given.sources).sort()).toEqual(['analytics', 'consent', 'crm', 'email']);
    expect(given.live).toBeDefined();
  });

  it('the sidebar finds an account by its domain, and says when there is none', async () => {
    const found = await look(browser, `${house.url}/sidebar?domain=${account.domain.toUpperCase()}`);
    expect(found.page.url()).toBe(sidebar());
    await found.close();
    for (const [query, status, title] of [
      ['account=acc_nobody', 404, 'No such account'],
      ['domain=nobody.example', 404, 'No such account'],
      ['', 400, 'Which account?'],
    ] as const) {
      const address = `${house.url}/sidebar?${query}`;
      expect((await fetch(address)).status).toBe(status);
      const { page, close } = await look(browser, address, phone);
      expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe(title);
      expect(await seriousFindings(page)).toEqual([]);
      await close();
    }
  });

  it('text from the graph is text, whatever it says', async () => {
    const { data } = await ask(`${house.url}/graphql`, '{ accounts(first: 1) { nodes { id name } } }');
    const [{ id }] = data.accounts.nodes;
    const name = '</script><img src=x onerror=alert(1)>';
    await house.parts.crm.store.transaction((trx) =>
      trx.updateTable('accounts').set({ name }).where('id', '=', id).execute(),
    );
    const watched = await look(browser, `${house.url}/sidebar?account=${id}`, phone);
    expect(await watched.page.getByRole('heading', { level: 1 }).innerText()).toBe(name);
    expect(watched.complaints).toEqual([]);
    await watched.close();
  });

  it.each([
    ['in the light', {}],
    ['in the dark', { colorScheme: 'dark' }],
  ] as const)('GraphiQL answers a stored operation, with the schema beside it, %s', async (_, scheme) => {
    const watched = await look(browser, `${house.url}/graphiql`, { ...scheme, ...desk }, 'load');
    const { page } = watched;
    await page.getByRole('tab', { name: 'AccountSnapshot' }).waitFor({ timeout: 60_000 });
    const tabs = page.getByRole('tab');
    expect(await tabs.allInnerTexts()).toEqual(
      expect.arrayContaining(['AccountOfDomain', 'LatestAccount', 'Sidebar']),
    );
    await expect
      .poll(() => page.locator('.graphiql-query-editor').innerText())
      .toMatch(/query.AccountSnapshot/);
    await expect.poll(() => page.locator('.graphiql-editor-tool').first().innerText()).toMatch(/"acc_/);
    /* It is drawn once, when its faces are there: a late one would move every tab. */
    expect(await layoutShift(page)).toBeLessThan(0.001);
    /* What moves within half a second of a click does not count as a shift: this answer takes longer. */
    await page.route('**/graphql', async (route) => {
      await setTimeout(700);
      await route.continue();
    });
    await page.locator('.graphiql-execute-button').click();
    await expect
      .poll(() => page.locator('.graphiql-response').innerText(), { timeout: 60_000 })
      .toMatch(/"account"/);
    await page.unroute('**/graphql');
    await expectSound(watched);
    await page.getByRole('button', { name: 'Headers' }).click();
    await page.getByRole('button', { name: /history/i }).click();
    await page.locator('.graphiql-history').getByRole('button', { name: 'AccountSnapshot' }).waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole('button', { name: /documentation/i }).click();
    await page.locator('.graphiql-doc-explorer').getByText('Query', { exact: true }).click();
    await page.locator('.graphiql-doc-explorer-field-name').first().waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await page.reload();
    await expect
      .poll(() => page.locator('.graphiql-editor-tool').first().innerText(), { timeout: 60_000 })
      .toMatch(/"acc_/);
    expect(await page.getByRole('tab').count()).toBe(await tabs.count());
    await watched.close();
  });

  it('the tabs of GraphiQL are gone through and closed by keyboard alone', async () => {
    const { page, close } = await look(browser, `${house.url}/graphiql`, desk, 'load');
    const tabs = page.getByRole('tab');
    const active = page.getByRole('tab', { selected: true });
    await tabs.first().waitFor({ timeout: 60_000 });
    const names = await tabs.allInnerTexts();
    const isFocusedAndSeen = () =>
      active.evaluate((tab) => {
        const [box, row] = [tab, tab.parentElement as Element].map((one) => one.getBoundingClientRect());
        const isSeen = box && row && box.left >= row.left - 1 && box.right <= row.right + 1;
        return isSeen && tab === document.activeElement;
      });
    await active.focus();
    for (const [key, name] of [
      ['End', names.at(-1)],
      ['ArrowRight', names[0]],
      ['ArrowRight', names[1]],
    ] as const) {
      await page.keyboard.press(key);
      await expect.poll(() => active.innerText()).toBe(name);
      await expect.poll(isFocusedAndSeen).toBe(true);
    }
    await page.keyboard.press('Delete');
    await expect.poll(() => tabs.allInnerTexts()).toEqual(names.toSpliced(1, 1));
    await expect.poll(isFocusedAndSeen).toBe(true);
    await page.keyboard.press('Tab');
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.ariaLabel))
      .toBe(`Close ${await active.innerText()}`);
    await page.keyboard.press('Enter');
    await expect.poll(() => tabs.allInnerTexts()).toEqual(names.slice(2));
    /* By a wheel, too: it moves the row, never the page. */
    const left = (await tabs.first().boundingBox())?.x as number;
    await tabs.first().hover();
    await page.mouse.wheel(0, 300);
    await expect.poll(async () => (await tabs.first().boundingBox())?.x).toBe(left - 300);
    expect(await page.evaluate(() => scrollY)).toBe(0);
    await close();
  });

  it('the reference shows every REST route', async () => {
    const watched = await look(browser, `${house.url}/docs`, { viewport: { width: 1100, height: 800 } });
    const { page } = watched;
    await page.getByRole('heading', { name: '/accounts/{id}/snapshot' }).waitFor();
    await page.getByText('account object').click();
    await page.getByText('lifecycleStage', { exact: true }).waitFor();
    expect(await page.locator('.refusals dt').allInnerTexts()).toEqual(
      expect.arrayContaining(['404', '503']),
    );
    await expectSound(watched);
    await watched.close();
  });
});

describe.skipIf(browserIsMissing)('the pages while a system is down', { timeout: 120_000 }, () => {
  let house: House;
  let browser: Browser;
  let id: string;

  beforeAll(async () => {
    house = await startHouse({ accounts: 10, events: {} });
    browser = await startBrowser();
    const { data } = await ask(`${house.url}/graphql`, '{ accounts(first: 1) { nodes { id } } }');
    id = data.accounts.nodes[0].id;
    await house.stop('analytics');
  }, 180_000);
  afterAll(async () => {
    await browser?.close();
    await house?.close();
  });

  it('the front page names it and shows the rest', async () => {
    const { page, close } = await look(browser, house.url, phone);
    await page.getByText('Analytics does not answer.').waitFor();
    const states = page.getByRole('region', { name: 'Right now' }).getByRole('listitem');
    const texts = await states.allInnerTexts();
    expect(texts.filter((text) => text.includes('Reachable'))).toHaveLength(3);
    expect(texts.find((text) => text.includes('Not answering'))).toContain('Analytics');
    expect(await page.getByRole('article').innerText()).toMatch(/System down\s+Analytics/);
    expect(await seriousFindings(page)).toEqual([]);
    await close();
  });

  it('the sidebar says which parts are missing because of it, and shows the others', async () => {
    const watched = await look(browser, `${house.url}/sidebar?account=${id}`, phone);
    const { page } = watched;
    expect(await page.locator('.notice').allInnerTexts()).toEqual([
      'Usage cannot be shown: Analytics does not answer right now.',
      'Attribution cannot be shown: Analytics does not answer right now.',
      'Latest touches cannot be shown: Analytics does not answer right now.',
    ]);
    expect(await page.getByRole('list', { name: 'Systems' }).innerText()).toMatch(/Analytics\s+is down/);
    expect(await page.locator('.people > li').count()).toBeGreaterThan(0);
    expect(await seriousFindings(page)).toEqual([]);
    expect(await layoutShift(page)).toBeLessThan(0.02);
    expect(watched.complaints).toEqual([]);
    await watched.close();
  });

  it('no contact may be written to while consent cannot be checked', async () => {
    await house.stop('consent');
    const { page, close } = await look(browser, `${house.url}/sidebar?account=${id}`, phone);
    await page.getByText('Consent cannot be shown: Consent records does not answer right now.').waitFor();
    expect(await page.locator('.people a').count()).toBe(0);
    expect(await page.locator('.allowed.yes').count()).toBe(0);
    await close();
  });

  it('nothing but that is said while the CRM is down', async () => {
    await house.stop('crm');
    expect((await fetch(`${house.url}/sidebar?account=${id}`)).status).toBe(503);
    const { page, close } = await look(browser, `${house.url}/sidebar?account=${id}`, phone);
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe('CRM does not answer');
    await close();
    const home = await look(browser, house.url);
    await home.page.getByText('No account can be shown: CRM does not answer right now.').waitFor();
    await home.close();
  });
});

describe.skipIf(browserIsMissing)('the sidebar in the frame of a CRM', { timeout: 120_000 }, () => {
  const ada = { kind: 'user', id: 'ada', roles: ['rep'], scopes: [], tenant: 'default' } as const;
  let folder: string;
  let house: House;
  let browser: Browser;
  let crm: Server;
  let authorization: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tributary-'));
    const file = join(folder, 'secret');
    await writeFile(file, 'a secret of more than thirty-two bytes');
    const authentication = { secret: { file }, issuer: 'https://id.example', audience: 'tributary' };
    crm = createServer((_, response) => response.end()).listen(0, '127.0.0.1');
    await once(crm, 'listening');
    const edge = { browser: { frameAncestors: [crmUrl()], passSeconds: 4 } };
    house = await startHouse({ accounts: 2, authentication, edge });
    authorization = `Bearer ${await mintToken(authentication, ada, 600)}`;
    browser = await startBrowser();
  }, 180_000);
  afterAll(async () => {
    await browser?.close();
    await house?.close();
    crm?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const crmUrl = () => `http://127.0.0.1:${(crm.address() as AddressInfo).port}`;

  it('opens with a pass, reads itself again without a token, and says when the pass is over', async () => {
    const asked = await fetch(`${house.url}/graphql`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ accounts(first: 1) { nodes { id name } } }' }),
    });
    const { data } = (await asked.json()) as GraphqlAnswer;
    const [account] = data.accounts.nodes;
    const ordered = await fetch(`${house.url}/passes`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify({ page: '/sidebar', query: { account: account.id } }),
    });
    const { url } = (await ordered.json()) as { url: string };
    crm.removeAllListeners('request');
    crm.on('request', (_, response) =>
      response
        .setHeader('content-type', 'text/html')
        .end(`<iframe width="360" height="700" src="${house.url}${url}"></iframe>`),
    );
    const { page, close } = await look(browser, crmUrl());
    const frame = page.frameLocator('iframe');
    await frame.getByRole('heading', { level: 1, name: account.name }).waitFor();
    const again = page.waitForResponse((answer) => answer.url().includes('as=json'));
    await frame.getByRole('button', { name: 'Read again' }).click();
    expect((await again).status()).toBe(200);
    await expect
      .poll(async () => (await fetch(house.url + url)).status, { timeout: 30_000, interval: 500 })
      .toBe(401);
    await page.reload();
    await frame.getByRole('heading', { name: 'Who are you?' }).waitFor();
    await close();
  });
});
