import { randomUUID } from 'node:crypto';
import type { Kysely, Transaction } from 'kysely';
import type { Cause } from '#events/envelope.ts';
import type { UpsertOutcome } from '../../store/upsert.ts';
import type { VendorSystem } from '../system.ts';
import type { LinkPlace } from './links.ts';

/** How a domain keeps what a vendor has: its types of records, each after those that it refers to. */
export interface ReplicaDomain<Records extends object, Tables> {
  readonly types: readonly (keyof Records & string)[];
  readonly of: {
    readonly [Type in keyof Records & string]: ReplicaType<Records[Type], keyof Records & string, Tables>;
  };
}

export interface ReplicaType<Values, Type extends string, Tables> {
  /** Default: `own`. */
  readonly identity?: Identity | undefined;
  /** What our ids of records begin with that have none of ours written on them: `acc` makes `acc_<vendor's id>`. */
  readonly prefix: string;
  /** The fields that hold ids of other records, and the types of these. A vendor may refer in circles. */
  readonly references: { readonly [Field in keyof Values & string]?: Type };
  /** The fields of which no two records should have the same value, such as a domain: reconciling reports it. */
  readonly unique: readonly (keyof Values & string)[];
  /**
   * Writes rows by id, tells their changes with the cause, and answers what became of each; `unmapped` where it cannot be
   * a row yet.
   */
  readonly write: (
    trx: Transaction<Tables>,
    tenant: string,
    rows: readonly ReplicaRow<Values>[],
    observedAt: string,
    cause: Cause,
  ) => Promise<readonly (UpsertOutcome | 'unmapped')[]>;
  /** Removes rows by id, and answers how many there were; ids that are unknown are passed over. */
  readonly remove: (
    trx: Transaction<Tables>,
    tenant: string,
    ids: readonly string[],
    cause: Cause,
  ) => Promise<number>;
  /** Those of the ids that have a row. */
  readonly present: (
    db: Kysely<Tables>,
    tenant: string,
    ids: readonly string[],
  ) => Promise<ReadonlySet<string>>;
  /**
   * Those of the rows, by id, that hold other values than these: how records are compared of which the vendor says no
   * time. For types that refer to no others. Default: their times are compared, and are never the same.
   */
  readonly differing?: (
    db: Kysely<Tables>,
    tenant: string,
    rows: readonly Pick<ReplicaRow<Values>, 'id' | 'values'>[],
  ) => Promise<ReadonlySet<string>>;
}

/**
 * Whose ids the rows have. `own`: each record has one of ours for ever, and no two have the same. `written`: rows are of
 * entities that others give ids to; what is written on a record counts, whenever it is written and however many records
 * have it, and a record without has a link under an id that no row has. `vendor`: rows have the vendor's ids, since
 * records are said once and never change nor go; they have no links.
 */
export type Identity = 'own' | 'written' | 'vendor';

/** A record on its way into a table: with our ids, its own and those it refers to. */
export interface ReplicaRow<Values = AnyValues> {
  readonly id: string;
  readonly vendorId: string;
  readonly values: Values;
  readonly createdAt: string | null;
  readonly changedAt: string;
}

/**
 * Stands between the vendor's values and the rows, within the transaction: answers the rows to be written, in the same
 * order. Where a change of ours is still on its way to the vendor, what the vendor has may be older than what we know.
 */
export type Weigh<Tables> = (
  trx: Transaction<Tables>,
  place: LinkPlace,
  rows: readonly ReplicaRow[],
  cause: Cause,
  /** When the read of the rows began. */
  observedAt: string,
) => Promise<readonly ReplicaRow[]>;

export type AnyValues = Readonly<Record<string, unknown>>;

/** A domain whose types are known only at run time. */
export interface AnyDomain<Tables> {
  readonly types: readonly string[];
  readonly of: Readonly<Record<string, AnyType<Tables>>>;
}

export type AnyType<Tables> = Omit<ReplicaType<AnyValues, string, Tables>, 'references'> & {
  readonly references: Readonly<Record<string, string>>;
};

/** A vendor's system, of which the types are known only at run time. */
export type AnySystem = Pick<
  VendorSystem<Record<string, AnyValues>, never>,
  'vendor' | 'capabilities' | 'read' | 'changes' | 'check'
>;

/** The engine works on records of all domains alike; which values a type has, its domain's tables know. */
export function anyDomain<Records extends object, Tables>(
  domain: ReplicaDomain<Records, Tables>,
): AnyDomain<Tables> {
  return domain as unknown as AnyDomain<Tables>;
}

export function anySystem<Records extends object, Change>(system: VendorSystem<Records, Change>): AnySystem {
  return system as unknown as AnySystem;
}

/** Throws an Error for a type that the domain does not have. */
export function typeOf<Tables>(domain: AnyDomain<Tables>, type: string): AnyType<Tables> {
  const found = domain.of[type];
  if (found === undefined) {
    throw new Error(`There is no type "${type}" of records: take one of ${domain.types.join(', ')}.`);
  }
  return found;
}

/** Why rows change that a vendor told of; `correlationId` is that of the request or run that made it known. */
export function vendorCause(vendor: string, tenant: string, correlationId: string = randomUUID()): Cause {
  return { tenant, actor: `vendor:${vendor}`, origin: 'vendor', correlationId };
}
