import { randomUUID } from 'node:crypto';
import { type GatewayError, toGatewayError } from '#gateway/pipeline/errors.ts';
import { SubscriberTooSlow, TokenRunOut } from '#gateway/pipeline/subscription-errors.ts';
import type { Viewer } from '#gateway/pipeline/types.ts';
import { gapMessage } from './execution.ts';
import type { Hub } from './hub.ts';
import type { Joining } from './joining.ts';
import type { Asked, Planned } from './planned.ts';
import { isSameUpstream, type Relay } from './relay.ts';
import type { Movable } from './replan.ts';
import type { Ending, LiveMessage, SessionWatcher, Subscription } from './types.ts';

/** What such a member needs of everything live. */
export interface RelayKeeper {
  readonly hub: Hub;
  readonly viewerChanged: (member: RelayMember) => void;
  readonly move: (member: RelayMember, planned: Planned) => void;
}

/** One subscription to what a subgraph tells. */
export class RelayMember implements Subscription, SessionWatcher, Movable {
  readonly #keeper: RelayKeeper;
  readonly #joining: Joining;
  group: Relay;
  viewer: Viewer;
  isOver = false;
  /** How it ended before its client knew of it. */
  #early: Ending | undefined;
  #isStarted = false;
  #isHeld = false;
  #hasMissed = false;

  constructor(keeper: RelayKeeper, joining: Joining, relay: Relay) {
    this.#keeper = keeper;
    this.#joining = joining;
    this.group = relay;
    this.viewer = joining.viewer;
    relay.add(this);
    joining.session.watchers.add(this);
    keeper.hub.counts.subscriptions += 1;
  }

  get asked(): Asked {
    const { asked } = this.group.planned;
    const forwarded = this.#joining.forwarded?.();
    return forwarded === undefined ? asked : { ...asked, forwarded };
  }

  start(): void {
    if (this.isOver) return;
    this.#isStarted = true;
    const viewer = this.#joining.session.viewer();
    if (viewer !== this.viewer) this.viewerChanged(viewer);
    if (this.#early !== undefined) this.finish(this.#early);
  }

  cursor(): undefined {
    return undefined;
  }

  leave(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.#joining.session.watchers.delete(this);
    this.group.remove(this);
    const { counts, limits } = this.#keeper.hub;
    counts.subscriptions -= 1;
    limits.leave(this.#joining.countedAs);
  }

  finish(ending: Ending): void {
    if (this.isOver) return;
    if (!this.#isStarted) {
      this.#early ??= ending;
      return;
    }
    this.leave();
    this.#joining.sink.end(ending);
  }

  end(error: GatewayError): void {
    this.finish({ kind: 'error', error, cursor: undefined });
  }

  fail(thrown: unknown): void {
    const requestId = randomUUID();
    const error = toGatewayError(thrown, requestId);
    if (error.kind === 'internal') {
      this.#keeper.hub.log.error({ err: thrown, requestId }, 'a subscription failed');
    }
    this.end(error);
  }

  viewerChanged(viewer: Viewer): void {
    this.viewer = viewer;
    this.#keeper.viewerChanged(this);
  }

  viewerLost(error: GatewayError): void {
    this.end(error);
  }

  hold(): void {
    this.#isHeld = true;
  }

  move(planned: Planned): void {
    this.#keeper.move(this, planned);
  }

  moveTo(relay: Relay): void {
    const before = this.group;
    if (relay !== before) {
      this.#hasMissed ||= before.isBusy || !isSameUpstream(before.planned, relay.planned);
      this.group = relay;
      /* The new one listens already: where both ask the same, nothing is lost between them. */
      relay.add(this);
      before.remove(this);
    }
    this.#isHeld = false;
    if (this.#hasMissed) {
      this.#hasMissed = false;
      this.give(gapMessage('missed'), Date.now());
    }
  }

  /** @param now milliseconds since 1970 */
  give(message: LiveMessage, now: number): void {
    if (this.isOver || !this.#isStarted) return;
    if (this.#isHeld) {
      this.#hasMissed = true;
      return;
    }
    const { hub } = this.#keeper;
    const { sink } = this.#joining;
    if (this.viewer.expiresAt !== undefined && this.viewer.expiresAt <= now) {
      this.end(TokenRunOut());
    } else if (
      sink.waitingBytes() >= hub.options.waitingBytes ||
      sink.waitingMessages() >= hub.options.waitingMessages
    ) {
      /* There is no log to read the rest from later. */
      this.end(SubscriberTooSlow());
    } else {
      hub.counts.messages += 1;
      sink.next(message);
    }
  }
}
