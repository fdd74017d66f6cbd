import { hash } from 'node:crypto';
import type { ImportKind } from './kinds.ts';

/** What has an id of its own: records of the CRM, and what is written elsewhere about them. */
type Identified = ImportKind | 'consent' | 'visit-count';

const prefixes: Record<Identified, string> = {
  account: 'acc',
  user: 'usr',
  contact: 'con',
  lead: 'lea',
  opportunity: 'opp',
  consent: 'cns',
  'visit-count': 'vct',
};

/** RFC 4648 section 6, in lower case. */
const base32 = 'abcdefghijklmnopqrstuvwxyz234567';

/**
 * The opaque id of a record by the source it comes from and its natural key there, such as
 * `acc_` and 16 characters of base32: the first 80 bits of SHA-256. The same key always makes the same id, so
 * that a second import finds its rows, and one record refers to another without a look-up.
 */
export function naturalId(source: string, kind: Identified, key: readonly string[]): string {
  const digest = hash('sha256', JSON.stringify([source, kind, ...key]), 'buffer');
  let text = '';
  for (let start = 0; start < 10; start += 5) {
    let bits = digest.readUIntBE(start, 5);
    let part = '';
    for (let place = 0; place < 8; place += 1) {
      part = base32.charAt(bits % 32) + part;
      bits = Math.floor(bits / 32);
    }
    text += part;
  }
  return `${prefixes[kind]}_${text}`;
}
