import { z } from 'zod';
import type { EventDefinition } from '#events/define-event.ts';
import { graphField } from '#events/schemas/fields.ts';

/** The part of JSON Schema that event data are described in. */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly pattern?: string;
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly additionalProperties?: boolean | JsonSchema;
  /** The field of the graph whose values these are, such as `Lead.status`. */
  readonly [graphField]?: string;
}

/** What is promised of one version of an event, as it stands in a committed file. */
export interface EventContract {
  readonly type: string;
  readonly owner: string;
  readonly entity: string;
  readonly description: string;
  readonly orderedBy: string;
  readonly routing: readonly string[];
  readonly data: JsonSchema;
  readonly example: object;
}

/** The contract of a definition. Readers leave out fields that they do not know, so that a version may grow. */
export function contractOf(definition: EventDefinition): EventContract {
  const { type, owner, entity, description, orderedBy, routing, example } = definition;
  const { $schema: _, ...data } = z.toJSONSchema(definition.read, { io: 'input' });
  return { type, owner, entity, description, orderedBy, routing, data: data as JsonSchema, example };
}

/** The alternatives that a schema allows, each of one type. */
export function variantsOf(schema: JsonSchema): readonly JsonSchema[] {
  if (schema.anyOf !== undefined) return schema.anyOf.flatMap(variantsOf);
  return typeof schema.type === 'object' ? schema.type.map((type) => ({ ...schema, type })) : [schema];
}
