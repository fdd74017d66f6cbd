import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { handleProtocols } from 'graphql-ws';
import { WebSocketServer } from 'ws';
import type { EdgeOptions } from '#gateway/edge/options.ts';
import { mayUse } from '#gateway/edge/origins.ts';
import { Draining, OriginNotAllowed } from '#gateway/pipeline/http-errors.ts';
import { inTurns } from './in-turns.ts';
import type { Serving } from './lifetime.ts';
import { closeCodes, WebSocketConnection } from './websocket-connection.ts';

/** Makes the request a WebSocket where it asks for that, and says whether it did. */
export type TakeWebSocket = (request: FastifyRequest, reply: FastifyReply) => boolean;

/** How long clients have to answer the closing of the gateway before their connections are cut. */
const farewellMs = 1_000;

/**
 * Prepares WebSockets on the server, for the protocol `graphql-transport-ws` of
 * https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
 *
 * A request to upgrade goes through Fastify like any other, so that whatever stands before the transports counts and
 * refuses it too. Pages of other origins than the gateway's own and those of the list are refused: browsers open
 * WebSockets to any host, and ask nobody first.
 *
 * @param largestMessage bytes of one message of a client
 */
export function openWebSockets(
  app: FastifyInstance,
  serving: Serving,
  { browser, webSocket: options }: EdgeOptions,
  largestMessage: number,
): TakeWebSocket {
  const upgrades = new WeakMap<IncomingMessage, { readonly socket: Duplex; readonly head: Buffer }>();
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: largestMessage,
    perMessageDeflate: false,
    handleProtocols,
  });
  const shared = { serving, options };
  const looks = inTurns(
    () => socketsOf(serving),
    options.pingMs,
    (connection) => connection.look(),
  );

  app.server.on('upgrade', (request, socket, head) => {
    upgrades.set(request, { socket, head });
    const response = new ServerResponse(request);
    /* Node no longer reads requests from it, so that nothing can follow a refusal. */
    response.once('finish', () => socket.end());
    socket.on('error', () => socket.destroy());
    response.assignSocket(socket as Parameters<ServerResponse['assignSocket']>[0]);
    app.routing(request, response);
  });
  app.addHook('preClose', async () => {
    clearInterval(looks);
    await closeAll(socketsOf(serving));
    server.close();
  });

  return (request, reply) => {
    const upgrade = upgrades.get(request.raw);
    if (upgrade === undefined) {
      return false;
    }
    const { origin, host } = request.headers;
    if (!mayUse(browser.origins, { origin, host })) {
      throw OriginNotAllowed(origin ?? '');
    }
    if (serving.lifetime.isDraining) {
      throw Draining();
    }
    const { headers } = request;
    reply.hijack();
    reply.raw.detachSocket(upgrade.socket as Parameters<ServerResponse['detachSocket']>[0]);
    const { socket: stream, head } = upgrade;
    server.handleUpgrade(request.raw, stream, head, (socket) => {
      new WebSocketConnection(shared, socket, stream, headers);
    });
    return true;
  };
}

function socketsOf({ liveConnections }: Serving): readonly WebSocketConnection[] {
  return [...liveConnections.open].filter((connection) => connection instanceof WebSocketConnection);
}

async function closeAll(connections: Iterable<WebSocketConnection>): Promise<void> {
  const sockets = Array.from(connections, ({ socket }) => socket);
  const gone = sockets.map((socket) => new Promise<void>((resolve) => socket.once('close', () => resolve())));
  for (const socket of sockets) socket.close(closeCodes.restarting, 'GATEWAY_DRAINING');
  const cut = setTimeout(() => {
    for (const socket of sockets) socket.terminate();
  }, farewellMs);
  await Promise.all(gone);
  clearTimeout(cut);
}
