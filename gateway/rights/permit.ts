import type { PreparedOperation } from '#gateway/pipeline/operation.ts';
import type { Viewer } from '#gateway/pipeline/types.ts';
import type { Denials } from '#gateway/plan/denials.ts';
import type { Fault } from '#gateway/plan/errors.ts';
import { type Holdings, holdingsOf } from './access.ts';
import { isMet, type Need } from './need.ts';
import type { OperationRights } from './operation-rights.ts';
import type { RightsModel } from './rights-model.ts';
import { makeVariant, type PlanVariant } from './variant.ts';

/** What a viewer may have of an operation. */
export interface Permit {
  /** Equal for two viewers where each requirement that the operation touches is met, or not met, by both. */
  readonly outcome: string;
  /** Undefined where nothing is denied: the operation's own plan serves. */
  readonly variant: PlanVariant | undefined;
}

const nothingRequired: Permit = { outcome: '', variant: undefined };

/** Holdings by viewer; a viewer object lives as long as its request or its token. */
const known = new WeakMap<RightsModel, WeakMap<Viewer, Holdings>>();

/** Stage 6: what the viewer is denied of an operation with these variables. */
export function permitFor(
  operation: PreparedOperation,
  viewer: Viewer,
  variables: Readonly<Record<string, unknown>>,
): Permit {
  const { rights } = operation;
  if (rights === undefined) {
    return nothingRequired;
  }
  const holdings = holdingsIn(rights.model, viewer);
  const unmet = new Set<Need>();
  let bits = '';
  for (const need of rights.needs) {
    const met = isMet(need, holdings);
    bits += met ? '1' : '0';
    if (!met) unmet.add(need);
  }
  const outcome = outcomeOf(rights, bits);
  if (unmet.size === 0) {
    return { outcome, variant: undefined };
  }
  const code = holdings.isAuthenticated ? 'FORBIDDEN' : 'UNAUTHENTICATED';
  const refusals = refusedReads(rights, unmet, variables);
  const deniesMore =
    rights.fields.some(({ need }) => unmet.has(need)) ||
    [...rights.types.values()].some((need) => unmet.has(need));
  if (!deniesMore && refusals.every((each) => each === undefined)) {
    return { outcome, variant: undefined };
  }
  const key = JSON.stringify([code, bits, ...refusals]);
  let variant = rights.variants.get(key);
  if (variant === undefined) {
    variant = makeVariant(operation, key, denialsOf(rights, unmet, refusals, code));
    rights.variants.set(key, variant);
  }
  return { outcome, variant };
}

/**
 * Whether a viewer may have a field that the gateway asks for by itself.
 * @param coordinate `Type.field`
 */
export function mayHave(model: RightsModel | undefined, viewer: Viewer, coordinate: string): boolean {
  const need = model?.fields.get(coordinate);
  return model === undefined || need === undefined || isMet(need, holdingsIn(model, viewer));
}

function denialsOf(
  { fields, readers, types }: OperationRights,
  unmet: ReadonlySet<Need>,
  refusals: readonly (string | undefined)[],
  code: string,
): Denials {
  const fault = (message: string): Fault => ({ message, extensions: { code } });
  const byReading = readers.flatMap(({ node }, index) => {
    const message = refusals[index];
    return message === undefined ? [] : [[node, fault(message)] as const];
  });
  const byThemselves = fields
    .filter(({ need }) => unmet.has(need))
    .map(({ node, coordinate, need }) => [node, fault(`${coordinate} needs ${need.text}.`)] as const);
  const deniedTypes = [...types]
    .filter(([, need]) => unmet.has(need))
    /* Which type it is would be told by its requirement too. */
    .map(([type]) => [type, fault('What stands here needs rights that the viewer does not have.')] as const);
  return { fields: new Map([...byReading, ...byThemselves]), types: new Map(deniedTypes) };
}

/** For each field whose arguments may read something: why it is refused with these variables. */
function refusedReads(
  { readers }: OperationRights,
  unmet: ReadonlySet<Need>,
  variables: Readonly<Record<string, unknown>>,
): readonly (string | undefined)[] {
  return readers.map(({ coordinate, readsWith }) => {
    for (const { coordinate: input, fields, need } of readsWith(variables)) {
      if (unmet.has(need)) {
        return `${coordinate} needs ${need.text}, as ${input} reads ${fields.join(', ')}.`;
      }
    }
    return undefined;
  });
}

function outcomeOf(rights: OperationRights, bits: string): string {
  let outcome = rights.outcomes.get(bits);
  if (outcome === undefined) {
    /* By the requirements themselves, since another operation has others in the same places. */
    const parts = rights.needs.map(({ key }, index) => (bits[index] === '1' ? `+${key}` : `-${key}`));
    outcome = JSON.stringify(parts.sort());
    rights.outcomes.set(bits, outcome);
  }
  return outcome;
}

function holdingsIn(model: RightsModel, viewer: Viewer): Holdings {
  let byViewer = known.get(model);
  if (byViewer === undefined) {
    byViewer = new WeakMap();
    known.set(model, byViewer);
  }
  let holdings = byViewer.get(viewer);
  if (holdings === undefined) {
    holdings = holdingsOf(viewer, model.access);
    byViewer.set(viewer, holdings);
  }
  return holdings;
}
