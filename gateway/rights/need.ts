import type { Holdings } from './access.ts';

/** One requirement as a directive states it. `anyOf` lists alternatives, each of which needs all that it lists. */
export type Requirement =
  | { readonly kind: 'authenticated' }
  | { readonly kind: 'scopes' | 'policies'; readonly anyOf: readonly (readonly string[])[] };

/** Requirements that must all hold. The same requirements are the same object throughout one supergraph. */
export interface Need {
  /** The same text for the same requirements in any supergraph. */
  readonly key: string;
  /** What is missing to whom it does not hold: `the scope "contact:read"`. */
  readonly text: string;
  readonly requirements: readonly Requirement[];
}

/** Makes the needs of one supergraph. */
export type Needs = (requirements: readonly Requirement[]) => Need | undefined;

/** `undefined` comes back where nothing is required. */
export function createNeeds(): Needs {
  const made = new Map<string, Need>();
  return (requirements) => {
    if (requirements.length === 0) {
      return undefined;
    }
    const byKey = new Map(requirements.map((each) => [keyOf(each), each]));
    const keys = [...byKey.keys()].sort();
    const key = keys.join('&');
    let need = made.get(key);
    if (need === undefined) {
      const ordered = keys.map((each) => byKey.get(each) as Requirement);
      need = { key, text: ordered.map(textOf).join(' and '), requirements: ordered };
      made.set(key, need);
    }
    return need;
  };
}

/** Whether somebody with these holdings has all that is needed. */
export function isMet(need: Need, holdings: Holdings): boolean {
  return need.requirements.every((requirement) => {
    if (requirement.kind === 'authenticated') {
      return holdings.isAuthenticated;
    }
    const holds = requirement.kind === 'scopes' ? holdings.hasScope : holdings.meetsPolicy;
    return requirement.anyOf.some((all) => all.every(holds));
  });
}

function keyOf(requirement: Requirement): string {
  if (requirement.kind === 'authenticated') {
    return requirement.kind;
  }
  const alternatives = requirement.anyOf.map((all) => JSON.stringify([...new Set(all)].sort()));
  return `${requirement.kind}[${[...new Set(alternatives)].sort().join()}]`;
}

function textOf(requirement: Requirement): string {
  if (requirement.kind === 'authenticated') {
    return 'an authenticated viewer';
  }
  const one = requirement.kind === 'scopes' ? 'scope' : 'policy';
  const isOne = requirement.anyOf.length === 1 && requirement.anyOf[0]?.length === 1;
  const alternatives = requirement.anyOf.map((all) => all.map((name) => `"${name}"`).join(' and '));
  return `the ${isOne ? one : requirement.kind} ${alternatives.join(' or ')}`;
}
