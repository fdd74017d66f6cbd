import autocannon from 'autocannon';

export interface LoadOptions {
  readonly url: string;
  /** Bodies that are sent in turn. */
  readonly bodies: readonly string[];
  readonly connections: number;
  readonly requests: number;
}

export interface LoadResult {
  readonly requests: number;
  readonly requestsPerSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly bytesPerAnswer: number;
}

/** Sends so many requests as fast as the connections allow; throws where one is not answered with 200. */
export async function load({ url, bodies, connections, requests }: LoadOptions): Promise<LoadResult> {
  const sent = bodies.map((body) => ({
    method: 'POST' as const,
    headers: { 'content-type': 'application/json' },
    body,
  }));
  let clients = 0;
  const result = await autocannon({
    url,
    connections,
    amount: requests,
    timeout: 30,
    requests: sent,
    // Every client begins elsewhere: clients in step with each other would ask for the same at the same time.
    setupClient: (client) => {
      const start = Math.floor((clients++ * sent.length) / connections);
      client.setRequests([...sent.slice(start), ...sent.slice(0, start)]);
    },
  });
  if (result.errors > 0 || result.non2xx > 0 || result['2xx'] !== requests) {
    throw new Error(
      `${url}: of ${requests} requests ${result['2xx']} were answered with 2xx, ${result.errors} not at all.`,
    );
  }
  return {
    requests,
    requestsPerSecond: requests / ((result.finish.getTime() - result.start.getTime()) / 1000),
    p50: result.latency.p50,
    p99: result.latency.p99,
    bytesPerAnswer: result.throughput.total / requests,
  };
}
