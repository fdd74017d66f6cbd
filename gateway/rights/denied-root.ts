import { Kind, type SelectionSetNode } from 'graphql';
import { GatewayError } from '#gateway/pipeline/errors.ts';
import type { PreparedOperation } from '#gateway/pipeline/operation.ts';
import type { Fault } from '#gateway/plan/errors.ts';
import { responseName } from '#gateway/plan/errors.ts';
import type { Permit } from './permit.ts';

/** Statuses by code; a denial elsewhere in an answer has none. */
const statuses: Readonly<Record<string, number>> = { UNAUTHENTICATED: 401 };
const forbidden = 403;

/**
 * Why a viewer may not have the field of a subscription at all; undefined where something of it is left. What is denied
 * further down is missing from each message instead, with its error.
 */
export function deniedRoot(
  { document, node }: PreparedOperation,
  { variant }: Permit,
): GatewayError | undefined {
  const fields = variant?.denials?.fields;
  if (fields === undefined) {
    return undefined;
  }
  const refusalIn = (selectionSet: SelectionSetNode): GatewayError | undefined => {
    for (const selection of selectionSet.selections) {
      if (selection.kind === Kind.FIELD) {
        const fault = fields.get(selection);
        if (fault !== undefined) return refusal(responseName(selection), fault);
        continue;
      }
      const inner =
        selection.kind === Kind.INLINE_FRAGMENT
          ? selection
          : document.definitions.find(
              (each) => each.kind === Kind.FRAGMENT_DEFINITION && each.name.value === selection.name.value,
            );
      const found = inner && 'selectionSet' in inner ? refusalIn(inner.selectionSet) : undefined;
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return refusalIn(node.selectionSet);
}

function refusal(name: string, { message, extensions }: Fault): GatewayError {
  const code = String(extensions.code);
  const errors = [{ message, path: [name], extensions }];
  return new GatewayError({ code, status: statuses[code] ?? forbidden, kind: 'request', message, errors });
}
