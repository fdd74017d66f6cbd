import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RunningSubgraph } from '#chassis/serve.ts';
import { parseAccess } from '#gateway/rights/access-file.ts';
import { crmPlaces } from '#test/harness/crm-places.ts';
import { type House, startHouse } from '#test/harness/house.ts';
import { type LossyProxy, startLossyProxy } from '#test/harness/lossy-proxy.ts';
import { waitingEvents } from '#test/harness/outbox.ts';
import { ask, serveForTest } from '#test/harness/subgraph.ts';

const root = resolve(import.meta.dirname, '..');

describe.each(crmPlaces)('mutations through the gateway, with the CRM $crm', ({ openPlace }) => {
  let proxy: LossyProxy;
  let house: House;
  let crm: RunningSubgraph;
  let lead: { readonly id: string };
  let owners: readonly string[];

  beforeAll(async () => {
    proxy = await startLossyProxy();
    house = await startHouse({ accounts: 20, records: await openPlace(), subgraphUrls: { crm: proxy.url } });
    crm = await serveForTest({ ...house.parts.crm.subgraph, close: async () => {} });
    proxy.behind = crm.url;
    const { db } = house.parts.crm.store;
    owners = (await db.selectFrom('users').select('id').limit(2).execute()).map(({ id }) => id);
  });
  afterAll(async () => {
    await house?.close();
    await crm?.close();
    await proxy?.close();
  });
  beforeEach(async () => {
    const input = { idempotencyKey: randomUUID(), accountId: 'acc_7_1', source: 'Web form' };
    lead = (await change('createLead', input, 'lead { id }')).data.createLead.lead;
  });

  const change = (name: string, input: object, selection: string) => {
    const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input`;
    const query = `mutation ($input: ${type}!) { ${name}(input: $input) { ${selection} } }`;
    return ask(`${house.url}/graphql`, query, { input });
  };
  const eventsOf = async (subject: string) =>
    (await waitingEvents(house.parts.crm.store)).filter((event) => event.subject === subject);

  it('answer the changed entity with what other subgraphs add to it, as it is after the commit', async () => {
    const input = { idempotencyKey: randomUUID(), leadId: lead.id, status: 'WORKING' };
    const selection =
      'lead { id status version score { value } account { name } } event { id type } replayed';
    const { data, errors } = await change('updateLeadStatus', input, selection);
    expect(errors).toBeUndefined();
    expect(data.updateLeadStatus).toMatchObject({
      lead: { id: lead.id, status: 'WORKING', version: 2, score: { value: expect.any(Number) } },
      event: { type: 'tributary.crm.LeadStatusChanged.v1' },
      replayed: false,
    });
    const [, event] = await eventsOf(lead.id);
    expect(event).toMatchObject({ id: data.updateLeadStatus.event.id, correlationid: expect.any(String) });
  });

  it('are told by the id and the trace of the request that they came with', async () => {
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    await fetch(`${house.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-request-id': 'req-of-the-client',
        traceparent: `00-${traceId}-b7ad6b7169203331-01`,
      },
      body: JSON.stringify({
        query: `mutation { updateLeadStatus(input: { idempotencyKey: "${randomUUID()}", leadId: "${lead.id}", status: WORKING }) { replayed } }`,
      }),
    });
    const [, event] = await eventsOf(lead.id);
    expect(event).toMatchObject({ correlationid: 'req-of-the-client', actor: 'local' });
    expect(event?.traceparent).toContain(traceId);
  });

  it('sent again with their key, one after the other or at once, are done once', async () => {
    const input = { idempotencyKey: randomUUID(), leadId: lead.id, ownerId: owners[0] };
    const send = () => change('assignLeadOwner', input, 'lead { version } event { id } replayed');
    const [first, ...others] = [await send(), ...(await Promise.all([send(), send(), send()]))];
    const receipt = first?.data.assignLeadOwner;
    expect(receipt).toMatchObject({ lead: { version: 2 }, replayed: false });
    for (const { data } of others) expect(data.assignLeadOwner).toEqual({ ...receipt, replayed: true });
    expect(await eventsOf(lead.id)).toHaveLength(2);
  });

  it('whose answer was lost are done once, and sent again answer what was done', async () => {
    const input = { idempotencyKey: randomUUID(), leadId: lead.id, status: 'QUALIFIED' };
    const send = () => change('updateLeadStatus', input, 'lead { status } event { id } replayed');
    proxy.losing = true;
    const lost = await send();
    proxy.losing = false;
    expect(lost.data).toEqual({ updateLeadStatus: null });
    expect(lost.errors?.[0]?.extensions?.code).toBe('SUBGRAPH_UNAVAILABLE');
    const [, event] = await eventsOf(lead.id);
    const { data } = await send();
    expect(data.updateLeadStatus).toEqual({
      lead: { status: 'QUALIFIED' },
      event: { id: event?.id },
      replayed: true,
    });
    expect(await eventsOf(lead.id)).toHaveLength(2);
  });

  it.each<[string, object, object]>([
    [
      'updateLeadStatus',
      { status: 'CONVERTED' },
      {
        code: 'TRANSITION_NOT_ALLOWED',
        field: 'status',
        value: 'CONVERTED',
        from: 'NEW',
        allowed: ['WORKING', 'QUALIFIED', 'DISQUALIFIED'],
      },
    ],
    [
      'updateLeadStatus',
      { status: 'WORKING', ifVersion: 9 },
      {
        code: 'VERSION_CONFLICT',
        version: 1,
        ifVersion: 9,
        present: { status: 'NEW' },
      },
    ],
    [
      'updateLeadStatus',
      { status: 'WORKING', idempotencyKey: 'a b' },
      { code: 'INVALID_ARGUMENT', field: 'idempotencyKey' },
    ],
    [
      'assignLeadOwner',
      { ownerId: 'usr_no' },
      { code: 'NOT_FOUND', field: 'ownerId', value: 'usr_no', typename: 'User' },
    ],
  ])('tell the client of %s with %j what it needs to go on', async (name, asked, extensions) => {
    const input = { idempotencyKey: randomUUID(), leadId: lead.id, ...asked };
    const { data, errors } = await change(name, input, 'replayed');
    expect(data).toEqual({ [name]: null });
    expect(errors).toHaveLength(1);
    expect(errors?.[0]).toMatchObject({ path: [name], extensions: { subgraph: 'crm', ...extensions } });
    expect(errors?.[0]?.message).not.toMatch(/Internal/);
  });

  it('with a key that stands for something else are told so', async () => {
    const key = randomUUID();
    const input = { idempotencyKey: key, leadId: lead.id, status: 'WORKING' };
    await change('updateLeadStatus', input, 'replayed');
    const { errors } = await change('updateLeadStatus', { ...input, status: 'QUALIFIED' }, 'replayed');
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'IDEMPOTENCY_CONFLICT', idempotencyKey: key });
  });

  it('by GET are not done', async () => {
    const query = `mutation { updateLeadStatus(input: { idempotencyKey: "g", leadId: "${lead.id}", status: WORKING }) { replayed } }`;
    const url = `${house.url}/graphql?query=${encodeURIComponent(query)}`;
    const answer = await fetch(url, { headers: { 'x-tributary-preflight': '1' } });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST']);
    expect(await eventsOf(lead.id)).toHaveLength(1);
  });
});

describe.each(crmPlaces)('mutations of a role that may not, with the CRM $crm', ({ openPlace }) => {
  let folder: string;
  let house: House;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tributary-'));
    const known = parseAccess('access.yaml', await readFile(join(root, 'contracts/access.yaml'), 'utf8'));
    // Whoever uses this machine has the role admin: here it gives what a rep's gives.
    const access = join(folder, 'access.yaml');
    await writeFile(access, JSON.stringify({ roles: { ...known.roles, admin: known.roles.rep } }));
    house = await startHouse({ accounts: 3, access, records: await openPlace() });
  });
  afterAll(async () => {
    await house?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('are not even sent, while those beside them are done', async () => {
    const account = '{ accountId: "acc_7_1", idempotencyKey: "1", ownerId: null }';
    const { data, errors } = await ask(
      `${house.url}/graphql`,
      `mutation {
        assignAccountOwner(input: ${account}) { replayed }
        createLead(input: { accountId: "acc_7_1", idempotencyKey: "1" }) { lead { status } }
      }`,
    );
    expect(data).toEqual({ assignAccountOwner: null, createLead: { lead: { status: 'NEW' } } });
    expect(errors).toEqual([
      expect.objectContaining({
        message: 'Mutation.assignAccountOwner needs the scope "account:assign".',
        path: ['assignAccountOwner'],
        extensions: { code: 'FORBIDDEN' },
      }),
    ]);
    house.statements.length = 0;
    const alone = await ask(
      `${house.url}/graphql`,
      `mutation { assignAccountOwner(input: ${account}) { replayed } }`,
    );
    expect(alone.errors?.[0]?.extensions?.code).toBe('FORBIDDEN');
    expect(house.statements).toEqual([]);
  });
});
