import { setTimeout as sleep } from 'node:timers/promises';
import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import type { Logger } from 'pino';
import { type Cursors, openCursors } from '../cursors.ts';
import { BusUnavailable, InvalidCursor } from '../port.ts';
import { makeStreams, type StreamSettings, WrongSettings } from './streams.ts';

/** For connecting, and for every request. */
export const requestWithinMs = 5_000;
/** A connection on which two of these are not answered is given up. */
const pingEveryMs = 5_000;
/** Between attempts to connect, doubled each time up to the longest. */
const firstPauseMs = 50;
const longestPauseMs = 2_000;

/**
 * One connection, from its beginning to its loss. It is never mended: what was sent and not answered is unknown then,
 * and a connection that came back by itself would send what was written meanwhile ahead of it.
 */
export interface Session {
  readonly nc: NatsConnection;
  readonly jsm: JetStreamManager;
  /** The stream of events as it was made; another one counts from the beginning. */
  readonly streamId: string;
  readonly cursors: Cursors;
  /** Aborts when the connection is lost, or closed. */
  readonly over: AbortSignal;
  /** Gives the connection up; another is made. */
  readonly fail: (reason: string) => void;
}

/** Keeps a connection to the server, and makes another when it is lost. */
export interface Link {
  /** Throws a BusUnavailable while there is no connection. */
  readonly session: () => Session;
  /** Rejects with the signal's reason where none comes before it aborts. */
  readonly next: (signal: AbortSignal) => Promise<Session>;
  readonly close: () => Promise<void>;
}

export interface LinkSettings extends StreamSettings {
  /** `nats://user:password@host:4222`, several separated by commas. */
  readonly url: string;
  readonly log: Logger;
}

/**
 * Tries to connect once and goes on in the background where the server does not answer. Rejects where it answers and
 * refuses: a wrong password, or streams that contradict the settings.
 */
export async function openLink(settings: LinkSettings): Promise<Link> {
  const { log } = settings;
  const closing = new AbortController();
  const waiting = new Set<(session: Session) => void>();
  let current: Session | undefined;
  let problem: unknown;

  async function attempt(): Promise<Session | undefined> {
    try {
      const session = await startSession(settings);
      current = session;
      log.info({ server: session.nc.getServer() }, 'connected to the bus');
      for (const tell of waiting) tell(session);
      return session;
    } catch (error) {
      problem = error;
      log.warn({ err: error }, 'the bus cannot be reached; it is tried again');
      return undefined;
    }
  }

  async function keep(first: Session | undefined): Promise<void> {
    let session = first;
    for (let pauseMs = firstPauseMs; !closing.signal.aborted; ) {
      if (session) {
        await lossOf(session);
        current = undefined;
        problem = session.over.reason;
        if (closing.signal.aborted) return;
        log.warn({ err: problem }, 'the connection to the bus was lost');
        pauseMs = firstPauseMs;
      }
      await sleep(pauseMs, undefined, { signal: closing.signal }).catch(() => {});
      pauseMs = Math.min(pauseMs * 2, longestPauseMs);
      session = closing.signal.aborted ? undefined : await attempt();
    }
    if (session) await session.nc.close();
  }

  const first = await attempt();
  if (first === undefined && isRefusal(problem)) throw problem;
  const keeping = keep(first);

  return {
    session: () => {
      if (current && !current.over.aborted) return current;
      const state = closing.signal.aborted ? 'closed' : 'not connected';
      throw new BusUnavailable(`The bus is ${state}.`, { cause: problem });
    },
    next: (signal) => {
      if (current && !current.over.aborted) return Promise.resolve(current);
      return new Promise((resolve, reject) => {
        const end = () => {
          waiting.delete(tell);
          signal.removeEventListener('abort', abort);
        };
        const tell = (session: Session) => {
          end();
          resolve(session);
        };
        const abort = () => {
          end();
          reject(signal.reason);
        };
        if (signal.aborted) return reject(signal.reason);
        waiting.add(tell);
        signal.addEventListener('abort', abort);
      });
    },
    close: async () => {
      closing.abort();
      await current?.nc.close();
      await keeping;
    },
  };
}

async function startSession(settings: LinkSettings): Promise<Session> {
  const nc = await connect({
    ...serversOf(settings.url),
    name: 'tributary',
    reconnect: false,
    timeout: requestWithinMs,
    pingInterval: pingEveryMs,
    maxPingOut: 2,
  });
  try {
    const jsm = await jetstreamManager(nc, { timeout: requestWithinMs });
    const stream = await makeStreams(jsm, settings);
    const streamId = `${stream.config.name} ${stream.created}`;
    const over = new AbortController();
    const end = (reason: string, cause?: unknown) => over.abort(new BusUnavailable(reason, { cause }));
    void nc.closed().then((error) => end('The connection to the bus was lost.', error));
    const fail = (reason: string) => {
      end(reason);
      void nc.close();
    };
    return { nc, jsm, streamId, cursors: openCursors(streamId), over: over.signal, fail };
  } catch (error) {
    await nc.close();
    throw error;
  }
}

function lossOf({ over }: Session): Promise<void> {
  if (over.aborted) return Promise.resolve();
  return new Promise((resolve) => over.addEventListener('abort', () => resolve(), { once: true }));
}

/** User and password stand in the URL, which the client does not read them from. */
function serversOf(url: string) {
  const urls = url.split(',').map((one) => new URL(one.trim()));
  const [{ username, password } = { username: '', password: '' }] = urls;
  const user = decodeURIComponent(username);
  const pass = decodeURIComponent(password);
  const credentials = user === '' ? {} : pass === '' ? { token: user } : { user, pass };
  return { servers: urls.map(({ host }) => host), ...credentials };
}

function isRefusal(error: unknown): boolean {
  return error instanceof WrongSettings || (error instanceof Error && error.name === 'AuthorizationError');
}

/** What the client throws, in words of the port. */
export function unavailable(error: unknown): BusUnavailable {
  if (error instanceof BusUnavailable) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new BusUnavailable(`The bus did not answer: ${reason}`, { cause: error });
}

/** Runs requests of one session; whatever they reject with becomes a BusUnavailable, but for an InvalidCursor. */
export async function asking<Result>(
  link: Link,
  ask: (session: Session) => Promise<Result>,
): Promise<Result> {
  const session = link.session();
  try {
    return await ask(session);
  } catch (error) {
    throw error instanceof InvalidCursor ? error : unavailable(error);
  }
}
