import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type DocumentNode, GraphQLError, parse } from 'graphql';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { registry } from '#events/registry.ts';
import { conveniences } from './events/conveniences.ts';
import { contractOf } from './events/event-contract.ts';
import { eventsGraph } from './events/events-graph.ts';

const configShape = z.strictObject({
  federation_version: z.union([z.string(), z.number()]).optional(),
  subgraphs: z
    .record(
      z.string().regex(/^[A-Za-z][\w-]*$/, 'must begin with a letter and hold letters, digits, _ and - only'),
      z.strictObject({
        routing_url: z.url(),
        schema: z.strictObject({ file: z.string().min(1) }),
      }),
    )
    .refine((subgraphs) => Object.keys(subgraphs).length > 0, 'must name at least one subgraph'),
});

/** A subgraph as `supergraph.yaml` names it, its schema read. */
export interface SubgraphSource {
  readonly name: string;
  readonly url: string;
  readonly file: string;
  readonly typeDefs: DocumentNode;
  /** What the file should hold, where it is made from the schemas of the others: the subgraph has no server. */
  readonly generated?: string;
}

/** The routing URL of the graph of events, which the gateway itself answers for. */
const eventsUrl = 'tributary:events';

/** A configuration or schema file that cannot be used; the message names the file and the place. */
export class ConfigError extends Error {
  override readonly name: string = 'ConfigError';
}

/** A schema file that is no GraphQL at all. */
export class SchemaSyntaxError extends ConfigError {
  readonly file: string;
  /** From 1. */
  readonly line: number;

  constructor(file: string, { message, locations }: GraphQLError) {
    const line = locations?.[0]?.line ?? 1;
    super(`${file}:${line} is not a GraphQL schema: ${message}`);
    this.file = file;
    this.line = line;
  }
}

/** A subgraph as somebody would publish it: instead of the one of that name, or beside the others where there is none. */
export interface Proposal {
  readonly name: string;
  /** Relative to the working directory. */
  readonly file: string;
  /** Routing URL; that of the configuration where it is left out. */
  readonly url?: string | undefined;
}

/** Where nobody said yet where a new subgraph will be; it is composed and never asked. */
const urlToBeSaid = 'http://not-yet.invalid/graphql';

/**
 * Reads rover's supergraph configuration and every schema file that it names (relative to it). Of rover's
 * schema sources `file` is taken; a subgraph that is fetched by introspection or from a registry is refused. The schema of
 * the graph of events is not read but made, whether its file is there or not.
 * @param proposal what is read in place of what the configuration says
 */
export async function readSupergraphConfig(
  path: string,
  proposal?: Proposal,
): Promise<readonly SubgraphSource[]> {
  const text = await read(path, 'the supergraph configuration');
  let raw: unknown;
  try {
    raw = parseYaml(text);
  } catch (error) {
    throw new ConfigError(`${path} is not YAML: ${(error as Error).message}`);
  }
  const config = configShape.safeParse(raw);
  if (!config.success) {
    const issue = config.error.issues[0];
    throw new ConfigError(`${path}: ${issue?.path.join('.') || 'the file'}: ${issue?.message}.`);
  }
  const listed = Object.entries(withProposal(config.data.subgraphs, proposal)).map(
    ([name, { routing_url: url, schema }]) => ({
      name,
      url,
      file: resolve(dirname(path), schema.file),
    }),
  );
  const served = await Promise.all(
    listed
      .filter(({ url }) => !isOwn(url))
      .map(async (one): Promise<SubgraphSource> => {
        return { ...one, typeDefs: await readSchema(one.file, one.name) };
      }),
  );
  return listed.map((one) => served.find(({ name }) => name === one.name) ?? generate(one, path, served));
}

function isOwn(url: string): boolean {
  return new URL(url).protocol === 'tributary:';
}

function generate(
  one: Pick<SubgraphSource, 'name' | 'url' | 'file'>,
  path: string,
  served: readonly SubgraphSource[],
): SubgraphSource {
  if (one.url !== eventsUrl) {
    throw new ConfigError(
      `${path}: subgraphs.${one.name}.routing_url is "${one.url}"; of this scheme there is "${eventsUrl}" only.`,
    );
  }
  try {
    const generated = eventsGraph([...registry.values()].map(contractOf), conveniences, served);
    return { ...one, typeDefs: parseSchema(one.file, generated), generated };
  } catch (error) {
    throw new ConfigError(`${path}: subgraphs.${one.name}: ${(error as Error).message}`);
  }
}

type ConfiguredSubgraphs = z.infer<typeof configShape>['subgraphs'];

function withProposal(subgraphs: ConfiguredSubgraphs, proposal: Proposal | undefined): ConfiguredSubgraphs {
  if (proposal === undefined) return subgraphs;
  const routing_url = proposal.url ?? subgraphs[proposal.name]?.routing_url ?? urlToBeSaid;
  return { ...subgraphs, [proposal.name]: { routing_url, schema: { file: resolve(proposal.file) } } };
}

/**
 * Reads the schema of a subgraph from a file.
 * @throws ConfigError, or its SchemaSyntaxError
 */
export async function readSchema(file: string, subgraph: string): Promise<DocumentNode> {
  return parseSchema(file, await read(file, `the schema of ${subgraph}`));
}

function parseSchema(file: string, sdl: string): DocumentNode {
  try {
    return parse(sdl);
  } catch (error) {
    throw error instanceof GraphQLError ? new SchemaSyntaxError(file, error) : error;
  }
}

async function read(path: string, what: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new ConfigError(
      `${path} cannot be read (${(error as NodeJS.ErrnoException).code}); ${what} is expected there.`,
    );
  }
}
