import { randomUUID } from 'node:crypto';
import { expect, vi } from 'vitest';
import type { EventPath } from '#cli/run/event-path.ts';
import type { EventEnvelope } from '#events/envelope.ts';
import { type House, type HouseOptions, startHouse } from '../house.ts';
import { waitingEvents } from '../outbox.ts';
import { ask, type GraphqlAnswer } from '../subgraph.ts';
import type { RecordedRequest } from './hubspot.ts';
import { type HubspotCrm, type HubspotCrmOptions, openHubspotCrm } from './hubspot-crm.ts';

/** A whole house whose CRM is at HubSpot, and which has been told all that a backfill found. */
export interface HubspotHouse extends HubspotCrm {
  readonly house: House;
  /** Asks for a change, under a new key. */
  readonly change: (name: string, input: object, selection: string) => Promise<GraphqlAnswer>;
  readonly ask: (query: string, variables?: Record<string, unknown>) => Promise<GraphqlAnswer['data']>;
  /** What was told since the house began, in the order of the bus; of one entity where it is named. */
  readonly told: (subject?: string) => Promise<readonly EventEnvelope[]>;
  /** When all was opened, filled and backfilled, and serving and polling began, RFC 3339. */
  readonly begunAt: string;
  /** The calls that HubSpot had since the house began. */
  readonly calls: () => readonly RecordedRequest[];
}

export interface HubspotHouseOptions extends HubspotCrmOptions {
  readonly accounts: number;
  readonly events?: HouseOptions['events'];
}

export async function startHubspotHouse({
  accounts,
  events = {},
  ...options
}: HubspotHouseOptions): Promise<HubspotHouse> {
  const crm = await openHubspotCrm(options);
  let begunAt = '';
  const filled = async (...given: Parameters<HubspotCrm['fill']>) => {
    await crm.fill(...given);
    begunAt = new Date().toISOString();
  };
  const house = await startHouse({ accounts, events, records: { ...crm, fill: filled } });
  const { bus } = house.path as EventPath;
  const { store } = house.parts.crm;
  await vi.waitFor(async () => expect(await waitingEvents(store)).toEqual([]), 60_000);
  const begun = await bus.now('default');
  const before = crm.hubspot.requests.length;
  crm.hubspot.webhooks.target({ url: new URL('/webhooks/hubspot', house.subgraphUrl('crm')).href });
  return {
    ...crm,
    house,
    begunAt,
    change: (name, input, selection) => {
      const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input`;
      const query = `mutation ($input: ${type}!) { answer: ${name}(input: $input) { ${selection} } }`;
      return ask(`${house.url}/graphql`, query, { input: { idempotencyKey: randomUUID(), ...input } });
    },
    ask: async (query, variables) => {
      const { data, errors } = await ask(`${house.url}/graphql`, query, variables);
      expect(errors).toBeUndefined();
      return data;
    },
    told: async (subject) => {
      const found: EventEnvelope[] = [];
      for await (const delivery of bus.read({ tenant: 'default', from: { cursor: begun } })) {
        if (delivery.kind !== 'event') continue;
        if (subject === undefined || delivery.event.subject === subject) found.push(delivery.event);
      }
      return found;
    },
    calls: () => crm.hubspot.requests.slice(before),
    close: house.close,
  };
}
