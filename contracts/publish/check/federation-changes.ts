import type { Change, SubgraphVersion } from './change.ts';
import type { AppliedDirective, EntityKey, FederationFacts } from './federation-facts.ts';
import { nameLists } from './federation-facts.ts';
import type { Affected, Finding } from './finding.ts';
import { affectedBy } from './operation-uses.ts';

/** Changes of keys and directives that known operations would feel; `@shareable` is composition's to judge. */
export function federationFindings(change: Change, before: SubgraphVersion): readonly Finding[] {
  const { federation: is } = change.after;
  const was = before.federation;
  const keys = [...was.keys].flatMap(([type, known]) =>
    lostKeys(type, known, is.keys.get(type) ?? [], change),
  );
  const coordinates = new Set([...was.directives.keys(), ...is.directives.keys()]);
  const directives = [...coordinates]
    // What came or went as a whole is weighed as such.
    .filter((each) => change.after.places.declares(each) && before.places.declares(each))
    .flatMap((each) => directiveChanges(each, was, is, change));
  return [...keys, ...directives];
}

function lostKeys(
  type: string,
  was: readonly EntityKey[],
  is: readonly EntityKey[],
  { uses, after }: Change,
): readonly Finding[] {
  const open = (keys: readonly EntityKey[]) => keys.filter(({ resolvable }) => resolvable);
  const lost = open(was).filter(({ text }) => !open(is).some((key) => key.text === text));
  return lost.map(({ text, leaves }): Finding => {
    const fits = (key: { readonly leaves: readonly string[] }, sent: ReadonlySet<string>) =>
      key.leaves.every((leaf) => sent.has(leaf));
    const users = uses.keys.filter(
      (use) =>
        use.type === type && fits({ leaves }, use.leaves) && !open(is).some((key) => fits(key, use.leaves)),
    );
    const stays = is.some((key) => key.text === text);
    const message = stays
      ? `${type} can no longer be resolved by its key "${text}".`
      : `${type} no longer has the key "${text}".`;
    const remedy = `Keep @key(fields: "${text}") on ${type}, a new key beside it, until no gateway plans with the old one.`;
    const about = {
      layer: 'schema',
      code: stays ? 'KEY_NOT_RESOLVABLE' : 'KEY_REMOVED',
      coordinate: type,
    } as const;
    const at = after.places.nearest(type);
    return users.length === 0
      ? {
          ...about,
          severity: 'note',
          at,
          breaks: [],
          remedy: undefined,
          message: `${message} No plan of a known operation asks by it: allowed.`,
        }
      : {
          ...about,
          severity: 'error',
          at,
          breaks: affectedBy(users),
          remedy,
          message: `${message} Plans in production ask by it.`,
        };
  });
}

/** The directives that keep somebody from seeing something. */
const accessDirectives: ReadonlySet<string> = new Set(['authenticated', 'requiresScopes', 'policy', 'reads']);

function directiveChanges(
  coordinate: string,
  { directives: was }: FederationFacts,
  { directives: is }: FederationFacts,
  change: Change,
): readonly Finding[] {
  const named = (directives: FederationFacts['directives'], name: string) =>
    (directives.get(coordinate) ?? []).filter((directive) => directive.name === name);
  const texts = (list: readonly AppliedDirective[]) =>
    list
      .map(({ text }) => text)
      .sort()
      .join(' ');
  const names = new Set(
    [...(was.get(coordinate) ?? []), ...(is.get(coordinate) ?? [])].map(({ name }) => name),
  );
  return [...names].flatMap((name): Finding[] => {
    const [old, now] = [named(was, name), named(is, name)];
    if (texts(old) === texts(now)) return [];
    const found = directiveChange(name, coordinate, old, now, change);
    return found === undefined ? [] : [found];
  });
}

function directiveChange(
  name: string,
  coordinate: string,
  old: readonly AppliedDirective[],
  now: readonly AppliedDirective[],
  change: Change,
): Finding | undefined {
  const sent = affectedBy(change.uses.of(coordinate));
  const asked = clientsOf(coordinate, change);
  const [was, is] = [old, now].map((list) => list.map(({ text }) => text).join(' '));
  const about = { layer: 'schema', coordinate, at: change.after.places.nearest(coordinate) } as const;
  const weighed = (
    severity: 'error' | 'warning',
    code: string,
    breaks: readonly Affected[],
    message: string,
    remedy: string,
  ): Finding =>
    breaks.length === 0
      ? {
          ...about,
          code,
          severity: 'note',
          message: `${message} No known operation uses it: allowed.`,
          breaks,
          remedy: undefined,
        }
      : { ...about, code, severity, message, breaks, remedy };
  if (accessDirectives.has(name)) {
    if (now.length === 0 || (old.length > 0 && isWider(old, now))) {
      const message = `${coordinate} had ${was} and has ${is || 'none'}: more viewers see it.`;
      return {
        ...about,
        code: 'ACCESS_WIDENED',
        severity: 'warning',
        message,
        breaks: [],
        remedy: 'Make sure that whoever answers for the data agrees.',
      };
    }
    return weighed(
      'error',
      'ACCESS_NARROWED',
      asked,
      `${coordinate} needs ${is}${was === '' ? '' : `, and needed ${was}`}: who lacks it loses the field.`,
      `Leave ${coordinate} open, offer the guarded one under another name, and move these clients there; or give them the scope first, and say that it is meant with --accept-narrowed ${coordinate}.`,
    );
  }
  switch (name) {
    case 'inaccessible':
      return now.length === 0
        ? undefined
        : weighed(
            'error',
            'MADE_INACCESSIBLE',
            asked,
            `${coordinate} is hidden from clients by @inaccessible.`,
            `Take @inaccessible off, and mark it @deprecated(reason: "…"), until nobody asks for it.`,
          );
    case 'external':
      return now.length === 0
        ? undefined
        : weighed(
            'error',
            'MADE_EXTERNAL',
            sent,
            `${coordinate} is @external: ${change.subgraph} no longer resolves it, and plans in production ask it there.`,
            `Resolve it here until no gateway plans with it.`,
          );
    case 'requires':
    case 'provides': {
      const isNeeded = name === 'requires' ? now.length > 0 : old.length > 0;
      const message = `${coordinate} had ${was || `no @${name}`} and has ${is || 'none'}: gateways go on planning as before until they have the new supergraph.`;
      return isNeeded
        ? weighed(
            'warning',
            `${name.toUpperCase()}_CHANGED`,
            sent,
            message,
            'Have the resolver stand both, and publish before you rely on it.',
          )
        : undefined;
    }
    case 'override':
      return {
        ...about,
        code: 'OVERRIDE_CHANGED',
        severity: 'note',
        message: `${coordinate} had ${was || 'no @override'} and has ${is || 'none'}: another subgraph is asked for it.`,
        breaks: [],
        remedy: undefined,
      };
    default:
      return undefined;
  }
}

/** Whether everybody who had what the old scopes ask for has what the new ones do. */
function isWider(old: readonly AppliedDirective[], now: readonly AppliedDirective[]): boolean {
  const alternatives = (list: readonly AppliedDirective[]) =>
    list.flatMap(({ arguments: given }) => nameLists(given[0]?.value));
  const [before, after] = [alternatives(old), alternatives(now)];
  return (
    before.length > 0 &&
    before.every((had) => after.some((needed) => needed.every((scope) => had.includes(scope))))
  );
}

/** Known operations whose documents name it, whichever subgraph they are planned on. */
function clientsOf(coordinate: string, { operations }: Change): readonly Affected[] {
  return affectedBy(
    operations.flatMap((operation) =>
      operation.kind === 'planned' && operation.places.names(coordinate)
        ? [{ operation: operation.known, at: operation.placeOf(coordinate, []) }]
        : [],
    ),
  );
}
