import { readFile } from 'node:fs/promises';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { ConfigError } from './supergraph-config.ts';

const entities = z.record(z.string(), z.record(z.string(), z.string()));
const variables = z.record(z.string(), z.unknown());
/** Such as `Account.owner`. */
const fields = z.array(z.string().regex(/^\w+\.\w+$/, 'must be a type and its field, such as Account.owner'));
const variants = z.record(z.string(), z.string());

const examplesShape = z.strictObject({
  /** Who sends the operation, as findings name them: `sidebar`, or several. */
  client: z
    .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
    .transform((names) => (typeof names === 'string' ? [names] : names)),
  /** The variables that the operation is recorded with. */
  variables,
  /** Keys of the entities that the providers' state holds, by type and field. */
  entities,
  /** Fields such as `Payload.refusal` that are null in this example: what excludes one another is not shown at once. */
  absent: fields.default([]),
  /** Fields that are an empty list. */
  empty: fields.default([]),
  /** The object types that stand at fields of abstract types, such as `Query.node: Account`; else the first there is. */
  variants: variants.default({}),
  /**
   * The same operation where something is missing, by words that follow "where": each with what differs. Variables and
   * entities are put over those above; what is absent and empty stands for itself.
   */
  cases: z
    .record(
      z.string().min(1),
      z.strictObject({
        variables: variables.default({}),
        entities: entities.default({}),
        absent: fields.default([]),
        empty: fields.default([]),
        variants: variants.default({}),
      }),
    )
    .default({}),
});

/** One way in which an operation is recorded. */
export interface OperationExample {
  /** Such as `nothing is known of the account`; undefined for the whole answer. */
  readonly where: string | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly entities: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly absent: readonly string[];
  readonly empty: readonly string[];
  readonly variants: Readonly<Record<string, string>>;
}

/** What stands beside an operation in `Name.examples.yaml`. */
export interface OperationExamples {
  readonly clients: readonly string[];
  /** The whole answer first, then the cases in the order of the file. */
  readonly examples: readonly OperationExample[];
}

/** Where the examples of `Name.graphql` stand. */
export function examplesFileOf(operationFile: string): string {
  return operationFile.replace(/\.graphql$/, '.examples.yaml');
}

/** Reads the examples of an operation; a ConfigError names file and place where they cannot be used. */
export async function readExamples(operationFile: string): Promise<OperationExamples> {
  const file = examplesFileOf(operationFile);
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new ConfigError(
      `${file} cannot be read (${error.code}); it says who sends the operation, and with which variables.`,
    );
  });
  const parsed = examplesShape.safeParse(parseYaml(text));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new ConfigError(`${file}: ${issue?.path.join('.') || 'the file'}: ${issue?.message}.`);
  }
  const { client: clients, cases, ...whole } = parsed.data;
  const others = Object.entries(cases).map(
    ([where, differs]): OperationExample => ({
      ...differs,
      where,
      variables: { ...whole.variables, ...differs.variables },
      entities: { ...whole.entities, ...differs.entities },
      variants: { ...whole.variants, ...differs.variants },
    }),
  );
  return { clients, examples: [{ ...whole, where: undefined }, ...others] };
}
