import {
  type DocumentNode,
  type ExecutionResult,
  GraphQLError,
  GraphQLSchema,
  Kind,
  OperationTypeNode,
} from 'graphql';
import { CloseCode, makeServer } from 'graphql-ws';
import type { WebSocket } from 'ws';
import type { WebSocketOptions } from '#gateway/edge/options.ts';
import { closeScope, endScope, openScope } from '#gateway/fetching/request-scope.ts';
import { continueTrace, requestIdFrom } from '#gateway/fetching/trace.ts';
import { type GatewayError, toGatewayError } from '#gateway/pipeline/errors.ts';
import { Draining, TooManyOperations } from '#gateway/pipeline/http-errors.ts';
import { runPipeline } from '#gateway/pipeline/index.ts';
import { bodyOf, refused } from '#gateway/pipeline/respond.ts';
import type { PipelineAnswer } from '#gateway/pipeline/types.ts';
import type { Serving } from './lifetime.ts';
import { checkParameters } from './parameters.ts';
import { logRequest } from './request-log.ts';

/** Why connections are closed, beside the codes of the protocol. Numbers below 4000 are those of RFC 6455. */
export const closeCodes = {
  restarting: 1012,
  tryLater: 1013,
  tooSlow: 4429,
} as const;

/** What the protocol's server knows of a connection of ours. */
interface Connection {
  readonly socket: WebSocket;
  /** The `authorization` of the request that opened it. */
  readonly authorization: string | undefined;
  /** JSON of answers on their way out, by the number that stands for it. */
  readonly bodies: Map<number, string>;
  bodiesMade: number;
}

/** An operation that was refused before anything of it was executed. */
class Refusal extends Error {
  readonly refusal: GatewayError;

  constructor(refusal: GatewayError) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

/* The protocol's server asks for a parsed operation; ours are parsed, and kept, in the pipeline. */
const anyDocument: DocumentNode = {
  kind: Kind.DOCUMENT,
  definitions: [
    {
      kind: Kind.OPERATION_DEFINITION,
      operation: OperationTypeNode.QUERY,
      selectionSet: { kind: Kind.SELECTION_SET, selections: [] },
    },
  ],
};
const noSchema = new GraphQLSchema({});

/**
 * Serves GraphQL over opened WebSockets: queries and mutations, each through the same pipeline as over HTTP. Who asks is
 * said once, by `authorization` in the payload of `connection_init` or else in the headers of the request that opened
 * the connection, and looked at again for every operation.
 */
export function graphqlOverWebSocket(
  serving: Serving,
  options: WebSocketOptions,
): (socket: WebSocket, authorization: string | undefined) => void {
  const server = makeServer<Record<string, unknown>, Connection>({
    connectionInitWaitTimeout: options.initMs,
    onConnect: async ({ extra, connectionParams }) => {
      try {
        await serving.authenticate(authorizationOf(extra, connectionParams));
        return true;
      } catch (error) {
        const { code, status } = toGatewayError(error, 'connection_init');
        extra.socket.close(status >= 500 ? closeCodes.tryLater : CloseCode.Forbidden, code);
        return false;
      }
    },
    onSubscribe: ({ extra, connectionParams, subscriptions }, _, payload) => {
      /* The operation itself is counted already. */
      if (Object.keys(subscriptions).length > options.operations) {
        return asGraphQLErrors(TooManyOperations(options.operations));
      }
      const answer = () => answerOnce(serving, { ...payload }, authorizationOf(extra, connectionParams));
      return { schema: noSchema, document: anyDocument, contextValue: answer };
    },
    execute: ({ contextValue }) => (contextValue as () => AsyncGenerator<ExecutionResult, void>)(),
    onNext: ({ extra }, _id, _payload, _args, result) => {
      extra.bodiesMade += 1;
      extra.bodies.set(extra.bodiesMade, (result as unknown as { readonly body: string }).body);
      return { body: extra.bodiesMade } as unknown as ExecutionResult;
    },
    onError: (_, _id, _payload, [error]) => {
      const cause = error?.originalError;
      return cause instanceof Refusal ? [...asGraphQLErrors(cause.refusal)] : undefined;
    },
  });

  return (socket, authorization) => {
    const connection: Connection = { socket, authorization, bodies: new Map(), bodiesMade: 0 };
    const closed = server.opened(
      {
        protocol: socket.protocol,
        send: (text) => send(connection, withBody(connection, text), options.waitingBytes),
        close: (code, reason) => socket.close(code, reason),
        onMessage: (take) => {
          socket.on('message', (data) => {
            take(String(data)).catch((error: unknown) => {
              serving.log.error({ err: error }, 'a message of a WebSocket could not be handled');
              socket.close(CloseCode.InternalServerError, 'INTERNAL_SERVER_ERROR');
            });
          });
        },
      },
      connection,
    );
    /* What is wrong with a frame has closed it; the client learns it by the code. */
    socket.on('error', (error) => serving.log.info({ cause: error.message }, 'a WebSocket broke'));
    socket.once('close', (code, reason) => void closed(code, String(reason)));
  };
}

function authorizationOf(
  { authorization }: Connection,
  parameters: Readonly<Record<string, unknown>> | undefined,
): string | undefined {
  const given = parameters?.authorization ?? parameters?.Authorization;
  return typeof given === 'string' ? given : authorization;
}

/**
 * The answer of a query or a mutation, as a stream of one. Ending it early ends the request: that is how a client that
 * no longer waits is noticed.
 */
function answerOnce(
  serving: Serving,
  payload: Readonly<Record<string, unknown>>,
  authorization: string | undefined,
): AsyncGenerator<{ readonly body: string }, void> {
  const { lifetime, timeouts, log } = serving;
  const scope = openScope({
    id: requestIdFrom(undefined),
    trace: continueTrace(undefined, undefined),
    deadlineMs: timeouts.requestMs,
    recordsFetches: false,
  });
  let isAsked = false;
  const run = async (): Promise<PipelineAnswer> => {
    lifetime.inFlight += 1;
    try {
      if (lifetime.isDraining) throw Draining();
      return await runPipeline(serving, {
        scope,
        authorization,
        parameters: checkParameters(payload),
        allowsMutations: true,
        countViewer: (viewer) => serving.countViewer(viewer, undefined),
      });
    } catch (thrown) {
      return refused(thrown, scope.id);
    } finally {
      lifetime.inFlight -= 1;
      if (lifetime.inFlight === 0) lifetime.onIdle?.();
    }
  };
  const end = async () => {
    endScope(scope, 'client-gone');
    return { done: true as const, value: undefined };
  };
  return {
    next: async () => {
      if (isAsked) return { done: true, value: undefined };
      isAsked = true;
      const answer = await run();
      closeScope(scope);
      logRequest(log, scope, answer, answer.kind === 'executed' ? 200 : answer.error.status);
      if (scope.ended === 'client-gone') return { done: true, value: undefined };
      if (answer.kind === 'refused') throw new Refusal(answer.error);
      return { done: false, value: { body: String(bodyOf(answer)) } };
    },
    return: end,
    throw: end,
    [Symbol.asyncIterator]() {
      return this;
    },
    async [Symbol.asyncDispose]() {
      await end();
    },
  };
}

function asGraphQLErrors({ errors }: GatewayError): readonly GraphQLError[] {
  return errors.map(
    ({ message, extensions, path }) => new GraphQLError(message, { extensions, ...(path && { path }) }),
  );
}

const bodyMark = /"payload":\{"body":(\d+)\}\}$/;

/** Puts the JSON of an answer where its number stands, so that what is written once is not parsed to be written again. */
function withBody({ bodies }: Connection, text: string): string {
  if (bodies.size === 0) return text;
  const mark = bodyMark.exec(text);
  const body = mark === null ? undefined : bodies.get(Number(mark[1]));
  if (mark === null || body === undefined || !text.startsWith('{"id":')) return text;
  bodies.delete(Number(mark[1]));
  return `${text.slice(0, mark.index)}"payload":${body}}`;
}

/** Sends where the client reads; one that lets too much wait is ended, since it would fill the memory of all. */
function send({ socket }: Connection, text: string, waitingBytes: number): void {
  if (socket.readyState !== socket.OPEN) return;
  if (socket.bufferedAmount > waitingBytes) {
    socket.close(closeCodes.tooSlow, 'CLIENT_TOO_SLOW');
    socket.terminate();
    return;
  }
  socket.send(text);
}
