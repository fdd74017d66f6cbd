import type { Authenticate } from '#gateway/identity/authenticator.ts';
import { GatewayError } from '#gateway/pipeline/errors.ts';
import { TokenOfAnother } from '#gateway/pipeline/identity-errors.ts';
import { TokenRunOut } from '#gateway/pipeline/subscription-errors.ts';
import type { Viewer } from '#gateway/pipeline/types.ts';
import type { Session, SessionWatcher } from './types.ts';

/** Deadlines in milliseconds. */
export interface SessionOptions {
  /** How long before its token runs out a session's owner is told. */
  readonly warningMs: number;
  /** Between two verifications of a token: for so long one that was taken back is believed. */
  readonly checkMs: number;
}

/** Whoever a session belongs to. */
export interface SessionOwner {
  /** The token runs out at this time, in milliseconds since 1970; told once for each token. */
  readonly tokenRunsOut: (expiresAt: number) => void;
}

/** The sessions of all connections, which share one timer. */
export interface Sessions {
  /** @throws GatewayError where nobody can be made of the token; also as a rejection. */
  readonly open: (
    authorization: string | undefined,
    owner?: SessionOwner,
  ) => LiveSession | Promise<LiveSession>;
  /** Sessions whose token is watched. */
  readonly watched: () => number;
  readonly close: () => void;
}

/** A session as its connection sees it. */
export interface LiveSession extends Session {
  /** The `authorization` that the viewer was made of. */
  readonly authorization: () => string | undefined;
  /** Why the viewer is believed no more; undefined while it is. */
  readonly lost: () => GatewayError | undefined;
  /**
   * Goes on with a fresh token of the same viewer.
   * Rejects with a GatewayError where it is refused, which changes nothing.
   */
  readonly renew: (authorization: string) => Promise<void>;
  readonly close: () => void;
}

/** How often all sessions are looked at; the end of a token is noticed so late at most. */
const lookMs = 500;

/** @param now milliseconds since 1970 */
export function openSessions(
  authenticate: Authenticate,
  { warningMs, checkMs }: SessionOptions,
  now: () => number = Date.now,
): Sessions {
  const watched = new Set<OpenSession>();
  let timer: NodeJS.Timeout | undefined;

  function look(): void {
    const time = now();
    for (const session of watched) {
      const { expiresAt } = session.current;
      if (expiresAt !== undefined && expiresAt <= time) {
        lose(session, TokenRunOut());
      } else if (expiresAt !== undefined && !session.isWarned && expiresAt - warningMs <= time) {
        session.isWarned = true;
        session.owner?.tokenRunsOut(expiresAt);
      } else if (session.checkAt <= time) {
        session.checkAt = time + checkMs;
        void check(session);
      }
    }
  }

  /** The claims of a token never change, so that only its refusal is news. */
  async function check(session: OpenSession): Promise<void> {
    const { token } = session;
    try {
      await authenticate(token, true);
    } catch (error) {
      /* Keys that are out of reach say nothing about the token. */
      const isRefused = error instanceof GatewayError && error.status < 500;
      if (isRefused && session.token === token && watched.has(session)) lose(session, error);
    }
  }

  function lose(session: OpenSession, error: GatewayError): void {
    unwatch(session);
    session.loss = error;
    for (const watcher of [...session.watchers]) watcher.viewerLost(error);
  }

  function watch(session: OpenSession): void {
    if (session.token === undefined || session.isClosed) return;
    /* Connections often come in crowds, and their checks are spread all the same. */
    session.checkAt = now() + Math.random() * checkMs;
    watched.add(session);
    timer ??= setInterval(look, lookMs).unref();
  }

  function unwatch(session: OpenSession): void {
    watched.delete(session);
    if (watched.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  }

  async function renew(session: OpenSession, authorization: string): Promise<void> {
    const viewer = await authenticate(authorization);
    const { kind, id, tenant } = session.current;
    if (viewer.kind !== kind || viewer.id !== id || viewer.tenant !== tenant) throw TokenOfAnother();
    if (viewer.expiresAt !== undefined && viewer.expiresAt <= now()) throw TokenRunOut();
    session.token = authorization;
    session.current = viewer;
    session.isWarned = false;
    session.loss = undefined;
    watch(session);
    for (const watcher of [...session.watchers]) watcher.viewerChanged(viewer);
  }

  const keeper: Keeper = { renew, unwatch };
  const begin = (viewer: Viewer, authorization: string | undefined, owner: SessionOwner | undefined) => {
    const session = new OpenSession(keeper, viewer, authorization, owner);
    watch(session);
    return session;
  };
  return {
    open: (authorization, owner) => {
      const found = authenticate(authorization);
      return found instanceof Promise
        ? found.then((viewer) => begin(viewer, authorization, owner))
        : begin(found, authorization, owner);
    },
    watched: () => watched.size,
    close: () => {
      watched.clear();
      clearInterval(timer);
      timer = undefined;
    },
  };
}

interface Keeper {
  readonly renew: (session: OpenSession, authorization: string) => Promise<void>;
  readonly unwatch: (session: OpenSession) => void;
}

/* A class, since there is one for every connection and closures of its own would cost more than all it holds. */
class OpenSession implements LiveSession {
  readonly watchers = new Set<SessionWatcher>();
  readonly keeper: Keeper;
  readonly owner: SessionOwner | undefined;
  current: Viewer;
  token: string | undefined;
  loss: GatewayError | undefined = undefined;
  checkAt = 0;
  isWarned = false;
  isClosed = false;

  constructor(keeper: Keeper, viewer: Viewer, token: string | undefined, owner: SessionOwner | undefined) {
    this.keeper = keeper;
    this.current = viewer;
    this.token = token;
    this.owner = owner;
  }

  viewer(): Viewer {
    return this.current;
  }

  authorization(): string | undefined {
    return this.token;
  }

  lost(): GatewayError | undefined {
    return this.loss;
  }

  renew(authorization: string): Promise<void> {
    return this.keeper.renew(this, authorization);
  }

  close(): void {
    this.isClosed = true;
    this.keeper.unwatch(this);
    this.watchers.clear();
  }
}
