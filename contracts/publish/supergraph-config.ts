import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type DocumentNode, parse } from 'graphql';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';

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
}

/** A configuration or schema file that cannot be used; the message names the file and the place. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * Reads rover's supergraph configuration and every schema file that it names (relative to it). Of rover's
 * schema sources `file` is taken; a subgraph that is fetched by introspection or from a registry is refused.
 */
export async function readSupergraphConfig(path: string): Promise<readonly SubgraphSource[]> {
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
  return Promise.all(
    Object.entries(config.data.subgraphs).map(async ([name, { routing_url: url, schema }]) => {
      const file = resolve(dirname(path), schema.file);
      return { name, url, file, typeDefs: parseSchema(file, await read(file, `the schema of ${name}`)) };
    }),
  );
}

function parseSchema(file: string, sdl: string): DocumentNode {
  try {
    return parse(sdl);
  } catch (error) {
    throw new ConfigError(`${file} is not a GraphQL schema: ${(error as Error).message}`);
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
