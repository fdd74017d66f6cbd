import { setTimeout as sleep } from 'node:timers/promises';

/** Far more than a thread of the mock server needs to come to its turn on a busy machine. */
const noticeMs = 50;

/**
 * What a mock server is asked, and a moment: it notes a request in a thread of its own, perhaps after its answer has
 * come, and nothing tells when. Whoever looks at once is told that the request did not come.
 */
export function noted<Server>(ask: (server: Server) => Promise<void>): (server: Server) => Promise<void> {
  return async (server) => {
    await ask(server);
    await sleep(noticeMs);
  };
}
