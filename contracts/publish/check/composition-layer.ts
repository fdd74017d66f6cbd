import { type DocumentNode, visit } from 'graphql';
import type { CompositionError, CompositionHint } from '../compose.ts';
import type { Change } from './change.ts';
import type { Finding, Place } from './finding.ts';
import { affectedBy } from './operation-uses.ts';

/** Whether the subgraphs still make one supergraph, and what composition newly remarks. */
export function compositionFindings(change: Change): readonly Finding[] {
  const { composedAfter, composedBefore } = change;
  if (composedAfter.kind === 'refused') {
    return withoutRepeats(composedAfter.errors.map((error) => refusal(error, change)));
  }
  const known = composedBefore.kind === 'composed' ? composedBefore.hints : [];
  return composedAfter.hints
    .filter(({ level }) => level !== 'DEBUG')
    .filter((hint) => !known.some(({ code, message }) => code === hint.code && message === hint.message))
    .map((hint) => remark(hint, change));
}

function refusal({ code = 'COMPOSITION_REFUSED', message }: CompositionError, change: Change): Finding {
  const isPath = code === 'SATISFIABILITY_ERROR';
  const coordinates = isPath ? unreachableIn(message) : coordinatesIn(message);
  const coordinate = coordinates[0];
  return {
    layer: 'composition',
    severity: 'error',
    code,
    message: isPath ? pathMessage(message, coordinate) : message,
    coordinate,
    at: placeOf(coordinates, message, change),
    breaks: affectedBy(clientUses(coordinates, change)),
    remedy: remedyOf(code, coordinate, change.subgraph),
  };
}

function remark({ code, level, message }: CompositionHint, change: Change): Finding {
  const coordinates = coordinatesIn(message);
  return {
    layer: 'composition',
    severity: level === 'WARN' ? 'warning' : 'note',
    code,
    message,
    coordinate: coordinates[0],
    at: placeOf(coordinates, message, change),
    breaks: [],
    remedy:
      level === 'WARN'
        ? 'Say the same in every subgraph that has it, unless the difference is meant.'
        : undefined,
  };
}

/** Composition names things in quotes, with their arguments' names in brackets. */
function coordinatesIn(message: string): readonly string[] {
  const quoted = [...message.matchAll(/"([A-Z_]\w*(?:\.\w+(?:\(\w+:\))?)?)"/g)];
  return quoted.map(([, name = '']) => name.replace(/\((\w+):\)/, '.$1'));
}

function unreachableIn(message: string): readonly string[] {
  return [...new Set([...message.matchAll(/cannot find field "(\w+\.\w+)"/g)].map(([, name = '']) => name))];
}

/** The whole explanation holds a query for every subgraph; the reason why no subgraph can be moved to is what counts. */
function pathMessage(message: string, coordinate: string | undefined): string {
  const reasons = [...message.matchAll(/- (cannot move to subgraph .*)/g)].map(([, reason = '']) => reason);
  const [
    first = message
      .split('\n')
      .at(-1)
      ?.replace(/^\s*- /, '') ?? message,
  ] = reasons;
  return `No plan reaches ${coordinate ?? 'a field'} any more: ${first}`;
}

/** Errors about one path are said once for every way there. */
function withoutRepeats(findings: readonly Finding[]): readonly Finding[] {
  return findings.filter(
    ({ code, coordinate, message }, index) =>
      index ===
      findings.findIndex(
        (other) =>
          other.code === code &&
          other.coordinate === coordinate &&
          (coordinate !== undefined || other.message === message),
      ),
  );
}

/** Known operations whose documents name one of these, whichever subgraph answers it today. */
function clientUses(coordinates: readonly string[], { operations }: Change) {
  return operations.flatMap((operation) => {
    if (operation.kind === 'refused') return [];
    const named = coordinates.find((coordinate) => operation.places.names(coordinate));
    return named === undefined ? [] : [{ operation: operation.known, at: operation.placeOf(named, []) }];
  });
}

/** Where the checked schema has it, or has its type; a message of the subgraph's own schema may say the line itself. */
function placeOf(coordinates: readonly string[], message: string, { after }: Change): Place | undefined {
  const declared = coordinates.find((coordinate) => after.places.declares(coordinate));
  if (declared !== undefined) return after.places.nearest(declared);
  for (const coordinate of coordinates) {
    const place = after.places.nearest(coordinate);
    if (place !== undefined) return place;
  }
  const unknown = /Unknown (?:type|directive) "?@?(\w+)/.exec(message)?.[1];
  const line = unknown === undefined ? undefined : lineOfName(after.typeDefs, unknown);
  return line === undefined ? undefined : { file: after.file, line };
}

function lineOfName(document: DocumentNode, name: string): number | undefined {
  let line: number | undefined;
  visit(document, {
    Name: (node) => {
      if (node.value === name) line ??= node.loc?.startToken.line;
    },
  });
  return line;
}

function remedyOf(code: string, coordinate: string | undefined, subgraph: string): string {
  const what = coordinate ?? 'it';
  const type = coordinate?.split('.')[0] ?? 'the type';
  switch (code) {
    case 'INVALID_FIELD_SHARING':
      return `Take ${what} out of ${subgraph}, or mark it @shareable in every subgraph that resolves it. Where it was a key's field, keep the @key.`;
    case 'SATISFIABILITY_ERROR':
      return `Give ${type} a resolvable @key in ${subgraph} that the other subgraphs can send, as it had before, or have them resolve ${what} themselves.`;
    case 'EXTERNAL_MISSING_ON_BASE':
    case 'REQUIRES_INVALID_FIELDS':
    case 'KEY_INVALID_FIELDS':
    case 'PROVIDES_INVALID_FIELDS':
      return `Name only fields that ${type} has, and keep those that another subgraph's directives name.`;
    case 'SUPERGRAPH_NOT_MADE':
      return 'Keep what the message names, or first change what is made from it.';
    case 'INVALID_GRAPHQL':
    case 'TYPE_DEFINITION_INVALID':
      return 'Correct the schema file: it is no valid GraphQL by itself.';
    case 'REQUIRED_INPUT_FIELD_MISSING_IN_SOME_SUBGRAPH':
    case 'REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH':
      return `Make ${what} optional, or add it in the other subgraphs first.`;
    default:
      return `Declare ${what} as the other subgraphs do, or change it in all of them, the optional way first.`;
  }
}
