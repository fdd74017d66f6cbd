import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningSubgraph } from '#chassis/serve.ts';
import type { EventEnvelope } from '#events/envelope.ts';
import { waitingEvents } from '#test/harness/outbox.ts';
import { engines, type TemporaryStore, temporaryStore } from '#test/harness/stores.ts';
import { ask, type GraphqlAnswer, serveForTest } from '#test/harness/subgraph.ts';
import { type Crm, openCrm } from '../main.ts';
import { writeRows } from '../store/rows.ts';
import { leadTransitions } from './transitions.ts';

/** One wish of a client for the lead of a run. */
type Wish =
  | {
      readonly name: 'updateLeadStatus';
      readonly input: { readonly status: string; readonly ifVersion?: number };
    }
  | {
      readonly name: 'assignLeadOwner';
      readonly input: { readonly ownerId: string | null; readonly ifVersion?: number };
    };

/** A wish as it is sent: under a key that may have been used for it, or for another one. */
interface Sending {
  readonly key: number;
  readonly wish: number;
}

const versions = { ifVersion: fc.integer({ min: 1, max: 6 }) };
const wish: fc.Arbitrary<Wish> = fc.oneof(
  fc
    .record(
      { status: fc.constantFrom(...Object.keys(leadTransitions)), ...versions },
      { requiredKeys: ['status'] },
    )
    .map((input) => ({ name: 'updateLeadStatus', input }) as const),
  fc
    .record(
      { ownerId: fc.constantFrom('usr_1', 'usr_2', 'usr_no', null), ...versions },
      { requiredKeys: ['ownerId'] },
    )
    .map((input) => ({ name: 'assignLeadOwner', input }) as const),
);
const slots = 6;
const slot = fc.nat(slots - 1);
const wishes = fc.array(wish, { minLength: slots, maxLength: slots });
/** Mostly each key is used for one wish. */
const sending: fc.Arbitrary<Sending> = fc.oneof(
  { weight: 5, arbitrary: slot.map((key) => ({ key, wish: key })) },
  { weight: 1, arbitrary: fc.record({ key: slot, wish: slot }) },
);
/** What is sent at once, one after the other. */
const steps = fc.array(fc.array(sending, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 8 });

const refusals = ['IDEMPOTENCY_CONFLICT', 'NOT_FOUND', 'TRANSITION_NOT_ALLOWED', 'VERSION_CONFLICT'] as const;

/** A lead as its events tell of it. */
function replayed(events: readonly EventEnvelope[]): object {
  let lead: object = {};
  for (const { type, entityversion: version, data, ...routing } of events) {
    const { contactid: contactId = null, accountid: accountId = null, ownerid: ownerId = null } = routing;
    const change: Record<string, () => object> = {
      'tributary.crm.LeadCreated.v1': () => data,
      'tributary.crm.LeadStatusChanged.v1': () => {
        expect(lead).toMatchObject({ status: data.from, ownerId });
        return { status: data.to };
      },
      'tributary.crm.LeadOwnerAssigned.v1': () => {
        expect(lead).toMatchObject({ ownerId: data.from });
        expect(routing.previousownerid ?? null).toBe(data.from);
        return { ownerId: data.to };
      },
    };
    lead = { ...lead, contactId, accountId, ownerId, version, ...change[type]?.() };
  }
  return lead;
}

describe.each(engines)('any sequence of mutations of a lead on $engine', ({ engine, missing }) => {
  let place: TemporaryStore;
  let crm: Crm;
  let running: RunningSubgraph;

  beforeAll(async () => {
    if (missing) return;
    place = await temporaryStore(engine);
    crm = await openCrm({ location: place.location });
    running = await serveForTest(crm.subgraph);
    const user = (id: string) => ({ id, name: id, email: null, team: null, managerId: null });
    const contact = {
      id: 'con_1',
      accountId: 'acc_1',
      email: null,
      name: 'Person',
      title: null,
      phone: null,
    };
    await crm.store.transaction(async (trx) => {
      const at = '2026-03-01T00:00:00.000Z';
      await writeRows(trx, 'users', 'default', [user('usr_1'), user('usr_2')], at);
      await writeRows(trx, 'contacts', 'default', [{ ...contact, country: null }], at);
    });
  });

  afterAll(async () => {
    await running?.close();
    await place?.remove();
  });

  const send = (name: string, input: object): Promise<GraphqlAnswer> => {
    const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input`;
    const query = `mutation ($input: ${type}!) { answer: ${name}(input: $input) { lead { id version } event { id } replayed } }`;
    return ask(running.url, query, { input });
  };

  it.skipIf(missing)(
    'has one event for each change, one version for each event, and is told whole',
    async () => {
      await fc.assert(
        fc.asyncProperty(wishes, steps, async (pool, sent) => {
          const run = randomUUID();
          const first = {
            idempotencyKey: `${run}:first`,
            contactId: 'con_1',
            source: 'Web',
            ownerId: 'usr_1',
          };
          const { data } = await send('createLead', first);
          const leadId: string = data.answer.lead.id;

          const answers: { readonly key: number; readonly wish: number; readonly answer: GraphqlAnswer }[] =
            [];
          for (const step of sent) {
            const together = step.map(async ({ key, wish }) => {
              const { name, input } = pool[wish] as Wish;
              const answer = await send(name, { idempotencyKey: `${run}:${key}`, leadId, ...input });
              return { key, wish, answer };
            });
            answers.push(...(await Promise.all(together)));
          }

          // The events in the order in which they will be published have every version once.
          const events = (await waitingEvents(crm.store)).filter(({ subject }) => subject === leadId);
          const row = await crm.store.db
            .selectFrom('leads')
            .selectAll()
            .where('id', '=', leadId)
            .executeTakeFirst();
          expect(events.map(({ entityversion }) => entityversion)).toEqual(
            Array.from({ length: row?.version ?? 0 }, (_, n) => n + 1),
          );
          const { status, source, contactId, accountId, ownerId, version } = row ?? {};
          expect(replayed(events)).toEqual({ status, source, contactId, accountId, ownerId, version });

          // Each event was answered to whoever made it, as new to one of them and as a replay to all others.
          const done = answers.filter(({ answer }) => answer.data?.answer);
          const fresh = done.filter(({ answer }) => !answer.data.answer.replayed);
          const told = fresh.flatMap(({ answer }) => answer.data.answer.event?.id ?? []);
          expect(told.toSorted()).toEqual(
            events
              .slice(1)
              .map(({ id }) => id)
              .toSorted(),
          );
          for (const [key, ofKey] of Map.groupBy(done, (one) => one.key)) {
            const ids = ofKey.map(({ answer }) => answer.data.answer.event?.id);
            expect([key, new Set(ids).size]).toEqual([key, 1]);
            expect([key, ofKey.filter(({ answer }) => !answer.data.answer.replayed).length]).toEqual([
              key,
              1,
            ]);
          }
          for (const { answer } of answers) {
            if (answer.errors) expect(refusals).toContain(answer.errors[0]?.extensions?.code);
          }
        }),
        { numRuns: 30 },
      );
    },
  );
});
