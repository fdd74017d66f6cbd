import { WebSocket } from 'ws';
import type { Random } from '#cli/seed/random.ts';
import { type CursorStorage, createLiveClient, type TransportName } from '#client/index.ts';
import type { Filter } from './world.ts';

/** A client of the run, with everything that it was given. */
export interface Client {
  readonly filter: Filter;
  /** Ids of events in the order in which they came, all lives together. */
  readonly seen: readonly string[];
  readonly gaps: () => number;
  readonly failures: readonly string[];
  /** Ends it as a restart does, and begins another with what it kept, over another transport. */
  readonly restart: () => void;
  readonly stop: () => void;
}

const transports: readonly TransportName[] = ['websocket', 'sse', 'poll'];

const document = `subscription Leads($leadId: ID, $ownerId: ID, $accountId: ID, $after: ID) {
  leadStatusChanged(leadId: $leadId, ownerId: $ownerId, accountId: $accountId, after: $after) {
    id
    cursor
    entityVersion
    lead { id status }
  }
}`;

interface Data {
  readonly leadStatusChanged: { readonly id: string; readonly lead: { readonly status: string } | null };
}

/** @param cursor where the client begins */
export function startClient(
  nth: number,
  url: string,
  filter: Filter,
  cursor: string,
  random: Random,
): Client {
  const kept = new Map([['leads', cursor]]);
  const storage: CursorStorage = {
    get: (key) => kept.get(key),
    set: (key, at) => void kept.set(key, at),
    remove: (key) => void kept.delete(key),
  };
  const seen: string[] = [];
  const failures: string[] = [];
  let gaps = 0;
  let stop = begin(transports[nth % transports.length] as TransportName);

  function begin(transport: TransportName): () => void {
    const client = createLiveClient({
      url,
      storage,
      transports: [transport],
      webSocketImpl: WebSocket as unknown as typeof globalThis.WebSocket,
      timing: { firstRetryMs: 20, lastRetryMs: 300, pollWaitMs: 1_000, connectMs: 5_000 },
    });
    return client.subscribe<Data, Filter & { after?: string }>({ toString: () => document }, filter, {
      key: 'leads',
      onMessage: ({ data, errors }) => {
        if (data === null || errors.length > 0) failures.push(JSON.stringify(errors));
        else seen.push(data.leadStatusChanged.id);
      },
      onGap: () => {
        gaps += 1;
      },
      onError: ({ code, message }) => void failures.push(`${code}: ${message}`),
    });
  }

  return {
    filter,
    seen,
    failures,
    gaps: () => gaps,
    restart: () => {
      stop();
      stop = begin(transports[random.integer(0, transports.length - 1)] as TransportName);
    },
    stop: () => stop(),
  };
}
