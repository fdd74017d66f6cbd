import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getVariableValues,
  Kind,
  type OperationDefinitionNode,
  parse,
  specifiedRules,
  validate,
} from 'graphql';
import type { Generation } from '#gateway/supergraph/generation.ts';
import {
  type GatewayError,
  MutationOverGet,
  OperationNameRequired,
  OperationUnknown,
  ParseFailed,
  SubscriptionNotServed,
  ValidationFailed,
  VariablesInvalid,
} from './errors.ts';
import type { GraphQLParameters } from './types.ts';

/** One operation of a valid document. The same object answers every request with the same text and name. */
export interface PreparedOperation {
  readonly document: DocumentNode;
  readonly node: OperationDefinitionNode;
  readonly name: string | undefined;
  /** Text and operation name in one string, which is made once and therefore hashed once. */
  readonly planKey: string;
}

/** What parsing and validating a document came to. Refusals are kept as well, so that repeating one is cheap. */
export type PreparedDocument =
  | { readonly kind: 'valid'; readonly operations: readonly PreparedOperation[] }
  | { readonly kind: 'invalid'; readonly error: GatewayError };

/** Most errors that one answer lists. */
const mostErrors = 50;

/**
 * Stage 2: the operation that the request names, parsed and validated.
 * @throws GatewayError when the document or the choice of an operation is refused.
 */
export function readOperation(
  generation: Generation,
  parameters: GraphQLParameters,
  allowsMutations: boolean,
): PreparedOperation {
  const { query, operationName } = parameters;
  let prepared = generation.documents.get(query);
  if (prepared === undefined) {
    prepared = prepareDocument(generation.planner.schema, query);
    generation.documents.set(query, prepared);
  }
  if (prepared.kind === 'invalid') {
    throw prepared.error;
  }
  const operation = selectOperation(prepared.operations, operationName);
  if (operation.node.operation === 'subscription') {
    throw SubscriptionNotServed();
  }
  if (operation.node.operation === 'mutation' && !allowsMutations) {
    throw MutationOverGet();
  }
  return operation;
}

/** Parses and validates a document. */
export function prepareDocument(schema: GraphQLSchema, text: string): PreparedDocument {
  let document: DocumentNode;
  try {
    document = parse(text);
  } catch (error) {
    if (error instanceof GraphQLError) {
      return { kind: 'invalid', error: ParseFailed([error]) };
    }
    throw error;
  }
  const errors = validate(schema, document, specifiedRules, { maxErrors: mostErrors });
  if (errors.length > 0) {
    return { kind: 'invalid', error: ValidationFailed(errors) };
  }
  const operations = document.definitions
    .filter((definition) => definition.kind === Kind.OPERATION_DEFINITION)
    .map((node) => ({
      document,
      node,
      name: node.name?.value,
      planKey: `${node.name?.value ?? ''}\n${text}`,
    }));
  return { kind: 'valid', operations };
}

/** The rule of https://spec.graphql.org/October2021/#GetOperation() */
function selectOperation(
  operations: readonly PreparedOperation[],
  name: string | undefined,
): PreparedOperation {
  if (name === undefined) {
    const [only, ...others] = operations;
    if (only === undefined || others.length > 0) {
      throw OperationNameRequired(namesOf(operations));
    }
    return only;
  }
  const named = operations.find((operation) => operation.name === name);
  if (named === undefined) {
    throw OperationUnknown(name, namesOf(operations));
  }
  return named;
}

function namesOf(operations: readonly PreparedOperation[]): readonly string[] {
  return operations.flatMap((operation) => operation.name ?? []);
}

const noVariables: Readonly<Record<string, unknown>> = {};

/**
 * Stage 3: the variables as the operation declares them, defaults applied.
 * @throws GatewayError listing every variable that does not fit.
 */
export function coerceVariables(
  schema: GraphQLSchema,
  operation: PreparedOperation,
  given: Readonly<Record<string, unknown>> | undefined,
): Readonly<Record<string, unknown>> {
  const definitions = operation.node.variableDefinitions;
  if (definitions === undefined || definitions.length === 0) {
    return noVariables;
  }
  const { coerced, errors } = getVariableValues(schema, definitions, given ?? noVariables, {
    maxErrors: mostErrors,
  });
  if (errors !== undefined) {
    throw VariablesInvalid(errors);
  }
  return coerced;
}
