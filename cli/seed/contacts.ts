import type { Company, SeededContact } from './accounts.ts';
import { type Country, countries } from './countries.ts';
import { fullName, slug } from './names.ts';
import { type Random, weighted } from './random.ts';
import { titles } from './words.ts';
import { daysAgo, idOf, streamOf, type World } from './world.ts';

const mostContacts = 300;

/** Leaders are few, and known to the CRM more often than their number would have it. */
const seniority = weighted<0 | 1 | 2 | 3>([
  [0, 1],
  [1, 3],
  [2, 5],
  [3, 6],
]);

/** Contacts of a company: they grow more slowly than its size, and a few companies have none. */
export function contactsOf(world: World, company: Company): readonly SeededContact[] {
  const random = streamOf(world, 'contacts', company.nth);
  if (company.nth > 2 && random.chance(0.04)) return [];
  const expected = 1.28 * company.employees ** 0.52 * random.factor(0.35);
  const count = Math.min(mostContacts, Math.max(1, Math.round(expected)));
  const addresses = new Set<string>();
  return Array.from({ length: count }, (_, place): SeededContact => {
    const home = random.chance(0.88) ? company.country : random.pick(countries);
    const name = fullName(home.names, random);
    const ageDays = 1 + random.unit() * (company.ageDays - 1);
    const reachable = place === 0 || random.chance(0.95);
    return {
      id: idOf(world, 'con', company.nth + 1, place + 1),
      accountId: company.id,
      email: reachable ? addressOf(name, company, addresses) : null,
      name,
      title: random.chance(0.08) ? null : (random.pick(titles)[seniority(random)] ?? null),
      phone: phoneOf(home, random),
      country: home.name,
      createdAt: daysAgo(world, ageDays),
      ageDays,
      home,
    };
  });
}

/** Nobody's address: both hosts end in `.example`. Namesakes within a company are numbered. */
function addressOf(name: string, { domain, nth }: Company, taken: Set<string>): string {
  const local = slug(name, '.');
  const host = domain ?? `mail-${nth + 1}.example`;
  let address = `${local}@${host}`;
  for (let more = 2; taken.has(address); more += 1) address = `${local}.${more}@${host}`;
  taken.add(address);
  return address;
}

/** Numbers kept for fiction: 555-0100 to 0199 in North America, 7946 0000 to 0999 in London; none elsewhere. */
function phoneOf({ code }: Country, random: Random): string | null {
  const known = random.chance(0.6);
  const last = random.integer(0, 99);
  if (!known) return null;
  if (code === 'US' || code === 'CA') return `+1-202-555-01${String(last).padStart(2, '0')}`;
  return code === 'GB' ? `+44-20-7946-00${String(last).padStart(2, '0')}` : null;
}
