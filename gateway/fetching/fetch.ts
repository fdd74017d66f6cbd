import type { SubgraphAnswer, SubgraphRequest } from '#gateway/plan/types.ts';
import { Flight } from './flight.ts';
import type { RequestScope } from './request-scope.ts';
import { Requester } from './requester.ts';
import { share } from './sharing.ts';
import type { SubgraphTarget } from './targets.ts';

/**
 * Asks a subgraph. The promise never rejects: whatever is not a GraphQL answer is a `failure` whose message tells
 * clients the subgraph and the kind of failure, while the log gets one line with all of it.
 *
 * It ends at `timeoutMs`, at the request's own deadline, or when the client goes away. The fetch is aborted on the
 * wire when nobody else waits for it.
 *
 * With a `sharingKey` a query may be answered by a fetch that other requests of the same key wait for too. Requests
 * that write give none: neither their mutations nor what they read afterwards is shared.
 */
export function fetchSubgraph(
  target: SubgraphTarget,
  request: SubgraphRequest,
  scope: RequestScope,
  timeoutMs: number,
  sharingKey: string | undefined,
): Promise<SubgraphAnswer> {
  return new Promise((resolve) => {
    const requester = new Requester(target, request, scope, timeoutMs, resolve);
    if (scope.ended !== undefined) {
      requester.cancel(scope.ended);
      return;
    }
    scope.fetches += 1;
    if (target.sharing === undefined || sharingKey === undefined || request.kind === 'mutation') {
      new Flight(target, requester).dispatch();
    } else {
      share(target.sharing, target, requester, sharingKey);
    }
  });
}
