import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent, request as ask } from 'undici';

/** A request that came, and what was answered. */
export interface Exchange {
  /** The body as it was sent. */
  readonly asked: string;
  readonly status: number;
  readonly answer: string;
}

/** A server that stands before another one and sees what goes through. */
export interface StandIn {
  readonly url: string;
  /** Whom it asks from now on. */
  readonly standFor: (url: string) => void;
  /** What went through, the oldest first; taken out of it by `splice`. */
  readonly seen: Exchange[];
  readonly close: () => Promise<void>;
}

/** Longer than any answer of a subgraph on this machine. */
const timeoutMs = 10_000;
const maxBody = 4 * 1024 * 1024;

/**
 * Opens a stand-in on a free port of loopback. Paths below `/graphql` are asked below the target. Whom it cannot reach it
 * answers for with 502.
 */
export async function openStandIn(target = ''): Promise<StandIn> {
  const seen: Exchange[] = [];
  let current = target;
  // Mock servers come and go on the same ports: a connection that was kept might lead to one that is gone.
  const agent = new Agent({ pipelining: 0 });
  const server = createServer((request, response) => void pass(current, agent, seen, request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`,
    standFor: (url) => {
      current = url;
    },
    seen,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
      await agent.destroy();
    },
  };
}

async function pass(
  url: string,
  dispatcher: Agent,
  seen: Exchange[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const body = await read(request);
    const answer = await ask(`${url}${below(request.url)}`, {
      method: 'POST',
      headers: {
        'content-type': request.headers['content-type'] ?? 'application/json',
        ...(request.headers.accept !== undefined && { accept: request.headers.accept }),
      },
      body,
      dispatcher,
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await answer.body.text();
    seen.push({ asked: body.toString(), status: answer.statusCode, answer: text });
    const type = [answer.headers['content-type'] ?? 'text/plain'].flat()[0];
    response.writeHead(answer.statusCode, { 'content-type': type }).end(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : `${error}`;
    response.writeHead(502, { 'content-type': 'text/plain' }).end(`${url} cannot be asked: ${reason}`);
  }
}

/** `/poll` of `/graphql/poll`. */
function below(path = ''): string {
  return /^\/graphql(\/[^?]+)/.exec(path)?.[1] ?? '';
}

async function read(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBody) throw new Error(`The body is larger than ${maxBody} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
