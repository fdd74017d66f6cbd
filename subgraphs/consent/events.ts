import { type Cause, type EventEnvelope, makeEvent } from '#events/envelope.ts';
import { consentUpdatedV1 } from '#events/schemas/index.ts';
import type { Versions } from './store/contacts.ts';
import { stateAfter } from './store/present.ts';
import type { ConsentRecordValues } from './store/tables.ts';

export interface NewRecords {
  /** In the order in which they count. */
  readonly inserted: readonly ConsentRecordValues[];
  /** The latest record of each contact and purpose before these. */
  readonly before: readonly ConsentRecordValues[];
  /** Of the contacts before these. */
  readonly versions: Versions;
}

/** One event for each record, each the next version of its contact. The evidence may quote the person and is left out. */
export function consentEvents(
  { inserted, before, versions }: NewRecords,
  cause: Cause,
): readonly EventEnvelope<object>[] {
  const latest = new Map(before.map((record) => [placeOf(record), record]));
  const reached = new Map(versions);
  return inserted.map((record) => {
    const { contactId, id: recordId, purpose, decision, legalBasis, jurisdiction, recordedAt } = record;
    const held = latest.get(placeOf(record));
    const holds = held === undefined || isLater(record, held) ? record : held;
    latest.set(placeOf(record), holds);
    const version = (reached.get(contactId) ?? 0) + 1;
    reached.set(contactId, version);
    const change = {
      subject: contactId,
      entityVersion: version,
      routing: { contactid: contactId },
      data: { recordId, purpose, decision, state: stateAfter(holds), legalBasis, jurisdiction, recordedAt },
    };
    return makeEvent(consentUpdatedV1, change, cause);
  });
}

const placeOf = ({ contactId, purpose }: ConsentRecordValues) => JSON.stringify([contactId, purpose]);

/** The order that the present state is found by. */
function isLater(one: ConsentRecordValues, other: ConsentRecordValues): boolean {
  return one.recordedAt === other.recordedAt ? one.id > other.id : one.recordedAt > other.recordedAt;
}
