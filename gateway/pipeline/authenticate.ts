import { askFor } from '#gateway/fetching/asked-for.ts';
import { waitWithin } from './plan.ts';
import type { PipelineParts, PipelineRequest, Viewer } from './types.ts';

/**
 * Stage 1: who asks, and that fetches say so. A promise only where a token is verified that was not seen lately.
 * @throws GatewayError `UNAUTHENTICATED`, `IDENTITY_UNAVAILABLE` or `REQUEST_TIMEOUT`.
 */
export function authenticate(
  { authenticate: viewerOf, signViewer }: PipelineParts,
  { scope, authorization }: PipelineRequest,
): Viewer | Promise<Viewer> {
  const known = (viewer: Viewer) => {
    askFor(scope, viewer, signViewer);
    return viewer;
  };
  const found = viewerOf(authorization);
  return found instanceof Promise ? waitWithin(scope, found).then(known) : known(found);
}
