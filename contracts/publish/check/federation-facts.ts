import {
  type ArgumentNode,
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  Kind,
  type OperationDefinitionNode,
  parse,
  print,
  type SelectionSetNode,
  stripIgnoredCharacters,
  type ValueNode,
  visit,
} from 'graphql';

/** One `@key` of a type. */
export interface EntityKey {
  /** The field set without needless characters. */
  readonly text: string;
  /** Leaf fields, as `id` or `organization.id`. */
  readonly leaves: readonly string[];
  readonly resolvable: boolean;
}

/** A directive as it is applied, under the name that its specification gives it. */
export interface AppliedDirective {
  readonly name: string;
  readonly arguments: readonly ArgumentNode[];
  /** Printed, for comparing and for messages. */
  readonly text: string;
}

/** What a subgraph's schema says to the federation rather than to clients. */
export interface FederationFacts {
  /** By type. */
  readonly keys: ReadonlyMap<string, readonly EntityKey[]>;
  /** By coordinate; `schema` for those of the schema itself. */
  readonly directives: ReadonlyMap<string, readonly AppliedDirective[]>;
}

/** Reads the keys and directives of a schema. What `@link` imports under another name is called as it was. */
export function federationFacts(document: DocumentNode): FederationFacts {
  const names = importedNames(document);
  const directives = new Map<string, AppliedDirective[]>();
  const around: string[] = [];
  visit(document, {
    enter(node) {
      if (!('directives' in node)) return;
      const isSchema = node.kind === Kind.SCHEMA_DEFINITION || node.kind === Kind.SCHEMA_EXTENSION;
      if (!isSchema && !('name' in node && node.name?.kind === Kind.NAME)) return;
      around.push(isSchema ? 'schema' : (node as { name: { value: string } }).name.value);
      const applied = (node.directives ?? []).map((directive) => appliedDirective(directive, names));
      const coordinate = around.join('.');
      directives.set(coordinate, [...(directives.get(coordinate) ?? []), ...applied]);
    },
    leave(node) {
      const isSchema = node.kind === Kind.SCHEMA_DEFINITION || node.kind === Kind.SCHEMA_EXTENSION;
      if ('directives' in node && (isSchema || ('name' in node && node.name?.kind === Kind.NAME)))
        around.pop();
    },
  });
  const keys = [...directives].flatMap(([coordinate, applied]): [string, EntityKey[]][] => {
    const own = applied.flatMap(entityKey);
    return own.length === 0 ? [] : [[coordinate, own]];
  });
  return { keys: new Map(keys), directives };
}

/** The value of a list of lists of names, such as the scopes of `@requiresScopes`. */
export function nameLists(value: ValueNode | undefined): readonly (readonly string[])[] {
  if (value?.kind !== Kind.LIST) return [];
  return value.values.map((inner) =>
    inner.kind === Kind.LIST ? inner.values.map((name) => ('value' in name ? String(name.value) : '')) : [],
  );
}

function appliedDirective(directive: DirectiveNode, names: ReadonlyMap<string, string>): AppliedDirective {
  const local = directive.name.value;
  const name = names.get(local) ?? local.replace(/^federation__/, '');
  return { name, arguments: directive.arguments ?? [], text: print(directive) };
}

function entityKey({ name, arguments: given }: AppliedDirective): EntityKey[] {
  const fields = given.find((each) => each.name.value === 'fields')?.value;
  if (name !== 'key' || fields?.kind !== Kind.STRING) return [];
  const resolvable = given.find((each) => each.name.value === 'resolvable')?.value;
  const set = fieldSet(fields.value);
  if (set === undefined) return [];
  const isResolvable = !(resolvable?.kind === Kind.BOOLEAN && !resolvable.value);
  return [{ text: textOf(set), leaves: leavesOf(set), resolvable: isResolvable }];
}

/** Undefined where it is none; composition says so. */
function fieldSet(text: string): SelectionSetNode | undefined {
  try {
    const [operation] = parse(`{${text}}`, { noLocation: true }).definitions;
    return (operation as OperationDefinitionNode).selectionSet;
  } catch {
    return undefined;
  }
}

/** Sorted, since the order of a key's fields says nothing. */
function textOf(set: SelectionSetNode): string {
  const fields = set.selections.map((selection) => stripIgnoredCharacters(print(selection)));
  return fields.sort().join(' ');
}

function leavesOf(set: SelectionSetNode): readonly string[] {
  return set.selections.flatMap((selection) => {
    if (selection.kind !== Kind.FIELD)
      return selection.kind === Kind.INLINE_FRAGMENT ? leavesOf(selection.selectionSet) : [];
    const field: FieldNode = selection;
    if (field.selectionSet === undefined) return [field.name.value];
    return leavesOf(field.selectionSet).map((inner) => `${field.name.value}.${inner}`);
  });
}

/** Names in the file → names in the specification, where `@link(import: [{ name, as }])` changes them. */
function importedNames(document: DocumentNode): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  visit(document, {
    ObjectValue(node) {
      const text = (field: string) => {
        const value = node.fields.find(({ name }) => name.value === field)?.value;
        return value?.kind === Kind.STRING && value.value.startsWith('@') ? value.value.slice(1) : undefined;
      };
      const [name, as] = [text('name'), text('as')];
      if (name !== undefined && as !== undefined) names.set(as, name);
    },
  });
  return names;
}
