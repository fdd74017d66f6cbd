import { type ConstDirectiveNode, print, valueFromASTUntyped } from 'graphql';
import { fieldOf, type GraphSource, namedType, objectsOf } from './graph-sources.ts';

/** Lists of names, any one of which is enough, whose names are all needed. */
type Alternatives = readonly (readonly string[])[];

/**
 * What a value of a field needs where an event repeats it, as directives with a space in front: what stands on the field,
 * on its type and on the type that it returns, in every subgraph. Empty where nothing does.
 */
export function accessOfField(sources: readonly GraphSource[], type: string, field: string): string {
  const found = sources.flatMap((source) => fieldOf(source, type, field) ?? []);
  const types = [type, ...found.map((one) => namedType(one.type))];
  return accessOf([...found.map(({ directives }) => directives ?? []), ...directivesOf(sources, types)]);
}

/** The same for an event about an entity of this type. */
export function accessOfType(sources: readonly GraphSource[], type: string): string {
  return accessOf(directivesOf(sources, [type]));
}

function directivesOf(
  sources: readonly GraphSource[],
  types: readonly string[],
): readonly (readonly ConstDirectiveNode[])[] {
  return [...new Set(types)].flatMap((type) =>
    sources.flatMap((source) => objectsOf(source, type).map(({ directives }) => directives ?? [])),
  );
}

/** What stands at several places is needed together. */
function accessOf(places: readonly (readonly ConstDirectiveNode[])[]): string {
  const all = places.flat();
  const named = (name: string) =>
    all.filter((node) => node.name.value === name || node.name.value === `federation__${name}`);
  const authenticated = named('authenticated').length > 0 ? ' @authenticated' : '';
  return (
    authenticated +
    written('requiresScopes', 'scopes', named('requiresScopes')) +
    written('policy', 'policies', named('policy'))
  );
}

function written(name: string, argument: string, nodes: readonly ConstDirectiveNode[]): string {
  if (nodes.length === 0) return '';
  const texts = [...new Set(nodes.map((node) => print(node)))];
  const distinct = texts.map((text) => nodes.find((node) => print(node) === text) as ConstDirectiveNode);
  const needed = distinct.map((node) => alternativesOf(node)).reduce(both);
  return ` @${name}(${argument}: ${JSON.stringify(needed)})`;
}

function alternativesOf({ arguments: given }: ConstDirectiveNode): Alternatives {
  const value = given?.[0]?.value;
  return value ? (valueFromASTUntyped(value) as Alternatives) : [[]];
}

function both(one: Alternatives, other: Alternatives): Alternatives {
  return one.flatMap((names) => other.map((more) => [...new Set([...names, ...more])]));
}
