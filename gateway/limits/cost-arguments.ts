import { type FieldNode, Kind, type ValueNode } from 'graphql';
import type { CostModel, FieldCost, InputCost } from './cost-model.ts';
import { type Estimate, sum } from './estimate.ts';

/**
 * What the arguments that a field is given cost: each its weight, and the weights of the input fields used inside it,
 * at every level and in every item of a list. An argument that is null counts as not given.
 */
export function argumentsCost(model: CostModel, field: FieldCost, node: FieldNode): Estimate {
  const given = node.arguments ?? [];
  return sum(
    given.map(({ name, value }) => {
      const known = field.arguments.get(name.value);
      return known === undefined ? 0 : literalCost(model, known, value);
    }),
  );
}

function literalCost(model: CostModel, known: InputCost, value: ValueNode): Estimate {
  if (value.kind === Kind.NULL || (known.weight === 0 && known.inputObject === undefined)) {
    return 0;
  }
  if (value.kind === Kind.VARIABLE) {
    const name = value.name.value;
    return (variables) => valueCost(model, known, variables[name]);
  }
  return sum([known.weight, literalFields(model, known, value)]);
}

function literalFields(model: CostModel, known: InputCost, value: ValueNode): Estimate {
  if (known.inputObject === undefined) {
    return 0;
  }
  if (value.kind === Kind.LIST) {
    return sum(value.values.map((item) => literalFields(model, known, item)));
  }
  if (value.kind === Kind.VARIABLE) {
    const name = value.name.value;
    return (variables) => valueFields(model, known, variables[name]);
  }
  const fields = model.inputObjects.get(known.inputObject);
  if (value.kind !== Kind.OBJECT || fields === undefined) {
    return 0;
  }
  return sum(
    value.fields.map((field) => {
      const inner = fields.get(field.name.value);
      return inner === undefined ? 0 : literalCost(model, inner, field.value);
    }),
  );
}

function valueCost(model: CostModel, known: InputCost, value: unknown): number {
  return value === undefined || value === null ? 0 : known.weight + valueFields(model, known, value);
}

function valueFields(model: CostModel, known: InputCost, value: unknown): number {
  if (known.inputObject === undefined || typeof value !== 'object' || value === null) {
    return 0;
  }
  if (Array.isArray(value)) {
    return value.reduce<number>((total, item) => total + valueFields(model, known, item), 0);
  }
  const fields = model.inputObjects.get(known.inputObject);
  let total = 0;
  for (const [name, inner] of fields ?? []) {
    total += valueCost(model, inner, (value as Readonly<Record<string, unknown>>)[name]);
  }
  return total;
}
