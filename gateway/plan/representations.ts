import type { FetchDataRewrite, QueryPlanSelectionNode } from '@apollo/query-planner';
import { jsonText } from './json-text.ts';
import { applyRewrites } from './rewrites.ts';
import { isTreeObject, type TreeObject } from './tree.ts';
import type { TypeIndex } from './type-index.ts';

/** The place where a representation could not be built: a key or required field that is not in the tree. */
export interface MissingInput {
  readonly holder: TreeObject;
  readonly key: string;
}

/**
 * Writes the representation of an object as JSON text. `null` where the fetch does not concern an object of
 * this type, `undefined` where a field that it needs is missing.
 */
export type RepresentationWriter = (source: TreeObject) => string | null | undefined;

interface RequiredField {
  /** The key in the tree. */
  readonly key: string;
  /** The name to send the value under. */
  readonly name: string;
  readonly selections: QueryPlanSelectionNode[] | undefined;
}

export interface Representations {
  /** Writes all that the fetch may need. */
  readonly whole: RepresentationWriter;
  /**
   * Writes what there is, if a key is among it. One fetch may stand for several fields of which some are
   * skipped, and then what only those require was not fetched.
   */
  readonly available: RepresentationWriter;
}

/**
 * Compiles the `requires` of an entity fetch. A writer is specialised by the object's type at its first
 * occurrence, so that type conditions and setters of `__typename` cost nothing afterwards.
 */
export function compileRepresentations(
  subgraph: string,
  requires: readonly QueryPlanSelectionNode[],
  inputRewrites: readonly FetchDataRewrite[],
  types: TypeIndex,
): Representations {
  const subsets = new Map<string, RepresentationWriter>();
  return {
    whole: compileRepresentation(requires, inputRewrites, types),
    available(source) {
      const fields = requiredFields(requires, source.__typename, types);
      const present = fields.filter(
        (field) => findMissingInput([selectionOf(field)], source, types) === undefined,
      );
      const names = new Set(present.map(({ name }) => name));
      const keys = types.keysOf(subgraph, source.__typename);
      if (!keys.some((key) => key.every((name) => names.has(name)))) return undefined;
      const subset = `${source.__typename} ${[...names].join()}`;
      let write = subsets.get(subset);
      if (write === undefined) {
        write = compileRepresentation(present.map(selectionOf), inputRewrites, types);
        subsets.set(subset, write);
      }
      return write(source);
    },
  };
}

function selectionOf({ key, name, selections }: RequiredField): QueryPlanSelectionNode {
  return { kind: 'Field', alias: key, name, selections };
}

function compileRepresentation(
  requires: readonly QueryPlanSelectionNode[],
  inputRewrites: readonly FetchDataRewrite[],
  types: TypeIndex,
): RepresentationWriter {
  const simple = inputRewrites.every(isSetterOfTopField);
  const write = compileObject(requires, types, simple ? inputRewrites : []);
  if (simple) return write;
  return (source) => {
    const text = write(source);
    if (text === null || text === undefined) return text;
    const representation: TreeObject = JSON.parse(text);
    applyRewrites(inputRewrites, representation, types);
    return JSON.stringify(representation);
  };
}

/** Finds what was missing when a writer gave `undefined`. */
export function findMissingInput(
  requires: readonly QueryPlanSelectionNode[],
  source: TreeObject,
  types: TypeIndex,
): MissingInput | undefined {
  if (source.__typename === undefined && requires.some((selection) => selection.kind === 'InlineFragment')) {
    return { holder: source, key: '__typename' };
  }
  for (const field of requiredFields(requires, source.__typename, types)) {
    const value = source[field.key];
    if (value === undefined) return { holder: source, key: field.key };
    if (!field.selections) continue;
    for (const nested of Array.isArray(value) ? value.flat(Number.POSITIVE_INFINITY) : [value]) {
      const missing = isTreeObject(nested) ? findMissingInput(field.selections, nested, types) : undefined;
      if (missing) return missing;
    }
  }
  return undefined;
}

function isSetterOfTopField(rewrite: FetchDataRewrite): boolean {
  return (
    rewrite.kind === 'ValueSetter' &&
    rewrite.path.slice(0, -1).every((element) => element.startsWith('... on '))
  );
}

function compileObject(
  selections: readonly QueryPlanSelectionNode[],
  types: TypeIndex,
  setters: readonly FetchDataRewrite[],
): RepresentationWriter {
  if (setters.length === 0 && selections.every((selection) => selection.kind === 'Field')) {
    return compileFields(requiredFields(selections, undefined, types), types, new Map());
  }
  const writers = new Map<string, RepresentationWriter>();
  return (source) => {
    const typename = source.__typename;
    if (typeof typename !== 'string') return undefined;
    let writer = writers.get(typename);
    if (writer === undefined) {
      writer = compileFields(
        requiredFields(selections, typename, types),
        types,
        constantsFor(setters, typename, types),
      );
      writers.set(typename, writer);
    }
    return writer(source);
  };
}

/** The fields that a representation of this type has, merged over the type conditions that hold for it. */
function requiredFields(
  selections: readonly QueryPlanSelectionNode[],
  typename: unknown,
  types: TypeIndex,
): RequiredField[] {
  const fields = new Map<string, RequiredField>();
  const add = (from: readonly QueryPlanSelectionNode[]): void => {
    for (const selection of from) {
      if (selection.kind === 'Field') {
        const key = selection.alias ?? selection.name;
        const nested = [...(fields.get(key)?.selections ?? []), ...(selection.selections ?? [])];
        fields.set(key, { key, name: selection.name, selections: nested.length > 0 ? nested : undefined });
      } else if (types.satisfies(typename, selection.typeCondition)) {
        add(selection.selections);
      }
    }
  };
  add(selections);
  return [...fields.values()];
}

function constantsFor(
  setters: readonly FetchDataRewrite[],
  typename: string,
  types: TypeIndex,
): Map<string, string> {
  const constants = new Map<string, string>();
  for (const setter of setters) {
    if (setter.kind !== 'ValueSetter') continue;
    const holds = setter.path
      .slice(0, -1)
      .every((element) => types.satisfies(typename, element.slice('... on '.length)));
    const key = setter.path.at(-1);
    if (holds && key !== undefined) constants.set(key, jsonText(setter.setValueTo));
  }
  return constants;
}

function compileFields(
  fields: readonly RequiredField[],
  types: TypeIndex,
  constants: ReadonlyMap<string, string>,
): RepresentationWriter {
  if (fields.length === 0) return () => null;
  const parts = fields.map((field, index) => ({
    key: field.key,
    prefix: `${index === 0 ? '{' : ','}${JSON.stringify(field.name)}:`,
    constant: constants.get(field.key),
    nested: field.selections ? compileObject(field.selections, types, []) : undefined,
  }));
  return (source) => {
    let text = '';
    for (const part of parts) {
      const value = source[part.key];
      if (value === undefined) return undefined;
      if (part.constant !== undefined) {
        text += part.prefix + part.constant;
      } else {
        const valueText = part.nested ? nestedText(value, part.nested) : jsonText(value);
        if (valueText === undefined) return undefined;
        text += part.prefix + valueText;
      }
    }
    return `${text}}`;
  };
}

function nestedText(value: unknown, write: RepresentationWriter): string | undefined {
  if (value === null) return 'null';
  if (Array.isArray(value)) {
    const elements: string[] = [];
    for (const element of value) {
      const text = nestedText(element, write);
      if (text === undefined) return undefined;
      elements.push(text);
    }
    return `[${elements.join(',')}]`;
  }
  if (!isTreeObject(value)) return jsonText(value);
  const text = write(value);
  return text === null ? '{}' : text;
}
