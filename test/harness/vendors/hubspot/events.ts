import type { Change } from './changes.ts';
import { kinds, type ObjectType, objectTypes } from './schema.ts';
import type { Schema } from './values.ts';

/** One event as HubSpot puts it into a webhook, of the kinds that this server has. */
export interface WebhookEvent {
  readonly eventId: number;
  readonly subscriptionId: number;
  readonly portalId: number;
  readonly appId: number;
  /** Milliseconds since 1970. */
  readonly occurredAt: number;
  readonly subscriptionType: string;
  /** 0 the first time that it is sent. */
  readonly attemptNumber: number;
  readonly changeSource: string;
  readonly sourceId: string;
  /** Absent where an association changed. */
  readonly objectId?: number;
  /** With `object.*` alone, which is what leads have. */
  readonly objectTypeId?: string;
  readonly propertyName?: string;
  readonly propertyValue?: string;
  readonly changeFlag?: string;
  readonly [more: string]: unknown;
}

/** What an app asked to be told of: a property change of one property each, all others of a whole type. */
export interface Subscription {
  readonly objectType: ObjectType;
  readonly event: Change['kind'];
  readonly propertyName?: string;
}

/** Everything that can be told of all four types. */
export function everySubscription({ properties }: Schema): Subscription[] {
  return objectTypes.flatMap((objectType) => [
    ...(['creation', 'deletion', 'restore', 'privacyDeletion', 'associationChange'] as const).map(
      (event) => ({
        objectType,
        event,
      }),
    ),
    ...[...properties[objectType].keys()].map((propertyName) => ({
      objectType,
      event: 'propertyChange' as const,
      propertyName,
    })),
  ]);
}

interface App {
  readonly portalId: number;
  readonly appId: number;
  readonly subscriptions: readonly Subscription[];
}

/** Leads came after the names `contact.*`, `company.*` and `deal.*`: they have the generic ones. */
function subscriptionType(type: ObjectType, event: Change['kind']): string {
  return `${type === 'leads' ? 'object' : kinds[type].singular}.${event}`;
}

const changeFlags: Partial<Record<Change['kind'], string>> = {
  creation: 'CREATED',
  deletion: 'DELETED',
  restore: 'RESTORED',
};

function subjectOf(change: Change): ObjectType {
  return change.kind === 'associationChange' ? change.from.type : change.type;
}

function detailsOf(change: Change): Readonly<Record<string, unknown>> {
  if (change.kind === 'associationChange') {
    const { from, to, typeId, primary, removed } = change;
    const ends = [from, to].map(({ type }) => kinds[type].singular.toUpperCase());
    return {
      associationType: ends.join('_TO_'),
      associationCategory: 'HUBSPOT_DEFINED',
      associationTypeId: typeId,
      fromObjectId: Number(from.id),
      toObjectId: Number(to.id),
      associationRemoved: removed,
      isPrimaryAssociation: primary,
      ...(from.type === 'leads' && {
        fromObjectTypeId: kinds[from.type].typeId,
        toObjectTypeId: kinds[to.type].typeId,
      }),
    };
  }
  return {
    objectId: Number(change.id),
    ...(change.type === 'leads' && { objectTypeId: kinds.leads.typeId }),
    ...(change.kind === 'propertyChange'
      ? { propertyName: change.property, propertyValue: change.value }
      : { changeFlag: changeFlags[change.kind] }),
  };
}

/** Makes the events of changes: one for every subscription that a change meets, counted up from the first. */
export function createEvents({ portalId, appId, subscriptions }: App): (change: Change) => WebhookEvent[] {
  let eventId = 3_000_000_000;
  return (change) =>
    subscriptions.flatMap(({ objectType, event, propertyName }, index) => {
      if (objectType !== subjectOf(change) || event !== change.kind) return [];
      if (change.kind === 'propertyChange' && change.property !== propertyName) return [];
      return [
        {
          eventId: ++eventId,
          subscriptionId: 700_000 + index,
          portalId,
          appId,
          occurredAt: change.at,
          subscriptionType: subscriptionType(objectType, event),
          attemptNumber: 0,
          changeSource: change.by.changeSource,
          sourceId: change.by.sourceId,
          ...detailsOf(change),
        },
      ];
    });
}
