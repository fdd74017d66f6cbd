import { z } from 'zod';
import type { RoutingKey } from './envelope.ts';

/** One version of one event: what it says, who may say it, and how it is ordered. */
export interface EventDefinition<Data extends object = object> {
  /** Such as `LeadStatusChanged`. */
  readonly name: string;
  /** From 1. A published version only ever gains optional fields; anything else is the next one. */
  readonly version: number;
  /** `tributary.<owner>.<name>.v<version>` */
  readonly type: string;
  /** The subgraph that owns the entity, and alone emits the event. */
  readonly owner: string;
  /** The GraphQL type of the subject. */
  readonly entity: string;
  readonly description: string;
  /** Events are delivered in order within one value of this. */
  readonly orderedBy: 'subject' | RoutingKey;
  /** The routing keys an event of this type may carry. */
  readonly routing: readonly RoutingKey[];
  /** What may be said: a field that is not of this version is refused, so that nothing personal slips in. */
  readonly data: z.ZodType<Data>;
  /** What is understood: fields that a later writer of this version has added are left out. */
  readonly read: z.ZodType<Data>;
  /** Shown in the documentation, and checked against the schema. */
  readonly example: Data;
}

/** Defines one version of an event; its type and how its data are checked follow from the rest. */
export function defineEvent<Fields extends z.ZodRawShape>({
  fields,
  ...definition
}: Omit<EventDefinition<z.infer<z.ZodObject<Fields>>>, 'type' | 'data' | 'read'> & {
  readonly fields: Fields;
}): EventDefinition<z.infer<z.ZodObject<Fields>>> {
  type Data = z.infer<z.ZodObject<Fields>>;
  const { owner, name, version } = definition;
  return {
    ...definition,
    type: `tributary.${owner}.${name}.v${version}`,
    data: z.strictObject(fields) as unknown as z.ZodType<Data>,
    read: z.object(fields) as unknown as z.ZodType<Data>,
  };
}
