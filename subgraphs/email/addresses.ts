import { randomUUID } from 'node:crypto';
import DataLoader from 'dataloader';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { type Asker, type AskGraph, GraphUnavailable } from '#chassis/graph.ts';

/**
 * Asks whoever owns contacts for addresses, by the contacts' ids; whoever has none is left out. Rejects with a
 * `GraphUnavailable` where there is no answer in time. Addresses go to the vendor and are kept by nobody here.
 */
export type AskAddresses = (
  contactIds: readonly string[],
  asker: Asker,
) => Promise<ReadonlyMap<string, string>>;

const contact = z.object({ id: z.string(), email: z.string().nullable() });

/** Of the graph as everybody sees it: the machine that asks needs the scope contact:read. */
export function addressesThroughGateway(ask: AskGraph): AskAddresses {
  const query = `query AddressesOfContacts($ids: [ID!]!) {
  contacts(ids: $ids) {
    id
    email
  }
}
`;
  const data = z.object({ contacts: z.array(contact) });
  return async (ids, asker) => {
    const { contacts } = await ask({ query, variables: { ids }, data }, asker);
    return byId(contacts);
  };
}

/** Of the subgraph that owns contacts, past the gateway. */
export function addressesOfSubgraph(ask: AskGraph): AskAddresses {
  const query = `query ($contacts: [_Any!]!) {
  _entities(representations: $contacts) { ... on Contact { id email } }
}`;
  const data = z.object({ _entities: z.array(contact.nullable()) });
  return async (ids, asker) => {
    const contacts = ids.map((id) => ({ __typename: 'Contact', id }));
    const { _entities } = await ask({ query, variables: { contacts }, data }, asker);
    return byId(_entities.filter((one) => one !== null));
  };
}

function byId(contacts: readonly z.infer<typeof contact>[]): ReadonlyMap<string, string> {
  return new Map(contacts.flatMap(({ id, email }) => (email === null ? [] : [[id, email.toLowerCase()]])));
}

/** For a subgraph that was told of nobody to ask. @param remedy what to set, for whoever runs it */
export function noAddresses(remedy: string): AskAddresses {
  return async () => {
    throw new GraphUnavailable(`Addresses cannot be asked for. ${remedy}`, {});
  };
}

/** The address of one contact; null where nobody knows one. */
export type AddressOf = (tenant: string, contactId: string) => Promise<string | null>;

/** The owner of contacts answers at most so many at once. */
const mostContacts = 100;
/** What is asked within this time is asked together. */
const gatherMs = 10;
/** Tenants whose questions are gathered at the same time. */
const mostTenants = 1_000;

/** Asks for the addresses of one tenant's contacts together, and keeps none of them. */
export function gatheredAddresses(ask: () => AskAddresses): AddressOf {
  const tenants = new LRUCache<string, DataLoader<string, string | null>>({ max: mostTenants });
  const loaderOf = (tenant: string) => {
    const known = tenants.get(tenant);
    if (known !== undefined) return known;
    const made = new DataLoader<string, string | null>(
      async (ids) => {
        // Ends by the time-out of who asks: it is everybody's question, whoever of them has gone.
        const { signal } = new AbortController();
        const asker = { tenant, requestId: randomUUID(), traceparent: undefined, signal };
        const addresses = await ask()([...new Set(ids)], asker);
        return ids.map((id) => addresses.get(id) ?? null);
      },
      {
        cache: false,
        maxBatchSize: mostContacts,
        batchScheduleFn: (gathered) => void setTimeout(gathered, gatherMs),
      },
    );
    tenants.set(tenant, made);
    return made;
  };
  return (tenant, contactId) => loaderOf(tenant).load(contactId);
}
