import type { OutboxTables } from '#events/outbox.ts';
import type { MigrationTarget } from '../../store/migrate.ts';
import { createLeases, type LeaseTables } from './leases.ts';
import { createLinks, type LinkTables } from './links.ts';
import { createPositions, type PositionTables } from './positions.ts';
import { createProblems, type ProblemTables } from './problems.ts';

/** What a store needs beside its rows so that it can be the replica of a vendor. */
export type ReplicaTables = LinkTables & ProblemTables & PositionTables & LeaseTables & OutboxTables;

export async function createReplica(target: MigrationTarget): Promise<void> {
  await createLinks(target);
  await createProblems(target);
  await createPositions(target);
  await createLeases(target);
}
