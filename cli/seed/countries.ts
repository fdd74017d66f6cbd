import type { NameStyle } from './words.ts';

/**
 * How consent comes about under a country's law, roughly: `opt-in` asks first (GDPR and its likes), `opt-out`
 * lets one write until told otherwise (CAN-SPAM), `implied` takes a business relation for a yes that ends.
 */
export type ConsentRegime = 'opt-in' | 'opt-out' | 'implied';

export interface Country {
  readonly code: string;
  readonly name: string;
  /** Share of accounts, relative to the others. */
  readonly weight: number;
  readonly currency: string;
  /** Units of the currency for one US dollar, rounded: prices need to be believable, not exact. */
  readonly perDollar: number;
  readonly regime: ConsentRegime;
  readonly names: NameStyle;
  /** Sales team that works the country. */
  readonly team: string;
}

export const countries: readonly Country[] = [
  country('US', 'United States', 42, 'USD', 1, 'opt-out', 'english', 'Americas'),
  country('CA', 'Canada', 6, 'CAD', 1.36, 'implied', 'english', 'Americas'),
  country('BR', 'Brazil', 3, 'BRL', 5.4, 'opt-in', 'iberian', 'Americas'),
  country('GB', 'United Kingdom', 9, 'GBP', 0.78, 'opt-in', 'english', 'EMEA'),
  country('DE', 'Germany', 10, 'EUR', 0.92, 'opt-in', 'german', 'EMEA'),
  country('FR', 'France', 7, 'EUR', 0.92, 'opt-in', 'french', 'EMEA'),
  country('ES', 'Spain', 4, 'EUR', 0.92, 'opt-in', 'iberian', 'EMEA'),
  country('IT', 'Italy', 4, 'EUR', 0.92, 'opt-in', 'italian', 'EMEA'),
  country('AU', 'Australia', 5, 'AUD', 1.52, 'implied', 'english', 'APAC'),
  country('JP', 'Japan', 6, 'JPY', 150, 'opt-in', 'japanese', 'APAC'),
  country('IN', 'India', 4, 'INR', 84, 'implied', 'indian', 'APAC'),
];

export const teams = ['Americas', 'EMEA', 'APAC'] as const;

function country(
  code: string,
  name: string,
  weight: number,
  currency: string,
  perDollar: number,
  regime: ConsentRegime,
  names: NameStyle,
  team: (typeof teams)[number],
): Country {
  return { code, name, weight, currency, perDollar, regime, names, team };
}
