import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';
import type { Random } from '#cli/seed/random.ts';

/** The way between clients and gateways, which breaks. */
export interface Road {
  readonly port: number;
  /** Breaks so many of the connections that are open, as a network does: without a word. */
  readonly break: (count: number) => number;
  readonly open: () => number;
  readonly close: () => Promise<void>;
}

/** Listens on loopback and leads each connection to any of the gateways that are alive. */
export async function openRoad(ports: () => readonly number[], random: Random): Promise<Road> {
  const pairs = new Set<readonly [Socket, Socket]>();
  const server = createServer((client) => {
    const alive = ports();
    const port = alive[random.integer(0, Math.max(0, alive.length - 1))];
    client.on('error', () => {});
    if (port === undefined) {
      client.destroy();
      return;
    }
    const gateway = connect(port, '127.0.0.1');
    const pair = [client, gateway] as const;
    const end = () => {
      pairs.delete(pair);
      client.destroy();
      gateway.destroy();
    };
    pairs.add(pair);
    gateway.on('error', end);
    client.once('close', end);
    gateway.once('close', end);
    client.pipe(gateway);
    gateway.pipe(client);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    port: (server.address() as AddressInfo).port,
    open: () => pairs.size,
    break: (count) => {
      const broken = [...pairs].sort(() => random.integer(0, 1) - 0.5).slice(0, count);
      for (const [client] of broken) client.destroy();
      return broken.length;
    },
    close: async () => {
      for (const [client] of [...pairs]) client.destroy();
      await new Promise((done) => server.close(done));
    },
  };
}
