import { minorDigits } from '#chassis/money.ts';
import type { OpportunityValues } from '#subgraphs/crm/store/tables.ts';
import type { Company, SeededOpportunity } from './accounts.ts';
import { type Country, countries } from './countries.ts';
import { type Random, weighted } from './random.ts';
import { products } from './words.ts';
import { dateAgo, daysAgo, idOf, streamOf, type World } from './world.ts';

const mostOpportunities = 60;

/** Small things are sold more often than large ones. */
const productOf = weighted(products.map((product, place) => [product, products.length - place] as const));

/** What was and is being sold to a company: more to larger ones, more of late than long ago. */
export function opportunitiesOf(world: World, company: Company): readonly SeededOpportunity[] {
  const random = streamOf(world, 'opportunities', company.nth);
  const expected = company.nth === 0 ? 24 : random.exponential(1.6 + 1.3 * Math.log10(company.employees));
  const count = Math.min(mostOpportunities, Math.floor(expected));
  return Array.from({ length: count }, (_, place) => {
    const openAgo = 1 + (company.ageDays - 1) * random.unit() ** 1.3;
    const closeAgo = openAgo - 20 - random.exponential(55);
    const product = productOf(random);
    const country = currencyCountry(company, place, random);
    const stage = stageOf(openAgo, closeAgo, random);
    const closed = stage === 'WON' || stage === 'LOST';
    return {
      id: idOf(world, 'opp', company.nth + 1, place + 1),
      name: `${company.name}: ${product.name}`,
      stage,
      ...amountOf(product.price, company, country, stage, random),
      product: product.name,
      openDate: dateAgo(world, openAgo),
      closeDate: closed || random.chance(0.85) ? dateAgo(world, closeAgo) : null,
      accountId: company.id,
      ownerId: random.chance(0.92) ? company.sellerId : null,
      createdAt: daysAgo(world, openAgo),
    };
  });
}

/** Large companies also buy through their branches abroad. */
function currencyCountry({ nth, employees, country }: Company, place: number, random: Random): Country {
  const abroad = random.pick(countries);
  const always = nth === 0 && place % 4 === 3;
  return always || (employees > 1_000 && random.chance(0.15)) ? abroad : country;
}

function stageOf(openAgo: number, closeAgo: number, random: Random): OpportunityValues['stage'] {
  if (closeAgo >= 1) return random.chance(0.46) ? 'WON' : 'LOST';
  const passed = openAgo / (openAgo - closeAgo);
  if (passed < 0.25) return 'PROSPECTING';
  if (passed < 0.5) return 'ENGAGING';
  return passed < 0.8 ? 'PROPOSAL' : 'NEGOTIATION';
}

/** Nobody has named a price yet in half of the first talks. */
function amountOf(
  price: number,
  { employees }: Company,
  { currency, perDollar }: Country,
  stage: OpportunityValues['stage'],
  random: Random,
): Pick<OpportunityValues, 'amountMinor' | 'amountCurrency'> {
  const dollars = price * (1 + employees / 2_000) ** 0.4 * random.factor(0.35);
  const unnamed = random.chance(0.5);
  if (stage === 'PROSPECTING' && unnamed) return { amountMinor: null, amountCurrency: null };
  const hundreds = Math.max(1, Math.round((dollars * perDollar) / 100));
  return { amountMinor: hundreds * 100 * 10 ** minorDigits(currency), amountCurrency: currency };
}
