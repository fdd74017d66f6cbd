import { commonViewer } from '#gateway/identity/common-viewer.ts';
import { type SignViewer, type TokenViewer, viewerHeader } from '#gateway/identity/internal-token.ts';
import { type RequestScope, subgraphHeaders } from './request-scope.ts';
import type { SharedFetch } from './shared-fetch.ts';

/** On whose behalf a request's fetches go out, and their headers by subgraph, signed with the first fetch of each. */
export interface AskedFor {
  readonly viewer: TokenViewer;
  readonly sign: SignViewer;
  readonly signed: Map<string, { readonly headers: string[]; readonly until: number }>;
}

/** A request that lasts longer has its tokens signed anew, well before they expire. */
const resignAfterMs = 30_000;

/** Says who asks, once it is known. Nothing is signed yet. */
export function askFor(scope: RequestScope, viewer: TokenViewer, sign: SignViewer | undefined): void {
  scope.askedFor = sign && { viewer, sign, signed: new Map() };
}

/** The headers of a fetch that is the request's own, names and values in turn. */
export function ownHeaders(scope: RequestScope, subgraph: string): string[] {
  const { askedFor, subgraphHeaders: headers } = scope;
  if (askedFor === undefined) {
    return headers;
  }
  const now = performance.now();
  let signed = askedFor.signed.get(subgraph);
  if (signed === undefined || signed.until < now) {
    const token = askedFor.sign(askedFor.viewer, subgraph, scope.id);
    signed = { headers: [...headers, viewerHeader, token], until: now + resignAfterMs };
    askedFor.signed.set(subgraph, signed);
  }
  return signed.headers;
}

/**
 * The headers of a fetch that several requests share: it is asked for on behalf of what their viewers have in common.
 * Undefined where they may not share one.
 */
export function sharedHeaders(
  scopes: readonly RequestScope[],
  { id, trace }: SharedFetch,
  subgraph: string,
): string[] | undefined {
  const headers = subgraphHeaders(id, trace, scopes[0]?.forwarded ?? []);
  const all = scopes.flatMap(({ askedFor }) => askedFor ?? []);
  const [first] = all;
  if (first === undefined) {
    return headers;
  }
  const viewer =
    all.length === scopes.length ? commonViewer(all.map((askedFor) => askedFor.viewer)) : undefined;
  return viewer && [...headers, viewerHeader, first.sign(viewer, subgraph, id)];
}
