import compress from '@fastify/compress';
import type { FastifyInstance, FastifyReply } from 'fastify';

/** Lets answers of so many bytes and more be compressed, where `sendBody` sends them. */
export async function openCompression(app: FastifyInstance, fromBytes: number): Promise<void> {
  /* Not for every route: looking at each answer once more costs also those who never asked for it. */
  await app.register(compress, {
    global: false,
    threshold: fromBytes,
    encodings: ['br', 'gzip'],
    globalDecompression: false,
  });
}

/** Sends a body, compressed where the client takes that and it is on and worth it. */
export function sendBody(reply: FastifyReply, body: string | Buffer): void {
  if (reply.request.headers['accept-encoding'] !== undefined && reply.server.hasPlugin('@fastify/compress')) {
    reply.compress(body);
  } else {
    reply.send(body);
  }
}
