import type { Kysely } from 'kysely';
import type { AskOptions } from '../system.ts';
import type { AnyDomain, AnySystem } from './domain.ts';
import { type LinkTables, linksOfVendorIds } from './links.ts';
import { type AnySeen, idOf, readByIds } from './read-records.ts';

/** What is to be written, by type and the vendor's id. */
export type Gathered = ReadonlyMap<string, ReadonlyMap<string, AnySeen>>;

/** How far references are followed: an account's parent's owner's manager. */
const mostSteps = 4;
/** Records that are read because others refer to them; the rest come with their own changes, or when they are asked for. */
const mostRead = 2_000;

export interface GatherOptions extends AskOptions {
  readonly tenant: string;
}

/**
 * Adds to what was seen the records that it refers to and the replica does not know, and those that they refer to, a few
 * steps far. Rejects where the vendor cannot be asked.
 */
export async function withReferences<Tables extends LinkTables>(
  db: Kysely<Tables>,
  domain: AnyDomain<Tables>,
  system: AnySystem,
  type: string,
  seen: readonly AnySeen[],
  { tenant, ...options }: GatherOptions,
): Promise<Gathered> {
  const gathered = new Map<string, Map<string, AnySeen>>();
  const add = (added: string, one: AnySeen) => {
    const ofType = gathered.get(added) ?? new Map<string, AnySeen>();
    const known = ofType.get(idOf(one));
    if (known === undefined || !isOlder(one, known)) gathered.set(added, ofType.set(idOf(one), one));
  };
  for (const one of seen) add(type, one);

  let latest: readonly (readonly [string, AnySeen])[] = seen.map((one) => [type, one]);
  let read = 0;
  for (let step = 0; step < mostSteps && latest.length > 0; step += 1) {
    const found: [string, AnySeen][] = [];
    for (const [referred, ids] of referencesOf(domain, latest)) {
      const others = [...ids].filter((id) => !gathered.get(referred)?.has(id));
      const links = await linksOfVendorIds(db, { tenant, vendor: system.vendor, type: referred }, others);
      const unknown = others.filter((id) => !links.has(id)).slice(0, mostRead - read);
      if (unknown.length === 0) continue;
      read += unknown.length;
      for (const one of await readByIds(system, referred, unknown, options)) {
        add(referred, one);
        found.push([referred, one]);
      }
    }
    latest = found;
  }
  return gathered;
}

/** The vendor's ids that records refer to, by type. */
export function referencesOf<Tables>(
  domain: AnyDomain<Tables>,
  seen: Iterable<readonly [string, AnySeen]>,
): ReadonlyMap<string, ReadonlySet<string>> {
  const wanted = new Map<string, Set<string>>();
  for (const [type, one] of seen) {
    if (one.kind !== 'record') continue;
    for (const [field, referred] of Object.entries(domain.of[type]?.references ?? {})) {
      const id = one.record.values[field];
      if (typeof id !== 'string') continue;
      wanted.set(referred, (wanted.get(referred) ?? new Set<string>()).add(id));
    }
  }
  return wanted;
}

/** Only records say when they were changed; what is gone or cannot be said is taken as it comes. */
function isOlder(one: AnySeen, than: AnySeen): boolean {
  return one.kind === 'record' && than.kind === 'record' && one.record.changedAt < than.record.changedAt;
}
