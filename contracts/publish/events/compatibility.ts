import { type EventContract, type JsonSchema, variantsOf } from './event-contract.ts';

/**
 * Why a published version of an event cannot become the next text of it: one sentence for each reason, none where
 * whoever reads the version today can go on. A version may gain optional fields, routing keys, enum values and
 * descriptions. Anything else is another version, beside this one.
 */
export function incompatibilities(published: EventContract, next: EventContract): readonly string[] {
  const fixed = (['owner', 'entity', 'orderedBy'] as const)
    .filter((name) => published[name] !== next[name])
    .map((name) => `${name} was "${published[name]}" and is now "${next[name]}"`);
  const lost = published.routing
    .filter((key) => !next.routing.includes(key))
    .map((key) => `the routing key ${key} is gone`);
  return [...fixed, ...lost, ...schemaChanges(published.data, next.data, 'data')];
}

/**
 * The same for a schema alone.
 * @param place how the reasons call what the schema describes
 */
export function schemaChanges(before: JsonSchema, after: JsonSchema, place: string): readonly string[] {
  const [was, is] = [variantsOf(before), variantsOf(after)];
  const kinds = (variants: readonly JsonSchema[]) => variants.map(kindOf).sort().join(' or ');
  if (kinds(was) !== kinds(is)) return [`${place} was ${kinds(was)} and is now ${kinds(is)}`];
  return was.flatMap((variant) => {
    // The kinds are the same, so that each has its counterpart.
    const counterpart = is.find((other) => kindOf(other) === kindOf(variant)) as JsonSchema;
    return [
      ...objectChanges(variant, counterpart, place),
      ...lostValues(variant, counterpart, place),
      ...(variant.items && counterpart.items
        ? schemaChanges(variant.items, counterpart.items, `${place}[]`)
        : []),
    ];
  });
}

function objectChanges(before: JsonSchema, after: JsonSchema, place: string): readonly string[] {
  const was = before.properties ?? {};
  const is = after.properties ?? {};
  const required = (schema: JsonSchema, name: string) => schema.required?.includes(name) === true;
  const known = Object.entries(was).flatMap(([name, schema]) => {
    const here = `${place}.${name}`;
    const now = is[name];
    if (now === undefined) return [`${here} is gone: readers need it`];
    if (required(before, name) && !required(after, name))
      return [`${here} may be left out now: readers need it`];
    if (!required(before, name) && required(after, name)) {
      return [`${here} is required now: events that are kept lack it`];
    }
    return schemaChanges(schema, now, here);
  });
  const added = Object.keys(is)
    .filter((name) => was[name] === undefined && required(after, name))
    .map((name) => `${place}.${name} is new and required: events that are kept lack it, so make it optional`);
  return [...known, ...added];
}

function lostValues(before: JsonSchema, after: JsonSchema, place: string): readonly string[] {
  return (before.enum ?? [])
    .filter((value) => !after.enum?.includes(value))
    .map((value) => `${place} may no longer be ${JSON.stringify(value)}, which kept events may hold`);
}

/** What a reader's code depends on: the type, its format, and whether it is one of a list of values. */
function kindOf({ type, format, const: constant, enum: values }: JsonSchema): string {
  const kind = [type ?? 'anything'].flat().join(' or ');
  if (constant !== undefined) return `${kind} ${JSON.stringify(constant)}`;
  if (values !== undefined) return `${kind} of a list`;
  return format === undefined ? kind : `${kind} (${format})`;
}
