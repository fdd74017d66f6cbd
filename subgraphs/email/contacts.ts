import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { type Asker, type AskGraph, GraphUnavailable } from '#chassis/graph.ts';
import { type AskAddresses, addressesOfSubgraph, addressesThroughGateway, noAddresses } from './addresses.ts';

/** What the platform keeps of whom it writes to: no name and no address. */
export interface KnownContact {
  readonly id: string;
  /** Null where the contact is of no account. */
  readonly accountId: string | null;
}

/** Answers contacts by what they were asked for; whom the owner does not have is left out. */
export type AskKnown = (
  values: readonly string[],
  asker: Asker,
) => Promise<ReadonlyMap<string, KnownContact>>;

/** What is asked of whoever owns contacts. Each rejects with a `GraphUnavailable` where there is no answer in time. */
export interface AskContacts {
  readonly addresses: AskAddresses;
  /** By addresses in lower case. */
  readonly byAddress: AskKnown;
  readonly byId: AskKnown;
}

const contact = z.object({ id: z.string(), account: z.object({ id: z.string() }).nullable() });
type Answered = z.infer<typeof contact>;

/** Addresses of one operation: the gateway allows so many fields at its root by default. */
const mostAliases = 20;
/** The owner of contacts answers at most so many at once. */
export const mostContacts = 100;

const aliases = Array.from({ length: mostAliases }, (_, nth) => nth);

/** A gateway may know its operations beforehand: this one is the same for every question. */
const contactsByAddress = `query ContactsByAddress(${aliases.map((nth) => `$a${nth}: String!`).join(' ')}) {
${aliases.map((nth) => `  c${nth}: contactByEmail(email: $a${nth}) { id account { id } }`).join('\n')}
}
`;

const accountsOfContacts = `query AccountsOfContacts($ids: [ID!]!) {
  contacts(ids: $ids) {
    id
    account {
      id
    }
  }
}
`;

/** Of the graph as everybody sees it: the machine that asks needs the scope contact:read. */
export function contactsThroughGateway(ask: AskGraph): AskContacts {
  const listed = z.object({ contacts: z.array(contact) });
  const byAlias = z.record(z.string(), contact.nullable());
  return {
    addresses: addressesThroughGateway(ask),
    byAddress: inBatches(mostAliases, async (addresses, asker) => {
      // Where there are fewer the first is asked for again, which its owner looks up once.
      const variables = Object.fromEntries(
        aliases.map((nth) => [`a${nth}`, addresses[nth] ?? addresses[0] ?? '']),
      );
      const answered = await ask({ query: contactsByAddress, variables, data: byAlias }, asker);
      return addresses.map((_, nth) => answered[`c${nth}`] ?? null);
    }),
    byId: inBatches(mostContacts, async (ids, asker) => {
      const question = { query: accountsOfContacts, variables: { ids }, data: listed };
      const { contacts } = await ask(question, asker);
      const found = new Map(contacts.map((each) => [each.id, each]));
      return ids.map((id) => found.get(id) ?? null);
    }),
  };
}

/** Of the subgraph that owns contacts, past the gateway. */
export function contactsOfSubgraph(ask: AskGraph): AskContacts {
  const query = `query ($contacts: [_Any!]!) {
  _entities(representations: $contacts) { ... on Contact { id account { id } } }
}`;
  const data = z.object({ _entities: z.array(contact.nullable()) });
  const by = (key: 'id' | 'email') =>
    inBatches(mostContacts, async (values, asker) => {
      const contacts = values.map((value) => ({ __typename: 'Contact', [key]: value }));
      return (await ask({ query, variables: { contacts }, data }, asker))._entities;
    });
  return { addresses: addressesOfSubgraph(ask), byAddress: by('email'), byId: by('id') };
}

/** For a subgraph that was told of nobody to ask. @param remedy what to set, for whoever runs it */
export function noContacts(remedy: string): AskContacts {
  const nobody: AskKnown = async () => {
    throw new GraphUnavailable(`Contacts cannot be asked for. ${remedy}`, {});
  };
  return { addresses: noAddresses(remedy), byAddress: nobody, byId: nobody };
}

/** On behalf of the platform itself. */
export function ownAsker(tenant: string, signal: AbortSignal): Asker {
  return { tenant, requestId: randomUUID(), traceparent: undefined, signal };
}

/** @param ask answers one for each value, in their order */
function inBatches(
  most: number,
  ask: (values: readonly string[], asker: Asker) => Promise<readonly (Answered | null)[]>,
): AskKnown {
  return async (given, asker) => {
    const values = [...new Set(given)];
    const known = new Map<string, KnownContact>();
    for (let start = 0; start < values.length; start += most) {
      const batch = values.slice(start, start + most);
      for (const [nth, found] of (await ask(batch, asker)).entries()) {
        const value = batch[nth];
        if (found === null || value === undefined) continue;
        known.set(value, { id: found.id, accountId: found.account?.id ?? null });
      }
    }
    return known;
  };
}
