import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  print,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import type { PreparedOperation } from '#gateway/pipeline/operation.ts';
import { selectionConditions } from '#gateway/plan/conditions.ts';
import { freeName } from '#gateway/plan/free-name.ts';
import { planningNames } from '#gateway/plan/planning-names.ts';
import { isTreeObject } from '#gateway/plan/tree.ts';
import type { PlannedDocument } from '#gateway/plan/types.ts';
import type { PlanVariant } from '#gateway/rights/variant.ts';
import type { EventInitial } from './types.ts';

/** How the message that a subscription begins with is planned, read and completed. */
export interface InitialPlan {
  /** The operation with a question for the entity's version: to be given to `planOperation`. */
  readonly variant: PlanVariant;
  /** The version that the entity was read at; undefined where it was not read. For `beforeWrite`. */
  readonly readVersion: (root: Readonly<Record<string, unknown>>) => number | undefined;
  /** Gives the payload's own version field a value, under every name the client has for it. For `beforeWrite`. */
  readonly writeVersion: (root: Readonly<Record<string, unknown>>, version: number | undefined) => void;
}

/**
 * Extends a subscription so that the entity it is about is asked for its version together with everything that the
 * client wants of it. The version stands beside the client's fields, so that one fetch reads both; only where the
 * client asks nothing of the entity, or may not under some variables, the gateway asks by itself.
 *
 * @param variant what the viewer gets of the operation, where something is denied; not its field as a whole
 * @param initial whose `version` is the name of a field of the payload and of the entity
 */
export function initialPlan(
  operation: PreparedOperation,
  variant: PlanVariant | undefined,
  initial: Pick<EventInitial, 'entity' | 'version'>,
  supergraphSchema: GraphQLSchema,
): InitialPlan {
  const asked = variant?.planned ?? { document: operation.document, operation: operation.node };
  const { planned, roots, entities, ownVersions } = extend(asked, initial);
  const names = planningNames(planned.document, supergraphSchema);
  const rootKeys = new Set(roots.map(names.treeKey));
  const versionPaths = entities.map(({ entity, version }) => ({
    entity: names.treeKey(entity),
    version: names.treeKey(version),
  }));
  const ownKeys = new Set(ownVersions.map(names.treeKey));
  const payloads = (root: Readonly<Record<string, unknown>>) =>
    [...rootKeys].map((key) => root[key]).filter(isTreeObject);
  return {
    variant: {
      planKey: `\u0000initial\n${(variant ?? operation).planKey}`,
      text: print(planned.document),
      planned,
      denials: variant?.denials,
    },
    readVersion(root) {
      const versions = payloads(root).flatMap((payload) =>
        versionPaths.flatMap((path) => {
          const entity = payload[path.entity];
          const version = isTreeObject(entity) ? entity[path.version] : undefined;
          return typeof version === 'number' ? [version] : [];
        }),
      );
      /* Of several readings the oldest: an event that some part of the message does not know yet must follow. */
      return versions.length === 0 ? undefined : Math.min(...versions);
    },
    writeVersion(root, version) {
      for (const payload of payloads(root)) {
        for (const key of ownKeys) payload[key] = version ?? null;
      }
    },
  };
}

interface Extended {
  readonly planned: PlannedDocument;
  /** The subscription's field, wherever it is written. */
  readonly roots: readonly FieldNode[];
  readonly entities: readonly { readonly entity: FieldNode; readonly version: FieldNode }[];
  readonly ownVersions: readonly FieldNode[];
}

type Fragments = ReadonlyMap<string, FragmentDefinitionNode>;

function extend({ document, operation }: PlannedDocument, { entity, version }: Names): Extended {
  const fragments: Fragments = new Map(
    document.definitions.flatMap((each) =>
      each.kind === Kind.FRAGMENT_DEFINITION ? [[each.name.value, each] as const] : [],
    ),
  );
  const alias = freeName(document, 'known');
  const roots: FieldNode[] = [];
  const entities: { entity: FieldNode; version: FieldNode }[] = [];
  const ownVersions: FieldNode[] = [];
  const rewritten = new Map<FragmentDefinitionNode, FragmentDefinitionNode>();
  let isSure = asksSurely(operation.selectionSet, fragments, entity);

  /** A node of its own each time: names for planning are chosen by node. */
  const withVersion = (field: FieldNode): FieldNode => {
    const asked: FieldNode = { kind: Kind.FIELD, alias: nameOf(alias), name: nameOf(version) };
    const selections = [...(field.selectionSet?.selections ?? []), asked];
    const extended = { ...field, selectionSet: { kind: Kind.SELECTION_SET, selections } as const };
    entities.push({ entity: extended, version: asked });
    return extended;
  };
  const onPayload = (field: FieldNode): FieldNode => {
    if (field.name.value === version) ownVersions.push(field);
    return field.name.value === entity ? withVersion(field) : field;
  };
  const onRoot = (field: FieldNode): FieldNode => {
    const { selections } = inside(field.selectionSet!, onPayload);
    const added = isSure
      ? []
      : [withVersion({ kind: Kind.FIELD, alias: nameOf(alias), name: nameOf(entity) })];
    isSure = true;
    const root: FieldNode = {
      ...field,
      selectionSet: { kind: Kind.SELECTION_SET, selections: [...selections, ...added] },
    };
    roots.push(root);
    return root;
  };
  const inside = (
    selectionSet: SelectionSetNode,
    onField: (field: FieldNode) => FieldNode,
  ): SelectionSetNode => ({
    ...selectionSet,
    selections: selectionSet.selections.map((selection): SelectionNode => {
      if (selection.kind === Kind.FIELD) return onField(selection);
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        return { ...selection, selectionSet: inside(selection.selectionSet, onField) };
      }
      const fragment = fragments.get(selection.name.value);
      if (fragment && !rewritten.has(fragment)) {
        rewritten.set(fragment, { ...fragment, selectionSet: inside(fragment.selectionSet, onField) });
      }
      return selection;
    }),
  });

  const extended: OperationDefinitionNode = {
    ...operation,
    selectionSet: inside(operation.selectionSet, onRoot),
  };
  return { planned: documentOf(extended, document, rewritten), roots, entities, ownVersions };
}

type Names = Pick<EventInitial, 'entity' | 'version'>;

function documentOf(
  operation: OperationDefinitionNode,
  document: DocumentNode,
  rewritten: ReadonlyMap<FragmentDefinitionNode, FragmentDefinitionNode>,
): PlannedDocument {
  const fragments = document.definitions.flatMap((each) =>
    each.kind === Kind.FRAGMENT_DEFINITION ? [rewritten.get(each) ?? each] : [],
  );
  return { document: { ...document, definitions: [operation, ...fragments] }, operation };
}

/** Whether a payload asks for a field under any variables. */
function asksSurely(root: SelectionSetNode, fragments: Fragments, name: string): boolean {
  const isSure = (selection: SelectionNode): boolean =>
    selectionConditions(selection.directives).every((each) => each.kind === 'constant' && each.holds);
  /** The fields of one level that no condition stands around. */
  const sureFields = ({ selections }: SelectionSetNode): readonly FieldNode[] =>
    selections.filter(isSure).flatMap((selection) => {
      if (selection.kind === Kind.FIELD) return [selection];
      const inner = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value);
      return inner === undefined ? [] : sureFields(inner.selectionSet);
    });
  return sureFields(root).some(({ selectionSet }) =>
    sureFields(selectionSet!).some((field) => field.name.value === name),
  );
}

function nameOf(value: string) {
  return { kind: Kind.NAME, value } as const;
}
