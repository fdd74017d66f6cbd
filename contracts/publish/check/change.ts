import { buildSubgraphSchema } from '@apollo/subgraph';
import type { DocumentNode, GraphQLSchema } from 'graphql';
import { type Composition, composeSubgraphs } from '../compose.ts';
import type { KnownOperation } from '../known-operations.ts';
import {
  ConfigError,
  type Proposal,
  readSchema,
  readSupergraphConfig,
  type SubgraphSource,
} from '../supergraph-config.ts';
import { type FederationFacts, federationFacts } from './federation-facts.ts';
import { subgraphUses, type Uses } from './operation-uses.ts';
import {
  type CostLimits,
  type PlannedOperation,
  type PlanningGround,
  planningGround,
  planOperations,
  type RefusedOperation,
} from './planned-operation.ts';
import { type SchemaPlaces, schemaPlaces } from './schema-places.ts';

/** A subgraph's schema at one time. */
export interface SubgraphVersion {
  readonly file: string;
  readonly typeDefs: DocumentNode;
  /** Undefined where the document is no schema; composition says why. */
  readonly schema: GraphQLSchema | undefined;
  readonly places: SchemaPlaces;
  readonly federation: FederationFacts;
}

/** What would be published, what is published, and what clients ask: all that the layers look at. */
export interface Change {
  readonly subgraph: string;
  /** As it is published; undefined for a new subgraph. */
  readonly before: SubgraphVersion | undefined;
  readonly after: SubgraphVersion;
  readonly composedBefore: Composition;
  readonly composedAfter: Composition;
  /** Undefined where the subgraphs do not compose. */
  readonly groundBefore: PlanningGround | undefined;
  readonly groundAfter: PlanningGround | undefined;
  /** Every known operation on the published supergraph. */
  readonly operations: readonly (PlannedOperation | RefusedOperation)[];
  /** The same operations, in the same order, on the supergraph that would be; empty where there is none. */
  readonly operationsAfter: readonly (PlannedOperation | RefusedOperation)[];
  /** What the planned ones use of the subgraph as it is published. */
  readonly uses: Uses;
}

/**
 * Composes and plans a change.
 * @param config rover's configuration, which names what is published
 * @throws ConfigError where a file cannot be read.
 */
export async function readChange(
  config: string,
  proposal: Proposal,
  known: readonly KnownOperation[],
  limits: CostLimits,
): Promise<Change> {
  const published = await readSupergraphConfig(config);
  const typeDefs = await readSchema(proposal.file, proposal.name);
  const composedBefore = composeSubgraphs(published);
  const composedAfter = await composeWith(config, proposal);
  const groundBefore = groundOf(composedBefore, limits);
  const groundAfter = groundOf(composedAfter, limits);
  const before = published.find(({ name }) => name === proposal.name);
  const versionBefore = before && versionOf(before.typeDefs, before.file);
  const operations = planOperations(known, groundBefore);
  const planned = operations.filter(({ kind }) => kind === 'planned') as PlannedOperation[];
  const schemaBefore = versionBefore?.schema;
  return {
    subgraph: proposal.name,
    before: versionBefore,
    after: versionOf(typeDefs, proposal.file),
    composedBefore,
    composedAfter,
    groundBefore,
    groundAfter,
    operations,
    operationsAfter: planOperations(known, groundAfter),
    uses:
      schemaBefore === undefined
        ? unused
        : subgraphUses(planned, proposal.name, schemaBefore, generatedSchemas(published)),
  };
}

/** What is made from the schemas of several subgraphs may be impossible with this one: that is no supergraph either. */
async function composeWith(config: string, proposal: Proposal): Promise<Composition> {
  try {
    return composeSubgraphs(await readSupergraphConfig(config, proposal));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { kind: 'refused', errors: [{ code: 'SUPERGRAPH_NOT_MADE', message: error.message }] };
  }
}

/** What nobody uses: a new subgraph, or a published one that is no schema. */
const unused: Uses = { of: () => [], coordinates: () => [], keys: [] };

/** Of subgraphs that are made from the schemas of others. */
function generatedSchemas(published: readonly SubgraphSource[]): ReadonlyMap<string, GraphQLSchema> {
  return new Map(
    published.flatMap(({ name, typeDefs, generated }): [string, GraphQLSchema][] => {
      const schema = generated === undefined ? undefined : schemaOf(typeDefs);
      return schema ? [[name, schema]] : [];
    }),
  );
}

function groundOf(composition: Composition, limits: CostLimits): PlanningGround | undefined {
  return composition.kind === 'composed' ? planningGround(composition.supergraph, limits) : undefined;
}

/** @param file as it is shown in findings */
function versionOf(typeDefs: DocumentNode, file: string): SubgraphVersion {
  return {
    file,
    typeDefs,
    schema: schemaOf(typeDefs),
    places: schemaPlaces(typeDefs, file),
    federation: federationFacts(typeDefs),
  };
}

function schemaOf(typeDefs: DocumentNode): GraphQLSchema | undefined {
  try {
    return buildSubgraphSchema(typeDefs);
  } catch {
    return undefined;
  }
}
