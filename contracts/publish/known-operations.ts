import { existsSync } from 'node:fs';
import { GraphQLError, Kind, parse } from 'graphql';
import { readOperations } from '#gateway/supergraph/sources.ts';
import { examplesFileOf, type OperationExamples, readExamples } from './operation-examples.ts';
import { ConfigError } from './supergraph-config.ts';

/** An operation that a client is known to send: from the folder of operations, or seen by a gateway. */
export interface KnownOperation {
  readonly client: string;
  readonly name: string;
  /** The whole document, with its fragments. */
  readonly document: string;
  /** What it is usually sent with, where that is known. */
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly source:
    | { readonly kind: 'committed'; readonly file: string }
    /** Times are RFC 3339. */
    | { readonly kind: 'seen'; readonly count: number; readonly since: string; readonly until: string };
}

/** Who sends an operation that has no examples beside it. */
const unnamed: OperationExamples = { clients: ['unnamed'], examples: [] };

/**
 * Reads every operation of a folder, once for each client that `Name.examples.yaml` names beside it. A document of
 * several operations counts as each of them.
 * @throws ConfigError that names the file, where one cannot be read as what it should be.
 */
export async function readCommittedOperations(folder: string): Promise<readonly KnownOperation[]> {
  const files = await readOperations(folder);
  const read = await Promise.all(
    files.map(async ({ file, text }) => {
      const { clients, examples } = existsSync(examplesFileOf(file)) ? await readExamples(file) : unnamed;
      const variables = examples[0]?.variables;
      return operationNames(file, text).flatMap((name) =>
        clients.map(
          (client): KnownOperation => ({
            client,
            name,
            document: text,
            ...(variables === undefined ? {} : { variables }),
            source: { kind: 'committed', file },
          }),
        ),
      );
    }),
  );
  return read.flat();
}

function operationNames(file: string, text: string): readonly string[] {
  try {
    const { definitions } = parse(text, { noLocation: true });
    return definitions.flatMap((definition) =>
      definition.kind === Kind.OPERATION_DEFINITION ? (definition.name?.value ?? 'anonymous') : [],
    );
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    const line = error.locations?.[0]?.line;
    throw new ConfigError(`${file}:${line} is not a GraphQL document: ${error.message}`);
  }
}
