import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type GraphQLSchema, isEnumType } from 'graphql';
import { createPlanner } from '#gateway/plan/planner.ts';
import type { Affected, Finding } from './check/finding.ts';
import { lineOf } from './operation-places.ts';
import { type PactInteraction, readPacts } from './pact-file.ts';
import {
  type ReturnedValue,
  type VerificationCode,
  type VerificationFailure,
  verify,
} from './verification.ts';

/** Where things stand; each has the place of this project. */
export interface VerifyAtOptions {
  /**
   * Posted to before each interaction as Pact's verifiers do: `{"state": "entity exists", "params": {"typename":
   * "Account", "id": "acc_example"}, "action": "setup"}`. Any other answer than 2xx fails the interaction. Without it
   * nothing is set, and the provider must hold the examples.
   */
  readonly stateUrl?: string | undefined;
  readonly pacts?: string;
  readonly operations?: string;
  readonly supergraph?: string;
}

/**
 * Verifies a subgraph where its team runs it against the committed pacts, mutations included: give it data that may
 * change. Answers what would break whom; nothing where all pacts are kept.
 *
 * @param url of its GraphQL, such as `http://127.0.0.1:4001/graphql`
 */
export async function verifyAt(
  subgraph: string,
  url: string,
  options: VerifyAtOptions = {},
): Promise<readonly Finding[]> {
  const { stateUrl, pacts: folder = 'contracts/pacts', operations = 'contracts/operations' } = options;
  const pacts = (await readPacts(folder, subgraph)).filter(({ interactions }) =>
    interactions.every(({ request }) => request),
  );
  const { failures, returned } = await verify(subgraph, { kind: 'url', url, stateUrl }, pacts);
  const { schema } = createPlanner(await readFile(options.supergraph ?? 'supergraph.graphql', 'utf8'));
  const unknown = returned.filter((value) => !isKnown(schema, value));
  // The pact's expression refuses the value too; the finding about the value says more.
  const others = failures.filter(
    ({ code, interaction, coordinate }) =>
      !(code === 'ANSWER_DIFFERS' && unknown.some((value) => isSame(value, { interaction, coordinate }))),
  );
  const affected = affectedBy(schema, operations);
  return [...(await ofFailures(others, affected)), ...(await ofValues(unknown, affected))];
}

/** Values of enums that the supergraph does not have are nobody's who asks it. */
function isKnown(schema: GraphQLSchema, { enum: name, value }: ReturnedValue): boolean {
  const type = schema.getType(name);
  return !isEnumType(type) || type.getValue(value) !== undefined;
}

function isSame(
  value: ReturnedValue,
  { interaction, coordinate }: Pick<VerificationFailure, 'interaction' | 'coordinate'>,
): boolean {
  return value.interaction === interaction && value.coordinate === coordinate;
}

const remedies: Readonly<Record<VerificationCode, string>> = {
  NO_PACT: 'Add an operation that needs it to contracts/operations and run "npm run pacts".',
  STATE_UNKNOWN: 'Let the state URL handle "entity exists" for every entity of the pact.',
  PROVIDER_UNREACHABLE: 'Start the provider, or correct --url.',
  EVENT_MISSING: 'Add a mutation that emits it to contracts/operations and run "npm run pacts".',
  ANSWER_DIFFERS:
    'Answer the field as before, or first change the operations that read it. Where the entity is missing, give --state-url or load the examples.',
  ANSWER_WITH_ERRORS:
    'Answer without errors. Where the entity is missing, give --state-url or load the examples.',
};

/** One finding for each field and reason, naming every operation that sees it. */
async function ofFailures(
  failures: readonly VerificationFailure[],
  affected: FindAffected,
): Promise<Finding[]> {
  const groups = Map.groupBy(failures, ({ code, coordinate, message }) => `${code} ${coordinate ?? message}`);
  return Promise.all(
    [...groups.values()].map(async (group): Promise<Finding> => {
      const { code, message, coordinate } = group[0] as VerificationFailure;
      const interactions = group.flatMap(({ interaction }) => interaction ?? []);
      const told = interactions[0] ? `${interactions[0].description}: ${message}` : message;
      return {
        layer: 'pacts',
        severity: 'error',
        code,
        message: told,
        coordinate,
        at: undefined,
        breaks: await affected(interactions, coordinate),
        remedy: remedies[code],
      };
    }),
  );
}

async function ofValues(values: readonly ReturnedValue[], affected: FindAffected): Promise<Finding[]> {
  const groups = Map.groupBy(values, ({ enum: name, value }) => `${name}.${value}`);
  return Promise.all(
    [...groups].map(async ([coordinate, group]): Promise<Finding> => {
      const { value, coordinate: field } = group[0] as ReturnedValue;
      return {
        layer: 'pacts',
        severity: 'error',
        code: 'ENUM_VALUE_RETURNED',
        message: `The provider answers ${value} at ${field}, which no client knows.`,
        coordinate,
        at: undefined,
        breaks: await affected(
          group.map(({ interaction }) => interaction),
          field,
        ),
        remedy: `Publish ${value} first and answer it once the clients handle it.`,
      };
    }),
  );
}

type FindAffected = (
  interactions: readonly PactInteraction[],
  coordinate: string | undefined,
) => Promise<readonly Affected[]>;

/** Every client of the operations that the interactions are of, each once. */
function affectedBy(schema: GraphQLSchema, folder: string): FindAffected {
  return async (interactions, coordinate) => {
    const found = new Map<string, Affected>();
    for (const { comments } of interactions) {
      const { operation, clients = [] } = comments?.tributary ?? {};
      if (operation === undefined) continue;
      const file = join(folder, `${operation}.graphql`);
      const text = await readFile(file, 'utf8').catch(() => undefined);
      const line = text && coordinate ? lineOf(schema, text, coordinate) : undefined;
      const at = text === undefined ? undefined : { file, line: line ?? 1 };
      for (const client of clients) found.set(`${client} ${operation}`, { client, operation, at });
    }
    return [...found.values()];
  };
}
