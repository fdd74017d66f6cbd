import { minorDigits } from '#chassis/money.ts';
import type {
  AccountValues,
  ContactValues,
  LeadValues,
  OpportunityValues,
} from '#subgraphs/crm/store/tables.ts';
import { contactsOf } from './contacts.ts';
import { type Country, countries } from './countries.ts';
import { leadsOf, type SeededLead } from './leads.ts';
import { companyName, slug } from './names.ts';
import { opportunitiesOf } from './opportunities.ts';
import { evenly, type Random, weighted } from './random.ts';
import { sellerOf } from './users.ts';
import { industries } from './words.ts';
import { daysAgo, idOf, streamOf, type World } from './world.ts';

type Created = { readonly createdAt: string };

export type SeededContact = ContactValues & Created & { readonly ageDays: number; readonly home: Country };
export type SeededOpportunity = OpportunityValues & Created;

/** An account with everything that the CRM holds of it. */
export interface SeededAccount {
  readonly values: AccountValues & Created;
  readonly contacts: readonly SeededContact[];
  readonly leads: readonly SeededLead[];
  readonly opportunities: readonly SeededOpportunity[];
}

/** What contacts, leads and opportunities are made from. */
export interface Company {
  readonly nth: number;
  readonly id: string;
  readonly name: string;
  readonly domain: string | null;
  readonly country: Country;
  readonly employees: number;
  readonly ageDays: number;
  readonly ownerId: string | null;
  /** The seller who would own it. */
  readonly sellerId: string;
}

/** The accounts that a demo opens first, by their place; the rest is left to chance. */
export const showpieces = [
  { place: 0, why: 'the large one: many contacts, opportunities in several currencies' },
  { place: 1, why: 'no contacts' },
  { place: 2, why: 'no domain, under a law that asks for opt-in' },
] as const;

/** Employees are distributed by a power law with this exponent: half have about ten, one in a hundred 2,000. */
const sizeExponent = 0.75;
const smallest = 4;
const largest = 250_000;

const countryOf = weighted(countries.map((country) => [country, country.weight]));

export function accountId(world: World, nth: number): string {
  return idOf(world, 'acc', nth + 1);
}

/** The nth account, made from the world and its place alone: no account needs those before it. */
export function accountOf(world: World, nth: number): SeededAccount {
  const random = streamOf(world, 'account', nth);
  const company = companyOf(world, nth, random);
  const contacts = nth === 1 ? [] : contactsOf(world, company);
  const opportunities = opportunitiesOf(world, company);
  const leads = leadsOf(world, company, contacts);
  const { revenueMinor, revenueCurrency } = revenueOf(company, random);
  return {
    contacts,
    leads,
    opportunities,
    values: {
      id: company.id,
      domain: company.domain,
      name: company.name,
      industry: random.chance(0.04) ? null : random.pick(industries),
      employees: company.employees,
      revenueMinor,
      revenueCurrency,
      country: company.country.name,
      foundedYear: random.chance(0.1)
        ? null
        : Number(daysAgo(world, 1_200).slice(0, 4)) - random.integer(0, 60),
      lifecycleStage: lifecycleOf(opportunities, leads, random),
      parentId: nth > 20 && random.chance(0.04) ? accountId(world, random.integer(0, nth - 1)) : null,
      ownerId: company.ownerId,
      ownerSource: company.ownerId === null ? null : 'RECORDED',
      createdAt: daysAgo(world, company.ageDays),
    },
  };
}

/** How many employees the nth account has, by a power law drawn evenly. */
function employeesOf(world: World, nth: number): number {
  if (nth === 0) return 42_000;
  const place = evenly(nth, streamOf(world, 'sizes').unit());
  return Math.min(largest, Math.round(smallest * (1 - place) ** (-1 / sizeExponent)));
}

function companyOf(world: World, nth: number, random: Random): Company {
  const name = companyName(nth, streamOf(world, 'names').unit());
  const byPlace = ['US', 'US', 'DE'][nth];
  const country = countries.find(({ code }) => code === byPlace) ?? countryOf(random);
  const sellerId = sellerOf(world, country.team, random.integer(0, 1_000_000));
  const owned = nth === 0 || random.chance(0.95);
  return {
    nth,
    id: accountId(world, nth),
    name,
    // `.example` is nobody's (RFC 2606).
    domain: nth === 2 || (nth > 2 && random.chance(0.06)) ? null : `${slug(name, '-')}.example`,
    country,
    employees: employeesOf(world, nth),
    ageDays: nth < 3 ? 1_000 : random.integer(30, 1_100),
    ownerId: owned ? sellerId : null,
    sellerId,
  };
}

/** Follows the employees, as companies of one trade resemble each other, in the country's currency. */
function revenueOf({ nth, employees, country }: Company, random: Random) {
  const dollars = employees * 180_000 * random.factor(0.6);
  if (nth !== 0 && random.chance(0.08)) return { revenueMinor: null, revenueCurrency: null };
  const thousands = Math.max(1, Math.round((dollars * country.perDollar) / 1_000));
  const revenueMinor = thousands * 1_000 * 10 ** minorDigits(country.currency);
  return { revenueMinor, revenueCurrency: country.currency };
}

function lifecycleOf(
  opportunities: readonly OpportunityValues[],
  leads: readonly LeadValues[],
  random: Random,
): AccountValues['lifecycleStage'] {
  if (opportunities.some(({ stage }) => stage === 'WON')) {
    return random.chance(0.08) ? 'FORMER_CUSTOMER' : 'CUSTOMER';
  }
  if (opportunities.some(({ stage }) => stage !== 'LOST')) return 'OPPORTUNITY';
  if (leads.some(({ status }) => status === 'QUALIFIED' || status === 'CONVERTED')) return 'SALES_QUALIFIED';
  if (leads.some(({ status }) => status === 'WORKING')) return 'MARKETING_QUALIFIED';
  return leads.length > 0 ? 'LEAD' : 'SUBSCRIBER';
}
