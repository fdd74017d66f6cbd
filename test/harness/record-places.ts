import { describe } from 'vitest';
import { crmPlaces } from './crm-places.ts';
import { type EmailChoice, emailPlaces } from './email-places.ts';

/** Where the records of the CRM and of email are. */
export interface RecordsChoice extends EmailChoice {
  readonly crm: string;
}

const [embedded, ...atVendors] = emailPlaces as [EmailChoice, ...EmailChoice[]];

/** One of both at a vendor at a time: neither sees where the other is. */
export const recordPlaces: readonly RecordsChoice[] = [
  ...crmPlaces.map((place) => ({ ...embedded, ...place })),
  ...atVendors.map((place) => ({ crm: 'embedded', ...place })),
];

/** A suite for each place; where a double is missing it is skipped. */
export function describeAtEach(name: string, suite: (place: RecordsChoice) => void): void {
  for (const place of recordPlaces) {
    const title = `${name}, with the CRM ${place.crm} and email ${place.email}`;
    describe.skipIf(place.missing)(title, () => suite(place));
  }
}
