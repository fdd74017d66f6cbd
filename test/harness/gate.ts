import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A port before a subgraph. Shut, it refuses connections as one does whose process is gone. */
export interface Gate {
  readonly url: string;
  /** Given the URL of what stands behind it. */
  behind: string;
  readonly shut: () => Promise<void>;
  readonly open: () => Promise<void>;
  readonly close: () => Promise<void>;
}

export async function startGate(): Promise<Gate> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    const inner = connect(Number(new URL(gate.behind).port), '127.0.0.1');
    for (const [one, other] of [
      [socket, inner],
      [inner, socket],
    ] as const) {
      sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const shut = async () => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  const gate: Gate = {
    url: `http://127.0.0.1:${port}/graphql`,
    behind: '',
    shut,
    open: async () => {
      if (!server.listening) await once(server.listen(port, '127.0.0.1'), 'listening');
    },
    close: shut,
  };
  return gate;
}
