import * as associations from '@hubspot/api-client/lib/codegen/crm/associations/v4/models/all.js';
import * as objects from '@hubspot/api-client/lib/codegen/crm/objects/models/all.js';
import { invalidRequest } from './errors.ts';

/*
 * What a request may hold is read from the SDK's own models, so that this server takes exactly what the SDK
 * can send. Their attribute maps say names and types; which of them must be there stands in the SDK's
 * declarations alone and is repeated here.
 */
const required = {
  AssociationSpec: ['associationCategory', 'associationTypeId'],
  BatchInputPublicAssociationMultiPost: ['inputs'],
  BatchInputPublicFetchAssociationsBatchRequest: ['inputs'],
  BatchInputSimplePublicObjectBatchInput: ['inputs'],
  BatchInputSimplePublicObjectBatchInputForCreate: ['inputs'],
  BatchInputSimplePublicObjectBatchInputUpsert: ['inputs'],
  BatchInputSimplePublicObjectId: ['inputs'],
  BatchReadInputSimplePublicObjectId: ['inputs', 'properties', 'propertiesWithHistory'],
  Filter: ['operator', 'propertyName'],
  FilterGroup: ['filters'],
  PublicAssociationMultiPost: ['from', 'to', 'types'],
  PublicAssociationsForObject: ['to', 'types'],
  PublicFetchAssociationsBatchRequest: ['id'],
  PublicObjectId: ['id'],
  PublicObjectSearchRequest: [],
  SimplePublicObjectBatchInput: ['id', 'properties'],
  SimplePublicObjectBatchInputForCreate: ['properties'],
  SimplePublicObjectBatchInputUpsert: ['id', 'properties'],
  SimplePublicObjectId: ['id'],
  SimplePublicObjectInput: ['properties'],
  SimplePublicObjectInputForCreate: ['properties'],
} as const;

export type ModelName = keyof typeof required;

interface Attribute {
  readonly baseName: string;
  readonly type: string;
}

interface Model {
  readonly attributeTypeMap: readonly Attribute[];
}

const exported: Readonly<Record<string, unknown>> = { ...associations, ...objects };

function modelNamed(name: string): Model {
  const model = exported[name];
  if (typeof model !== 'function' || !('attributeTypeMap' in model)) {
    throw new Error(`The SDK has no model ${name}: was it renamed in another version?`);
  }
  return model as unknown as Model;
}

const enumNamed = (name: string): readonly unknown[] => Object.values(exported[name] as object);

const found = (value: unknown) => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value);

function mismatch(path: string, expected: string, value: unknown) {
  return invalidRequest(
    `Invalid input JSON: Cannot deserialize value of type \`${expected}\` from ${found(value)} at ${path}`,
  );
}

function checkType(type: string, value: unknown, path: string): void {
  if (type.startsWith('Array<')) {
    if (!Array.isArray(value)) throw mismatch(path, type, value);
    const of = type.slice('Array<'.length, -1);
    for (const [index, item] of value.entries()) checkType(of, item, `${path}[${index}]`);
    return;
  }
  if (type.startsWith('{ [key: string]: ')) {
    if (found(value) !== 'object') throw mismatch(path, type, value);
    const of = type.slice('{ [key: string]: '.length, -'; }'.length);
    for (const [key, item] of Object.entries(value as object)) checkType(of, item, `${path}.${key}`);
    return;
  }
  if (type === 'string' || type === 'number' || type === 'boolean') {
    /* The model says that sorts are text; the SDK's own manual has objects too, and its serializer sends them. */
    const sort = path.startsWith('sorts[') && found(value) === 'object';
    if (typeof value !== type && !sort) throw mismatch(path, type, value);
    return;
  }
  if (type.endsWith('Enum')) {
    if (!enumNamed(type).includes(value)) {
      throw invalidRequest(
        `Invalid input JSON: Cannot deserialize value ${JSON.stringify(value)} at ${path}: not one of ${enumNamed(type).join(', ')}`,
      );
    }
    return;
  }
  checkModel(type as ModelName, value, `${path}.`);
}

function checkModel(name: ModelName, value: unknown, prefix: string): void {
  if (found(value) !== 'object') throw mismatch(prefix.slice(0, -1) || 'the body', name, value);
  const given = value as Readonly<Record<string, unknown>>;
  const attributes = new Map(modelNamed(name).attributeTypeMap.map(({ baseName, type }) => [baseName, type]));
  const missing = required[name].filter((key) => given[key] === undefined || given[key] === null);
  if (missing.length > 0) {
    throw invalidRequest(
      `Invalid input JSON: Some required fields were not set: [${missing.map((key) => prefix + key).join(', ')}]`,
    );
  }
  for (const [key, item] of Object.entries(given)) {
    const type = attributes.get(key);
    if (type === undefined) throw invalidRequest(`Invalid input JSON: Unrecognized field "${prefix}${key}"`);
    checkType(type, item, prefix + key);
  }
}

/**
 * The body of a request, once it is known to be what the SDK's model of that name makes.
 * @throws Refusal 400 VALIDATION_ERROR that names the place
 */
export function readModel<T>(name: ModelName, body: unknown): T {
  checkModel(name, body, '');
  return body as T;
}
