import {
  type DocumentNode,
  execute,
  type FieldNode,
  type GraphQLFieldResolver,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  parse,
  print,
} from 'graphql';
import { LRUCache } from 'lru-cache';

type Variables = Readonly<Record<string, unknown>>;

/** A root field of an operation, and the operation with that field alone. */
interface RootField {
  readonly name: string;
  readonly document: DocumentNode;
  readonly text: string;
  /** Variables that it uses. */
  readonly uses: readonly string[];
  /** The one that has its representations, where it asks for entities. */
  readonly representations: string | undefined;
}

/**
 * Answers a schema's operations from memory, whichever way a gateway puts them together: an answer is kept for each root
 * field with the variables that it uses, and for each entity. So a request that joins what others ask alone costs no
 * more than they do, and what is measured is the gateway.
 */
export function memoryAnswers(schema: GraphQLSchema, fieldResolver: GraphQLFieldResolver<never, unknown>) {
  const operations = new LRUCache<string, readonly RootField[]>({ max: 1_000 });
  const values = new LRUCache<string, string>({ max: 50_000 });

  async function answerTo(field: RootField, variables: Variables): Promise<string> {
    const used = Object.fromEntries(field.uses.map((name) => [name, variables[name]]));
    const key = `${field.text}\n${JSON.stringify(used)}`;
    const known = values.get(key);
    if (known !== undefined) return known;
    const { data, errors } = await execute({
      schema,
      document: field.document,
      variableValues: used,
      fieldResolver: fieldResolver as GraphQLFieldResolver<unknown, unknown>,
    });
    if (errors) throw new AggregateError(errors, 'a subgraph of the benchmark cannot answer');
    const text = JSON.stringify(data?.[field.name]);
    values.set(key, text);
    return text;
  }

  async function entities(field: RootField, name: string, variables: Variables): Promise<string> {
    const each = variables[name] as readonly unknown[];
    const lists = await Promise.all(each.map((one) => answerTo(field, { ...variables, [name]: [one] })));
    return `[${lists.map((list) => list.slice(1, -1)).join(',')}]`;
  }

  return async (body: string): Promise<string> => {
    const { query, variables = {} } = JSON.parse(body) as { query: string; variables?: Variables };
    let fields = operations.get(query);
    if (fields === undefined) {
      fields = rootFieldsOf(parse(query));
      operations.set(query, fields);
    }
    const texts = await Promise.all(
      fields.map(async (field) => {
        const { representations } = field;
        const value =
          representations === undefined
            ? await answerTo(field, variables)
            : await entities(field, representations, variables);
        return `${JSON.stringify(field.name)}:${value}`;
      }),
    );
    return `{"data":{${texts.join(',')}}}`;
  };
}

function rootFieldsOf(document: DocumentNode): readonly RootField[] {
  const operation = document.definitions.find(
    (definition): definition is OperationDefinitionNode => definition.kind === Kind.OPERATION_DEFINITION,
  );
  const others = document.definitions.filter((definition) => definition !== operation);
  const shared = others.map(print).join('\n');
  return (operation?.selectionSet.selections ?? []).map((selection) => {
    const field = selection as FieldNode;
    const printed = print(field);
    const uses = (operation?.variableDefinitions ?? []).filter(({ variable }) =>
      new RegExp(`\\$${variable.name.value}\\b`).test(`${printed}\n${shared}`),
    );
    const alone: OperationDefinitionNode = {
      ...(operation as OperationDefinitionNode),
      variableDefinitions: uses,
      selectionSet: { kind: Kind.SELECTION_SET, selections: [field] },
    };
    const argument = field.arguments?.find(({ name }) => name.value === 'representations')?.value;
    return {
      name: field.alias?.value ?? field.name.value,
      document: { kind: Kind.DOCUMENT, definitions: [alone, ...others] },
      text: `${printed}\n${shared}`,
      uses: uses.map(({ variable }) => variable.name.value),
      representations: argument?.kind === Kind.VARIABLE ? argument.name.value : undefined,
    };
  });
}
