import type { Transaction } from 'kysely';
import type { Identity } from './domain.ts';
import { type Link, type LinkPlace, type LinkTables, linksOfIds } from './links.ts';
import type { AnySeen } from './read-records.ts';

/** Our id as it may stand on a record at a vendor, where anybody can write: no address, and no novel. */
const ourId = /^[A-Za-z0-9_.:-]{1,128}$/;

/** Of records that are only known by what refers to them: whatever is seen of them is later. */
const never = '1970-01-01T00:00:00.000Z';

export interface AssignRequest {
  /** The vendor's. */
  readonly ids: readonly string[];
  readonly known: ReadonlyMap<string, Link>;
  /** By the vendor's id; what is only referred to is not among it. */
  readonly seen: ReadonlyMap<string, AnySeen>;
}

/**
 * Gives every record a link. One that has none gets the id that is written on it, or else one that follows from the
 * vendor's: the same in a store that was lost and filled again. An id that another record has, as happens where somebody
 * copies a record, is not given twice.
 */
export async function assignIds<Tables extends LinkTables>(
  trx: Transaction<Tables>,
  {
    prefix,
    identity,
    ...place
  }: LinkPlace & { readonly prefix: string; readonly identity: Exclude<Identity, 'vendor'> },
  { ids, known, seen }: AssignRequest,
): Promise<ReadonlyMap<string, Link>> {
  if (identity === 'written') return writtenIds({ prefix, ...place }, { ids, known, seen });
  const links = new Map(known);
  const open = ids.filter((id) => !isSettled(known.get(id), seen.get(id)));
  if (open.length === 0) return links;

  const candidates = new Map(open.map((id) => [id, candidatesOf(id, place.vendor, prefix, known, seen)]));
  const owners = await linksOfIds(trx, place, [...new Set([...candidates.values()].flat())]);
  const taken = new Set([...owners.values()].filter(({ goneAt }) => goneAt === null).map(({ id }) => id));
  for (const [vendorId, wanted] of candidates) {
    const id = wanted.find((candidate) => !taken.has(candidate));
    if (id === undefined) throw new Error(`All ids for the ${place.type} "${vendorId}" are taken.`);
    taken.add(id);
    const before = known.get(vendorId);
    links.set(vendorId, before ? { ...before, id } : newLink(place, vendorId, id));
  }
  return links;
}

/** The id that is written on a record, else the one that was; else one that says that there is none. */
function writtenIds(
  { prefix, ...place }: LinkPlace & { readonly prefix: string },
  { ids, known, seen }: AssignRequest,
): ReadonlyMap<string, Link> {
  return new Map(
    ids.map((vendorId): [string, Link] => {
      const before = known.get(vendorId);
      const id = writtenOn(seen.get(vendorId)) ?? before?.id ?? unwrittenId(prefix, vendorId);
      return [vendorId, before ? { ...before, id } : newLink(place, vendorId, id)];
    }),
  );
}

/** The id in the link of a record on which none was written. */
export function unwrittenId(prefix: string, vendorId: string): string {
  return `${prefix}_${vendorId}`;
}

function newLink(place: LinkPlace, vendorId: string, id: string): Link {
  return { ...place, vendorId, id, changedAt: null, observedAt: never, goneAt: null };
}

function writtenOn(seen: AnySeen | undefined): string | null {
  const written = seen?.kind === 'record' ? seen.record.externalId : null;
  return written !== null && canBeOurs(written) ? written : null;
}

/** Whether what is written on a record at a vendor, where anybody can write, can be an id of ours. */
export function canBeOurs(written: string): boolean {
  return ourId.test(written);
}

/** What was gone and is seen again may find its id with another record. */
function isSettled(link: Link | undefined, seen: AnySeen | undefined): boolean {
  return link !== undefined && (link.goneAt === null || seen?.kind !== 'record');
}

function candidatesOf(
  vendorId: string,
  vendor: string,
  prefix: string,
  known: AssignRequest['known'],
  seen: AssignRequest['seen'],
): readonly string[] {
  const before = known.get(vendorId)?.id;
  const written = writtenOn(seen.get(vendorId));
  return [
    ...(before === undefined ? [] : [before]),
    ...(written === null ? [] : [written]),
    `${prefix}_${vendorId}`,
    `${prefix}_${vendor}_${vendorId}`,
  ];
}
