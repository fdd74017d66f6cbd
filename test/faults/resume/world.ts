import { randomOf } from '#cli/seed/random.ts';
import type { EventEnvelope } from '#events/envelope.ts';
import { testEvent } from '#test/harness/buses.ts';

export type BusPlace =
  | { readonly kind: 'embedded'; readonly file: string }
  | { readonly kind: 'jetstream'; readonly url: string; readonly stream: string };

/** How a gateway is started, as JSON on its command line. */
export interface Start {
  readonly bus: BusPlace;
  readonly supergraph: string;
  readonly subgraphUrls: Readonly<Record<string, string>>;
}

/** What a gateway is told, and says. */
export type Told =
  | { readonly kind: 'publish'; readonly events: readonly EventEnvelope[] }
  | { readonly kind: 'reload' }
  | { readonly kind: 'numbers' };
export type Said =
  | { readonly kind: 'ready'; readonly port: number }
  | { readonly kind: 'published' }
  | { readonly kind: 'reloaded'; readonly outcome: string }
  | { readonly kind: 'numbers'; readonly subscriptions: number; readonly catchingUp: number };

/** What one client asks for: all of a kind, or those of one lead, owner or account. */
export interface Filter {
  readonly leadId?: string;
  readonly ownerId?: string;
  readonly accountId?: string;
}

const leads = 40;
const owners = 8;
const accounts = 10;

const ownerOf = (lead: number) => `usr_${lead % owners}`;
const accountOf = (lead: number) => `acc_${lead % accounts}`;

/** The events of a seed, in the order in which they are published: statuses of leads that have an owner and an account. */
export function eventsOf(seed: number, count: number): readonly EventEnvelope[] {
  const random = randomOf(seed, 'events');
  const versions = new Map<number, number>();
  return Array.from({ length: count }, () => {
    const lead = random.integer(0, leads - 1);
    const version = (versions.get(lead) ?? 0) + 1;
    versions.set(lead, version);
    const [from, to] = version % 2 === 0 ? ['QUALIFIED', 'WORKING'] : ['WORKING', 'QUALIFIED'];
    return {
      ...testEvent({ key: `lea_${lead}` }, { from, to }),
      entityversion: version,
      ownerid: ownerOf(lead),
      accountid: accountOf(lead),
    };
  });
}

/** The filter of the nth client: every kind of filter, over every transport in turn. */
export function filterOf(nth: number): Filter {
  switch (Math.floor(nth / 3) % 4) {
    case 0:
      return { ownerId: `usr_${nth % owners}` };
    case 1:
      return { leadId: `lea_${nth % leads}` };
    case 2:
      return { accountId: `acc_${nth % accounts}` };
    default:
      return {};
  }
}

export function admits({ leadId, ownerId, accountId }: Filter, event: EventEnvelope): boolean {
  return (
    (leadId ?? event.leadid) === event.leadid &&
    (ownerId ?? event.ownerid) === event.ownerid &&
    (accountId ?? event.accountid) === event.accountid
  );
}
