import type { AddressInfo } from 'node:net';
import fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import { associationRoutes } from './hubspot/associating.ts';
import { batchRoutes } from './hubspot/batches.ts';
import type { Answer, Call, Route } from './hubspot/calls.ts';
import { type Clock, createClock } from './hubspot/clock.ts';
import { invalidRequest, notModelled, Refusal } from './hubspot/errors.ts';
import { createEvents, everySubscription, type Subscription } from './hubspot/events.ts';
import { createFaults, type Fault, type Faults } from './hubspot/faults.ts';
import { createLimits, type LimitSettings, type Limits } from './hubspot/limits.ts';
import { objectRoutes } from './hubspot/objects.ts';
import { createPortal, integration, type Portal, type PortalOptions } from './hubspot/portal.ts';
import { searchRoutes } from './hubspot/search.ts';
import { settingsRoutes } from './hubspot/settings.ts';
import { createTokens, type Tokens } from './hubspot/tokens.ts';
import { createWebhooks, type Webhooks } from './hubspot/webhooks.ts';

export { hubspotLimits } from './hubspot/limits.ts';

export interface HubspotOptions extends Pick<PortalOptions, 'owners' | 'properties' | 'pipelines'> {
  /** Of the app: signs webhooks, and is asked for when a token is refreshed. */
  readonly clientSecret: string;
  readonly clientId?: string;
  readonly refreshToken?: string;
  /** Seconds that an access token is good for. */
  readonly tokenExpiresIn?: number;
  readonly privateAppTokens?: readonly string[];
  readonly portalId?: number;
  readonly appId?: number;
  /** Everything unless said otherwise. */
  readonly subscriptions?: readonly Subscription[];
  /** None unless said otherwise; `hubspotLimits` are the real ones. */
  readonly limits?: LimitSettings;
  /** Milliseconds that the index of searches is behind, as it is at HubSpot by seconds. */
  readonly searchLag?: number;
  /** Associations of one record that one read answers; 500 at HubSpot. */
  readonly associationPageSize?: number;
}

/** A call that reached the server, refused or not. */
export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, readonly string[]>>;
  readonly authorization: string | undefined;
  readonly body: unknown;
  /** Of the answer; 0 where a fault left none. */
  readonly status: number;
}

export interface Hubspot {
  /** The `basePath` of the SDK's client. */
  readonly url: string;
  readonly clock: Clock;
  readonly portal: Portal;
  readonly tokens: Pick<Tokens, 'revoke' | 'grant' | 'issued'>;
  readonly limits: Pick<Limits, 'set'>;
  readonly faults: Pick<Faults, 'add' | 'clear'>;
  readonly webhooks: Webhooks;
  /** In the order in which they were answered. */
  readonly requests: RecordedRequest[];
  readonly close: () => Promise<void>;
}

function queryOf(request: FastifyRequest): URLSearchParams {
  return new URL(request.url, 'http://hubspot.invalid').searchParams;
}

const pathOf = (request: FastifyRequest) => request.url.split('?', 1)[0] ?? '';

/** A stateful HubSpot on loopback that `@hubspot/api-client` takes for the real one. */
export async function startHubspot(options: HubspotOptions): Promise<Hubspot> {
  const { clientSecret, portalId = 6_251_500, appId = 54_321 } = options;
  const clock = createClock();
  const webhooks = createWebhooks({ clock, clientSecret });
  const { portal, state } = createPortal({
    ...options,
    clock,
    onChange: (change) => webhooks.add(events(change)),
  });
  const subscriptions = options.subscriptions ?? everySubscription(state.schema);
  const events = createEvents({ portalId, appId, subscriptions });
  const limits = createLimits(clock, options.limits ?? {});
  const faults = createFaults();
  const tokens = createTokens({
    clock,
    clientSecret,
    clientId: options.clientId ?? 'client-id',
    refreshToken: options.refreshToken ?? 'refresh-token',
    expiresIn: options.tokenExpiresIn ?? 1_800,
    privateAppTokens: options.privateAppTokens ?? ['private-app-token'],
  });
  const requests: RecordedRequest[] = [];
  let url = '';
  const origin = () => url;
  const by = integration(appId);

  const app = fastify({
    bodyLimit: 10_000_000,
    forceCloseConnections: true,
    routerOptions: { ignoreTrailingSlash: true },
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_, text, done) => {
    try {
      done(null, text === '' ? undefined : JSON.parse(String(text)));
    } catch {
      done(invalidRequest('Invalid input JSON: the body is not JSON.'));
    }
  });
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_, text, done) => {
    done(null, new URLSearchParams(String(text)));
  });

  function answered(request: FastifyRequest, reply: FastifyReply, { status, body }: Answer): FastifyReply {
    record(request, status);
    if (body === undefined) return reply.status(status).send();
    return reply.status(status).type('application/json;charset=utf-8').send(JSON.stringify(body));
  }

  function record(request: FastifyRequest, status: number): void {
    const query = queryOf(request);
    requests.push({
      method: request.method,
      path: pathOf(request),
      query: Object.fromEntries([...query.keys()].map((name) => [name, query.getAll(name)])),
      authorization: request.headers.authorization,
      body: request.body instanceof URLSearchParams ? Object.fromEntries(request.body) : request.body,
      status,
    });
  }

  /** True when a fault has taken the answer's place. */
  function disturbed(request: FastifyRequest, reply: FastifyReply, when: Fault['when']): boolean {
    const outcome = faults.meet(`${request.method} ${pathOf(request)}`, when);
    if (outcome === null) return false;
    if (typeof outcome === 'number') {
      record(request, outcome);
      void reply.status(outcome).type('text/html').send(`<html><body>${outcome}</body></html>`);
      return true;
    }
    record(request, 0);
    reply.hijack();
    if (outcome === 'reset') request.raw.socket.destroy();
    return true;
  }

  function handled(request: FastifyRequest, route: Pick<Route, 'handle'>, call: Call, reply: FastifyReply) {
    const answer = route.handle(call);
    return disturbed(request, reply, 'after') ? reply : answered(request, reply, answer);
  }

  app.post('/oauth/v1/token', (request, reply) => {
    if (disturbed(request, reply, 'before')) return reply;
    const form = request.body instanceof URLSearchParams ? request.body : new URLSearchParams();
    const call = { params: {}, query: queryOf(request), body: form };
    return handled(request, { handle: () => tokens.exchange(form) }, call, reply);
  });

  const routes = [
    ...objectRoutes(state, by, origin),
    ...batchRoutes(state, by, clock),
    ...searchRoutes(state, clock, options.searchLag ?? 0),
    ...associationRoutes(state, by, clock, options.associationPageSize ?? 500),
    ...settingsRoutes(state, origin),
  ];
  for (const route of routes) {
    app.route({
      method: route.method,
      url: route.path,
      handler: (request, reply) => {
        if (disturbed(request, reply, 'before')) return reply;
        const params = request.params as Record<string, string>;
        const call = { params, query: queryOf(request), body: request.body };
        tokens.authorize(request.headers.authorization, route.scopes(call));
        void reply.headers(limits.admit(route.isSearch ?? false));
        return handled(request, route, call, reply);
      },
    });
  }

  // The time of an answer is the portal's, as those of its records are.
  app.addHook('onSend', async (_request, reply) => {
    void reply.header('date', new Date(clock.now()).toUTCString());
  });

  app.setNotFoundHandler((request) => {
    throw notModelled(`${request.method} ${pathOf(request)}`);
  });
  app.setErrorHandler((error, request, reply) => {
    const refusal =
      error instanceof Refusal
        ? error
        : new Refusal(500, `The server itself failed: ${error instanceof Error ? error.stack : error}`);
    if (refusal.status === 429 && refusal.body.policyName !== 'SECONDLY')
      void reply.headers(limits.headers());
    return answered(request, reply, refusal);
  });

  await app.listen({ host: '127.0.0.1', port: 0 });
  url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  return { url, clock, portal, tokens, limits, faults, webhooks, requests, close: () => app.close() };
}
