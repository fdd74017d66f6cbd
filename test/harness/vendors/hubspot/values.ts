import type { Problem } from './errors.ts';
import type { Pipeline } from './pipelines.ts';
import { kinds, type ObjectType, type Owner, type PropertyDefinition } from './schema.ts';

export type Values = Readonly<Record<string, string>>;

/** What the schema of a portal says, as far as a value depends on it. */
export interface Schema {
  readonly properties: Readonly<Record<ObjectType, ReadonlyMap<string, PropertyDefinition>>>;
  readonly pipelines: Readonly<Record<ObjectType, readonly Pipeline[]>>;
  readonly owners: readonly Owner[];
}

const milliseconds = (value: string) => (/^-?\d+$/.test(value) ? Number(value) : Date.parse(value));

/** A value as HubSpot keeps it: addresses in lower case, times as ISO 8601 however they were sent. */
function kept({ name, type }: PropertyDefinition, value: string): string {
  if (name === 'email' || name === 'domain') return value.trim().toLowerCase();
  if (value === '') return value;
  if (type === 'datetime') return new Date(milliseconds(value)).toISOString();
  if (type === 'date') return new Date(milliseconds(value)).toISOString().slice(0, 10);
  return value;
}

function optionsOf(schema: Schema, type: ObjectType, definition: PropertyDefinition, values: Values) {
  const pipelines = schema.pipelines[type];
  switch (definition.externalOptions) {
    case 'OWNER':
      return schema.owners.filter(({ archived }) => !archived).map(({ id }) => id);
    case 'PIPELINE':
      return pipelines.map(({ id }) => id);
    case 'STAGE': {
      const chosen = values[kinds[type].stages?.pipeline ?? ''] ?? pipelines[0]?.id;
      return pipelines.filter(({ id }) => id === chosen).flatMap(({ stages }) => stages.map(({ id }) => id));
    }
    default:
      return definition.options ?? [];
  }
}

function problemOf(
  schema: Schema,
  type: ObjectType,
  definition: PropertyDefinition,
  value: string,
  values: Values,
): Problem | null {
  const property = definition.name;
  if (definition.readOnly) {
    const message = `"${property}" is a read only property; its value cannot be set.`;
    return { property, code: 'READ_ONLY_VALUE', message };
  }
  if (value === '') return null;
  if (property === 'email' && !/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(value)) {
    return { property, code: 'INVALID_EMAIL', message: `Email address ${value} is invalid` };
  }
  if (definition.type === 'number' && !/^-?\d+(\.\d+)?$/.test(value)) {
    return { property, code: 'INVALID_DOUBLE', message: `${value} was not a valid number.` };
  }
  if ((definition.type === 'date' || definition.type === 'datetime') && Number.isNaN(milliseconds(value))) {
    return { property, code: 'INVALID_DATE', message: `${value} was not a valid ${definition.type}.` };
  }
  if (definition.type === 'bool' && value !== 'true' && value !== 'false') {
    const message = `${value} was not one of the allowed options: [true, false]`;
    return { property, code: 'INVALID_OPTION', message };
  }
  if (definition.type === 'enumeration') {
    const options = optionsOf(schema, type, definition, values);
    const chosen = definition.fieldType === 'checkbox' ? value.split(';') : [value];
    const wrong = chosen.find((each) => !options.includes(each));
    if (wrong !== undefined) {
      if (definition.externalOptions === 'OWNER') {
        return { property, code: 'INVALID_OWNER_ID', message: `Owner ${wrong} does not exist` };
      }
      const message = `${wrong} was not one of the allowed options: [${options.join(', ')}]`;
      return { property, code: 'INVALID_OPTION', message };
    }
  }
  return null;
}

/** Properties as they will be kept, and everything that is wrong with them. `before` is what the record holds. */
export function readValues(schema: Schema, type: ObjectType, given: Values, before: Values) {
  const values: Record<string, string> = {};
  const problems: Problem[] = [];
  const together = { ...before, ...given };
  for (const [name, value] of Object.entries(given)) {
    const definition = schema.properties[type].get(name);
    const problem =
      definition === undefined
        ? { property: name, code: 'PROPERTY_DOESNT_EXIST', message: `Property "${name}" does not exist` }
        : problemOf(schema, type, definition, value, together);
    if (problem !== null) problems.push(problem);
    else if (definition !== undefined) values[name] = kept(definition, value);
  }
  return { values, problems };
}

/** What HubSpot works out from a stage, and the pipeline and stage that a record has when it is given none. */
export function derivedValues(schema: Schema, type: ObjectType, values: Values): Values {
  const names = kinds[type].stages;
  if (names === undefined) return {};
  const pipeline =
    schema.pipelines[type].find(({ id }) => id === values[names.pipeline]) ?? schema.pipelines[type][0];
  if (pipeline === undefined) return {};
  const first = type === 'leads' ? pipeline.stages[0]?.id : undefined;
  const stage = pipeline.stages.find(({ id }) => id === (values[names.stage] ?? first));
  if (stage === undefined) return {};
  const placed = { [names.pipeline]: pipeline.id, [names.stage]: stage.id };
  if (type !== 'deals') return placed;
  const { isClosed = 'false', probability = '0' } = stage.metadata;
  return {
    ...placed,
    hs_deal_stage_probability: String(Number(probability)),
    hs_is_closed: isClosed,
    hs_is_closed_won: String(isClosed === 'true' && Number(probability) === 1),
  };
}
