import { STATUS_CODES } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { sendBody } from '#gateway/edge/compression.ts';
import type { RequestScope } from '#gateway/fetching/request-scope.ts';
import { Draining, NotAcceptable } from '#gateway/pipeline/http-errors.ts';
import { runPipeline } from '#gateway/pipeline/index.ts';
import { refused } from '#gateway/pipeline/respond.ts';
import type { GraphQLParameters, PipelineAnswer } from '#gateway/pipeline/types.ts';
import type { ResponseError } from '#gateway/plan/types.ts';
import type { Generation } from '#gateway/supergraph/generation.ts';
import { clientOf } from '#gateway/usage/client.ts';
import { negotiate } from './accept.ts';
import { entityTag, isKnown } from './entity-tag.ts';
import { admit, type Serving } from './lifetime.ts';
import { type Problem, sendProblem } from './problem.ts';
import { logRequest } from './request-log.ts';
import type { RestRoute } from './rest-route.ts';
import { type Source, sourcesOf } from './rest-sources.ts';
import { readValues } from './rest-values.ts';
import type { RouteMatch } from './route-table.ts';

const acceptsJson = negotiate(['application/json']);
const retryAfterSeconds = '2';

/**
 * Serves the routes of the generation, which stand beside operations. Each answers
 * `{ "<root field>": …, "sources": { "<subgraph>": { status, latencyMs, observedAt, ageMs } }, "errors"?: […] }`.
 *
 * A root field that is null without an error is a 404. One that is null because the viewer may not have it is a 401 or
 * 403, and one that is null because the subgraph that owns it did not answer a 503; whatever else is denied or failed
 * leaves the answer a 200, with a failed subgraph named in `sources`.
 */
export function serveRoutes(app: FastifyInstance, serving: Serving): void {
  const handler = (request: FastifyRequest, reply: FastifyReply) => {
    const [path = ''] = request.url.split('?', 1);
    const match = serving.generation().routes(path);
    if (match === undefined) {
      reply.callNotFound();
    } else if (request.method === 'GET') {
      void answer(serving, match, request, reply);
    } else {
      refuseMethod(request, reply);
    }
  };
  const answersPreflights = app.hasPlugin('@fastify/cors');
  const method = app.supportedMethods.filter((name) => name !== 'OPTIONS' || !answersPreflights);
  app.route({ method, url: '/*', exposeHeadRoute: false, handler });
}

function refuseMethod(request: FastifyRequest, reply: FastifyReply): void {
  sendProblem(request, reply, {
    status: 405,
    title: 'Method Not Allowed',
    code: 'METHOD_NOT_ALLOWED',
    detail: `Method ${request.method} is not served here: use GET.`,
    headers: { allow: 'GET' },
  });
}

async function answer(
  serving: Serving,
  match: RouteMatch,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const { route } = match;
  const scope = admit(serving, request, reply, true);
  let ended: PipelineAnswer;
  try {
    ended = await runPipeline(serving, {
      scope,
      authorization: request.headers.authorization,
      client: clientOf(request.headers['x-client-name'], request.headers['x-client-version']),
      parameters: readParameters(serving, match, request),
      allowsMutations: false,
      isOwnDocument: true,
      countViewer: (viewer) => serving.countViewer(viewer, reply),
      timeoutMsOf: (subgraph) => route.timeoutMsBySubgraph[subgraph] ?? route.timeoutMs,
    });
  } catch (thrown) {
    ended = refused(thrown, scope.id);
  }
  const rest = restAnswer(route, ended, scope, serving.generation());
  if (scope.ended !== 'client-gone') {
    if (serving.lifetime.isDraining) {
      reply.header('connection', 'close');
    }
    send(request, reply, rest);
  }
  logRequest(serving.log, scope, ended, reply.statusCode);
}

/** @throws GatewayError when the request is refused before any stage. */
function readParameters(
  serving: Serving,
  { route, parameters }: RouteMatch,
  request: FastifyRequest,
): GraphQLParameters {
  if (serving.lifetime.isDraining) {
    throw Draining();
  }
  const { accept } = request.headers;
  if (acceptsJson(accept) === undefined) {
    throw NotAcceptable(accept ?? '', ['application/json']);
  }
  const query = request.query as Readonly<Record<string, unknown>>;
  return {
    query: route.document,
    operationName: route.operation.name,
    variables: readValues(route, parameters, query),
  };
}

/** Either the JSON of a 200, or a problem. */
type RestAnswer =
  | { readonly kind: 'found'; readonly body: string; readonly tag: string }
  | { readonly kind: 'problem'; readonly problem: Problem };

function restAnswer(
  route: RestRoute,
  ended: PipelineAnswer,
  scope: RequestScope,
  generation: Generation,
): RestAnswer {
  if (ended.kind === 'refused') {
    const { status, code, message, errors, headers } = ended.error;
    const more = errors.length > 1 ? { errors } : {};
    return problem(status, code, message, more, headers);
  }
  const { plan, result } = ended;
  /* Whoever is denied all of a subgraph sees it too, as one that was not asked. */
  const whole = generation.plans.peek(route.operation.planKey)?.compiled.subgraphs ?? [];
  const sources = sourcesOf([...whole, ...plan.subgraphs], scope.records ?? []);
  const { data } = JSON.parse(result.body.toString()) as { data: Readonly<Record<string, unknown>> | null };
  const found = data?.[route.root] ?? null;
  if (found === null) {
    return emptyAnswer(route, plan.rootOwners.get(route.root), sources, result.errors);
  }
  const errors = result.errors.length > 0 ? { errors: result.errors } : {};
  return {
    kind: 'found',
    body: JSON.stringify({ [route.root]: found, sources, ...errors }),
    tag: entityTag(result.body, sources),
  };
}

/** What a subgraph says where the system behind it does not answer: it may a little later. */
const vendorUnavailable = 'VENDOR_UNAVAILABLE';

/** The root field is null: because there is nothing, because of the client, or because of a subgraph. */
function emptyAnswer(
  route: RestRoute,
  owner: string | undefined,
  sources: Readonly<Record<string, Source>>,
  errors: readonly ResponseError[],
): RestAnswer {
  if (errors.length === 0) {
    return problem(404, 'NOT_FOUND', `There is no ${route.root} under this path.`);
  }
  const failed = Object.keys(sources).filter((name) => isFailed(sources[name]));
  if (errors.every(({ extensions }) => extensions.code === vendorUnavailable)) {
    const detail = errors.map((error) => error.message).join(' ');
    return problem(
      503,
      'SOURCE_UNAVAILABLE',
      detail,
      { sources, errors },
      { 'retry-after': retryAfterSeconds },
    );
  }
  if ((owner !== undefined && isFailed(sources[owner])) || failed.length > 0) {
    const detail = `Nothing can be said of ${route.root} while ${failed.join(', ')} does not answer.`;
    return problem(
      503,
      'SOURCE_UNAVAILABLE',
      detail,
      { sources, errors },
      { 'retry-after': retryAfterSeconds },
    );
  }
  if (errors.every(isDenial)) {
    const code = String(errors[0]?.extensions.code);
    const detail = errors.map((error) => error.message).join(' ');
    return code === 'UNAUTHENTICATED'
      ? problem(401, code, detail, { errors }, { 'www-authenticate': 'Bearer' })
      : problem(403, code, detail, { errors });
  }
  const isClients = errors.every((error) => route.badParameterCodes.includes(String(error.extensions.code)));
  return isClients
    ? problem(400, 'BAD_PARAMETER', errors.map((error) => error.message).join(' '), { errors })
    : problem(502, 'SOURCE_FAILED', `A source answered ${route.root} with an error.`, { sources, errors });
}

/** Whether the gateway itself denied something; a subgraph's own refusal names the subgraph. */
function isDenial({ extensions }: ResponseError): boolean {
  const { code, subgraph } = extensions;
  return subgraph === undefined && (code === 'UNAUTHENTICATED' || code === 'FORBIDDEN');
}

function isFailed(source: Source | undefined): boolean {
  return source?.status === 'UNAVAILABLE' || source?.status === 'TIMEOUT';
}

function problem(
  status: number,
  code: string,
  detail: string,
  more: Readonly<Record<string, unknown>> = {},
  headers: Readonly<Record<string, string>> = {},
): RestAnswer {
  const title = STATUS_CODES[status] ?? 'Error';
  return { kind: 'problem', problem: { status, code, title, detail, more, headers } };
}

/**
 * Sends the answer, or 304 where the client has it. A private cache may keep it and has to ask each time whether it
 * still holds; what one viewer sees is not for another.
 */
function send(request: FastifyRequest, reply: FastifyReply, rest: RestAnswer): void {
  if (rest.kind === 'problem') {
    reply.header('cache-control', 'no-store');
    sendProblem(request, reply, rest.problem);
    return;
  }
  reply.headers({ 'cache-control': 'private, no-cache', vary: 'authorization', etag: rest.tag });
  if (isKnown(request.headers['if-none-match'], rest.tag)) {
    reply.code(304).header('x-request-id', request.id).send();
    return;
  }
  reply.header('content-type', 'application/json; charset=utf-8').header('x-request-id', request.id);
  sendBody(reply, rest.body);
}
