import { type Call, type Route, readScope, writeScope } from './calls.ts';
import type { Actor } from './changes.ts';
import type { Clock } from './clock.ts';
import { batchAnswer, invalidRequest, notFound, type PartialError, partial, Refusal } from './errors.ts';
import { readModel } from './models.ts';
import type { PortalState } from './portal.ts';
import { kinds, type ObjectType, objectTypeOf } from './schema.ts';

const most = { read: 1_000, created: 2_000 };

interface ReadInput {
  readonly id: string;
  readonly after?: string;
}

interface CreateInput {
  readonly from: { readonly id: string };
  readonly to: { readonly id: string };
  readonly types: readonly { readonly associationCategory: string; readonly associationTypeId: number }[];
}

const endsOf = ({ params }: Call) => ({
  from: objectTypeOf(params.fromType ?? ''),
  to: objectTypeOf(params.toType ?? ''),
});

function inputsOf<T>(inputs: readonly T[], bound: number): readonly T[] {
  if (inputs.length === 0 || inputs.length > bound) {
    throw invalidRequest(`A batch takes 1 to ${bound} inputs; this one has ${inputs.length}.`);
  }
  return inputs;
}

/** Of a record without associations HubSpot says so as an error, whether the record is there or not. */
function nothingFound(from: ObjectType, to: ObjectType, id: string): PartialError {
  const [one, other] = [kinds[from].singular, kinds[to].singular];
  return {
    ...partial(notFound(`No ${other} is associated with ${one} ${id}.`), {
      fromObjectId: [id],
      fromObjectType: [one],
      toObjectType: [other],
    }),
    subCategory: 'crm.associations.NO_ASSOCIATIONS_FOUND',
  };
}

/** Associations of version 4: read for many records, made for many, and the default one between two. */
export function associationRoutes(state: PortalState, by: Actor, clock: Clock, pageSize: number): Route[] {
  const { associations, records } = state;
  const batch = '/crm/v4/associations/:fromType/:toType/batch';
  const read = (call: Call) => Object.values(endsOf(call)).map(readScope);
  const write = (call: Call) => Object.values(endsOf(call)).map(writeScope);

  function pageOf(from: ObjectType, to: ObjectType, { id, after = '0' }: ReadInput) {
    const rest = associations.of({ type: from, id }, to).filter((each) => Number(each.id) >= Number(after));
    const next = rest[pageSize]?.id;
    const { primary } = associations.typeIds(from, to);
    return {
      from: { id },
      /* The SDK's model says text; HubSpot sends numbers, and the SDK lets them through. */
      to: rest.slice(0, pageSize).map((each) => ({
        toObjectId: Number(each.id),
        associationTypes: each.typeIds.map((typeId) => ({
          category: 'HUBSPOT_DEFINED',
          typeId,
          label: typeId === primary ? 'Primary' : null,
        })),
      })),
      ...(next !== undefined && { paging: { next: { after: next } } }),
    };
  }

  return [
    {
      method: 'POST',
      path: `${batch}/read`,
      scopes: read,
      handle: (call) => {
        const startedAt = clock.now();
        const { from, to } = endsOf(call);
        const { inputs } = readModel<{ inputs: readonly ReadInput[] }>(
          'BatchInputPublicFetchAssociationsBatchRequest',
          call.body,
        );
        const pages = inputsOf(inputs, most.read).map((input) => pageOf(from, to, input));
        return batchAnswer(200, {
          startedAt,
          completedAt: clock.now(),
          results: pages.filter((page) => page.to.length > 0),
          errors: pages
            .filter((page) => page.to.length === 0)
            .map((page) => nothingFound(from, to, page.from.id)),
        });
      },
    },
    {
      method: 'POST',
      path: `${batch}/create`,
      scopes: write,
      handle: (call) => {
        const startedAt = clock.now();
        const { from, to } = endsOf(call);
        const { inputs } = readModel<{ inputs: readonly CreateInput[] }>(
          'BatchInputPublicAssociationMultiPost',
          call.body,
        );
        for (const { types } of inputsOf(inputs, most.created)) {
          for (const { associationTypeId } of types) associations.checkType(from, to, associationTypeId);
        }
        const results: object[] = [];
        const errors: PartialError[] = [];
        for (const input of inputs) {
          const ends = { fromObjectId: input.from.id, toObjectId: input.to.id };
          try {
            const one = records.get(from, input.from.id);
            const other = records.get(to, input.to.id);
            for (const { associationTypeId } of input.types) state.link(one, other, associationTypeId, by);
            results.push({
              fromObjectTypeId: kinds[from].typeId,
              toObjectTypeId: kinds[to].typeId,
              ...ends,
              labels: [],
            });
          } catch (error) {
            if (!(error instanceof Refusal)) throw error;
            errors.push(partial(error, { fromObjectId: [ends.fromObjectId], toObjectId: [ends.toObjectId] }));
          }
        }
        return batchAnswer(201, { startedAt, completedAt: clock.now(), results, errors });
      },
    },
    {
      method: 'PUT',
      path: '/crm/v4/objects/:fromType/:fromId/associations/default/:toType/:toId',
      scopes: write,
      handle: (call) => {
        const startedAt = clock.now();
        const { from, to } = endsOf(call);
        const one = records.get(from, call.params.fromId ?? '');
        const other = records.get(to, call.params.toId ?? '');
        const there = associations.typeIds(from, to).plain;
        const back = associations.typeIds(to, from).plain;
        state.link(one, other, there, by);
        const result = (fromId: string, toId: string, associationTypeId: number) => ({
          from: { id: fromId },
          to: { id: toId },
          associationSpec: { associationCategory: 'HUBSPOT_DEFINED', associationTypeId },
        });
        return batchAnswer(200, {
          startedAt,
          completedAt: clock.now(),
          results: [result(one.id, other.id, there), result(other.id, one.id, back)],
          errors: [],
        });
      },
    },
  ];
}
