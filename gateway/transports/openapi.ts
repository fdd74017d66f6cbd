import { STATUS_CODES } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { type GraphQLSchema, getNamedType, isListType, Kind, valueFromAST } from 'graphql';
import { sendBody } from '#gateway/edge/compression.ts';
import type { Generation } from '#gateway/supergraph/generation.ts';
import type { Serving } from './lifetime.ts';
import { schemaWriter } from './openapi-schema.ts';
import { type JsonSchema, sharedSchemas } from './openapi-shared.ts';
import type { RestRoute, RouteParameter } from './rest-route.ts';

export const openApiPath = '/openapi.json';

export interface OpenApiParameter {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly required: boolean;
  readonly description?: string;
  readonly schema: JsonSchema;
}

export interface OpenApiResponse {
  readonly description: string;
  readonly content: Readonly<Record<string, { readonly schema: JsonSchema }>>;
}

export interface OpenApiOperation {
  readonly operationId: string;
  readonly summary: string;
  readonly parameters: readonly OpenApiParameter[];
  readonly responses: Readonly<Record<string, OpenApiResponse>>;
}

/** An OpenAPI 3.1 document, https://spec.openapis.org/oas/v3.1.1.html, of which only what is written here is named. */
export interface OpenApiDocument {
  readonly openapi: '3.1.1';
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Readonly<Record<string, { readonly get: OpenApiOperation }>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> };
}

const written = new WeakMap<Generation, { readonly document: OpenApiDocument; readonly text: string }>();

/** Serves the description of the routes that the generation serves. */
export function serveOpenApi(app: FastifyInstance, serving: Serving): void {
  app.get(openApiPath, { exposeHeadRoute: false }, (_, reply) => {
    reply.header('content-type', 'application/json; charset=utf-8').header('cache-control', 'no-cache');
    sendBody(reply, openApiOf(serving.generation()).text);
  });
}

/** The description of a generation's routes, made once. */
export function openApiOf(generation: Generation): {
  readonly document: OpenApiDocument;
  readonly text: string;
} {
  let known = written.get(generation);
  if (known === undefined) {
    const { id, restRoutes, planner } = generation;
    const document = describeRoutes(restRoutes, planner.schema, id);
    known = { document, text: JSON.stringify(document) };
    written.set(generation, known);
  }
  return known;
}

/**
 * Describes REST routes: parameters from their declarations and the variables' types, the 200 from the operation's
 * selections and the schema, and every refusal as the problem it is.
 *
 * @param version of the supergraph, which the answers' shapes follow from
 */
export function describeRoutes(
  routes: readonly RestRoute[],
  schema: GraphQLSchema,
  version: string,
): OpenApiDocument {
  const writer = schemaWriter(schema);
  const paths = routes.map((route): [string, { get: OpenApiOperation }] => [
    route.path,
    {
      get: {
        operationId: route.operation.name ?? route.path.replaceAll(/\W+/g, '_').replaceAll(/^_|_$/g, ''),
        summary: route.summary,
        parameters: route.parameters.map((parameter) =>
          describeParameter(route, parameter, writer.input(parameter.type), schema),
        ),
        responses: { 200: describeAnswer(route, writer.answer(route.operation)), ...refusals },
      },
    },
  ]);
  return {
    openapi: '3.1.1',
    info: {
      title: 'REST routes of the graph',
      version,
      description: 'Each route answers one stored GraphQL operation. Its version is that of the supergraph.',
    },
    servers: [{ url: '/' }],
    paths: Object.fromEntries(paths),
    components: { schemas: { ...sharedSchemas, ...writer.components() } },
  };
}

function describeParameter(
  { operation }: RestRoute,
  { name, in: place, variable, type, description }: RouteParameter,
  schema: JsonSchema,
  graph: GraphQLSchema,
): OpenApiParameter {
  const definition = operation.node.variableDefinitions?.find((one) => one.variable.name.value === variable);
  const byDefault = definition?.defaultValue && valueFromAST(definition.defaultValue, type);
  const isRequired =
    place === 'path' || (definition?.type.kind === Kind.NON_NULL_TYPE && byDefault === undefined);
  const named = graph.getType(getNamedType(type).name);
  const text = description ?? named?.description ?? undefined;
  return {
    name,
    in: place,
    required: isRequired,
    ...(text === undefined ? {} : { description: text }),
    /* A list is given by repeating the parameter. */
    ...(isListType(type) && place === 'query' ? { style: 'form', explode: true } : {}),
    schema: byDefault === undefined ? schema : { ...schema, default: byDefault },
  };
}

function describeAnswer({ root }: RestRoute, fields: JsonSchema): OpenApiResponse {
  return {
    description:
      'Found. `sources` says what each system contributed; a part that is missing because of one has an error at its path.',
    content: {
      'application/json': {
        schema: {
          type: 'object',
          properties: {
            [root]: fields,
            sources: { type: 'object', additionalProperties: { $ref: '#/components/schemas/Source' } },
            errors: { type: 'array', items: { $ref: '#/components/schemas/GraphQLError' } },
          },
          required: [root, 'sources'],
        },
      },
    },
  };
}

const meanings: Readonly<Record<number, string>> = {
  400: 'A parameter is unknown, malformed or refused by the system that was asked.',
  401: 'Nobody could be recognised by what was sent, and the route needs to know who asks.',
  403: 'Whoever asks may not see what the route answers.',
  404: 'There is nothing under this path.',
  405: 'Another method than GET was sent.',
  406: 'The Accept header admits no JSON.',
  429: 'Too many requests were sent.',
  500: 'A fault of the gateway; its log has the request id.',
  502: 'The system that owns the answer gave an error.',
  503: 'The system that owns the answer cannot be reached, or the gateway is shutting down: try again later.',
  504: 'The request took longer than it may.',
};

const retryAfter = {
  'Retry-After': { description: 'Seconds to wait before trying again.', schema: { type: 'string' } },
};

const refusals = Object.fromEntries(
  Object.entries(meanings).map(([status, meaning]) => [
    status,
    {
      description: `${STATUS_CODES[status]}. ${meaning}`,
      ...(status === '503' || status === '429' ? { headers: retryAfter } : {}),
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    },
  ]),
);
