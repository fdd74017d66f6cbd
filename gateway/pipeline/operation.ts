import {
  type DocumentNode,
  GraphQLError,
  getVariableValues,
  Kind,
  type OperationDefinitionNode,
  parse,
  specifiedRules,
  validate,
} from 'graphql';
import { checkDocument } from '#gateway/limits/check-document.ts';
import { checkText, checkVariables } from '#gateway/limits/check-text.ts';
import { compileCost, costWith } from '#gateway/limits/cost-estimate.ts';
import type { Estimate } from '#gateway/limits/estimate.ts';
import type { OperationRules } from '#gateway/limits/operation-rules.ts';
import { compileRights, type OperationRights } from '#gateway/rights/operation-rights.ts';
import type { Generation } from '#gateway/supergraph/generation.ts';
import { GatewayError } from './errors.ts';
import { MutationOverGet } from './http-errors.ts';
import {
  CostLimitExceeded,
  NotASubscription,
  OperationNameRequired,
  OperationUnknown,
  ParseFailed,
  SubscriptionNotServed,
  ValidationAborted,
  ValidationFailed,
  VariablesInvalid,
} from './operation-errors.ts';
import { conditionalSubscriptionFields } from './subscription-root.ts';

/** One operation of a valid document. The same object answers every request with the same text and name. */
export interface PreparedOperation {
  readonly document: DocumentNode;
  readonly node: OperationDefinitionNode;
  readonly name: string | undefined;
  readonly text: string;
  /** Text and operation name in one string, which is made once and therefore hashed once. */
  readonly planKey: string;
  /** Undefined where no cost is estimated. */
  readonly cost: Estimate | undefined;
  /** Undefined where it requires no rights. */
  readonly rights?: OperationRights | undefined;
}

/** What parsing and validating a document came to. Refusals are kept as well, so that repeating one is cheap. */
export type PreparedDocument =
  | { readonly kind: 'valid'; readonly operations: readonly PreparedOperation[] }
  | { readonly kind: 'invalid'; readonly error: GatewayError };

/** Which kinds of operation can be answered where a request came in. */
export type Served = 'queries' | 'queries and mutations' | 'subscriptions';

/** What a request says of its operation, once the document's text is found. */
export interface OperationChoice {
  readonly query: string;
  readonly operationName: string | undefined;
}

/** Most errors that one answer lists. */
const mostErrors = 50;

/** graphql-js' own error when the fields to compare are too many; it has no code. */
const abortedMessage = 'Validation aborted.';

/**
 * Stage 3: the operation that the request names, parsed, validated and within the limits.
 * @throws GatewayError when the document or the choice of an operation is refused.
 */
export function readOperation(
  generation: Generation,
  choice: OperationChoice,
  served: Served,
): PreparedOperation {
  const operation = chooseOperation(generation, choice);
  const kind = operation.node.operation;
  if ((kind === 'subscription') !== (served === 'subscriptions')) {
    throw kind === 'subscription' ? SubscriptionNotServed() : NotASubscription(kind);
  }
  if (kind === 'mutation' && served === 'queries') {
    throw MutationOverGet();
  }
  return operation;
}

/**
 * The same operation, whatever its kind: for a transport that serves some kinds one way and others another way.
 * @throws GatewayError when the document or the choice of an operation is refused.
 */
export function chooseOperation(generation: Generation, choice: OperationChoice): PreparedOperation {
  const { query, operationName } = choice;
  let prepared = generation.documents.get(query);
  if (prepared === undefined) {
    prepared = prepareDocument(generation.rules, query);
    generation.documents.set(query, prepared);
  }
  if (prepared.kind === 'invalid') {
    throw prepared.error;
  }
  return selectOperation(prepared.operations, operationName);
}

/**
 * Parses and validates a document. Whatever keeps one of these steps from taking long runs before it: tokens and
 * brackets are counted before the text is parsed, aliases and fields before the document is validated.
 */
export function prepareDocument(rules: OperationRules, text: string): PreparedDocument {
  try {
    checkText(text, rules.limits);
    const document = parseText(text);
    checkDocument(document, rules.limits);
    checkValid(rules, document);
    const operations = document.definitions
      .filter((definition) => definition.kind === Kind.OPERATION_DEFINITION)
      .map((node) => ({
        document,
        node,
        text,
        name: node.name?.value,
        planKey: `${node.name?.value ?? ''}\n${text}`,
        cost: rules.costs && compileCost(rules.costs, document, node),
        rights: rules.rights && compileRights(rules.rights, rules.schema, document, node),
      }));
    return { kind: 'valid', operations };
  } catch (error) {
    if (error instanceof GatewayError) {
      return { kind: 'invalid', error };
    }
    throw error;
  }
}

function parseText(text: string): DocumentNode {
  try {
    return parse(text);
  } catch (error) {
    throw error instanceof GraphQLError ? ParseFailed([error]) : error;
  }
}

function checkValid({ schema }: OperationRules, document: DocumentNode): void {
  const conditional = conditionalSubscriptionFields(document);
  if (conditional.length > 0) {
    throw ValidationFailed(conditional.slice(0, mostErrors));
  }
  const errors = validate(schema, document, specifiedRules, { maxErrors: mostErrors });
  if (errors.length > 0) {
    throw errors.some(({ message }) => message === abortedMessage)
      ? ValidationAborted()
      : ValidationFailed(errors);
  }
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
 * Stage 4: the variables as the operation declares them, defaults applied.
 * @throws GatewayError listing every variable that does not fit.
 */
export function coerceVariables(
  { schema, limits }: OperationRules,
  operation: PreparedOperation,
  given: Readonly<Record<string, unknown>> | undefined,
): Readonly<Record<string, unknown>> {
  const definitions = operation.node.variableDefinitions;
  if (definitions === undefined || definitions.length === 0) {
    return noVariables;
  }
  if (given !== undefined) {
    checkVariables(given, limits);
  }
  const { coerced, errors } = getVariableValues(schema, definitions, given ?? noVariables, {
    maxErrors: mostErrors,
  });
  if (errors !== undefined) {
    throw VariablesInvalid(errors);
  }
  return coerced;
}

/**
 * Stage 5: what the operation is estimated to cost with these variables; undefined where no cost is estimated.
 * @throws GatewayError `COST_LIMIT_EXCEEDED`.
 */
export function checkCost(
  { limits }: OperationRules,
  operation: PreparedOperation,
  variables: Readonly<Record<string, unknown>>,
): number | undefined {
  if (operation.cost === undefined || limits.cost === false) {
    return undefined;
  }
  const cost = costWith(operation.cost, variables);
  if (cost > limits.cost) {
    const what = operation.name === undefined ? 'The operation' : `Operation "${operation.name}"`;
    throw CostLimitExceeded(what, limits.cost, cost);
  }
  return cost;
}
