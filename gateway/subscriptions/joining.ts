import type { Forwarded } from '#gateway/fetching/forwarded-headers.ts';
import type { Viewer } from '#gateway/pipeline/types.ts';
import type { Session, Sink } from './types.ts';

/** Whoever subscribes, once it is known what to. */
export interface Joining {
  readonly session: Session;
  /** As the subscription was planned for. */
  readonly viewer: Viewer;
  readonly sink: Sink;
  /** Under which the viewer's subscriptions are counted. */
  readonly countedAs: string | undefined;
  readonly after: string | undefined;
  /** Undefined where no headers of the client are forwarded. */
  readonly forwarded: Forwarded | undefined;
}
