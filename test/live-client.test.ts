import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LeadUpdatesDocument } from '#client/__generated__/operations.ts';
import { createLiveClient, type LiveState, type TransportName } from '#client/index.ts';
import { type House, startHouse } from '#test/harness/house.ts';
import { ask } from '#test/harness/subgraph.ts';

describe('the live client and the gateway', () => {
  let house: House;
  let leads: readonly { readonly id: string; readonly owner: { readonly id: string } | null }[];

  beforeAll(async () => {
    house = await startHouse({ accounts: 20, events: {} });
    const { data } = await ask(
      `${house.url}/graphql`,
      '{ leads(first: 3, filter: { status: [NEW] }) { nodes { id owner { id } } } }',
    );
    leads = data.leads.nodes;
  });
  afterAll(() => house?.close());

  const move = async (leadId: string, status: string): Promise<string> => {
    const { data } = await ask(
      `${house.url}/graphql`,
      'mutation ($input: UpdateLeadStatusInput!) { updateLeadStatus(input: $input) { event { id } } }',
      { input: { idempotencyKey: crypto.randomUUID(), leadId, status } },
    );
    return data.updateLeadStatus.event.id;
  };

  it.each<[TransportName, number]>([
    ['websocket', 0],
    ['sse', 1],
    ['poll', 2],
  ])('bring what is committed over %s, with the entities behind it', async (transport, index) => {
    const { id } = leads[index]!;
    const states: LiveState[] = [];
    const seen: unknown[] = [];
    const client = createLiveClient({ url: `${house.url}/graphql`, transports: [transport] });
    const stop = client.subscribe(
      LeadUpdatesDocument,
      {},
      {
        key: 'leads',
        onMessage: ({ data, errors }) => void seen.push(data?.leadUpdated ?? errors),
        onError: (failure) => void seen.push(failure),
        onState: (state) => void states.push(state),
      },
    );
    await expect.poll(() => states.at(-1)).toEqual({ phase: 'live', transport });
    const event = await move(id, 'WORKING');
    await expect
      .poll(() => seen)
      .toMatchObject([
        {
          event: { id: event, statusBefore: 'NEW', statusAfter: 'WORKING' },
          lead: { id, status: 'WORKING', owner: leads[index]?.owner && { id: leads[index].owner.id } },
        },
      ]);
    stop();
  });
});
