import { associationsAnswer, createdAnswer, objectAnswer, updatedAnswer } from './answers.ts';
import { type Call, listParameter, type Route, readScope, writeScope } from './calls.ts';
import type { Actor } from './changes.ts';
import { invalidRequest, notModelled } from './errors.ts';
import { readModel } from './models.ts';
import type { PortalState } from './portal.ts';
import type { StoredRecord } from './records.ts';
import { type ObjectType, objectTypeOf } from './schema.ts';
import type { Values } from './values.ts';

const pageSize = { default: 10, most: 100 };

export interface NewAssociation {
  readonly to: { readonly id: string };
  readonly types: readonly { readonly associationCategory: string; readonly associationTypeId: number }[];
}

export interface CreateInput {
  readonly properties: Values;
  readonly associations?: readonly NewAssociation[];
}

const typeOf = ({ params }: Call) => objectTypeOf(params.objectType ?? '');
const flag = ({ query }: Call, name: string) => query.get(name) === 'true';

/** @throws Refusal 501 for what would be silently missing otherwise */
function refuseHistory({ query }: Call): void {
  if (query.has('propertiesWithHistory')) throw notModelled('the history of properties');
}

function limitOf({ query }: Call): number {
  const text = query.get('limit');
  const limit = text === null ? pageSize.default : Number(text);
  if (!Number.isInteger(limit) || limit < 1 || limit > pageSize.most) {
    throw invalidRequest(`limit must be a number from 1 to ${pageSize.most}: ${text}`);
  }
  return limit;
}

/** @throws Refusal 400 for a type that leads nowhere, 404 where there is no such record */
function targetOf({ associations, records }: PortalState, from: ObjectType, { to, types }: NewAssociation) {
  const typeIds = types.map(({ associationTypeId }) => associationTypeId);
  const [type, ...others] = new Set(typeIds.map((typeId) => associations.targetOf(from, typeId)));
  if (type === undefined || others.length > 0) {
    throw invalidRequest(
      `The types [${typeIds.join(', ')}] are no association of ${from} with one other object.`,
    );
  }
  records.get(type, to.id);
  return { to: { type, id: to.id }, typeIds };
}

/** Throws what `createOne` would, and changes nothing. */
export function checkCreate(state: PortalState, type: ObjectType, input: CreateInput) {
  const targets = (input.associations ?? []).map((wanted) => targetOf(state, type, wanted));
  /* A lead is always somebody's. */
  if (type === 'leads' && !targets.some(({ to }) => to.type === 'contacts')) {
    throw invalidRequest(
      'Leads must be associated with a contact when they are created (association type 578).',
    );
  }
  state.check(type, input.properties);
  return targets;
}

export function createOne(state: PortalState, type: ObjectType, input: CreateInput, by: Actor): StoredRecord {
  const targets = checkCreate(state, type, input);
  const record = state.create(type, input.properties, by);
  for (const { to, typeIds } of targets) {
    for (const typeId of typeIds) state.link(record, to, typeId, by);
  }
  return state.records.get(type, record.id);
}

/** `/crm/v3/objects/{objectType}`: one record at a time, and pages of them. */
export function objectRoutes(state: PortalState, by: Actor, origin: () => string): Route[] {
  const { records } = state;
  const path = '/crm/v3/objects/:objectType';
  const read = (call: Call) => [readScope(typeOf(call))];
  const write = (call: Call) => [writeScope(typeOf(call))];

  function answer(call: Call, record: StoredRecord) {
    const to = (listParameter(call.query, 'associations') ?? []).map(objectTypeOf);
    return {
      ...objectAnswer(state, record, listParameter(call.query, 'properties')),
      ...associationsAnswer(state, record, to),
    };
  }

  function nextOf(call: Call, after: string | undefined) {
    if (after === undefined) return {};
    const query = new URLSearchParams(call.query);
    query.set('after', after);
    return {
      paging: { next: { after, link: `${origin()}/crm/v3/objects/${call.params.objectType}?${query}` } },
    };
  }

  return [
    {
      method: 'GET',
      path,
      scopes: read,
      handle: (call) => {
        refuseHistory(call);
        const limit = limitOf(call);
        const after = call.query.get('after') ?? '0';
        if (!/^\d+$/.test(after)) throw invalidRequest(`Invalid paging cursor: ${after}`);
        const rest = records
          .all(typeOf(call), { archived: flag(call, 'archived') })
          .filter(({ id }) => Number(id) >= Number(after));
        const results = rest.slice(0, limit).map((record) => answer(call, record));
        return { status: 200, body: { results, ...nextOf(call, rest[limit]?.id) } };
      },
    },
    {
      method: 'GET',
      path: `${path}/:id`,
      scopes: read,
      handle: (call) => {
        refuseHistory(call);
        const options = { by: call.query.get('idProperty') ?? undefined, archived: flag(call, 'archived') };
        return { status: 200, body: answer(call, records.get(typeOf(call), call.params.id ?? '', options)) };
      },
    },
    {
      method: 'POST',
      path,
      scopes: write,
      handle: (call) => {
        const input = readModel<CreateInput>('SimplePublicObjectInputForCreate', call.body);
        return { status: 201, body: createdAnswer(state, createOne(state, typeOf(call), input, by)) };
      },
    },
    {
      method: 'PATCH',
      path: `${path}/:id`,
      scopes: write,
      handle: (call) => {
        const { properties } = readModel<{ properties: Values }>('SimplePublicObjectInput', call.body);
        const options = { by: call.query.get('idProperty') ?? undefined };
        const record = records.get(typeOf(call), call.params.id ?? '', options);
        return { status: 200, body: updatedAnswer(state, state.update(record, properties, by), properties) };
      },
    },
    {
      method: 'DELETE',
      path: `${path}/:id`,
      scopes: write,
      handle: (call) => {
        /* To archive what is not there is no failure at HubSpot. */
        const record = records.find(typeOf(call), call.params.id ?? '');
        if (record !== undefined) records.archive(record, by);
        return { status: 204 };
      },
    },
  ];
}
