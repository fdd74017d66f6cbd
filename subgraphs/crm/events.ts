import type { UpsertedRow } from '#chassis/store/upsert.ts';
import { type Cause, type EventEnvelope, makeEvent, type Routing } from '#events/envelope.ts';
import {
  accountChangeRejectedV1,
  accountOwnerAssignedV1,
  leadChangeRejectedV1,
  leadCreatedV1,
  leadOwnerAssignedV1,
  leadStatusChangedV1,
  opportunityChangeRejectedV1,
  opportunityStageMovedV1,
} from '#events/schemas/index.ts';
import type { ChangedType } from './adapters/crm.ts';
import { detailsChanged } from './details.ts';
import type { Account, EntityTables, Lead, Opportunity } from './store/tables.ts';

type Event = EventEnvelope<object>;

export function leadCreated(lead: Lead, cause: Cause): Event {
  const { id, version, status, source } = lead;
  const change = { subject: id, entityVersion: version, routing: routingOf(lead), data: { status, source } };
  return makeEvent(leadCreatedV1, change, cause);
}

export function leadStatusChanged(before: Lead, after: Lead, cause: Cause): Event {
  const data = { from: before.status, to: after.status };
  const change = { subject: after.id, entityVersion: after.version, routing: routingOf(after), data };
  return makeEvent(leadStatusChangedV1, change, cause);
}

export function leadOwnerAssigned(before: Lead, after: Lead, cause: Cause): Event {
  const data = { from: before.ownerId, to: after.ownerId };
  const routing = given({ ...routingOf(after), previousownerid: before.ownerId });
  const change = { subject: after.id, entityVersion: after.version, routing, data };
  return makeEvent(leadOwnerAssignedV1, change, cause);
}

/** `before` is null for an account that came into being with an owner. */
export function accountOwnerAssigned(
  before: Pick<Account, 'ownerId'> | null,
  after: Pick<Account, 'id' | 'version' | 'ownerId'>,
  cause: Cause,
): Event {
  const from = before?.ownerId ?? null;
  const routing = given({ accountid: after.id, ownerid: after.ownerId, previousownerid: from });
  const change = {
    subject: after.id,
    entityVersion: after.version,
    routing,
    data: { from, to: after.ownerId },
  };
  return makeEvent(accountOwnerAssignedV1, change, cause);
}

export function opportunityStageMoved(before: Opportunity, after: Opportunity, cause: Cause): Event {
  const { id, version, accountId, ownerId } = after;
  const routing = given({ opportunityid: id, accountid: accountId, ownerid: ownerId });
  const change = {
    subject: id,
    entityVersion: version,
    routing,
    data: { from: before.stage, to: after.stage },
  };
  return makeEvent(opportunityStageMovedV1, change, cause);
}

/** A change of a row that the vendor did not take. `after` is what the row is again. */
export function changeRejected(
  type: ChangedType,
  after: Account | Lead | Opportunity,
  { fields, code }: { readonly fields: readonly string[]; readonly code: string },
  cause: Cause,
): Event {
  const { id: subject, version: entityVersion, ownerId } = after;
  const change = { subject, entityVersion, data: { fields: [...fields], code } };
  switch (type) {
    case 'leads':
      return makeEvent(leadChangeRejectedV1, { ...change, routing: routingOf(after as Lead) }, cause);
    case 'accounts': {
      const routing = given({ accountid: subject, ownerid: ownerId });
      return makeEvent(accountChangeRejectedV1, { ...change, routing }, cause);
    }
    case 'opportunities': {
      const { accountId } = after as Opportunity;
      const routing = given({ opportunityid: subject, accountid: accountId, ownerid: ownerId });
      return makeEvent(opportunityChangeRejectedV1, { ...change, routing }, cause);
    }
  }
}

/**
 * What rows that came from elsewhere tell: the same events as mutations. Both the status and the owner of a lead may
 * differ at once, and are then two events of one version. What came from a vendor tells of every version: where it is
 * none of these changes, which fields changed.
 */
export function eventsOfRows(
  table: keyof EntityTables,
  rows: readonly UpsertedRow<object>[],
  cause: Cause,
): readonly Event[] {
  const changed = rows.filter(({ outcome }) => outcome !== 'unchanged');
  return changed.flatMap((row) => {
    const events = changesOf(table, row, cause);
    const isTold = events.length > 0 || cause.origin !== 'vendor' || table === 'users';
    return isTold ? events : [detailsChanged(table, row, cause)];
  });
}

function changesOf(table: keyof EntityTables, row: UpsertedRow<object>, cause: Cause): readonly Event[] {
  switch (table) {
    case 'leads':
      return eventsOfLead(row as UpsertedRow<Lead>, cause);
    case 'accounts': {
      const { before, after } = row as UpsertedRow<Account>;
      return (before?.ownerId ?? null) === after.ownerId ? [] : [accountOwnerAssigned(before, after, cause)];
    }
    case 'opportunities': {
      // A new one did not move: it has no stage before.
      const { before, after } = row as UpsertedRow<Opportunity>;
      return before === null || before.stage === after.stage
        ? []
        : [opportunityStageMoved(before, after, cause)];
    }
    case 'contacts':
    case 'users':
      return [];
  }
}

function eventsOfLead({ before, after }: UpsertedRow<Lead>, cause: Cause): readonly Event[] {
  if (before === null) return [leadCreated(after, cause)];
  return [
    ...(before.status === after.status ? [] : [leadStatusChanged(before, after, cause)]),
    ...(before.ownerId === after.ownerId ? [] : [leadOwnerAssigned(before, after, cause)]),
  ];
}

function routingOf({ id, contactId, accountId, ownerId }: Lead): Routing {
  return given({ leadid: id, contactid: contactId, accountid: accountId, ownerid: ownerId });
}

function given(keys: Readonly<Record<string, string | null | undefined>>): Routing {
  return Object.fromEntries(
    Object.entries(keys).filter(([, value]) => value !== null && value !== undefined),
  );
}
