import {
  type ConstDirectiveNode,
  type DefinitionNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type InterfaceTypeDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  parse,
  print,
  type SelectionSetNode,
  stripIgnoredCharacters,
  type TypeNode,
  visit,
} from 'graphql';

/** A field that stands in the planner's supergraph for a field with given arguments. */
export interface StandIn {
  readonly field: string;
  /** As in a GraphQL document: `(currency: "EUR")`, or empty. */
  readonly argumentsText: string;
}

/** The supergraph as the planner gets it, and what is needed to read its plans. */
export interface PreparedSupergraph {
  readonly sdl: string;
  readonly standIns: ReadonlyMap<string, StandIn>;
  /** What fields of one subgraph need from others, in the planner's names: `subgraphKey.field` → selection. */
  readonly requirements: ReadonlyMap<string, SelectionSetNode>;
  /** The first key by which a subgraph finds objects of a type, by `subgraphKey`. */
  readonly keys: ReadonlyMap<string, SelectionSetNode>;
  /** The named type of a field, and how many lists are around it. */
  readonly fieldType: (
    type: string,
    field: string,
  ) => { readonly type: string; readonly lists: number } | undefined;
}

/** Stand-in fields end so; nobody else's names may. */
export const STAND_IN = /__required\d+$/;

type FieldsType = ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode;

/** The key of what concerns a type in one subgraph. */
export function subgraphKey(subgraph: string, type: string): string {
  return `${subgraph}\n${type}`;
}

/**
 * Rewrites a supergraph for planning, so that the planner's known defects do not show:
 *
 * - `join__type`s with `resolvable: false` come last: the planner takes a type's first key for the way into a
 *   subgraph even where that key cannot be resolved.
 * - A field that some `@requires` selects and that takes arguments gets a stand-in without arguments for each
 *   combination of them. The planner would put the required value and the client's own, or two required ones,
 *   under one response name.
 */
export function prepareSupergraph(sdl: string): PreparedSupergraph {
  const document = parse(sdl, { noLocation: true });
  const standIns = new StandIns(document);
  const ordered = visit(document, {
    ObjectTypeDefinition: (type) => standIns.rewriteRequires(withResolvableFirst(type)),
    InterfaceTypeDefinition: (type) => standIns.rewriteRequires(withResolvableFirst(type)),
  });
  const prepared = standIns.addTo(ordered);
  return {
    sdl: print(prepared),
    standIns: standIns.all,
    fieldType: fieldTypesOf(prepared),
    ...joinsOf(prepared),
  };
}

function withResolvableFirst<T extends FieldsType>(type: T): T {
  const directives = type.directives ?? [];
  return {
    ...type,
    directives: [...directives.filter((each) => !isUnresolvable(each)), ...directives.filter(isUnresolvable)],
  };
}

function isUnresolvable(directive: ConstDirectiveNode): boolean {
  if (directive.name.value !== 'join__type') return false;
  return (directive.arguments ?? []).some(
    ({ name, value }) => name.value === 'resolvable' && value.kind === Kind.BOOLEAN && !value.value,
  );
}

class StandIns {
  readonly all = new Map<string, StandIn>();
  /** Type → stand-ins to add to it. */
  readonly #byType = new Map<string, Map<string, string>>();
  readonly #types = new Map<string, FieldsType>();
  readonly #implementers = new Map<string, string[]>();

  constructor(document: DocumentNode) {
    for (const definition of document.definitions) {
      if (!isFieldsType(definition)) continue;
      this.#types.set(definition.name.value, definition);
      for (const { name } of definition.interfaces ?? []) {
        this.#implementers.set(name.value, [
          ...(this.#implementers.get(name.value) ?? []),
          definition.name.value,
        ]);
      }
    }
  }

  rewriteRequires<T extends FieldsType>(type: T): T {
    const fields = type.fields?.map((field) => ({
      ...field,
      directives: field.directives?.map((directive) => this.#rewriteJoinField(directive, type.name.value)),
    }));
    return { ...type, fields };
  }

  #rewriteJoinField(directive: ConstDirectiveNode, type: string): ConstDirectiveNode {
    const required =
      directive.name.value === 'join__field' ? stringArgument(directive, 'requires') : undefined;
    if (required === undefined) return directive;
    const selectionSet = this.#replaceIn(parseSelection(required), type);
    return {
      ...directive,
      arguments: directive.arguments?.map((argument) =>
        argument.name.value === 'requires'
          ? { ...argument, value: { kind: Kind.STRING, value: selectionText(selectionSet) } }
          : argument,
      ),
    };
  }

  #replaceIn(selectionSet: SelectionSetNode, type: string): SelectionSetNode {
    return {
      ...selectionSet,
      selections: selectionSet.selections.map((selection) => {
        if (selection.kind === Kind.FRAGMENT_SPREAD) return selection;
        if (selection.kind === Kind.INLINE_FRAGMENT) {
          const condition = selection.typeCondition?.name.value ?? type;
          return { ...selection, selectionSet: this.#replaceIn(selection.selectionSet, condition) };
        }
        const definition = this.#types
          .get(type)
          ?.fields?.find(({ name }) => name.value === selection.name.value);
        if (definition === undefined) return selection;
        const nested =
          selection.selectionSet && this.#replaceIn(selection.selectionSet, namedType(definition.type));
        if ((definition.arguments?.length ?? 0) === 0) return { ...selection, selectionSet: nested };
        const text = print({ ...selection, selectionSet: undefined }).slice(selection.name.value.length);
        const name = this.#standInFor(type, selection.name.value, stripIgnoredCharacters(text));
        return { ...selection, name: { kind: Kind.NAME, value: name }, arguments: [], selectionSet: nested };
      }),
    };
  }

  #standInFor(type: string, field: string, argumentsText: string): string {
    let name = [...this.all].find(
      ([, other]) => other.field === field && other.argumentsText === argumentsText,
    )?.[0];
    if (name === undefined) {
      name = `${field}__required${this.all.size}`;
      this.all.set(name, { field, argumentsText });
    }
    for (const each of [type, ...(this.#implementers.get(type) ?? [])]) {
      const added = this.#byType.get(each) ?? new Map<string, string>();
      this.#byType.set(each, added.set(name, field));
    }
    return name;
  }

  /** Adds the stand-ins to their types: where the field is, of the same type, without its arguments. */
  addTo(document: DocumentNode): DocumentNode {
    const addFields = <T extends FieldsType>(type: T): T => {
      const added = this.#byType.get(type.name.value);
      if (added === undefined) return type;
      const fields = [...added].flatMap(([name, original]): FieldDefinitionNode[] => {
        const definition = type.fields?.find((field) => field.name.value === original);
        if (definition === undefined) return [];
        const directives = definition.directives?.filter(({ name: { value } }) => value === 'join__field');
        return [{ ...definition, name: { kind: Kind.NAME, value: name }, arguments: [], directives }];
      });
      return { ...type, fields: [...(type.fields ?? []), ...fields] };
    };
    return visit(document, { ObjectTypeDefinition: addFields, InterfaceTypeDefinition: addFields });
  }
}

/** What the join directives say of each subgraph. */
function joinsOf(document: DocumentNode): Pick<PreparedSupergraph, 'requirements' | 'keys'> {
  const subgraphNames = graphNames(document);
  const requirements = new Map<string, SelectionSetNode>();
  const keys = new Map<string, SelectionSetNode>();
  const subgraphOf = (directive: ConstDirectiveNode): string => {
    const graph = directive.arguments?.find(({ name }) => name.value === 'graph')?.value;
    return (graph?.kind === Kind.ENUM ? subgraphNames.get(graph.value) : undefined) ?? '';
  };
  for (const definition of document.definitions) {
    if (!isFieldsType(definition)) continue;
    const type = definition.name.value;
    for (const directive of definition.directives ?? []) {
      const key = directive.name.value === 'join__type' ? stringArgument(directive, 'key') : undefined;
      const at = subgraphKey(subgraphOf(directive), type);
      if (key !== undefined && !isUnresolvable(directive) && !keys.has(at)) keys.set(at, parseSelection(key));
    }
    for (const field of definition.fields ?? []) {
      for (const directive of field.directives ?? []) {
        const required =
          directive.name.value === 'join__field' ? stringArgument(directive, 'requires') : undefined;
        const at = `${subgraphKey(subgraphOf(directive), type)}.${field.name.value}`;
        if (required !== undefined) requirements.set(at, parseSelection(required));
      }
    }
  }
  return { requirements, keys };
}

/** `join__Graph` value → subgraph name. */
function graphNames(document: DocumentNode): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.ENUM_TYPE_DEFINITION || definition.name.value !== 'join__Graph') continue;
    for (const value of definition.values ?? []) {
      const graph = value.directives?.find(({ name }) => name.value === 'join__graph');
      const name = graph && stringArgument(graph, 'name');
      if (name !== undefined) names.set(value.name.value, name);
    }
  }
  return names;
}

function fieldTypesOf(document: DocumentNode): PreparedSupergraph['fieldType'] {
  const types = new Map<string, Map<string, TypeNode>>();
  for (const definition of document.definitions) {
    if (!isFieldsType(definition)) continue;
    const fields = (definition.fields ?? []).map(({ name, type }) => [name.value, type] as const);
    types.set(definition.name.value, new Map(fields));
  }
  return (type, field) => {
    const found = types.get(type)?.get(field);
    return found && { type: namedType(found), lists: listsAround(found) };
  };
}

function isFieldsType(definition: DefinitionNode): definition is FieldsType {
  return (
    definition.kind === Kind.OBJECT_TYPE_DEFINITION || definition.kind === Kind.INTERFACE_TYPE_DEFINITION
  );
}

function stringArgument(directive: ConstDirectiveNode, name: string): string | undefined {
  const value = directive.arguments?.find((argument) => argument.name.value === name)?.value;
  return value?.kind === Kind.STRING ? value.value : undefined;
}

function parseSelection(text: string): SelectionSetNode {
  const [definition] = parse(`{${text}}`, { noLocation: true }).definitions;
  if (definition?.kind !== Kind.OPERATION_DEFINITION) throw new Error(`Not a selection: ${text}`);
  return definition.selectionSet;
}

function selectionText(selectionSet: SelectionSetNode): string {
  return stripIgnoredCharacters(print(selectionSet)).slice(1, -1);
}

function namedType(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : namedType(type.type);
}

function listsAround(type: TypeNode): number {
  if (type.kind === Kind.NAMED_TYPE) return 0;
  return listsAround(type.type) + (type.kind === Kind.LIST_TYPE ? 1 : 0);
}
