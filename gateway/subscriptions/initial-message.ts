import { getNamedType, isObjectType } from 'graphql';
import type { RequestScope } from '#gateway/fetching/request-scope.ts';
import { planOperation } from '#gateway/pipeline/plan.ts';
import type { Viewer } from '#gateway/pipeline/types.ts';
import type { SubgraphRequest } from '#gateway/plan/types.ts';
import { mayHave } from '#gateway/rights/permit.ts';
import { executeMessage } from './execution.ts';
import type { Hub } from './hub.ts';
import { initialPlan } from './initial.ts';
import type { Shown } from './member.ts';
import type { Place } from './place.ts';
import type { InitialSource, PlannedEvents } from './planned.ts';
import { rootOf } from './root-field.ts';
import type { LiveMessage } from './types.ts';

/**
 * The message that a subscription begins with: the entity as it is. It is read after the place was taken, so that
 * whatever it does not show yet comes behind that place. A viewer who may not have the entity, or its version, is shown
 * no version, and nothing that follows is left out: that would tell it.
 * @returns what it has shown, where its version could be read
 */
export async function initialMessage(
  hub: Hub,
  planned: PlannedEvents,
  { entityId, entity, version }: InitialSource,
  { viewer, place }: { readonly viewer: Viewer; readonly place: Place },
  underWay: Set<RequestScope>,
): Promise<{ readonly message: LiveMessage; readonly shown: Shown | undefined }> {
  const { generation, operation, permit, source } = planned;
  const execution = {
    planned,
    behalf: viewer,
    primary: (request: SubgraphRequest) => source.graph.answerInitial(request, place.cursor, entityId),
    cursor: place.cursor,
    underWay,
  };
  if (!mayReadVersion(planned, viewer, { entity, version })) {
    return { message: await executeMessage(hub, { ...execution, plan: planned.plan }), shown: undefined };
  }
  const initial = initialPlan(
    operation,
    permit.variant,
    { entity, version },
    generation.planner.supergraphSchema,
  );
  const plan = await planOperation(generation, operation, initial.variant);
  let read: number | undefined;
  const message = await executeMessage(hub, {
    ...execution,
    plan,
    beforeWrite: (root) => {
      read = initial.readVersion(root);
      initial.writeVersion(root, read);
    },
  });
  return { message, shown: read === undefined ? undefined : { entityId, version: read } };
}

/** Whether a viewer may have what the gateway reads beside what the client asks for. */
function mayReadVersion(
  { generation, operation }: PlannedEvents,
  viewer: Viewer,
  { entity, version }: Pick<InitialSource, 'entity' | 'version'>,
): boolean {
  const { schema, rights } = generation.rules;
  const root = schema.getSubscriptionType()?.getFields()[rootOf(operation).field.name.value];
  const payload = root && getNamedType(root.type);
  if (!isObjectType(payload)) return false;
  const { name: entityType } = getNamedType(payload.getFields()[entity]!.type);
  return (
    mayHave(rights, viewer, `${payload.name}.${entity}`) &&
    mayHave(rights, viewer, `${entityType}.${version}`)
  );
}
