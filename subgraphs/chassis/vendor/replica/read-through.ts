import { setTimeout as sleep } from 'node:timers/promises';
import type { GraphQLError } from 'graphql';
import { clientError } from '../../errors.ts';
import type { Staleness } from '../../staleness.ts';
import type { Store } from '../../store/store.ts';
import { VendorError } from '../error.ts';
import { type AnyDomain, type AnySystem, typeOf, vendorCause } from './domain.ts';
import { createFlights } from './flights.ts';
import { linksOfIds, linksOfVendorIds } from './links.ts';
import { idOf, readByIds, readByKey } from './read-records.ts';
import { readTime } from './read-time.ts';
import { createSweeps } from './sweeps.ts';
import type { ReplicaTables } from './tables.ts';
import type { Writer } from './writer.ts';

export interface Freshness {
  /** How old a row may be that is answered without a look at the vendor, in milliseconds. */
  readonly maxAgeMs: (type: string) => number;
  /** How long one request waits for the vendor, all in all. */
  readonly deadlineMs: number;
  readonly gatherMs: number;
  readonly gatherMostMs: number;
  readonly holdMs: number;
  readonly flightMs: number;
  readonly unknownMs: number;
}

export const usualFreshness: Freshness = {
  maxAgeMs: () => 60_000,
  deadlineMs: 800,
  gatherMs: 5,
  // A quarter of the deadline: most of it is for the vendor.
  gatherMostMs: 200,
  // Half of the deadline: what waited for a call that hangs has as much left.
  holdMs: 400,
  flightMs: 10_000,
  unknownMs: 30_000,
};

const mostAsked = 20_000;

export interface ReadThroughOptions<Tables> {
  readonly system: AnySystem;
  readonly tenant: string;
  readonly store: Store<Tables>;
  readonly domain: AnyDomain<Tables>;
  readonly writer: Writer<Tables>;
  readonly freshness?: Partial<Freshness> | undefined;
}

interface SeenRow {
  readonly id: string;
  readonly observedAt: string;
}

export interface FreshRequest<Row extends SeenRow> {
  readonly type: string;
  /** The column that rows are asked for by, `id` or another one. */
  readonly by: string;
  readonly values: readonly string[];
  readonly select: (values: readonly string[]) => Promise<readonly Row[]>;
  readonly keyOf: (row: Row) => string | null;
  /** Of the request that asks. */
  readonly staleness: Staleness;
  readonly signal: AbortSignal;
}

export interface FreshRows<Row> {
  readonly rows: readonly Row[];
  /** The values of which nobody knows whether there is a row, and why. */
  readonly failed: ReadonlyMap<string, GraphQLError>;
}

/** What stands between the loaders of one tenant and the vendor. */
export interface ReadThrough {
  /**
   * Rows as new as they should be: those that are missing or too old are read from the vendor first. Where that takes
   * too long or fails, old rows are answered and noted as such; what was begun goes on, and its changes are told.
   */
  readonly fresh: <Row extends SeenRow>(request: FreshRequest<Row>) => Promise<FreshRows<Row>>;
  /** Notes rows that are older than they should be, where all that can be done is to say so: those of a list. */
  readonly note: (type: string, rows: readonly SeenRow[], staleness: Staleness) => Promise<void>;
  readonly close: () => Promise<void>;
}

export function createReadThrough<Tables extends ReplicaTables>({
  system,
  tenant,
  store,
  domain,
  writer,
  freshness,
}: ReadThroughOptions<Tables>): ReadThrough {
  const { vendor, capabilities } = system;
  const { maxAgeMs, deadlineMs, ...flying } = { ...usualFreshness, ...freshness };
  const place = (type: string) => ({ tenant, vendor, type });
  const keysOf = (type: string) => capabilities.types[type]?.keys ?? [];
  const sweptAt = createSweeps(store.db, { tenant, vendor });

  const flights = createFlights({
    ...flying,
    vendor,
    batchOf: (type) => capabilities.types[type]?.batch ?? 1,
    most: mostAsked,
    fetch: async (type, by, values, signal) => {
      const options = { urgency: 'read', signal } as const;
      const observedAt = readTime();
      const seen =
        by === 'id'
          ? await readByIds(system, type, values, options)
          : await readByKey(system, type, by, values, options);
      const gone = seen.filter(({ kind }) => kind === 'gone').map(idOf);
      const links = await linksOfVendorIds(store.db, place(type), gone);
      // Nothing is kept of what never was there: anybody can ask for that.
      const known = seen.filter((one) => one.kind !== 'gone' || links.has(one.id));
      const cause = vendorCause(vendor, tenant);
      if (known.length > 0)
        await writer({ system, tenant, type, seen: known, observedAt, cause, ...options });
      const records = known.flatMap((one) => (one.kind === 'record' ? [one.record] : []));
      return new Set(
        records.map((record) =>
          by === 'id' ? record.id : by === 'externalId' ? record.externalId : record.values[by],
        ) as string[],
      );
    },
  });

  /** Asks for rows that are too old, by the vendor's id. Rows that the vendor does not know are ours alone. */
  const askAgain = async (type: string, rows: readonly SeenRow[]) => {
    const ids = rows.map(({ id }) => id);
    const links = await linksOfIds(store.db, place(type), ids);
    return new Map(
      ids.flatMap((id) => {
        const link = links.get(id);
        return link?.goneAt === null ? [[id, flights.ask(type, 'id', link.vendorId)] as const] : [];
      }),
    );
  };

  /** Asks for what there is no row of, by whatever key the vendor has for it. */
  const askFirst = async (type: string, by: string, values: readonly string[]) => {
    const asked = (value: string, asks: readonly Promise<void>[]) =>
      [value, Promise.all(asks).then(() => {})] as const;
    if (by !== 'id') {
      const can = keysOf(type).includes(by);
      return new Map(values.map((value) => asked(value, can ? [flights.ask(type, by, value)] : [])));
    }
    const links = await linksOfIds(store.db, place(type), values);
    const start = `${typeOf(domain, type).prefix}_`;
    return new Map(
      values.map((id) => {
        const link = links.get(id);
        if (link !== undefined)
          return asked(id, link.goneAt === null ? [flights.ask(type, 'id', link.vendorId)] : []);
        const derived = id.startsWith(start) ? [flights.ask(type, 'id', id.slice(start.length))] : [];
        const written = keysOf(type).includes('externalId') ? [flights.ask(type, 'externalId', id)] : [];
        return asked(id, [...derived, ...written]);
      }),
    );
  };

  const tooOld = async <Row extends SeenRow>(
    type: string,
    rows: readonly Row[],
    now: number,
  ): Promise<readonly Row[]> => {
    const limit = new Date(now - maxAgeMs(type)).toISOString();
    if (rows.every(({ observedAt }) => observedAt >= limit)) return [];
    // Whoever follows all changes knows of every row that it has not changed since.
    const swept = capabilities.types[type]?.changes ? await sweptAt(type) : null;
    return swept !== null && swept >= limit ? [] : rows.filter(({ observedAt }) => observedAt < limit);
  };

  return {
    fresh: async ({ type, by, values, select, keyOf, staleness, signal }) => {
      const now = Date.now();
      const first = await select(values);
      const old = await tooOld(type, first, now);
      const found = new Set(first.map(keyOf));
      const missing = values.filter((value) => !found.has(value));
      if (old.length === 0 && missing.length === 0) return { rows: first, failed: new Map() };

      const again = old.length === 0 ? new Map<string, Promise<void>>() : await askAgain(type, old);
      const anew =
        missing.length === 0 ? new Map<string, Promise<void>>() : await askFirst(type, by, missing);
      const outcomes = await settledWithin(
        [...again.values(), ...anew.values()],
        staleness.patienceMs(deadlineMs),
        signal,
      );
      const due = [...old.flatMap((row) => keyOf(row) ?? []), ...missing];
      const hasCome = [...outcomes.values()].includes('done');
      const second = hasCome ? await select(due) : old;
      const rest = new Set(due);
      const rows = [...first.filter((row) => !rest.has(keyOf(row) ?? '')), ...second];

      const asked = second.filter(({ id }) => again.has(id));
      for (const { observedAt } of await tooOld(type, asked, now)) staleness.note(observedAt);
      const there = new Set(second.map(keyOf));
      const failed = new Map<string, GraphQLError>();
      for (const [value, read] of anew) {
        const outcome = outcomes.get(read);
        if (outcome !== 'done' && !there.has(value)) failed.set(value, unavailable(vendor, type, outcome));
      }
      return { rows, failed };
    },
    note: async (type, rows, staleness) => {
      for (const { observedAt } of await tooOld(type, rows, Date.now())) staleness.note(observedAt);
    },
    close: flights.close,
  };
}

type Outcome = 'done' | { readonly error: unknown };

/** What became of promises within a time; those that are not in it are not settled yet. */
async function settledWithin(
  promises: readonly Promise<void>[],
  ms: number,
  signal: AbortSignal,
): Promise<ReadonlyMap<Promise<void>, Outcome>> {
  const outcomes = new Map<Promise<void>, Outcome>();
  const all = Promise.all(
    promises.map((promise) =>
      promise.then(
        () => void outcomes.set(promise, 'done'),
        (error: unknown) => void outcomes.set(promise, { error }),
      ),
    ),
  );
  const over = new AbortController();
  const waited = sleep(ms, undefined, { signal: AbortSignal.any([signal, over.signal]) }).catch(() => {});
  await Promise.race([all, waited]);
  over.abort();
  return new Map(outcomes);
}

function unavailable(vendor: string, type: string, outcome: Outcome | undefined): GraphQLError {
  const error = typeof outcome === 'object' ? outcome.error : undefined;
  const reason =
    outcome === undefined ? 'deadline' : error instanceof VendorError ? error.failure.kind : 'unavailable';
  return clientError(
    'VENDOR_UNAVAILABLE',
    `Whether there is such a record among the ${type} cannot be found out: ${vendor} did not answer (${reason}). Ask again later.`,
    { vendor, reason },
  );
}
