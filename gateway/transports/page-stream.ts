import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { EdgeOptions } from '#gateway/edge/options.ts';
import { mayUse } from '#gateway/edge/origins.ts';
import { closeScope } from '#gateway/fetching/request-scope.ts';
import { Draining, OriginNotAllowed } from '#gateway/pipeline/http-errors.ts';
import { type LiveSession, openSessions, type Sessions } from '#gateway/subscriptions/session.ts';
import { openRequestScope, type Serving } from './lifetime.ts';
import { passIn, readPass } from './page-passes.ts';
import { refusePage } from './page-problem.ts';
import { livePathOf, type Page, type PageLive } from './site.ts';
import { EventStream } from './sse-stream.ts';

/**
 * Serves the streams of pages: `GET <page>/live` with the page's parameters, and with its pass where it was opened with
 * one. It is what `EventSource` reads, with the results of the page's own subscription as `next` events; a browser that
 * connects again goes on by itself behind the last of them. A pass opens no other subscription, and the stream ends with
 * it.
 */
export function servePageStreams(
  app: FastifyInstance,
  serving: Serving,
  pages: readonly Page[],
  edge: EdgeOptions,
): void {
  const { passes } = serving;
  const { tokenWarningMs: warningMs, tokenCheckMs: checkMs } = edge.lasting;
  const passSessions =
    passes && openSessions(async (pass) => (await passes.read(pass ?? '')).viewer, { warningMs, checkMs });
  app.addHook('preClose', async () => passSessions?.close());
  for (const page of pages) {
    const { live } = page;
    if (live === undefined) continue;
    app.get(livePathOf(page), { exposeHeadRoute: false }, (request, reply) => {
      void stream({ serving, passSessions, page, live, edge }, request, reply);
    });
  }
}

interface Streamed {
  readonly serving: Serving;
  readonly passSessions: Sessions | undefined;
  readonly page: Page;
  readonly live: PageLive;
  readonly edge: EdgeOptions;
}

async function stream(streamed: Streamed, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const { serving, page, live, edge } = streamed;
  const scope = openRequestScope(serving, request, false);
  let events: EventStream | undefined;
  try {
    if (serving.lifetime.isDraining) throw Draining();
    const { origin, host } = request.headers;
    if (!mayUse(edge.browser.origins, { origin, host })) throw OriginNotAllowed(origin ?? '');
    const query = request.query as Readonly<Record<string, unknown>>;
    const session = await sessionOf(streamed, request);
    events = new EventStream(serving, reply, scope, session, {
      waitingBytes: edge.webSocket.waitingBytes,
      heartbeatMs: edge.sse.heartbeatMs,
    });
    const subscription = await serving.live.subscribe({
      id: scope.id,
      session,
      parameters: { query: live.document, operationName: undefined, variables: live.variables(query) },
      after: textOf(request.headers['last-event-id']) ?? textOf(query.after),
      countViewer: (viewer) => serving.countViewer(viewer, reply),
      forwarded: () => scope.forwarded,
      isOwnDocument: true,
      sink: events,
    });
    events.subscribed(subscription);
    serving.log.info({ requestId: scope.id, page: page.path, transport: 'sse' }, 'subscribed');
  } catch (thrown) {
    const isAwaited = events?.withdraw() ?? true;
    if (isAwaited) refusePage(serving, request, reply, { title: 'The page cannot be followed', thrown });
  } finally {
    closeScope(scope);
  }
}

async function sessionOf(
  { serving, passSessions, page }: Streamed,
  request: FastifyRequest,
): Promise<LiveSession> {
  const { sessions, passes } = serving;
  const pass = passIn(page, request);
  if (passes === undefined || passSessions === undefined || pass === undefined) {
    return sessions.open(request.headers.authorization);
  }
  await readPass(passes, pass, page, request);
  return passSessions.open(pass);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
