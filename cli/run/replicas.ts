import type { Replica } from '#chassis/vendor/replica/replica.ts';
import type { ReplicaTables } from '#chassis/vendor/replica/tables.ts';
import type { PartName, Parts } from './parts.ts';

/** The parts that are replicas of vendors. What brings them up to date sees the tables that all of them have. */
export function replicasOf({ crm, email }: Partial<Parts>): ReadonlyMap<PartName, Replica<ReplicaTables>> {
  const replicas = new Map<PartName, Replica<ReplicaTables>>();
  if (crm?.replica) replicas.set('crm', crm.replica as unknown as Replica<ReplicaTables>);
  if (email?.replica) replicas.set('email', email.replica as unknown as Replica<ReplicaTables>);
  return replicas;
}

/**
 * Refuses to write records of a tenant's into a store that is the replica of a vendor: the next look at the vendor would
 * not know them.
 * @throws Error that names the vendor and the remedy
 */
export function refuseReplicas(parts: Partial<Parts>, tenant: string, what: string): void {
  for (const [name, { systems }] of replicasOf(parts)) {
    const system = systems.get(tenant);
    if (system === undefined) continue;
    throw new Error(
      `The ${name} of tenant "${tenant}" is at ${system.vendor}, which its store is a replica of: ${what} would not be there. Put the records into ${system.vendor}, or start without VENDORS_FILE.`,
    );
  }
}
