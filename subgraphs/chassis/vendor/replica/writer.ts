import type { Transaction } from 'kysely';
import type { Cause } from '#events/envelope.ts';
import type { Store } from '../../store/store.ts';
import type { UpsertOutcome } from '../../store/upsert.ts';
import type { Urgency } from '../calls.ts';
import { assignIds } from './assign-ids.ts';
import { type Gathered, referencesOf, withReferences } from './closure.ts';
import {
  type AnyDomain,
  type AnySystem,
  type AnyValues,
  type ReplicaRow,
  typeOf,
  type Weigh,
} from './domain.ts';
import {
  type Link,
  type LinkPlace,
  linksOfVendorIds,
  liveLinksOfIds,
  lockVendor,
  writeLinks,
} from './links.ts';
import { recordProblems } from './problems.ts';
import { type AnySeen, idOf } from './read-records.ts';
import type { ReplicaTables } from './tables.ts';

export interface WriterOptions<Tables> {
  readonly store: Store<Tables>;
  readonly domain: AnyDomain<Tables>;
  /** Default: the vendor's values are written. */
  readonly weigh?: Weigh<Tables> | undefined;
}

export interface WriteRequest<Tables> {
  readonly system: AnySystem;
  readonly tenant: string;
  readonly type: string;
  readonly seen: readonly AnySeen[];
  /** When the read of it began, RFC 3339; for what a vendor told by itself, when it came. */
  readonly observedAt: string;
  readonly cause: Cause;
  /** Of the reads that references make needed. */
  readonly urgency: Urgency;
  readonly signal: AbortSignal;
  /** Done in the same transaction, such as to move a position. */
  readonly within?: (trx: Transaction<Tables>) => Promise<void>;
}

/** What became of the records of one type; `older` are states that came after a later one, and were left out. */
export type WriteCounts = Readonly<Record<UpsertOutcome | 'older' | 'gone' | 'unmapped', number>>;

export interface WriteReport {
  /** By type: records that were only referred to are counted too. */
  readonly counts: Readonly<Record<string, WriteCounts>>;
}

/** Writes what was seen at a vendor into the rows, with links, events and mapping problems; see `createWriter`. */
export type Writer<Tables> = (request: WriteRequest<Tables>) => Promise<WriteReport>;

/** {@link Writer} for whoever has a transaction: asks the vendor first, and answers what writes. */
export type WritePreparer<Tables> = (
  request: Omit<WriteRequest<Tables>, 'within'>,
) => Promise<(trx: Transaction<Tables>) => Promise<WriteReport>>;

/**
 * Makes the one way from a vendor's records into rows. References become our ids; records that are referred to and not
 * known are read first. A state that is older than what the link of its record says is left out, so that it does not
 * matter in which order states come. What is gone loses its row. All of it is one transaction.
 *
 * A write rejects where the vendor cannot be asked for what a record refers to, with nothing written.
 */
export function createWriter<Tables extends ReplicaTables>(options: WriterOptions<Tables>): Writer<Tables> {
  const prepare = createWritePreparer(options);
  return async ({ within, ...request }) => {
    const write = await prepare(request);
    request.signal.throwIfAborted();
    return options.store.transaction(async (trx) => {
      const report = await write(trx);
      await within?.(trx);
      return report;
    });
  };
}

/** {@link createWriter}, in two steps. */
export function createWritePreparer<Tables extends ReplicaTables>({
  store,
  domain,
  weigh = async (_trx, _place, rows) => rows,
}: WriterOptions<Tables>): WritePreparer<Tables> {
  return async ({ system, tenant, type, seen, observedAt, cause, urgency, signal }) => {
    const asked = { tenant, urgency, signal };
    const gathered = await withReferences(store.db, domain, system, type, seen, asked);
    const at = { tenant, vendor: system.vendor, observedAt };
    return async (trx) => {
      await lockVendor(trx, at);
      const links = await linkAll(trx, domain, gathered, at);
      const counts: Record<string, WriteCounts> = {};
      for (const each of domain.types) {
        const ofType = gathered.get(each);
        if (ofType === undefined) continue;
        counts[each] = await writeType(trx, { domain, weigh, links, cause, at, type: each }, [
          ...ofType.values(),
        ]);
      }
      return { counts };
    };
  };
}

interface At {
  readonly tenant: string;
  readonly vendor: string;
  readonly observedAt: string;
}

/** By type, and by the vendor's id. */
type Links = ReadonlyMap<string, ReadonlyMap<string, Link>>;

/** The links of everything that is seen and referred to; new ones are written. */
async function linkAll<Tables extends ReplicaTables>(
  trx: Transaction<Tables>,
  domain: AnyDomain<Tables>,
  gathered: Gathered,
  { tenant, vendor }: At,
): Promise<Links> {
  const all = [...gathered].flatMap(([type, seen]) =>
    [...seen.values()].map((one): readonly [string, AnySeen] => [type, one]),
  );
  const referred = referencesOf(domain, all);
  const links = new Map<string, ReadonlyMap<string, Link>>();
  for (const type of domain.types) {
    const seen = gathered.get(type) ?? new Map<string, AnySeen>();
    const ids = [...new Set([...seen.keys(), ...(referred.get(type) ?? [])])];
    if (ids.length === 0) continue;
    const { prefix, identity = 'own' } = typeOf(domain, type);
    if (identity === 'vendor') continue;
    const known = await linksOfVendorIds(trx, { tenant, vendor, type }, ids);
    const place = { tenant, vendor, type, prefix, identity };
    const ofType = await assignIds(trx, place, { ids, known, seen });
    await writeLinks(
      trx,
      [...ofType.values()].filter((link) => known.get(link.vendorId)?.id !== link.id),
    );
    links.set(type, ofType);
  }
  return links;
}

interface TypeWrite<Tables> {
  readonly domain: AnyDomain<Tables>;
  readonly weigh: Weigh<Tables>;
  readonly links: Links;
  readonly cause: Cause;
  readonly at: At;
  readonly type: string;
}

async function writeType<Tables extends ReplicaTables>(
  trx: Transaction<Tables>,
  { domain, weigh, links, cause, at, type }: TypeWrite<Tables>,
  seen: readonly AnySeen[],
): Promise<WriteCounts> {
  const { tenant, vendor, observedAt } = at;
  const place = { tenant, vendor, type };
  const { references, write, remove, identity } = typeOf(domain, type);
  if (identity === 'vendor') return appendType(trx, { domain, weigh, links, cause, at, type }, seen);
  const current: AnySeen[] = [];
  const rows: ReplicaRow[] = [];
  const gone: Link[] = [];
  const moved: Link[] = [];
  for (const one of seen) {
    const link = links.get(type)?.get(idOf(one)) as Link;
    if (isOlder(one, link, observedAt)) continue;
    current.push(one);
    if (one.kind === 'record') {
      const { id: vendorId, values, createdAt, changedAt } = one.record;
      rows.push({ id: link.id, vendorId, values: ours(values, references, links), createdAt, changedAt });
      const later = link.observedAt > observedAt ? link.observedAt : observedAt;
      moved.push({ ...link, changedAt, observedAt: later, goneAt: null });
    } else if (one.kind === 'gone') {
      if (link.goneAt === null) gone.push(link);
      moved.push({ ...link, observedAt, goneAt: link.goneAt ?? observedAt });
    }
  }

  const removed = identity === 'written' ? await idsOfNoOther(trx, place, gone) : gone.map(({ id }) => id);
  const counts = {
    ...{ inserted: 0, updated: 0, unchanged: 0 },
    older: seen.length - current.length,
    gone: removed.length === 0 ? 0 : await remove(trx, tenant, removed, cause),
    unmapped: current.filter(({ kind }) => kind === 'unmapped').length,
  };
  if (rows.length > 0) {
    const weighed = await weigh(trx, place, rows, cause, observedAt);
    for (const outcome of await write(trx, tenant, weighed, observedAt, cause)) counts[outcome] += 1;
  }
  await recordProblems(trx, place, current, observedAt);
  await writeLinks(trx, moved);
  return counts;
}

/** What is said once: what came before is there already, and nothing can be older. */
async function appendType<Tables extends ReplicaTables>(
  trx: Transaction<Tables>,
  { domain, links, cause, at, type }: TypeWrite<Tables>,
  seen: readonly AnySeen[],
): Promise<WriteCounts> {
  const { tenant, vendor, observedAt } = at;
  const { references, write } = typeOf(domain, type);
  const rows = seen.flatMap((one): ReplicaRow[] => {
    if (one.kind !== 'record') return [];
    const { id, values, createdAt, changedAt } = one.record;
    return [{ id, vendorId: id, values: ours(values, references, links), createdAt, changedAt }];
  });
  const unmapped = seen.filter(({ kind }) => kind === 'unmapped').length;
  const counts = { inserted: 0, updated: 0, unchanged: 0, older: 0, gone: 0, unmapped };
  if (rows.length > 0) {
    for (const outcome of await write(trx, tenant, rows, observedAt, cause)) counts[outcome] += 1;
  }
  await recordProblems(trx, { tenant, vendor, type }, seen, observedAt);
  return counts;
}

/** The ids of what is gone that no other record has. */
async function idsOfNoOther<Tables extends ReplicaTables>(
  trx: Transaction<Tables>,
  place: LinkPlace,
  gone: readonly Link[],
): Promise<readonly string[]> {
  const ids = [...new Set(gone.map(({ id }) => id))];
  const leaving = new Set(gone.map(({ vendorId }) => vendorId));
  const left = await liveLinksOfIds(trx, place, ids);
  const held = new Set(left.filter(({ vendorId }) => !leaving.has(vendorId)).map(({ id }) => id));
  return ids.filter((id) => !held.has(id));
}

/**
 * Whether a state came after a later one. The vendor's own time decides between two states of a record; whether it is
 * there at all, only the time at which we looked can say.
 */
function isOlder(one: AnySeen, link: Link, observedAt: string): boolean {
  if (link.goneAt !== null || one.kind !== 'record' || link.changedAt === null) {
    return observedAt < link.observedAt;
  }
  const { changedAt } = one.record;
  return changedAt < link.changedAt || (changedAt === link.changedAt && observedAt < link.observedAt);
}

/** The values with our ids where the vendor's stood. */
function ours(values: AnyValues, references: Readonly<Record<string, string>>, links: Links): AnyValues {
  const found = Object.entries(references).map(([field, type]) => {
    const id = values[field];
    return [field, typeof id === 'string' ? (links.get(type)?.get(id)?.id ?? null) : null];
  });
  return { ...values, ...Object.fromEntries(found) };
}
