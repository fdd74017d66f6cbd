import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isLeafType,
  isNonNullType,
  isObjectType,
  isUnionType,
  print,
} from 'graphql';

/** What is known of somebody's data: values by which it can be asked for. */
export interface Known {
  readonly ids: readonly string[];
  readonly domains: readonly string[];
  readonly emails: readonly string[];
  /** Cursors by the name of the list that they are from. */
  readonly cursors: ReadonlyMap<string, readonly string[]>;
}

export interface Question {
  /** The field or entity that it asks, for messages. */
  readonly about: string;
  readonly query: string;
}

/** How deep objects are asked for below a root field or an entity. */
const depth = 3;
/** Fields of one question. */
const most = 40;

/**
 * Everything that a subgraph can be asked about what is known, by its schema alone: each root field with each value
 * that fits its arguments, lists from the start and behind known cursors, every type of entity by every key.
 */
export function questionsOf(schema: GraphQLSchema, known: Known): readonly Question[] {
  const root = schema.getQueryType() as GraphQLObjectType;
  const fields = Object.values(root.getFields()).filter(({ name }) => !name.startsWith('_'));
  return [...fields.flatMap((field) => rootQuestions(field, known)), ...entityQuestions(schema, known)];
}

function rootQuestions(field: GraphQLField<unknown, unknown>, known: Known): readonly Question[] {
  const asked = argumentsOf(field.name, field.args, known).flatMap((args) =>
    [undefined, ...cursorsFor(field.name, known)].map((after) => fieldText(field, args, known, depth, after)),
  );
  const texts = [...new Set(asked)].map((text, index) => `${field.name}_${index}: ${text}`);
  return chunks(texts).map((some) => ({ about: field.name, query: `{ ${some.join('\n')} }` }));
}

function entityQuestions(schema: GraphQLSchema, known: Known): readonly Question[] {
  const union = schema.getType('_Entity');
  if (!isUnionType(union)) return [];
  return union.getTypes().flatMap((type) => {
    const keys: [string, readonly string[]][] = [['id', known.ids]];
    const declared = type.astNode?.directives?.map((directive) => print(directive)).join() ?? '';
    if (declared.includes('@key(fields: "domain"')) keys.push(['domain', known.domains]);
    if (declared.includes('@key(fields: "email"')) keys.push(['email', known.emails]);
    const all = keys.flatMap(([key, values]) =>
      values.map((value) => `{ __typename: "${type.name}", ${key}: ${JSON.stringify(value)} }`),
    );
    return chunks(all, 100).flatMap((some) =>
      [true, false].map((fromStart) => ({
        about: `_entities of ${type.name}`,
        query: `{ _entities(representations: [${some.join()}]) { ... on ${type.name} ${selection(type, known, depth - 1, fromStart)} } }`,
      })),
    );
  });
}

/** Each way to call a field with what is known. */
function argumentsOf(
  field: string,
  args: readonly GraphQLArgument[],
  { ids, domains, emails }: Known,
): readonly string[] {
  const byName: Readonly<Record<string, readonly string[]>> = { id: ids, domain: domains, email: emails };
  const [first] = args.filter(({ name }) => name in byName);
  if (first) return (byName[first.name] ?? []).map((value) => `${first.name}: ${JSON.stringify(value)}`);
  if (args.some(({ name }) => name === 'ids')) {
    return chunks(ids, 100).map((some) => `ids: ${JSON.stringify(some)}`);
  }
  const needed = args.filter((arg) => isNonNullType(arg.type) && arg.defaultValue === undefined);
  const [choice, ...others] = needed;
  if (others.length > 0) throw new Error(`Nothing is known for the arguments of ${field}.`);
  const choices = choice ? valuesOf(choice) : [''];
  const filters = args.some(({ name }) => name === 'filter')
    ? [`filter: { ids: ${JSON.stringify(ids.slice(0, 100))} }`]
    : [];
  return choices.flatMap((one) => [one, ...filters.map((filter) => `${one} ${filter}`)]);
}

function valuesOf({ name, type }: GraphQLArgument): readonly string[] {
  const named = getNamedType(type);
  if (isEnumType(named)) return named.getValues().map((value) => `${name}: ${value.name}`);
  if (name === 'purpose') return ['purpose: "EMAIL_MARKETING"'];
  throw new Error(`Nothing is known for the argument ${name}.`);
}

function fieldText(
  { name, args, type }: GraphQLField<unknown, unknown>,
  given: string,
  known: Known,
  levels: number,
  after: string | undefined,
): string {
  const isList = args.some((arg) => arg.name === 'first');
  const page = isList
    ? `first: 100 ${after === undefined || !args.some((arg) => arg.name === 'after') ? '' : `after: ${JSON.stringify(after)}`}`
    : '';
  const all = `${given} ${page}`.trim();
  const inner = selection(getNamedType(type), known, levels, after === undefined);
  return `${name}${all === '' ? '' : `(${all})`} ${inner}`;
}

/** All that an object has, of a list's two views the one with cursors; the lists in it from the start, or behind a cursor. */
function selection(type: GraphQLNamedType, known: Known, levels: number, fromStart: boolean): string {
  if (!isObjectType(type)) return '';
  const fields = Object.values(type.getFields()).flatMap((field) => {
    if (isLeafType(getNamedType(field.type))) return [field.name];
    if (levels === 0) return [];
    if (field.name === 'nodes' && 'edges' in type.getFields()) return ['nodes { __typename id }'];
    if (field.name === 'edges') return [fieldText(field, '', known, levels, undefined)];
    const [after] = fromStart ? [] : cursorsFor(field.name, known);
    const needed = field.args.filter((arg) => isNonNullType(arg.type) && arg.defaultValue === undefined);
    const given = needed.map((arg) => valuesOf(arg)[0]).join(' ');
    const text = fieldText(field, given, known, levels - 1, after);
    return [text];
  });
  return `{ __typename ${fields.join(' ')} }`;
}

function cursorsFor(list: string, { cursors }: Known): readonly string[] {
  return cursors.get(list)?.slice(0, 2) ?? [];
}

function chunks<Item>(items: readonly Item[], size = most): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

/** Gathers from an answer all that it can be asked for by. */
export function gather(answers: readonly unknown[]): Known {
  const ids = new Set<string>();
  const domains = new Set<string>();
  const emails = new Set<string>();
  const cursors = new Map<string, string[]>();
  const visit = (value: unknown, list: string): void => {
    if (Array.isArray(value)) {
      for (const item of value) visit(item, list);
    } else if (typeof value === 'object' && value !== null) {
      for (const [name, inner] of Object.entries(value)) {
        if (typeof inner !== 'string')
          visit(inner, /^(edges|node)$/.test(name) ? list : name.replace(/_\d+$/, ''));
        else if (name === 'id') ids.add(inner);
        else if (name === 'domain') domains.add(inner);
        else if (name === 'email') emails.add(inner);
        else if (name === 'cursor') cursors.set(list, [...(cursors.get(list) ?? []), inner]);
      }
    }
  };
  for (const answer of answers) visit(answer, '');
  return {
    ids: sampled(ids, (id) => id.split('_')[0] ?? ''),
    domains: sampled(domains, () => ''),
    emails: sampled(emails, () => ''),
    cursors,
  };
}

/** The first and the last few of each kind: what was made first and what was made last differ the most. */
function sampled(values: Iterable<string>, kindOf: (value: string) => string): readonly string[] {
  const kinds = Map.groupBy([...values].sort(), kindOf);
  return [...kinds.values()].flatMap((all) => [...new Set([...all.slice(0, 2), ...all.slice(-2)])]);
}
