import { afterEach, describe, expect, test, vi } from 'vitest';
import type { SignViewer, TokenViewer } from '#gateway/identity/internal-token.ts';
import type { Viewer } from '#gateway/pipeline/types.ts';
import { askFor, ownHeaders, sharedHeaders } from './asked-for.ts';
import { closeScope, openScope, type RequestScope } from './request-scope.ts';
import type { SharedFetch } from './shared-fetch.ts';
import { newTrace } from './trace.ts';

const ada: Viewer = { kind: 'user', id: 'ada', tenant: 'acme', roles: ['rep', 'admin'], scopes: ['a', 'b'] };
const bert: Viewer = { ...ada, id: 'bert', roles: ['rep'], scopes: ['b', 'c'] };

const scopes: RequestScope[] = [];
afterEach(() => {
  scopes.splice(0).forEach(closeScope);
  vi.restoreAllMocks();
});

function scopeOf(viewer?: Viewer, sign?: SignViewer): RequestScope {
  const id = `request-${scopes.length}`;
  const scope = openScope({ id, trace: newTrace(true), deadlineMs: 10_000, recordsFetches: false });
  scopes.push(scope);
  if (viewer) {
    askFor(scope, viewer, sign);
  }
  return scope;
}

const signer = () =>
  vi.fn((viewer: TokenViewer, subgraph: string, requestId: string) =>
    [viewer.id, subgraph, requestId].join('/'),
  );
const tokenIn = (headers: readonly string[] | undefined) =>
  headers?.[headers.indexOf('x-tributary-viewer') + 1];
const shared: SharedFetch = {
  id: 'shared-1',
  trace: newTrace(true),
  startedAt: 0,
  requests: 2,
  parts: 1,
  requestIds: [],
  traceIds: [],
};

describe('the headers of a request of its own', () => {
  test('are signed once for each subgraph, with its first fetch', () => {
    const sign = signer();
    const scope = scopeOf(ada, sign);
    expect(sign).not.toHaveBeenCalled();
    const headers = ownHeaders(scope, 'orders');
    expect(tokenIn(headers)).toBe('ada/orders/request-0');
    expect(ownHeaders(scope, 'orders')).toBe(headers);
    expect(tokenIn(ownHeaders(scope, 'people'))).toBe('ada/people/request-0');
    ownHeaders(scope, 'orders');
    expect(sign.mock.calls.map(([, subgraph]) => subgraph)).toEqual(['orders', 'people']);
  });

  test('are signed again before the token expires', () => {
    const clock = vi.spyOn(performance, 'now');
    const sign = signer();
    const scope = scopeOf(ada, sign);
    clock.mockReturnValue(1_000);
    ownHeaders(scope, 'orders');
    clock.mockReturnValue(31_000);
    ownHeaders(scope, 'orders');
    expect(sign).toHaveBeenCalledTimes(1);
    clock.mockReturnValue(31_001);
    ownHeaders(scope, 'orders');
    expect(sign).toHaveBeenCalledTimes(2);
  });

  test('say nothing of the viewer where nothing is signed', () => {
    const scope = scopeOf(ada, undefined);
    expect(ownHeaders(scope, 'orders')).toBe(scope.subgraphHeaders);
    expect(ownHeaders(scope, 'orders')).not.toContain('x-tributary-viewer');
  });
});

describe('the headers of a shared fetch', () => {
  test('stand for what all viewers have, under the id of the fetch', () => {
    const sign = signer();
    const headers = sharedHeaders([scopeOf(ada, sign), scopeOf(bert, sign)], shared, 'orders');
    expect(sign.mock.calls).toEqual([
      [{ kind: 'user', id: null, tenant: 'acme', roles: ['rep'], scopes: ['b'] }, 'orders', 'shared-1'],
    ]);
    expect(headers).toContain('shared-1');
    expect(headers?.filter((header) => header === 'x-tributary-viewer')).toHaveLength(1);
  });

  test('are none where viewers have another tenant, or one is not known', () => {
    const sign = signer();
    const globex = { ...ada, tenant: 'globex' };
    expect(sharedHeaders([scopeOf(ada, sign), scopeOf(globex, sign)], shared, 'orders')).toBeUndefined();
    expect(sharedHeaders([scopeOf(ada, sign), scopeOf()], shared, 'orders')).toBeUndefined();
    expect(sign).not.toHaveBeenCalled();
  });

  test('say nothing of the viewers where nothing is signed', () => {
    const headers = sharedHeaders([scopeOf(ada), scopeOf(bert)], shared, 'orders');
    expect(headers).toContain('shared-1');
    expect(headers).not.toContain('x-tributary-viewer');
  });
});
