/* The thread of the event log, but it ends in the middle of a transaction when it is given an event of subject `die`. */
import { parentPort } from 'node:worker_threads';
import type { Request } from '#events/bus/embedded/protocol.ts';

parentPort?.on('message', ({ call, asks }: Request) => {
  if (call === 'append' && asks.some(({ json }) => json.includes('"subject":"die"'))) process.exit(3);
});
await import('#events/bus/embedded/log-worker.ts');
