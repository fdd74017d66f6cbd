import helmet from '@fastify/helmet';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { sendBody } from '#gateway/edge/compression.ts';
import type { EdgeOptions } from '#gateway/edge/options.ts';
import { probeSubgraphs } from '#gateway/fetching/probe.ts';
import type { RequestScope } from '#gateway/fetching/request-scope.ts';
import { Draining } from '#gateway/pipeline/http-errors.ts';
import { runPipeline } from '#gateway/pipeline/index.ts';
import { errorsOf } from '#gateway/pipeline/respond.ts';
import type { PipelineAnswer, PipelineParts } from '#gateway/pipeline/types.ts';
import { unknownClient } from '#gateway/usage/client.ts';
import { admit, type Serving } from './lifetime.ts';
import { openApiOf } from './openapi.ts';
import { type Opener, openerOf, servePasses } from './page-passes.ts';
import { refusePage } from './page-problem.ts';
import { servePageStreams } from './page-stream.ts';
import { openPageUsage, type UsageFor } from './page-usage.ts';
import { logRequest } from './request-log.ts';
import { sourcesOf } from './rest-sources.ts';
import type { Page, PageAnswer, PageRequest, Question, Reply, Site } from './site.ts';

const assetPath = '/assets/';
/* Each page's policy is set where it is sent. `frame-ancestors` of it can name origins, unlike the older header. */
const helmetOptions = { contentSecurityPolicy: false, xFrameOptions: false };
const contentTypes = { html: 'text/html; charset=utf-8', json: 'application/json; charset=utf-8' } as const;

/**
 * Serves a site's pages and their files. A page asks the graph through the same pipeline as every other client. What
 * it may load and who may frame it is said by the `Content-Security-Policy` here, whatever the page writes.
 *
 * The edge says whose pages may show embeddable pages in a frame.
 */
export function servePages(app: FastifyInstance, serving: Serving, site: Site, edge: EdgeOptions): void {
  app.register(async (scope) => {
    await scope.register(helmet, helmetOptions);
    declareRoutes(scope, serving, site, edge.browser.frameAncestors);
    servePageStreams(scope, serving, site.pages, edge);
  });
}

function declareRoutes(
  app: FastifyInstance,
  serving: Serving,
  site: Site,
  ancestors: readonly string[],
): void {
  const usageFor = openPageUsage(serving);
  for (const page of site.pages) {
    const policy = contentPolicy(page, ancestors);
    app.get(page.path, { exposeHeadRoute: false }, (request, reply) => {
      void answer(serving, page, { policy, usageFor }, request, reply);
    });
  }
  servePasses(app, serving, site);
  app.get<{ Params: { name: string } }>(`${assetPath}:name`, async (request, reply) => {
    const asset = await site.asset(request.params.name);
    if (asset === undefined) {
      return reply.callNotFound();
    }
    reply
      .header('content-type', asset.contentType)
      .header('cache-control', 'public, max-age=31536000, immutable');
    sendBody(reply, asset.body);
    return reply;
  });
}

/** Everything comes from here and no script stands in the page, so that text that got in cannot run or call out. */
function contentPolicy({ isEmbeddable, hasInlineStyles }: Page, ancestors: readonly string[]): string {
  const framers = isEmbeddable === true && ancestors.length > 0 ? ancestors.join(' ') : "'none'";
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self'${hasInlineStyles === true ? " 'unsafe-inline'" : ''}`,
    "img-src 'self' data:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    `frame-ancestors ${framers}`,
  ].join('; ');
}

async function answer(
  serving: Serving,
  page: Page,
  { policy, usageFor }: { readonly policy: string; readonly usageFor: UsageFor },
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const scope = admit(serving, request, reply, true);
  const asked: PipelineAnswer[] = [];
  let status: number;
  try {
    if (serving.lifetime.isDraining) {
      throw Draining();
    }
    const opener = await openerOf(serving, page, request);
    const usage = () => usageFor(opener.parts, request.headers.authorization);
    const made = await page.answer({
      ...pageRequest(serving, scope, request, reply, page, opener, asked),
      usage,
    });
    status = made.kind === 'redirect' ? 303 : made.status;
    if (scope.ended !== 'client-gone') {
      send(reply, made, policy);
    }
  } catch (thrown) {
    status = refusePage(serving, request, reply, { title: 'The page cannot be shown', thrown });
  }
  for (const ended of asked) {
    logRequest(serving.log, scope, ended, status);
  }
  if (asked.length === 0) {
    const ms = Math.round((performance.now() - scope.startedAt) * 10) / 10;
    serving.log.info({ requestId: scope.id, traceId: scope.traceId, page: page.path, status, ms }, 'request');
  }
}

function pageRequest(
  serving: Serving,
  scope: RequestScope,
  request: FastifyRequest,
  reply: FastifyReply,
  page: Page,
  opener: Opener,
  asked: PipelineAnswer[],
): Omit<PageRequest, 'usage'> {
  const generation = serving.generation();
  return {
    query: request.query as Readonly<Record<string, unknown>>,
    passFor: opener.passFor,
    openApi: () => openApiOf(generation).document,
    subgraphs: () => probeSubgraphs(generation.targets),
    ask: async (question) => {
      const ended = await askGraph(opener.parts, serving, scope, request, reply, page, question);
      asked.push(ended);
      /* The page is not made without its part: who asks too often is told so, as everywhere. */
      if (ended.kind === 'refused' && ended.error.code === 'RATE_LIMITED') throw ended.error;
      return replyOf(ended, scope);
    },
  };
}

function askGraph(
  parts: PipelineParts,
  serving: Serving,
  scope: RequestScope,
  request: FastifyRequest,
  reply: FastifyReply,
  page: Page,
  question: Question,
): Promise<PipelineAnswer> {
  return runPipeline(parts, {
    scope,
    parameters: { query: question.document, operationName: undefined, variables: question.variables },
    allowsMutations: false,
    isOwnDocument: true,
    authorization: request.headers.authorization,
    client: { name: `page ${page.path}`, version: unknownClient.version },
    countViewer: (viewer) => serving.countViewer(viewer, reply),
    timeoutMsOf: () => question.timeoutMs,
  });
}

function replyOf(ended: PipelineAnswer, scope: RequestScope): Reply {
  if (ended.kind === 'refused') {
    return { data: null, errors: errorsOf(ended), sources: {} };
  }
  const { data } = JSON.parse(ended.result.body.toString()) as { data: unknown };
  const { subgraphs } = ended.plan;
  /* A page may have asked others before: what they said is not of this answer. */
  const records = (scope.records ?? []).filter(({ subgraph }) => subgraphs.includes(subgraph));
  const sources = sourcesOf(subgraphs, records);
  return { data, errors: ended.result.errors, sources };
}

function send(reply: FastifyReply, made: PageAnswer, policy: string): void {
  reply.header('cache-control', 'no-store').header('x-request-id', reply.request.id);
  if (made.kind === 'redirect') {
    reply.redirect(made.location, 303);
    return;
  }
  reply
    .code(made.status)
    .header('content-type', contentTypes[made.kind])
    .header('content-security-policy', policy)
    .header('referrer-policy', 'same-origin');
  sendBody(reply, made.body);
}
