import { type Call, type Route, readScope } from './calls.ts';
import { invalidRequest, notFound } from './errors.ts';
import type { Pipeline } from './pipelines.ts';
import type { PortalState } from './portal.ts';
import { type ObjectType, type Owner, objectTypeOf, type PropertyDefinition } from './schema.ts';

const ownersPage = { default: 100, most: 500 };

/** When the portal was opened: nothing in its settings changes later. */
const since = { createdAt: '2024-01-15T09:00:00.000Z', updatedAt: '2024-01-15T09:00:00.000Z' };

const fieldTypes = {
  string: 'text',
  number: 'number',
  date: 'date',
  datetime: 'date',
  enumeration: 'select',
  bool: 'booleancheckbox',
} as const;

const labelOf = (name: string) => name.replace(/^hs_/, '').replaceAll('_', ' ');

function propertyAnswer(type: ObjectType, definition: PropertyDefinition) {
  const { name, custom = false, readOnly = false, externalOptions } = definition;
  const options = definition.type === 'bool' ? ['true', 'false'] : (definition.options ?? []);
  return {
    name,
    label: definition.label ?? labelOf(name),
    description: '',
    type: definition.type,
    fieldType: definition.fieldType ?? fieldTypes[definition.type],
    groupName: `${type}information`,
    options: options.map((value, displayOrder) => ({
      label: labelOf(value),
      value,
      displayOrder,
      hidden: false,
    })),
    displayOrder: -1,
    calculated: false,
    externalOptions: externalOptions !== undefined,
    ...(externalOptions === 'OWNER' && { referencedObjectType: 'OWNER' }),
    archived: false,
    hasUniqueValue: definition.hasUniqueValue ?? false,
    hidden: false,
    hubspotDefined: !custom,
    formField: !readOnly,
    modificationMetadata: { archivable: custom, readOnlyDefinition: !custom, readOnlyValue: readOnly },
    ...since,
  };
}

const pipelineAnswer = ({ id, label, stages }: Pipeline, displayOrder: number) => ({
  id,
  label,
  displayOrder,
  archived: false,
  stages: stages.map((stage, order) => ({
    ...stage,
    displayOrder: order,
    archived: false,
    writePermissions: 'CRM_PERMISSIONS_ENFORCEMENT',
    ...since,
  })),
  ...since,
});

/* The user behind an owner has an id of its own, and so HubSpot sends it. */
const ownerAnswer = (owner: Owner) => ({
  ...owner,
  type: 'PERSON',
  userId: Number(owner.id) + 1_000,
  userIdIncludingInactive: Number(owner.id) + 1_000,
  ...since,
});

/** What a portal is set up with: its owners, the properties of its objects, and its pipelines. */
export function settingsRoutes({ schema }: PortalState, origin: () => string): Route[] {
  const typeOf = ({ params }: Call) => objectTypeOf(params.objectType ?? '');
  const schemaScope = (call: Call) => [`crm.schemas.${typeOf(call)}.read`];
  const ownerScope = () => ['crm.objects.owners.read'];

  return [
    {
      method: 'GET',
      path: '/crm/v3/owners',
      scopes: ownerScope,
      handle: ({ query }) => {
        const limit = Number(query.get('limit') ?? ownersPage.default);
        if (!Number.isInteger(limit) || limit < 1 || limit > ownersPage.most) {
          throw invalidRequest(`limit must be a number from 1 to ${ownersPage.most}: ${query.get('limit')}`);
        }
        const email = query.get('email')?.toLowerCase();
        const rest = schema.owners
          .filter((owner) => owner.archived === (query.get('archived') === 'true'))
          .filter((owner) => email === undefined || owner.email.toLowerCase() === email)
          .toSorted((one, other) => Number(one.id) - Number(other.id))
          .filter(({ id }) => Number(id) > Number(query.get('after') ?? '0'));
        const results = rest.slice(0, limit);
        const after = rest.length > limit ? results.at(-1)?.id : undefined;
        const next = { after, link: `${origin()}/crm/v3/owners?limit=${limit}&after=${after}` };
        return {
          status: 200,
          body: { results: results.map(ownerAnswer), ...(after !== undefined && { paging: { next } }) },
        };
      },
    },
    {
      method: 'GET',
      path: '/crm/v3/owners/:ownerId',
      scopes: ownerScope,
      handle: ({ params, query }) => {
        const archived = query.get('archived') === 'true';
        const idOf = (owner: Owner) =>
          query.get('idProperty') === 'userId' ? String(ownerAnswer(owner).userId) : owner.id;
        const owner = schema.owners.find(
          (each) => idOf(each) === params.ownerId && each.archived === archived,
        );
        if (owner === undefined) throw notFound();
        return { status: 200, body: ownerAnswer(owner) };
      },
    },
    {
      method: 'GET',
      path: '/crm/v3/properties/:objectType',
      scopes: schemaScope,
      handle: (call) => {
        const type = typeOf(call);
        const archived = call.query.get('archived') === 'true';
        const present = archived ? [] : [...schema.properties[type].values()];
        return { status: 200, body: { results: present.map((each) => propertyAnswer(type, each)) } };
      },
    },
    {
      method: 'GET',
      path: '/crm/v3/properties/:objectType/:name',
      scopes: schemaScope,
      handle: (call) => {
        const type = typeOf(call);
        const definition = schema.properties[type].get(call.params.name ?? '');
        if (definition === undefined) throw notFound(`Property "${call.params.name}" does not exist`);
        return { status: 200, body: propertyAnswer(type, definition) };
      },
    },
    {
      method: 'GET',
      path: '/crm/v3/pipelines/:objectType',
      scopes: (call) => [readScope(typeOf(call))],
      handle: (call) => ({
        status: 200,
        body: { results: schema.pipelines[typeOf(call)].map(pipelineAnswer) },
      }),
    },
    {
      method: 'GET',
      path: '/crm/v3/pipelines/:objectType/:pipelineId',
      scopes: (call) => [readScope(typeOf(call))],
      handle: (call) => {
        const answers = schema.pipelines[typeOf(call)].map(pipelineAnswer);
        const pipeline = answers.find(({ id }) => id === call.params.pipelineId);
        if (pipeline === undefined) throw notFound();
        return { status: 200, body: pipeline };
      },
    },
  ];
}
