import type { LeadValues } from '#subgraphs/crm/store/tables.ts';
import type { Company, SeededContact } from './accounts.ts';
import { type Random, weighted } from './random.ts';
import { daysAgo, idOf, streamOf, type World } from './world.ts';

export type SeededLead = LeadValues & { readonly createdAt: string; readonly ageDays: number };

const mostLeads = 200;

const sourceOf = weighted<string | null>([
  ['Organic Search', 24],
  ['Paid Search', 16],
  ['Referral', 11],
  ['Webinar', 11],
  ['Event', 9],
  ['Paid Social', 9],
  ['Direct', 8],
  ['Partner', 7],
  [null, 5],
]);

/** By age in days: a lead is new for some time, worked on, then decided. */
const statusByAge: readonly {
  readonly below: number;
  readonly choose: (random: Random) => LeadValues['status'];
}[] = [
  {
    below: 14,
    choose: weighted([
      ['NEW', 70],
      ['WORKING', 30],
    ]),
  },
  {
    below: 90,
    choose: weighted([
      ['NEW', 10],
      ['WORKING', 45],
      ['QUALIFIED', 25],
      ['DISQUALIFIED', 20],
    ]),
  },
  {
    below: Number.POSITIVE_INFINITY,
    choose: weighted([
      ['WORKING', 8],
      ['QUALIFIED', 14],
      ['DISQUALIFIED', 48],
      ['CONVERTED', 30],
    ]),
  },
];

/** Leads at a company; one in twenty is not known to belong to anyone. */
export function leadsOf(
  world: World,
  company: Company,
  contacts: readonly SeededContact[],
): readonly SeededLead[] {
  const random = streamOf(world, 'leads', company.nth);
  const expected = 0.5 + 0.54 * contacts.length * random.factor(0.4);
  const count = Math.min(mostLeads, Math.floor(expected + random.unit()));
  return Array.from({ length: count }, (_, place): SeededLead => {
    const contact = contacts.length > 0 ? random.pick(contacts) : null;
    const unmatched = random.chance(0.05);
    // Nobody is a lead before being a contact, and most leads are young.
    const ageDays = (contact?.ageDays ?? company.ageDays) * random.unit() ** 2;
    const status = statusOf(ageDays, random);
    const owned = status !== 'NEW' || random.chance(0.6);
    return {
      id: idOf(world, 'lea', company.nth + 1, place + 1),
      status,
      source: sourceOf(random),
      contactId: unmatched ? null : (contact?.id ?? null),
      accountId: unmatched ? null : company.id,
      ownerId: owned ? company.sellerId : null,
      createdAt: daysAgo(world, ageDays),
      ageDays,
    };
  });
}

function statusOf(ageDays: number, random: Random): LeadValues['status'] {
  for (const { below, choose } of statusByAge) if (ageDays < below) return choose(random);
  return 'NEW';
}
