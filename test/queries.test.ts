import { afterAll, beforeAll, expect, it } from 'vitest';
import { type House, startHouse } from '#test/harness/house.ts';
import { describeAtEach } from '#test/harness/record-places.ts';
import { ask } from '#test/harness/subgraph.ts';
import { accountsOf, campaignOf, contactOf, emailFields } from '#test/harness/vendors/email-answers.ts';
import { type EmailWorld, emailWorldOf } from '#test/harness/vendors/email-world.ts';

describeAtEach('every query of the supergraph', ({ openPlace, says }) => {
  let house: House;
  let demo: EmailWorld;
  beforeAll(async () => {
    const records = await openPlace();
    house = await startHouse({ accounts: 40, records });
    demo = records?.email?.demo() ?? (await emailWorldOf(house.parts));
  }, 180_000);
  afterAll(() => house?.close());

  const answer = async (query: string, variables: Record<string, unknown> = {}) => {
    const { data, errors } = await ask(`${house.url}/graphql`, query, variables);
    expect(errors).toBeUndefined();
    return data;
  };

  it('finds one by each of its keys, and nobody by an unknown one', async () => {
    const { accounts } = await answer(
      '{ accounts(first: 20) { nodes { id domain contacts(first: 20) { nodes { id email } } } } }',
    );
    const account = accounts.nodes.find((node: { domain: string | null }) => node.domain !== null);
    const contact = accounts.nodes
      .flatMap((node: { contacts: { nodes: { email: string | null }[] } }) => node.contacts.nodes)
      .find((node: { email: string | null }) => node.email !== null);
    const data = await answer(
      `query ($account: ID!, $domain: String!, $contact: ID!, $email: String!) {
        account(id: $account) { id } accountByDomain(domain: $domain) { id }
        contact(id: $contact) { id } contactByEmail(email: $email) { id consent(purpose: "EMAIL_MARKETING") { state } }
        noAccount: account(id: "acc_no") { id } noDomain: accountByDomain(domain: "no.example") { id }
        noContact: contact(id: "con_no") { id } noLead: lead(id: "lea_no") { id } noCampaign: campaign(id: "cmp_no") { id }
      }`,
      { account: account.id, domain: account.domain, contact: contact.id, email: contact.email },
    );
    expect(data).toMatchObject({
      account: { id: account.id },
      accountByDomain: { id: account.id },
      contact: { id: contact.id },
      contactByEmail: { id: contact.id },
      noAccount: null,
      noDomain: null,
      noContact: null,
      noLead: null,
      noCampaign: null,
    });
  });

  it('lists, filters and groups what the CRM holds', async () => {
    const data = await answer(`{
      retail: accounts(filter: { employeesMin: 50 }, orderBy: { by: NAME, direction: DESC }) { totalCount nodes { name employees annualRevenue { amount currency } owner { name } } edges { cursor } }
      leads(filter: { status: [NEW, WORKING] }) { totalCount nodes { id status source contact { name } account { name } owner { name } score { value factors { name points } } version } }
      won: opportunities(filter: { stage: [WON] }) { totalCount nodes { id name stage amount { amount currency } product closeDate account { name } owner { name } } }
      stage: pipeline(groupBy: STAGE) { key totals { openCount wonCount lostCount observedAt } }
      owner: pipeline(groupBy: OWNER) { key owner { name } totals { wonAmount { amount currency } } }
      industry: pipeline(groupBy: INDUSTRY) { key totals { openAmount { amount currency } } }
      month: pipeline(groupBy: MONTH) { key }
    }`);
    expect(data.retail.nodes.length).toBeGreaterThan(0);
    for (const { employees } of data.retail.nodes) expect(employees).toBeGreaterThanOrEqual(50);
    for (const { status, score } of data.leads.nodes) {
      expect(['NEW', 'WORKING']).toContain(status);
      const points = score.factors.reduce(
        (sum: number, factor: { points: number }) => sum + factor.points,
        0,
      );
      expect(points).toBe(score.value);
    }
    expect(data.won.nodes.every(({ stage }: { stage: string }) => stage === 'WON')).toBe(true);
    const months = data.month.map(({ key }: { key: string | null }) => key).filter(Boolean);
    expect(months).toEqual(months.toSorted());
    for (const rows of [data.stage, data.owner, data.industry]) expect(rows.length).toBeGreaterThan(1);
  });

  it('answers what email, analytics and consent add', async () => {
    const data = await answer(
      `query ($id: ID!) {
        campaigns(first: 3) { nodes { id name channel status startedAt stats { sent delivered } observedAt } }
        purposes { key name }
        channelPerformance(window: LAST_90_DAYS) { channels { channel touches } }
        mostActiveAccounts(first: 3) { accounts { account { name } visits } }
        account(id: $id) {
          emailEngagement { delivered openRate observedAt }
          week: usage(window: LAST_7_DAYS) { visits from to asOf } year: usage(window: LAST_365_DAYS) { visits }
          usageTrend(interval: WEEK) { buckets { start visits } }
          touches(first: 5) { nodes { channel campaign { name status } at } pageInfo { hasNextPage endCursor } }
          first: attribution(model: FIRST_TOUCH) { credits { credit } } last: attribution(model: LAST_TOUCH) { credits { credit } }
          linear: attribution(model: LINEAR) { credits { credit } } decay: attribution(model: TIME_DECAY) { credits { credit } }
          position: attribution(model: POSITION_BASED) { credits { credit campaign { name } } }
          contacts(first: 3) { nodes {
            engagement { sent lastOpenedAt } suppressions { reason } enrollments(first: 2) { nodes { state enrolledAt campaign { name } } }
            consents { purpose state legalBasis jurisdiction source updatedAt } consentHistory(first: 2) { nodes { decision recordedAt } }
          } }
        }
      }`,
      { id: 'acc_7_1' },
    );
    expect(data.campaigns.nodes).toHaveLength(3);
    expect(data.purposes).toHaveLength(5);
    expect(data.mostActiveAccounts.accounts[0].account.name).toEqual(expect.any(String));
    expect(data.account.week.visits).toBeLessThanOrEqual(data.account.year.visits);
    for (const model of ['first', 'last', 'linear', 'decay', 'position']) {
      const sum = data.account[model].credits.reduce(
        (total: number, { credit }: { credit: string }) => total + Number(credit.replace('.', '')),
        0,
      );
      expect([model, sum]).toEqual([model, 1_000_000]);
    }
    for (const contact of data.account.contacts.nodes) expect(contact.consents).toHaveLength(5);
  });

  it('answers of campaigns, contacts and accounts what came of all mail', async () => {
    const { campaigns } = await answer(`{ campaigns(first: 100) { nodes { ${emailFields.campaign} } } }`);
    expect(new Set(campaigns.nodes)).toEqual(
      new Set(demo.campaigns.map((one) => campaignOf(says.campaign(one)))),
    );
    const mailed = accountsOf(demo, says);
    // One that unsubscribed, one that bounced, and whoever is beside them: whole accounts, as far as a page goes.
    const ids = [...mailed.keys()].slice(0, 10);
    const { accounts: first } = await answer(
      `query ($ids: [ID!]) { accounts(first: 10, filter: { ids: $ids }) { nodes { id
        contacts(first: 50) { nodes { ${emailFields.contact} } } } } }`,
      { ids },
    );
    const contacts = first.nodes.flatMap((one: { contacts: { nodes: object[] } }) => one.contacts.nodes);
    expect(contacts.length).toBeGreaterThan(50);
    for (const contact of contacts) expect(contact).toEqual(contactOf(contact.id, demo, says));
    const { accounts: then } = await answer(
      `query ($ids: [ID!]) { accounts(first: 10, filter: { ids: $ids }) { nodes { id ${emailFields.account} } } }`,
      { ids },
    );
    expect(then.nodes).toHaveLength(10);
    for (const { id, emailEngagement } of then.nodes)
      expect([id, emailEngagement]).toEqual([id, mailed.get(id)]);
  });

  it.each([
    ['{ accounts(first: 101) { totalCount } }', 'INVALID_ARGUMENT'],
    ['{ accounts(after: "x") { totalCount } }', 'INVALID_CURSOR'],
    [
      '{ account(id: "acc_7_1") { contacts { nodes { consent(purpose: "NOPE") { state } } } } }',
      'INVALID_ARGUMENT',
    ],
  ])('names what is wrong with %s', async (query, code) => {
    const { errors } = await ask(`${house.url}/graphql`, query);
    expect(errors?.[0]?.extensions?.code).toBe(code);
  });
});
