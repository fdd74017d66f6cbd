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

/** What a field of one subgraph needs from others before it can be asked. */
export interface Requirement {
  /** The required selection, in the planner's names. */
  readonly selectionSet: SelectionSetNode;
}

/** The supergraph as the planner gets it, and what is needed to read its plans. */
export interface PreparedSupergraph {
  readonly sdl: string;
  readonly standIns: ReadonlyMap<string, StandIn>;
  /** By `requirementKey`. */
  readonly requirements: ReadonlyMap<string, Requirement>;
}

/** Stand-in fields end so; nobody else's names may. */
export const STAND_IN = /__required\d+$/;

type FieldsType = ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode;

export function requirementKey(subgraph: string, type: string, field: string): string {
  return `${subgraph}\n${type}.${field}`;
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
    requirements: requirementsOf(prepared),
  };
}

function withResolvableFirst<T extends FieldsType>(type: T): T {
  const directives = type.directives ?? [];
  const isLast = (directive: ConstDirectiveNode): boolean =>
    directive.name.value === 'join__type' &&
    directive.arguments?.some(
      ({ name, value }) => name.value === 'resolvable' && value.kind === Kind.BOOLEAN && !value.value,
    ) === true;
  return {
    ...type,
    directives: [...directives.filter((each) => !isLast(each)), ...directives.filter(isLast)],
  };
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

function requirementsOf(document: DocumentNode): Map<string, Requirement> {
  const subgraphNames = new Map<string, string>();
  const requirements = new Map<string, Requirement>();
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.ENUM_TYPE_DEFINITION || definition.name.value !== 'join__Graph') continue;
    for (const value of definition.values ?? []) {
      const graph = value.directives?.find(({ name }) => name.value === 'join__graph');
      const name = graph && stringArgument(graph, 'name');
      if (name !== undefined) subgraphNames.set(value.name.value, name);
    }
  }
  for (const definition of document.definitions) {
    if (!isFieldsType(definition)) continue;
    for (const field of definition.fields ?? []) {
      for (const directive of field.directives ?? []) {
        const required =
          directive.name.value === 'join__field' ? stringArgument(directive, 'requires') : undefined;
        if (required === undefined) continue;
        const graph = directive.arguments?.find(({ name }) => name.value === 'graph')?.value;
        const subgraph = graph?.kind === Kind.ENUM ? subgraphNames.get(graph.value) : undefined;
        if (subgraph === undefined) continue;
        const key = requirementKey(subgraph, definition.name.value, field.name.value);
        requirements.set(key, { selectionSet: parseSelection(required) });
      }
    }
  }
  return requirements;
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
