import { z } from 'zod';
import type { Json, JsonObject } from './specification-mending.ts';

type Schema = JsonObject;

/** The schema of an answer in a document of OpenAPI. */
export function answerSchema(document: Json, path: string, method: string, status: string): Schema {
  const steps = ['paths', path, method, 'responses', status, 'content'];
  const content = steps.reduce<Json | undefined>(
    (node, step) => (node as JsonObject | undefined)?.[step],
    document,
  );
  const [media] = Object.values((content ?? {}) as JsonObject);
  if (media === undefined) throw new Error(`${method} ${path} has no answer ${status} with a body.`);
  return (media as JsonObject).schema as Schema;
}

/**
 * What a hand-written shape says otherwise than a vendor's specification: a name that is not there, a value that is
 * required here and may be missing or null there, another type. `known` are paths that are meant to differ.
 */
export function shapeDifferences(
  document: Json,
  theirs: Schema,
  ours: z.ZodType,
  known: readonly string[] = [],
): readonly string[] {
  const schemas = (document as unknown as { components: { schemas: JsonObject } }).components.schemas;
  const resolved = (schema: Schema): Schema => {
    const { $ref, ...beside } = schema;
    const target = typeof $ref === 'string' ? schemas[$ref.split('/').at(-1) ?? ''] : undefined;
    const whole: Schema = target === undefined ? schema : { ...resolved(target as Schema), ...beside };
    if (!Array.isArray(whole.allOf)) return whole;
    return whole.allOf.map((part) => resolved(part as Schema)).reduce(merged, whole);
  };
  const merged = (some: Schema, other: Schema): Schema => {
    const properties: Record<string, Json> = { ...(some.properties as JsonObject) };
    for (const [name, schema] of Object.entries((other.properties ?? {}) as JsonObject)) {
      const before = properties[name];
      properties[name] =
        before === undefined ? schema : merged(resolved(before as Schema), resolved(schema as Schema));
    }
    const required = [...((some.required ?? []) as Json[]), ...((other.required ?? []) as Json[])];
    return { ...other, ...some, properties, required };
  };

  const differences: string[] = [];
  const compare = (own: Schema, their: Schema, at: string): void => {
    const whole = resolved(their);
    const alternatives = (own.anyOf ?? [own]) as readonly Schema[];
    const value = alternatives.find(({ type }) => type !== 'null');
    const types = alternatives.flatMap(({ type }) => type ?? []) as string[];
    if (whole.nullable === true && !types.includes('null')) differences.push(`${at} may be null`);
    if (value?.type === undefined || whole.type === undefined) return;
    const isSame = types.some(
      (type) => type === whole.type || (type === 'number' && whole.type === 'integer'),
    );
    if (!isSame) {
      differences.push(`${at} is of type ${JSON.stringify(whole.type)}`);
      return;
    }
    if (value.type === 'array') compare(value.items as Schema, whole.items as Schema, `${at}[]`);
    const { properties } = value;
    if (properties === undefined) return;
    const theirNames = (whole.properties ?? {}) as JsonObject;
    for (const [name, schema] of Object.entries(properties as JsonObject)) {
      const place = at === '' ? name : `${at}.${name}`;
      const their = theirNames[name];
      const isRequired = ((value.required ?? []) as Json[]).includes(name);
      if (their === undefined) differences.push(`${place} is not there`);
      else if (isRequired && !((whole.required ?? []) as Json[]).includes(name)) {
        differences.push(`${place} may be missing`);
        compare(schema as Schema, their as Schema, place);
      } else compare(schema as Schema, their as Schema, place);
    }
  };
  compare(z.toJSONSchema(ours, { io: 'input', unrepresentable: 'any' }) as Schema, theirs, '');
  return [
    ...differences.filter((each) => !known.includes(each)),
    ...known.filter((each) => !differences.includes(each)).map((each) => `no difference any more: ${each}`),
  ];
}
