import * as associations from '@hubspot/api-client/lib/codegen/crm/associations/v4/models/all.js';
import * as objects from '@hubspot/api-client/lib/codegen/crm/objects/models/all.js';
import * as owners from '@hubspot/api-client/lib/codegen/crm/owners/models/all.js';
import * as pipelines from '@hubspot/api-client/lib/codegen/crm/pipelines/models/all.js';
import * as properties from '@hubspot/api-client/lib/codegen/crm/properties/models/all.js';
import { expect, it } from 'vitest';
import { hubspotWithSdk } from './through-sdk.ts';

type Module = Readonly<Record<string, unknown>>;

interface Model {
  readonly attributeTypeMap: readonly { readonly baseName: string; readonly type: string }[];
}

/** Every place of an answer that the SDK's model does not have: the SDK itself drops those without a word. */
function strange(models: Module, type: string, value: unknown, path: string): string[] {
  if (value === null || value === undefined) return [];
  if (type.startsWith('Array<')) {
    if (!Array.isArray(value)) return [`${path} is no list`];
    return value.flatMap((item, n) => strange(models, type.slice(6, -1), item, `${path}[${n}]`));
  }
  if (type.startsWith('{')) {
    const of = type.slice('{ [key: string]: '.length, -'; }'.length);
    return Object.entries(value).flatMap(([key, item]) => strange(models, of, item, `${path}.${key}`));
  }
  const model = models[type] as Model | undefined;
  if (model?.attributeTypeMap === undefined) {
    const plain = type.split(' | ')[0] ?? '';
    const wrong = ['string', 'number', 'boolean'].includes(plain) && plain !== typeof value;
    return wrong ? [`${path} is a ${typeof value}, not a ${plain}`] : [];
  }
  const attributes = new Map(model.attributeTypeMap.map((each) => [each.baseName, each.type]));
  return Object.entries(value).flatMap(([key, item]) => {
    const of = attributes.get(key);
    return of === undefined ? [`${path}.${key} is unknown`] : strange(models, of, item, `${path}.${key}`);
  });
}

it('answers in the shapes of the SDK', async () => {
  const owner = { id: '71', email: 'ann@acme.example', firstName: 'Ann', lastName: 'Example' };
  const { hubspot, sdk } = await hubspotWithSdk({ owners: [owner] });
  const company = hubspot.portal.seed('companies', { name: 'Acme' });
  const contact = hubspot.portal.seed('contacts', { email: 'a@x.example', associatedcompanyid: company });
  const ids = { inputs: [{ id: contact }, { id: '404' }], properties: [], propertiesWithHistory: [] };
  const named = { id: 'b@x.example', idProperty: 'email', objectWriteTraceId: 't1', properties: {} };
  const bad = { ...named, id: 'c@x.example', objectWriteTraceId: 't2', properties: { bogus: '1' } };
  const calls: [Module, string, string, string, unknown?][] = [
    [
      objects,
      'SimplePublicObjectWithAssociations',
      'GET',
      `v3/objects/contacts/${contact}?associations=companies`,
    ],
    [
      objects,
      'CollectionResponseSimplePublicObjectWithAssociationsForwardPaging',
      'GET',
      'v3/objects/contacts?limit=1',
    ],
    [objects, 'SimplePublicObject', 'POST', 'v3/objects/companies', { properties: { name: 'B' } }],
    [objects, 'BatchResponseSimplePublicObjectWithErrors', 'POST', 'v3/objects/contacts/batch/read', ids],
    [
      objects,
      'BatchResponseSimplePublicUpsertObjectWithErrors',
      'POST',
      'v3/objects/contacts/batch/upsert',
      { inputs: [named, bad] },
    ],
    [
      objects,
      'CollectionResponseWithTotalSimplePublicObjectForwardPaging',
      'POST',
      'v3/objects/companies/search',
      { limit: 1 },
    ],
    [owners, 'CollectionResponsePublicOwnerForwardPaging', 'GET', 'v3/owners'],
    [properties, 'CollectionResponsePropertyNoPaging', 'GET', 'v3/properties/deals'],
    [pipelines, 'CollectionResponsePipelineNoPaging', 'GET', 'v3/pipelines/leads'],
    [
      associations,
      'BatchResponsePublicAssociationMultiWithLabelWithErrors',
      'POST',
      'v4/associations/companies/contacts/batch/read',
      { inputs: [{ id: company }, { id: '404' }] },
    ],
    [
      associations,
      'BatchResponsePublicDefaultAssociation',
      'PUT',
      `v4/objects/contacts/${contact}/associations/default/companies/${company}`,
    ],
  ];
  const found: string[] = [];
  for (const [models, model, method, path, body] of calls) {
    const response = await sdk.apiRequest({ method, path: `/crm/${path}`, body });
    expect(response.ok, path).toBe(true);
    expect(models[model], model).toBeDefined();
    found.push(...strange(models, model, await response.json(), model));
  }
  /* Where HubSpot itself differs from its model: the ids of version 4 are numbers. */
  expect(found).toEqual([
    'BatchResponsePublicAssociationMultiWithLabelWithErrors.results[0].to[0].toObjectId is a number, not a string',
  ]);
});
