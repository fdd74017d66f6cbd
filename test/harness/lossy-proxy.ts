import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A proxy in front of a subgraph that loses answers while it is told to: what was asked is done all the same. */
export interface LossyProxy {
  readonly url: string;
  /** Given the URL of what stands behind it. */
  behind: string;
  losing: boolean;
  readonly close: () => Promise<void>;
}

export async function startLossyProxy(): Promise<LossyProxy> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const answer = await fetch(proxy.behind, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-request-id': String(request.headers['x-request-id']),
        traceparent: String(request.headers.traceparent),
      },
      body: Buffer.concat(chunks),
      signal: AbortSignal.timeout(10_000),
    });
    const text = await answer.text();
    if (proxy.losing) return void request.socket.destroy();
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(text);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const proxy: LossyProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`,
    behind: '',
    losing: false,
    close: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
  return proxy;
}
