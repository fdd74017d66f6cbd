/** JSON as a specification file holds it. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
export type JsonObject = Readonly<Record<string, Json>>;

/**
 * What a vendor's specification says otherwise than its own documentation or servers. `at` is the path to the
 * node in the file; what `to` makes of it stands in its place.
 */
export interface Amendment {
  readonly file: string;
  readonly at: readonly string[];
  readonly why: string;
  readonly to: (node: Json) => Json;
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** OpenAPI says of a header parameter with one of these names that it shall be ignored. */
const ignoredHeaders = new Set(['accept', 'content-type', 'authorization']);

/**
 * The document as a JSON Schema compiler takes it: `nullable` beside no `type` becomes an alternative, patterns
 * lose escapes that Unicode mode refuses, header parameters that OpenAPI ignores go, and only schemas stay
 * behind references, so that a recursive schema stays recursive and a large one stays small.
 */
export function mended(document: Json, amendments: readonly Amendment[] = []): Json {
  const amended = amendments.reduce((doc, { at, to }) => replaceAt(doc, at, to), document);
  const mend = (node: Json): Json => {
    if (Array.isArray(node)) return node.map(mend).filter((item) => !isIgnoredHeader(item));
    if (!isObject(node)) return node;
    const { $ref } = node;
    if (typeof $ref === 'string' && !$ref.startsWith(component)) {
      return mend(resolvePointer(amended, $ref));
    }
    const entries = Object.fromEntries(Object.entries(node).map(([name, value]) => [name, mend(value)]));
    return withReadablePattern(withoutBareNullable(entries));
  };
  return mend(amended);
}

const component = '#/components/schemas/';
const bundle = '#/__bundled__/';

/** The node with its references to components leading into the bundle that Prism compiles beside a schema. */
export function bundled(node: Json): Json {
  if (Array.isArray(node)) return node.map(bundled);
  if (!isObject(node)) return node;
  const entries = Object.entries(node).map(([name, value]) =>
    name === '$ref' && typeof value === 'string'
      ? [name, value.replace(component, bundle)]
      : [name, bundled(value)],
  );
  return Object.fromEntries(entries);
}

/** The schemas that a node leads to, and those they lead to; shared, since nobody writes into them. */
export function reachable(node: Json, schemas: JsonObject): JsonObject {
  const found: Record<string, Json> = {};
  const visit = (inner: Json): void => {
    if (Array.isArray(inner)) inner.forEach(visit);
    if (!isObject(inner)) return;
    const name = typeof inner.$ref === 'string' ? inner.$ref.replace(bundle, '') : undefined;
    const schema = name === undefined ? undefined : schemas[name];
    if (name !== undefined && schema !== undefined && !(name in found)) {
      found[name] = schema;
      visit(schema);
    }
    Object.values(inner).forEach(visit);
  };
  visit(node);
  return found;
}

/** Every reference of the document that leads nowhere. */
export function danglingReferences(document: Json): string[] {
  const found: string[] = [];
  const visit = (node: Json): void => {
    if (Array.isArray(node)) node.forEach(visit);
    if (!isObject(node)) return;
    if (typeof node.$ref === 'string' && lookUp(document, node.$ref) === undefined) found.push(node.$ref);
    Object.values(node).forEach(visit);
  };
  visit(document);
  return found;
}

function isIgnoredHeader(item: Json): boolean {
  return isObject(item) && item.in === 'header' && ignoredHeaders.has(String(item.name).toLowerCase());
}

function withoutBareNullable(schema: JsonObject): JsonObject {
  if (typeof schema.nullable !== 'boolean' || schema.type !== undefined) return schema;
  const { nullable, ...rest } = schema;
  return nullable ? { anyOf: [rest, { type: 'null' }] } : rest;
}

function withReadablePattern(schema: JsonObject): JsonObject {
  const { pattern } = schema;
  if (typeof pattern !== 'string' || compiles(pattern)) return schema;
  return { ...schema, pattern: pattern.replace(/\\([^\w\s$()*+./?[\\\]^{|}-])/g, '$1') };
}

function compiles(pattern: string): boolean {
  try {
    new RegExp(pattern, 'u');
    return true;
  } catch {
    return false;
  }
}

function resolvePointer(document: Json, reference: string): Json {
  const target = lookUp(document, reference);
  if (target === undefined) throw new Error(`The reference ${reference} leads nowhere.`);
  return target;
}

function lookUp(document: Json, reference: string): Json | undefined {
  const steps = reference.slice(2).split('/');
  return steps.reduce<Json | undefined>(
    (node, step) =>
      node === undefined ? undefined : child(node, step.replaceAll('~1', '/').replaceAll('~0', '~')),
    document,
  );
}

const child = (node: Json, step: string): Json | undefined =>
  Array.isArray(node) ? node[Number(step)] : isObject(node) ? node[step] : undefined;

function replaceAt(node: Json, at: readonly string[], to: (node: Json) => Json): Json {
  const [step, ...rest] = at;
  if (step === undefined) return to(node);
  const inner = child(node, step);
  if (inner === undefined) throw new Error(`An amendment leads to ${step}, which the specification lacks.`);
  const replaced = replaceAt(inner, rest, to);
  if (Array.isArray(node)) return node.map((item, index) => (index === Number(step) ? replaced : item));
  return { ...(node as JsonObject), [step]: replaced };
}
