import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { mintToken } from '#gateway/identity/trial.ts';
import { browserIsMissing, look, seriousFindings, startBrowser } from '#test/harness/browser.ts';
import { type Commands, openCommands } from '#test/harness/commands.ts';
import { type House, startHouse } from '#test/harness/house.ts';
import type { GraphqlAnswer } from '#test/harness/subgraph.ts';

const updateStatus = `mutation ($input: UpdateLeadStatusInput!) {
  updateLeadStatus(input: $input) { event { id } }
}`;
const assignLead =
  'mutation ($input: AssignLeadOwnerInput!) { assignLeadOwner(input: $input) { event { id } } }';
const assignAccount =
  'mutation ($input: AssignAccountOwnerInput!) { assignAccountOwner(input: $input) { event { id } } }';

/** Ids of the events in the table, in the order in which they came. */
const shown = async (page: Page) =>
  (
    await page
      .locator('tr[data-event]')
      .evaluateAll((rows) => rows.map((row) => row.getAttribute('data-event')))
  ).toReversed();
const isLive = (page: Page) => page.getByRole('status').getByText('Live', { exact: true });

describe.skipIf(browserIsMissing)('the live pages', { timeout: 120_000 }, () => {
  let house: House;
  let browser: Browser;

  beforeAll(async () => {
    house = await startHouse({ accounts: 20, events: {} });
    browser = await startBrowser();
  }, 180_000);
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
    await expect.poll(() => house.live().subscriptions).toBe(0);
  });
  afterAll(async () => {
    await browser?.close();
    await house?.close();
  });

  const ask = (query: string, variables: object = {}) => askAt(house.url, query, variables);
  const change = async (query: string, input: object) => {
    const { data } = await ask(query, { input: { idempotencyKey: crypto.randomUUID(), ...input } });
    return (Object.values(data)[0] as { event: { id: string } }).event.id;
  };

  it.each([
    ['in the light', {}],
    ['on a phone in the dark', { viewport: { width: 390, height: 800 }, colorScheme: 'dark' } as const],
  ])('show lead updates with what changed and who has them, %s', async (_, options) => {
    const { data } = await ask(
      '{ leads(first: 20, filter: { status: [NEW] }) { nodes { id owner { id } account { name } } } }',
    );
    const lead = data.leads.nodes.find((one: { owner: unknown }) => one.owner !== null);
    const watched = await look(browser, `${house.url}/live`, options, 'load');
    const { page } = watched;
    await isLive(page).waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    const events = [
      await change(updateStatus, { leadId: lead.id, status: 'WORKING' }),
      await change(assignLead, { leadId: lead.id, ownerId: null }),
    ];
    await expect.poll(() => shown(page)).toEqual(events);
    expect(await page.getByText('2 updates', { exact: true }).count()).toBe(1);
    const [owner, status] = await page.locator('tr[data-event]').allInnerTexts();
    expect(status).toMatch(/Status\s*New\s*→.*Working/s);
    expect(owner).toMatch(/Owner.*nobody/s);
    expect(owner).toContain(lead.account.name);
    const width = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    expect(width[0]).toBeLessThanOrEqual(width[1] as number);
    expect(await seriousFindings(page)).toEqual([]);
    expect(watched.complaints).toEqual([]);
  });

  it('show those of one owner alone, who had the lead before or has it now', async () => {
    const { data } = await ask(
      '{ leads(first: 50, filter: { status: [WORKING] }) { nodes { id owner { id name } } } }',
    );
    const owned = data.leads.nodes.filter((lead: { owner: unknown }) => lead.owner !== null);
    const mine = owned[0];
    const other = owned.find((lead: typeof mine) => lead.owner.id !== mine.owner.id);
    const { page } = await look(browser, `${house.url}/live?owner=${mine.owner.id}`, {}, 'load');
    await isLive(page).waitFor();
    expect(await page.getByLabel('Owner id').inputValue()).toBe(mine.owner.id);
    await change(updateStatus, { leadId: other.id, status: 'QUALIFIED' });
    const event = await change(assignLead, { leadId: mine.id, ownerId: other.owner.id });
    await expect.poll(() => shown(page)).toEqual([event]);
    expect(await page.locator('tr[data-event]').innerText()).toContain(mine.owner.name);
  });

  it('follow by polls where neither WebSockets nor streams go through', async () => {
    const { page } = await look(browser, house.url, {}, 'load');
    await page.addInitScript(() => {
      Object.assign(globalThis, { WebSocket: undefined });
    });
    await page.route('**/graphql/stream', (route) => route.abort());
    await page.getByRole('button', { name: 'Watch leads live' }).click();
    await page.getByRole('status').getByText('Live, by polling').waitFor();
    const { data } = await ask('{ leads(first: 1, filter: { status: [WORKING] }) { nodes { id } } }');
    const event = await change(updateStatus, { leadId: data.leads.nodes[0].id, status: 'QUALIFIED' });
    await expect.poll(() => shown(page)).toEqual([event]);
  });

  it('have GraphiQL show a subscription as it goes on', async () => {
    const { page } = await look(browser, `${house.url}/graphiql`, {}, 'load');
    await page.getByRole('tab', { name: 'LeadUpdates' }).click({ timeout: 60_000 });
    /* Right after a tab was chosen GraphiQL still sends the name of the operation in the other. */
    const subscriptions = async () => {
      if (house.live().subscriptions === 0) await page.locator('.graphiql-execute-button').click();
      return house.live().subscriptions;
    };
    await expect.poll(subscriptions, { interval: 1_000 }).toBe(1);
    const { data } = await ask('{ leads(first: 1, filter: { status: [WORKING] }) { nodes { id } } }');
    const event = await change(updateStatus, { leadId: data.leads.nodes[0].id, status: 'DISQUALIFIED' });
    await expect.poll(() => page.locator('.graphiql-response').innerText()).toContain(event);
  });

  it('turn the sidebar to the new owner without a reload', async () => {
    const { account, next } = await accountAndNext(ask);
    const { page } = await look(browser, `${house.url}/sidebar?account=${account.id}`, {}, 'load');
    await expect.poll(() => house.live().subscriptions).toBe(1);
    await change(assignAccount, { accountId: account.id, ownerId: next.id });
    await page.getByText(`${next.name} owns this account`).waitFor();
  });

  it('have the sidebar see what changed while its page was still loading', async () => {
    const { account, next } = await accountAndNext(ask);
    const context = await browser.newContext();
    const page = await context.newPage();
    const release = await holdScripts(page);
    await page.goto(`${house.url}/sidebar?account=${account.id}`, { waitUntil: 'commit' });
    await page.getByRole('button', { name: 'Read again' }).waitFor();
    const event = await change(assignAccount, { accountId: account.id, ownerId: next.id });
    await expect.poll(() => latestEvent(ask)).toBe(event);
    release();
    await page.getByText(`${next.name} owns this account`).waitFor({ timeout: 20_000 });
  });

  it('have the sidebar ask for nothing live where there are no events', async () => {
    const quiet = await startHouse({ accounts: 5 });
    try {
      const { account } = await accountAndNext((query) => askAt(quiet.url, query));
      const { page, complaints } = await look(browser, `${quiet.url}/sidebar?account=${account.id}`);
      await page.getByRole('button', { name: 'Read again' }).click();
      await page.getByRole('status').getByText('Read').waitFor();
      expect(complaints).toEqual([]);
    } finally {
      await quiet.close();
    }
  });
});

/** Keeps a page from running until it is released. */
async function holdScripts(page: Page): Promise<() => void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  await page.route('**/assets/*.js', async (route) => {
    await promise;
    await route.continue();
  });
  return resolve;
}

const latestEvent = async (ask: (query: string) => Promise<GraphqlAnswer>) => {
  const { data } = await ask('{ events(first: 500) { nodes { id } } }');
  return data.events.nodes.at(-1)?.id;
};

/** An account, and somebody who does not own it. */
async function accountAndNext(ask: (query: string) => Promise<GraphqlAnswer>) {
  const { data } = await ask(
    '{ accounts(first: 1) { nodes { id owner { id } } } leads(first: 50) { nodes { owner { id name } } } }',
  );
  const [account] = data.accounts.nodes;
  const owners = data.leads.nodes.map((lead: { owner: unknown }) => lead.owner).filter(Boolean);
  return { account, next: owners.find((one: { id: string }) => one.id !== account.owner?.id) };
}

describe.skipIf(browserIsMissing)('the sidebar in the frame of a CRM', { timeout: 120_000 }, () => {
  it('follows its account with nothing but a pass', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tributary-'));
    const file = join(folder, 'secret');
    await writeFile(file, 'a secret of more than thirty-two bytes');
    const authentication = { secret: { file }, issuer: 'https://id.example', audience: 'tributary' };
    const crm = createServer().listen(0, '127.0.0.1');
    await once(crm, 'listening');
    const crmUrl = `http://127.0.0.1:${(crm.address() as AddressInfo).port}`;
    const edge = { browser: { frameAncestors: [crmUrl] } };
    const house = await startHouse({ accounts: 5, authentication, edge, events: {} });
    const browser = await startBrowser();
    try {
      const admin = {
        kind: 'user',
        id: 'root',
        roles: ['admin'],
        scopes: ['account:assign'],
        tenant: 'default',
      } as const;
      const authorization = `Bearer ${await mintToken(authentication, admin, 600)}`;
      const ask = (query: string, variables: object = {}) =>
        askAt(house.url, query, variables, { authorization });
      const { account, next } = await accountAndNext(ask);
      const ordered = await fetch(`${house.url}/passes`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json' },
        body: JSON.stringify({ page: '/sidebar', query: { account: account.id } }),
      });
      const { url } = (await ordered.json()) as { url: string };
      crm.on('request', (_, response) =>
        response
          .setHeader('content-type', 'text/html')
          .end(`<iframe width="360" height="700" src="${house.url}${url}"></iframe>`),
      );
      const { page, complaints } = await look(browser, crmUrl, {}, 'load');
      await expect.poll(() => house.live().connections.sse).toBe(1);
      await ask(assignAccount, {
        input: { idempotencyKey: crypto.randomUUID(), accountId: account.id, ownerId: next.id },
      });
      await page.frameLocator('iframe').getByText(`${next.name} owns this account`).waitFor();
      expect(complaints.filter((one) => !one.includes('favicon'))).toEqual([]);

      /* What changes while the frame is loading is seen as well. */
      const { next: another } = await accountAndNext(ask);
      const release = await holdScripts(page);
      await page.reload({ waitUntil: 'commit' });
      const frame = page.frameLocator('iframe');
      await frame.getByText(`${next.name} owns this account`).waitFor();
      await ask(assignAccount, {
        input: { idempotencyKey: crypto.randomUUID(), accountId: account.id, ownerId: another.id },
      });
      release();
      await frame.getByText(`${another.name} owns this account`).waitFor({ timeout: 20_000 });
    } finally {
      await browser.close();
      await house.close();
      crm.close();
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe.skipIf(browserIsMissing)('lead updates while the gateway dies', { timeout: 180_000 }, () => {
  let commands: Commands;
  let browser: Browser;
  beforeAll(async () => {
    commands = await openCommands();
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await commands?.end();
  });

  const start = async (port: string) => {
    const command = commands.start(['up', '--demo-accounts', '20'], { PORT: port });
    const [, url = ''] = await command.prints(/ready at (http:\/\/\S+?)[ \n]/);
    return { command, url };
  };

  it('are all on the page in the end, each once and in order', async () => {
    const { command, url } = await start('0');
    const { data } = await askAt(
      url,
      '{ eventCursor leads(first: 6, filter: { status: [NEW] }) { nodes { id } } }',
    );
    const leads: readonly string[] = data.leads.nodes.map(({ id }: { id: string }) => id);
    const { page } = await look(browser, `${url}/live`, {}, 'load');
    await isLive(page).waitFor();

    const statuses = ['WORKING', 'QUALIFIED', 'WORKING', 'DISQUALIFIED', 'WORKING', 'QUALIFIED', 'CONVERTED'];
    const changes = statuses.flatMap((status) => leads.map((leadId) => ({ leadId, status })));
    let done = 0;
    const writing = (async () => {
      for (const change of changes) {
        const input = { idempotencyKey: crypto.randomUUID(), ...change };
        while (!(await isTaken(url, input))) await setTimeout(100);
        done += 1;
      }
    })();
    await expect.poll(() => done, { timeout: 30_000 }).toBeGreaterThan(changes.length / 3);
    command.process.kill('SIGKILL');
    await command.ended;
    expect(done).toBeLessThan(changes.length);
    await start(new URL(url).port);
    await writing;

    const committed = async () => {
      const { data: log } = await askAt(
        url,
        'query ($after: ID) { events(after: $after, first: 500, types: ["tributary.crm.LeadStatusChanged.v1"]) { nodes { id } } }',
        { after: data.eventCursor },
      );
      return log.events.nodes.map(({ id }: { id: string }) => id);
    };
    await expect.poll(committed, { timeout: 30_000 }).toHaveLength(changes.length);
    await expect.poll(() => shown(page), { timeout: 60_000 }).toHaveLength(changes.length);
    expect(await shown(page)).toEqual(await committed());
    await isLive(page).waitFor();
    expect(await page.getByText(/may be missing/).count()).toBe(0);
  });
});

/** Whether a change was answered: while nobody listens it is not, and is sent again. */
async function isTaken(url: string, input: object): Promise<boolean> {
  try {
    const { data } = await askAt(url, updateStatus, { input });
    return data?.updateLeadStatus?.event != null;
  } catch {
    return false;
  }
}

async function askAt(
  url: string,
  query: string,
  variables: object = {},
  headers: Record<string, string> = {},
): Promise<GraphqlAnswer> {
  const answer = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query, variables }),
  });
  return (await answer.json()) as GraphqlAnswer;
}
