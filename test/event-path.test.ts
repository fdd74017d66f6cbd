import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { EventPath } from '#cli/run/event-path.ts';
import type { EventEnvelope } from '#events/envelope.ts';
import { type Place, places } from '#test/harness/event-places.ts';
import { type House, type RecordsPlace, startHouse } from '#test/harness/house.ts';
import { waitingEvents } from '#test/harness/outbox.ts';
import { recordPlaces } from '#test/harness/record-places.ts';
import { ask, type GraphqlAnswer } from '#test/harness/subgraph.ts';

const receipt = 'event { id type } replayed';

const combined = places.flatMap((place) =>
  recordPlaces.map((records) => ({ ...place, ...records, missing: place.missing || records.missing })),
);
const title = 'from a mutation to whoever reacts, $name, with the CRM $crm and email $email';

describe.each(combined)(title, ({ open, missing, openPlace, says }) => {
  let place: Place;
  let records: RecordsPlace | undefined;
  let house: House;
  let path: EventPath;
  let begun: string;
  let known: {
    readonly lead: string;
    readonly account: string;
    readonly opportunity: string;
    readonly users: readonly string[];
    readonly campaign: string;
    readonly contact: string;
    /** Of the contact. */
    readonly address: string;
    /** Of the account. */
    readonly person: string;
  };

  beforeAll(async () => {
    if (missing) return;
    place = await open();
    records = await openPlace({ everySeconds: 1 });
    house = await startHouse({ accounts: 12, events: place.env, records });
    path = house.path as EventPath;
    // What a backfill found is told too.
    const { crm, email } = house.parts;
    await vi.waitFor(async () => expect(await waitingEvents(crm.store)).toEqual([]), 60_000);
    await vi.waitFor(async () => expect(await waitingEvents(email.store)).toEqual([]), 60_000);
    begun = await path.bus.now('default');
    const { data, errors } = await ask(
      `${house.url}/graphql`,
      `{
        leads(first: 1, filter: { status: [NEW] }) { nodes { id } }
        opportunities(first: 1, filter: { stage: [PROSPECTING, ENGAGING, PROPOSAL] }) { nodes { id } }
        campaigns(first: 1, filter: { status: [ACTIVE] }) { nodes { id } }
        accounts(first: 8) { nodes { id owner { id } contacts(first: 10) { nodes {
          id email suppressions { id } consent(purpose: "EMAIL_MARKETING") { state } enrollments(first: 20) { nodes { campaign { id } } }
        } } } }
      }`,
    );
    if (errors) throw new Error(JSON.stringify(errors));
    const campaign = data.campaigns.nodes[0].id;
    const contacts = data.accounts.nodes.flatMap(
      (one: { contacts: { nodes: unknown[] } }) => one.contacts.nodes,
    );
    const willing = contacts.find(
      (one: {
        email: string | null;
        suppressions: unknown[];
        consent: { state: string };
        enrollments: { nodes: { campaign: { id: string } }[] } | null;
      }) =>
        one.consent.state === 'GRANTED' &&
        (records?.email?.entered(one.email ?? '') ?? 0) === 0 &&
        one.suppressions.length === 0 &&
        !one.enrollments?.nodes.some((enrollment) => enrollment.campaign.id === campaign),
    );
    known = {
      lead: data.leads.nodes[0].id,
      account: data.accounts.nodes[0].id,
      opportunity: data.opportunities.nodes[0].id,
      users: [...new Set<string>(data.accounts.nodes.map((one: { owner: { id: string } }) => one.owner.id))],
      campaign,
      contact: willing.id,
      address: willing.email,
      person: data.accounts.nodes[0].contacts.nodes[0].id,
    };
  }, 180_000);
  afterAll(async () => {
    await house?.close();
    await place?.remove();
  });

  const mutate = (field: string, input: object, selection: string): Promise<GraphqlAnswer> => {
    const type = `${field[0]?.toUpperCase()}${field.slice(1)}Input`;
    return ask(
      `${house.url}/graphql`,
      `mutation M($input: ${type}!) { ${field}(input: $input) { ${selection} } }`,
      {
        input,
      },
    );
  };

  /** Everything on the bus about a subject, once as many events are there. */
  async function eventsOf(subject: string, count: number): Promise<readonly EventEnvelope[]> {
    let found: EventEnvelope[] = [];
    await expect
      .poll(
        async () => {
          found = [];
          for await (const delivery of path.bus.read({ tenant: 'default', from: { cursor: begun } })) {
            if (delivery.kind === 'event' && delivery.event.subject === subject) found.push(delivery.event);
          }
          return found.length;
        },
        { timeout: 20_000 },
      )
      .toBe(count);
    return found;
  }

  /** Waits until all that the vendor of email has changed until now was read. */
  async function readAgain(): Promise<void> {
    const { replica, store } = house.parts.email;
    const now = new Date().toISOString();
    const read = async () =>
      (await store.db.selectFrom('syncPositions').select('type').where('sweptAt', '>', now).execute()).length;
    await expect.poll(read, { timeout: 20_000 }).toBe(replica?.domain.types.length);
  }

  const named = (events: readonly EventEnvelope[]) =>
    events.map(({ type, entityversion }) => `${type.split('.')[2]} ${entityversion}`);

  it.skipIf(missing)(
    'a lead is created, moved and assigned, each once, and each an event in order',
    async () => {
      const created = await mutate(
        'createLead',
        {
          idempotencyKey: 'create-1',
          accountId: known.account,
          contactId: known.person,
          source: 'Referral',
        },
        `lead { id status version } ${receipt}`,
      );
      expect(created.errors).toBeUndefined();
      const { id } = created.data.createLead.lead;
      const moved = { idempotencyKey: 'move-1', leadId: id, status: 'WORKING' };
      const answers = await Promise.all(
        Array.from({ length: 5 }, () =>
          mutate('updateLeadStatus', moved, `lead { status version } ${receipt}`),
        ),
      );
      const receipts = answers.map(({ data }) => data.updateLeadStatus);
      expect(new Set(receipts.map(({ event }) => event.id)).size).toBe(1);
      expect(receipts.filter(({ replayed }) => !replayed)).toHaveLength(1);
      expect(receipts.every(({ lead }) => lead.status === 'WORKING' && lead.version === 2)).toBe(true);
      const [owner] = known.users;
      await mutate(
        'assignLeadOwner',
        { idempotencyKey: 'assign-1', leadId: id, ownerId: owner },
        `lead { owner { id } } ${receipt}`,
      );
      const events = await eventsOf(id, 3);
      expect(named(events)).toEqual(['LeadCreated 1', 'LeadStatusChanged 2', 'LeadOwnerAssigned 3']);
      expect(events[1]).toMatchObject({
        id: receipts[0].event.id,
        data: { from: 'NEW', to: 'WORKING' },
        tenant: 'default',
        actor: 'local',
        origin: 'mutation',
        idempotencykey: 'move-1',
        leadid: id,
        accountid: known.account,
        traceparent: expect.stringMatching(/^00-/),
      });
      expect(events[2]).toMatchObject({ ownerid: owner, data: { from: null, to: owner } });

      const { data, errors } = await ask(
        `${house.url}/graphql`,
        `query ($id: ID, $after: ID) { events(leadId: $id, after: $after) { nodes {
          id ... on LeadOwnerAssigned { lead { status owner { id name } account { name usage { visits } } } }
        } } }`,
        { id, after: events[1]?.id },
      );
      expect(errors).toBeUndefined();
      const lead = {
        status: 'WORKING',
        owner: { id: owner, name: expect.any(String) },
        account: { name: expect.any(String), usage: { visits: expect.any(Number) } },
      };
      expect(data.events.nodes).toEqual([{ id: events[2]?.id, lead }]);
    },
  );

  it.skipIf(missing)('an account gets an owner, an opportunity a stage', async () => {
    const { data: before } = await ask(
      `${house.url}/graphql`,
      `{ account(id: "${known.account}") { owner { id } version } opportunity(id: "${known.opportunity}") { stage version } }`,
    );
    const other = known.users.find((id) => id !== before.account.owner?.id);
    const assigned = await mutate(
      'assignAccountOwner',
      {
        idempotencyKey: 'account-1',
        accountId: known.account,
        ownerId: other,
        ifVersion: before.account.version,
      },
      `account { owner { id } version } ${receipt}`,
    );
    expect(assigned.data.assignAccountOwner.account.owner.id).toBe(other);
    const stale = await mutate(
      'assignAccountOwner',
      {
        idempotencyKey: 'account-2',
        accountId: known.account,
        ownerId: null,
        ifVersion: before.account.version,
      },
      receipt,
    );
    expect(stale.errors).toMatchObject([
      {
        extensions: {
          code: 'VERSION_CONFLICT',
          version: before.account.version + 1,
          present: { ownerId: other },
        },
      },
    ]);
    const moved = await mutate(
      'moveOpportunityStage',
      { idempotencyKey: 'stage-1', opportunityId: known.opportunity, stage: 'LOST' },
      `opportunity { stage } ${receipt}`,
    );
    expect(moved.data.moveOpportunityStage.opportunity.stage).toBe('LOST');
    expect(named(await eventsOf(known.account, 1))).toEqual([
      `AccountOwnerAssigned ${before.account.version + 1}`,
    ]);
    const [stage] = await eventsOf(known.opportunity, 1);
    expect(stage).toMatchObject({ data: { from: before.opportunity.stage, to: 'LOST' } });
  });

  it.skipIf(missing)(
    'a consent that is withdrawn suppresses at once, and nobody is enrolled from then on',
    async () => {
      const { contact, campaign, address } = known;
      const ofContact = async (fields: string) =>
        (await ask(`${house.url}/graphql`, `{ contact(id: "${contact}") { ${fields} } }`)).data.contact;
      const enrolled = await mutate(
        'triggerNurture',
        { idempotencyKey: 'nurture-1', contactId: contact, campaignId: campaign },
        `enrollment { id state } refusal { reason } ${receipt}`,
      );
      expect(enrolled.data.triggerNurture).toMatchObject({
        enrollment: { state: 'ACTIVE' },
        refusal: null,
      });
      const { id } = enrolled.data.triggerNurture.enrollment;
      // A vendor that had not heard of it would not be told of what had ended.
      await expect
        .poll(async () => (await ofContact('enrollments(first: 1) { nodes { syncState } }')).enrollments, {
          timeout: 10_000,
        })
        .toEqual({ nodes: [{ syncState: says.syncState.settled }] });
      expect(records?.email?.entered(address) ?? 1).toBe(1);
      /** A vendor has it; and what is then read from the vendor again is no news. */
      const isBrought = async (reason: string) => {
        const held = async () => (await ofContact('suppressions { reason syncState }')).suppressions;
        const expected = [{ reason, syncState: says.syncState.settled }];
        await expect.poll(held, { timeout: 10_000 }).toEqual(expected);
        expect(records?.email?.mayMail(address) ?? false).toBe(false);
        if (records?.email) await readAgain();
        expect(await held()).toEqual(expected);
      };
      const change = { contactId: contact, purpose: 'EMAIL_MARKETING', source: 'Preference centre' };
      const withdrawn = await mutate(
        'updateConsent',
        { idempotencyKey: 'consent-1', changes: [{ ...change, decision: 'WITHDRAWN' }] },
        'events { id type } replayed',
      );
      expect(withdrawn.errors).toBeUndefined();
      const refused = await mutate(
        'triggerNurture',
        { idempotencyKey: 'nurture-2', contactId: contact, campaignId: campaign },
        `enrollment { id } refusal { reason } ${receipt}`,
      );
      expect(refused.data.triggerNurture).toMatchObject({
        enrollment: null,
        refusal: { reason: 'CONSENT_DENIED' },
        event: { type: 'tributary.email.EnrollmentRefused.v1' },
      });
      const suppressions = async () => {
        const { data } = await ask(
          `${house.url}/graphql`,
          `{ contact(id: "${contact}") { suppressions { reason } enrollments(first: 100) { nodes { id state } } } }`,
        );
        return data.contact;
      };
      await expect
        .poll(async () => (await suppressions()).suppressions, { timeout: 10_000 })
        .toEqual([{ reason: 'CONSENT' }]);
      await isBrought('CONSENT');
      const { enrollments } = await suppressions();
      expect(enrollments.nodes.find((one: { id: string }) => one.id === id)).toMatchObject({
        state: 'EXITED',
      });

      await mutate(
        'updateConsent',
        {
          idempotencyKey: 'consent-2',
          changes: [{ ...change, decision: 'GRANTED', legalBasis: 'CONSENT' }],
        },
        'events { id }',
      );
      await expect.poll(async () => (await suppressions()).suppressions, { timeout: 10_000 }).toEqual([]);

      const unsubscribed = await mutate(
        'unsubscribe',
        { idempotencyKey: 'unsubscribe-1', contactId: contact },
        receipt,
      );
      expect(unsubscribed.data.unsubscribe.event.type).toBe('tributary.email.Unsubscribed.v1');
      expect((await suppressions()).suppressions).toEqual([{ reason: 'UNSUBSCRIBE' }]);
      await isBrought('UNSUBSCRIBE');
      const all = await eventsOf(contact, 8);
      expect(all.map(({ type }) => type.split('.')[2]).sort()).toEqual([
        'CampaignEnrolled',
        'ConsentUpdated',
        'ConsentUpdated',
        'ContactSuppressed',
        'ContactSuppressed',
        'EnrollmentRefused',
        'SuppressionLifted',
        'Unsubscribed',
      ]);
      const byConsent = all.find(
        ({ data, type }) => type.includes('ContactSuppressed') && data.reason === 'CONSENT',
      );
      expect(byConsent).toMatchObject({
        origin: 'consumer',
        actor: 'consumer:email.consent-suppression',
        causationid: withdrawn.data.updateConsent.events[0].id,
      });
    },
  );

  it.skipIf(missing)('touches and conversions that are recorded reach the warehouse', async () => {
    const touch = await mutate(
      'recordTouch',
      { idempotencyKey: 'touch-1', accountId: known.account, channel: 'EVENT', kind: 'ATTENDANCE' },
      `touch { id } ${receipt}`,
    );
    expect(touch.errors).toBeUndefined();
    const { id } = touch.data.recordTouch.touch;
    const conversion = await mutate(
      'recordConversion',
      { idempotencyKey: 'conversion-1', accountId: known.account, kind: 'OPPORTUNITY_WON' },
      `conversion { id } ${receipt}`,
    );
    await expect
      .poll(
        async () => {
          const { data } = await ask(
            `${house.url}/graphql`,
            `{ account(id: "${known.account}") { touches(first: 5) { nodes { id } } attribution(model: LAST_TOUCH) { conversion { id } } } }`,
          );
          return [data.account.touches.nodes[0].id, data.account.attribution.conversion?.id];
        },
        { timeout: 20_000 },
      )
      .toEqual([id, conversion.data.recordConversion.conversion.id]);
  });

  it.skipIf(missing)('numbers of it stand at /metrics, and nothing is left waiting', async () => {
    const value = (text: string, name: string) =>
      Number(
        text
          .split('\n')
          .find((line) => line.startsWith(name))
          ?.split(' ')
          .at(-1),
      );
    const metrics = async () => (await fetch(`${house.url}/metrics`)).text();
    const handled = (consumer: string) => `tributary_events_handled_total{consumer="${consumer}"}`;
    const reacting = ['email.consent-suppression', 'analytics.warehouse'].map(handled);
    // What took effect is counted right after it.
    const isAtRest = async () => {
      const now = await metrics();
      const depth = value(now, 'tributary_events_outbox_depth{store="email"}');
      return depth === 0 && reacting.every((name) => value(now, name) >= 2);
    };
    await expect.poll(isAtRest, { timeout: 10_000 }).toBe(true);
    const text = await metrics();
    for (const store of ['crm', 'email', 'consent', 'analytics']) {
      expect(value(text, `tributary_events_outbox_oldest_age_seconds{store="${store}"}`)).toBe(0);
      expect(value(text, `tributary_events_relay_latency_seconds_count{store="${store}"}`)).toBeGreaterThan(
        0,
      );
    }
    for (const name of reacting) expect([name, value(text, name)]).toEqual([name, 2]);
    expect(text).toMatch(/tributary_events_lag\{consumer="email.consent-suppression"\} 0/);
  });
});
