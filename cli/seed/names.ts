import type { Random } from './random.ts';
import { companyWords, type NameStyle, personNames } from './words.ts';

const companyCount = companyWords.first.length * companyWords.second.length * companyWords.last.length;

/** Shares no factor with the number of names: stepping by it meets every name before one comes twice. */
const companyStep = 7_919;

/** The nth company's name, different for every n until the words are used up, and numbered from there. */
export function companyName(nth: number, start: number): string {
  let left = (nth * companyStep + Math.floor(start * companyCount)) % companyCount;
  const take = (list: readonly string[]): string => {
    const word = list[left % list.length] ?? '';
    left = Math.floor(left / list.length);
    return word;
  };
  const name = `${take(companyWords.first)}${take(companyWords.second)} ${take(companyWords.last)}`.trim();
  const round = Math.floor(nth / companyCount);
  return round === 0 ? name : `${name} ${round + 1}`;
}

export function fullName(style: NameStyle, random: Random): string {
  const { given, family } = personNames[style];
  return `${random.pick(given)} ${random.pick(family)}`;
}

/** Lower-case letters and digits of a name, without accents; `between` stands for spaces. */
export function slug(name: string, between: string): string {
  return name
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, between);
}
