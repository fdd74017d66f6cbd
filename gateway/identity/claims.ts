import type { Viewer } from '#gateway/pipeline/types.ts';
import type { ClaimPath, ClaimPaths } from './settings.ts';

/** A claim that does not say what it must; the path comes from our configuration, never from the token. */
export class ClaimRefused extends Error {
  readonly isMissing: boolean;

  constructor(path: ClaimPath, isMissing: boolean, what: string) {
    super(`claim ${pathOf(path).join('.')} ${what}`);
    this.name = 'ClaimRefused';
    this.isMissing = isMissing;
  }
}

const longestText = 256;
/** Of roles and of scopes: they go out again in a header of every fetch. */
const mostEntries = 256;

/**
 * The viewer that a token's claims describe.
 * @throws ClaimRefused where one is missing, or is not of its kind.
 */
export function viewerOf(
  claims: Readonly<Record<string, unknown>>,
  paths: ClaimPaths,
  defaultTenant: string | undefined,
): Viewer {
  const { claim, equals } = paths.machine;
  const mark = find(claims, claim);
  const isMachine = equals === undefined ? mark !== undefined && mark !== null : mark === equals;
  return {
    kind: isMachine ? 'machine' : 'user',
    id: textAt(claims, paths.id, undefined),
    roles: listAt(claims, paths.roles, /^.+$/s),
    scopes: listAt(claims, paths.scopes, /^\S+$/),
    tenant: textAt(claims, paths.tenant, defaultTenant),
  };
}

/** Claims that `viewerOf` reads as this viewer: what a token for trying is made of. */
export function claimsOf(viewer: Viewer, paths: ClaimPaths): Record<string, unknown> {
  const claims: Record<string, unknown> = {};
  put(claims, paths.id, viewer.id);
  put(claims, paths.roles, viewer.roles);
  put(claims, paths.scopes, viewer.scopes.join(' '));
  put(claims, paths.tenant, viewer.tenant);
  if (viewer.kind === 'machine') {
    put(claims, paths.machine.claim, paths.machine.equals ?? viewer.id);
  }
  return claims;
}

function pathOf(path: ClaimPath): readonly string[] {
  return typeof path === 'string' ? path.split('.') : path;
}

function find(claims: Readonly<Record<string, unknown>>, path: ClaimPath): unknown {
  let value: unknown = claims;
  for (const name of pathOf(path)) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) {
      return undefined;
    }
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

function put(claims: Record<string, unknown>, path: ClaimPath, value: unknown): void {
  const names = pathOf(path);
  let at = claims;
  for (const name of names.slice(0, -1)) {
    const inner = (at[name] ?? {}) as Record<string, unknown>;
    at[name] = inner;
    at = inner;
  }
  at[names.at(-1) as string] = value;
}

function textAt(
  claims: Readonly<Record<string, unknown>>,
  path: ClaimPath,
  otherwise: string | undefined,
): string {
  const value = find(claims, path) ?? otherwise;
  if (value === undefined) {
    throw new ClaimRefused(path, true, 'is missing');
  }
  if (typeof value !== 'string' || value === '' || value.length > longestText) {
    throw new ClaimRefused(path, false, `is not text of 1 to ${longestText} characters`);
  }
  return value;
}

/** Each once. Scopes hold no spaces, since these stand between them. */
function listAt(
  claims: Readonly<Record<string, unknown>>,
  path: ClaimPath,
  shape: RegExp,
): readonly string[] {
  const value = find(claims, path) ?? [];
  const list: unknown = typeof value === 'string' ? value.split(' ').filter(Boolean) : value;
  const isEntry = (entry: unknown) =>
    typeof entry === 'string' && entry.length <= longestText && shape.test(entry);
  if (!Array.isArray(list) || list.length > mostEntries || !list.every(isEntry)) {
    throw new ClaimRefused(path, false, `is no list of at most ${mostEntries} texts`);
  }
  return [...new Set<string>(list)];
}
