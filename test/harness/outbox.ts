import { sql } from 'kysely';
import type { Store } from '#chassis/store/store.ts';
import { type EventEnvelope, parseEnvelope } from '#events/envelope.ts';
import type { OutboxTables } from '#events/outbox.ts';

/** The events that wait in a store's outbox, in their order; each is checked to be one. */
export async function waitingEvents<Tables extends OutboxTables>({
  db,
}: Store<Tables>): Promise<readonly EventEnvelope[]> {
  const { rows } = await sql<{ envelope: string }>`select envelope from outbox order by position`.execute(db);
  return rows.map(({ envelope }) => parseEnvelope(envelope));
}
