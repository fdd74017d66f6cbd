import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { emailPlaces } from '#test/harness/email-places.ts';
import { type House, startHouse } from '#test/harness/house.ts';
import { type LossyProxy, startLossyProxy } from '#test/harness/lossy-proxy.ts';
import { waitingEvents } from '#test/harness/outbox.ts';
import { ask } from '#test/harness/subgraph.ts';
import { campaignOf, contactOf, emailFields } from '#test/harness/vendors/email-answers.ts';
import { type EmailWorld, emailWorldOf } from '#test/harness/vendors/email-world.ts';

interface Somebody {
  readonly id: string;
  readonly consent: { readonly state: 'GRANTED' | 'DENIED' | 'UNKNOWN' };
}

describe.each(emailPlaces)('mutations of email at $email, through the gateway', (place) => {
  const { missing, openPlace, says } = place;
  let proxy: LossyProxy;
  let house: House;
  let demo: EmailWorld;
  /** The campaigns that the demo has of a status, by the ids that they have here. */
  let campaigns: (status: string) => string;
  let people: readonly Somebody[];
  let willing: Somebody[];

  beforeAll(async () => {
    if (missing) return;
    proxy = await startLossyProxy();
    const records = await openPlace();
    house = await startHouse({ accounts: 12, records, subgraphUrls: { email: proxy.url } });
    proxy.behind = house.subgraphUrl('email') ?? '';
    demo = records?.email?.demo() ?? (await emailWorldOf(house.parts));
    campaigns = (status) => {
      const found = demo.campaigns.find((one) => one.status === status);
      return found === undefined ? '' : says.campaign(found).id;
    };
    const { accounts } = await data(
      `{ accounts(first: 8) { nodes { contacts(first: 50) { nodes {
        id consent(purpose: "EMAIL_MARKETING") { state }
      } } } } }`,
    );
    people = accounts.nodes.flatMap((one: { contacts: { nodes: Somebody[] } }) => one.contacts.nodes);
    const active = demo.campaigns.find(({ status }) => status === 'ACTIVE')?.id;
    const taken = new Set([
      ...demo.suppressions.map(({ contactId }) => contactId),
      ...demo.enrollments.flatMap((one) => (one.campaignId === active ? [one.contactId] : [])),
    ]);
    const held = new Set(demo.recipients.map(({ id }) => id));
    willing = people.filter(
      ({ id, consent }) => consent.state === 'GRANTED' && held.has(id) && !taken.has(id),
    );
  }, 180_000);
  afterAll(async () => {
    await house?.close();
    await proxy?.close();
  });

  const data = async (query: string, variables: Record<string, unknown> = {}) => {
    const answer = await ask(`${house.url}/graphql`, query, variables);
    expect(answer.errors).toBeUndefined();
    return answer.data;
  };
  const change = (name: string, input: object, selection: string) => {
    const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input`;
    const query = `mutation ($input: ${type}!) { ${name}(input: $input) { ${selection} } }`;
    return ask(`${house.url}/graphql`, query, { input: { idempotencyKey: randomUUID(), ...input } });
  };
  const toldOf = async (contactId: string) =>
    (await waitingEvents(house.parts.email.store))
      .filter(({ subject }) => subject === contactId)
      .map(({ type }) => type.split('.')[2]);
  /** Somebody whom no other test has. */
  const somebody = (): string => {
    const one = willing.pop();
    if (one === undefined) throw new Error('The demo has nobody left who may be written to.');
    return one.id;
  };
  const suppressedFor = (reason: string) => demo.suppressions.filter((one) => one.reason === reason);

  it.skipIf(missing)('answer what is changed with all that the platform and others have', async () => {
    const [contactId, campaignId] = [somebody(), campaigns('ACTIVE')];
    const { data: answer, errors } = await change(
      'triggerNurture',
      { contactId, campaignId },
      `contact { name ${emailFields.contact} } refusal { reason } event { type } replayed
       enrollment { state syncState campaign { ${emailFields.campaign} } }`,
    );
    expect(errors).toBeUndefined();
    const { contact, enrollment, ...rest } = answer.triggerNurture;
    const before = contactOf(contactId, demo, says);
    const totalCount = before.enrollments.totalCount + 1;
    expect(contact).toEqual({ ...before, name: expect.any(String), enrollments: { totalCount } });
    const active = demo.campaigns.find(({ status }) => status === 'ACTIVE');
    expect(enrollment).toEqual({
      ...{ state: 'ACTIVE', syncState: says.syncState.first },
      campaign: active && campaignOf(says.campaign(active)),
    });
    const event = { type: 'tributary.email.CampaignEnrolled.v1' };
    expect(rest).toEqual({ refusal: null, event, replayed: false });
    expect(await toldOf(contactId)).toEqual(['CampaignEnrolled']);
  });

  it.skipIf(missing)('sent again with their key, one after the other or at once, are done once', async () => {
    const contactId = somebody();
    const input = { idempotencyKey: randomUUID(), contactId, reason: 'No more of it' };
    const selection = 'suppression { id reason note syncState } event { id } replayed';
    const send = () => change('unsubscribe', input, selection);
    const [first, ...others] = [await send(), ...(await Promise.all([send(), send(), send()]))];
    const receipt = first?.data.unsubscribe;
    const { first: syncState } = says.syncState;
    const suppression = { reason: 'UNSUBSCRIBE', note: 'No more of it', syncState };
    expect(receipt).toMatchObject({ suppression, replayed: false });
    for (const { data: again } of others) expect(again.unsubscribe).toEqual({ ...receipt, replayed: true });
    expect(await toldOf(contactId)).toEqual(['Unsubscribed', 'ContactSuppressed']);
    const { contact } = await data(`{ contact(id: "${contactId}") { suppressions { reason } } }`);
    expect(contact.suppressions).toEqual([{ reason: 'UNSUBSCRIBE' }]);
  });

  it.skipIf(missing)('whose answer was lost are done once, and sent again answer what was done', async () => {
    const contactId = somebody();
    const input = { idempotencyKey: randomUUID(), contactId, campaignId: campaigns('ACTIVE') };
    const send = () => change('triggerNurture', input, 'enrollment { state } refusal { reason } replayed');
    proxy.losing = true;
    const lost = await send();
    proxy.losing = false;
    expect(lost.data).toEqual({ triggerNurture: null });
    expect(lost.errors?.[0]?.extensions?.code).toBe('SUBGRAPH_UNAVAILABLE');
    const enrollment = { state: 'ACTIVE' };
    expect((await send()).data.triggerNurture).toEqual({ enrollment, refusal: null, replayed: true });
    expect(await toldOf(contactId)).toEqual(['CampaignEnrolled']);
  });

  it.skipIf(missing)(
    'refuse whom the platform must not write to, and whom it has in the campaign',
    async () => {
      const nurture = async (contactId: string, status = 'ACTIVE') => {
        const input = { contactId, campaignId: campaigns(status) };
        const answer = await change('triggerNurture', input, 'enrollment { id } refusal { reason }');
        expect(answer.errors).toBeUndefined();
        const { enrollment, refusal } = answer.data.triggerNurture;
        return enrollment === null ? refusal.reason : 'enrolled';
      };
      const granted = new Set(
        people.filter(({ consent }) => consent.state === 'GRANTED').map(({ id }) => id),
      );
      const blocked = demo.suppressions.filter(({ contactId }) => granted.has(contactId));
      expect(blocked.length).toBeGreaterThan(0);
      for (const { contactId } of blocked) expect(await nurture(contactId)).toBe('SUPPRESSED');
      const denied = people.find(({ consent }) => consent.state === 'DENIED');
      expect(await nurture(denied?.id ?? '')).toBe('CONSENT_DENIED');
      const contactId = somebody();
      for (const status of ['DRAFT', 'SCHEDULED', 'PAUSED', 'COMPLETED']) {
        expect([status, await nurture(contactId, status)]).toEqual([status, 'CAMPAIGN_NOT_ACTIVE']);
      }
      expect(await nurture(contactId)).toBe('enrolled');
      expect(await nurture(contactId)).toBe('ALREADY_ENROLLED');
      const { errors } = await change('triggerNurture', { contactId, campaignId: 'cam_no' }, 'replayed');
      expect(errors).toMatchObject([
        { extensions: { code: 'NOT_FOUND', typename: 'Campaign', value: 'cam_no', subgraph: 'email' } },
      ]);
    },
  );

  it.skipIf(missing)('leave what the platform had before as it is', async () => {
    const [earlier] = suppressedFor('UNSUBSCRIBE');
    const contactId = earlier?.contactId ?? '';
    const before = await toldOf(contactId);
    const { data: answer } = await change(
      'unsubscribe',
      { contactId },
      'suppression { reason suppressedAt syncState } event { id } replayed',
    );
    const suppressedAt = says.time(earlier?.suppressedAt ?? '');
    const { settled: syncState } = says.syncState;
    expect(answer.unsubscribe).toEqual({
      ...{ suppression: { reason: 'UNSUBSCRIBE', suppressedAt, syncState }, event: null },
      replayed: false,
    });
    expect(await toldOf(contactId)).toEqual(before);
  });
});
