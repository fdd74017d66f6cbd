import { afterEach, describe, expect, it } from 'vitest';
import { sendGridSource } from '#test/harness/vendors/sendgrid.ts';
import {
  automation,
  list,
  mapping,
  type SendgridAccount,
  type SendgridAccountOptions,
  singleSend,
  startSendgridAccount,
} from '#test/harness/vendors/sendgrid-account.ts';
import { recordsOf, walk } from '../email-suite.ts';

const { missing } = sendGridSource();
const open: SendgridAccount[] = [];
afterEach(async () => {
  for (const account of open.splice(0)) await account.close();
});
async function account(options: SendgridAccountOptions = {}): Promise<SendgridAccount> {
  const started = await startSendgridAccount(options);
  open.push(started);
  return started;
}
const asking = () => ({ urgency: 'read', signal: AbortSignal.timeout(20_000) }) as const;

describe.skipIf(missing)("SendGrid's contacts", () => {
  const people = Array.from({ length: 100 }, (_, index) => ({ email: `p${index}@example.com` }));

  it('are asked for a hundred at a time, which is the most', async () => {
    const { system, double } = await account({ double: { seed: { contacts: people } } });
    const values = people.map(({ email }) => email);
    expect(await system.read('recipients', { by: 'address', values }, asking())).toHaveLength(100);
    const ids = [...double.state.contacts.keys()];
    expect(await system.read('recipients', { by: 'id', values: ids }, asking())).toHaveLength(100);
    expect(double.requests).toHaveLength(2);
  });

  it('are found beside an address that SendGrid takes for none', async () => {
    const { system, proxy } = await account({ double: { seed: { contacts: people } } });
    const values = people.slice(0, 98).map(({ email }) => email);
    // The double takes anything; the vendor says no to a search as a whole.
    const refused = {
      kind: 'answer',
      status: 400,
      headers: { 'content-type': 'application/json' },
      body: '{"errors":[{"message":"invalid email","field":"emails"}]}',
    } as const;
    proxy.fault({ path: '/v3/marketing/contacts/search/emails', nth: [1, 2] }, refused);
    const key = { by: 'address', values: [...values, 'no address', `${'x'.repeat(100)}@example.com`] };
    const seen = recordsOf(await system.read('recipients', key, asking()));
    const sent = proxy.requests.map(({ body }) => JSON.parse(body.toString()).emails.length);
    expect(sent).toEqual([98, 49, 25, 24, 49]);
    expect(seen).toHaveLength(98);
  });

  it('come once, however many of their addresses were asked for', async () => {
    const { system, proxy } = await account();
    const at = '2026-03-01T09:00:00Z';
    const contact = { id: 'c1', email: 'ada@example.com', list_ids: [], created_at: at, updated_at: at };
    const result = { 'ada@example.com': { contact }, 'ada@home.example': { contact } };
    proxy.fault(
      { path: '/v3/marketing/contacts/search/emails' },
      {
        kind: 'answer',
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ result }),
      },
    );
    const key = { by: 'address', values: Object.keys(result) };
    expect(recordsOf(await system.read('recipients', key, asking())).map(({ id }) => id)).toEqual(['c1']);
  });

  it('have an identifier or none', async () => {
    const contacts = [{ email: 'Ada@example.com', external_id: '' }, { external_id: 'contact-eve' }];
    const { system, double } = await account({ double: { seed: { contacts } } });
    const key = { by: 'id', values: [...double.state.contacts.keys()] };
    const seen = recordsOf(await system.read('recipients', key, asking()));
    expect(seen.map(({ externalId, values }) => [externalId, values.address])).toEqual([
      [null, 'ada@example.com'],
      ['contact-eve', null],
    ]);
  });
});

describe.skipIf(missing)("SendGrid's campaigns", () => {
  const uuid = (index: number) => `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`;
  const counts = {
    requests: 100,
    delivered: 90,
    bounces: 3,
    bounce_drops: 4,
    invalid_emails: 1,
    spam_report_drops: 2,
    opens: 80,
    unique_opens: 50,
    clicks: 30,
    unique_clicks: 20,
    unsubscribes: 5,
  };
  const ours = { sent: 93, delivered: 90, opened: 50, clicked: 20, bounced: 3, unsubscribed: 5 };

  it('have words for how they stand, and counts of messages and not of openings', async () => {
    const send_at = '2026-03-01T09:00:00Z';
    const sends = (['draft', 'scheduled', 'triggered'] as const).map((status, index) => ({
      id: uuid(index),
      name: `News ${index}`,
      status,
      send_at,
    }));
    const seed = { singleSends: sends, stats: [{ id: uuid(2), stats: counts }] };
    const { system } = await account({ double: { seed } });
    const key = {
      by: 'id',
      values: [...sends.map(({ id }) => id), uuid(9), 'categories', '../../../v3/scopes'],
    };
    const seen = recordsOf(await system.read('campaigns', key, asking()));
    const none = { recipients: 0, sent: 0, delivered: 0, opened: 0, clicked: 0, bounced: 0, unsubscribed: 0 };
    const email = { channel: 'EMAIL' };
    expect(seen.map(({ values }) => values)).toEqual([
      { name: 'News 0', status: 'DRAFT', startedAt: null, ...email, ...none },
      { name: 'News 1', status: 'SCHEDULED', startedAt: null, ...email, ...none },
      {
        ...{ name: 'News 2', status: 'COMPLETED', startedAt: '2026-03-01T09:00:00.000Z', ...email },
        ...{ recipients: 100, ...ours },
      },
    ]);
  });

  it('stand as a mapping of the own says', async () => {
    const singleSends = { draft: 'PAUSED', scheduled: 'ACTIVE', triggered: 'ACTIVE' };
    const { system } = await account({ mapping: { ...mapping, singleSends } });
    const [seen] = recordsOf(await system.read('campaigns', { by: 'id', values: [singleSend] }, asking()));
    expect(seen?.values.status).toBe('PAUSED');
  });

  it('are unmapped in a state that nobody has a word for', async () => {
    const { system, proxy } = await account();
    const body = { id: singleSend, name: 'News', status: 'constructor', created_at: '2026-03-01T09:00:00Z' };
    const headers = { 'content-type': 'application/json' };
    proxy.fault(
      { path: /singlesends\/2/ },
      { kind: 'answer', status: 200, headers, body: JSON.stringify(body) },
    );
    expect(await system.read('campaigns', { by: 'id', values: [singleSend] }, asking())).toEqual([
      {
        kind: 'unmapped',
        id: singleSend,
        problems: [{ field: 'status', property: 'status', value: 'constructor' }],
      },
    ]);
  });

  it('that take contacts in have the list and the counts of the automation', async () => {
    const contacts = [{ email: 'ada@example.com' }, { email: 'eve@example.com' }];
    const { system, double } = await account({
      double: { seed: { contacts, automationStats: [{ id: automation, stats: counts }] } },
    });
    double.state.addJob([{ email: 'ada@example.com' }], [list]);
    double.state.runJobs();
    const key = { by: 'id', values: [automation] };
    const [seen] = recordsOf(await system.read('campaigns', key, asking()));
    expect(seen).toMatchObject({
      id: automation,
      values: { name: 'Nurture', status: 'ACTIVE', startedAt: null, recipients: 1, ...ours },
    });
    double.state.lists.clear();
    expect(await system.read('campaigns', key, asking())).toEqual([]);
  });

  it('are told of all, each time, with 25 to a page and their counts in one call', async () => {
    const singleSends = Array.from({ length: 60 }, (_, index) => ({
      id: uuid(index),
      name: `News ${index}`,
    }));
    const { system, double } = await account({ double: { seed: { singleSends } } });
    const all = await walk(system, 'campaigns', null);
    expect(new Set(recordsOf(all.seen).map(({ id }) => id))).toEqual(
      new Set([...singleSends.map(({ id }) => id), automation]),
    );
    expect(all.pages).toBe(3);
    for (const { query } of double.requests) {
      expect(query.get('singlesend_ids')?.split(',').length ?? 0).toBeLessThanOrEqual(25);
    }
    const again = await walk(system, 'campaigns', all.next);
    expect(again.seen).toHaveLength(61);
  });

  it('go on where the settings lead, wherever a link of the vendor does', async () => {
    const { system, proxy } = await account();
    const next = 'https://elsewhere.example.com/v3/marketing/singlesends?page_token=more';
    const body = JSON.stringify({ result: [], _metadata: { next } });
    const headers = { 'content-type': 'application/json' };
    proxy.fault(
      { path: '/v3/marketing/singlesends', nth: 1 },
      { kind: 'answer', status: 200, headers, body },
    );
    const page = await system.changes('campaigns', null, asking());
    expect(page.more).toBe(true);
    await system.changes('campaigns', page.next, asking());
    expect(proxy.requests[1]?.query.get('page_token')).toBe('more');
  });
});
