import { randomUUID } from 'node:crypto';
import type { Forwarded } from '#gateway/fetching/forwarded-headers.ts';
import { type GatewayError, toGatewayError } from '#gateway/pipeline/errors.ts';
import { SubscriberTooSlow, TokenRunOut } from '#gateway/pipeline/subscription-errors.ts';
import type { Viewer } from '#gateway/pipeline/types.ts';
import { catchUp } from './catch-up.ts';
import type { Group } from './group.ts';
import type { Hub } from './hub.ts';
import type { Joining } from './joining.ts';
import type { Given } from './lane.ts';
import type { Place } from './place.ts';
import type { Asked, Planned } from './planned.ts';
import type { Movable } from './replan.ts';
import type { Ending, LiveMessage, Session, SessionWatcher, Sink, Subscription } from './types.ts';

/**
 * - `starting`: subscribed, and given nothing yet.
 * - `live`: given what its group gets.
 * - `behind`: reads the log by itself.
 * - `full`: has not read what it was given.
 */
export type MemberState = 'starting' | 'live' | 'behind' | 'full' | 'over';

/** What a member needs of everything live. */
export interface MemberKeeper {
  readonly hub: Hub;
  /** The viewer is another: the member has to go where its rights belong. */
  readonly viewerChanged: (member: Member) => void;
  /** Takes it where it belongs as it is planned now. */
  readonly move: (member: Member, planned: Planned) => void;
  readonly left: (member: Member) => void;
}

/** Events about an entity that a message has shown already. */
export interface Shown {
  readonly entityId: string;
  readonly version: number;
}

/**
 * One subscription. There may be very many that do nothing, so that it is one object without a timer, promise or
 * closure of its own; it is what its client holds and what its session tells of changes.
 */
export class Member implements Subscription, SessionWatcher, Movable {
  readonly sink: Sink;
  readonly #keeper: MemberKeeper;
  readonly #session: Session;
  /** Under which its viewer's subscriptions are counted. */
  readonly countedAs: string | undefined;
  readonly #forwarded: Forwarded | undefined;
  group: Group;
  viewer: Viewer;
  state: MemberState = 'starting';
  /** Everything up to here was handed over, or is not for it; its group may have come further. */
  place: Place;
  shown: Shown | undefined = undefined;
  /** True from when it had not read what it was given until it has come back to its group. */
  isSlow = false;
  isReading = false;
  /** True until it is known what its viewer may see now: it is given nothing. */
  isHeld = false;

  constructor(
    keeper: MemberKeeper,
    { session, viewer, sink, countedAs, forwarded }: Joining,
    group: Group,
    place: Place,
  ) {
    this.#keeper = keeper;
    this.#session = session;
    this.sink = sink;
    this.group = group;
    this.viewer = viewer;
    this.place = place;
    this.countedAs = countedAs;
    this.#forwarded = forwarded;
    group.add(this);
    session.watchers.add(this);
    keeper.hub.counts.subscriptions += 1;
  }

  get asked(): Asked {
    const { asked } = this.group.planned;
    return this.#forwarded === undefined ? asked : { ...asked, forwarded: this.#forwarded() };
  }

  get hub(): Hub {
    return this.#keeper.hub;
  }

  /** Begins to be given messages, with the first of them where there is one. */
  start(first?: LiveMessage, shown?: Shown): void {
    if (this.state !== 'starting') return;
    this.shown = shown;
    this.state = 'behind';
    if (first !== undefined) {
      this.hub.counts.messages += 1;
      this.sink.next(first);
    }
    this.catchUp();
  }

  cursor(): string {
    const { reached } = this.group;
    return this.state === 'live' && reached.position > this.place.position
      ? reached.cursor
      : this.place.cursor;
  }

  leave(): void {
    if (this.state === 'over') return;
    this.state = 'over';
    this.#session.watchers.delete(this);
    this.group.remove(this);
    this.hub.counts.subscriptions -= 1;
    this.#keeper.left(this);
  }

  end(error: GatewayError): void {
    if (this.state === 'over') return;
    const ending: Ending = { kind: 'error', error, cursor: this.cursor() };
    this.leave();
    this.sink.end(ending);
  }

  viewerChanged(viewer: Viewer): void {
    this.viewer = viewer;
    this.#keeper.viewerChanged(this);
  }

  /** Makes up for a change that came while it was opened. */
  lookAtViewer(): void {
    const viewer = this.#session.viewer();
    if (viewer !== this.viewer) this.viewerChanged(viewer);
  }

  viewerLost(error: GatewayError): void {
    this.end(error);
  }

  /** Nothing up to here is for it any more. */
  passTo(place: Place): void {
    if (place.position > this.place.position) this.place = place;
  }

  /** Gives it nothing more until it is moved. */
  hold(): void {
    this.group.part(this);
    this.isHeld = true;
    if (this.state === 'live') this.state = 'behind';
  }

  /** Reads by itself, as far as its group has come. */
  catchUp(): void {
    if (this.state === 'live') this.state = 'behind';
    if (this.state === 'behind' && !this.isHeld && !this.isReading) void catchUp(this);
  }

  /** It has come as far as its group. */
  joined(): void {
    this.state = 'live';
    this.isSlow = false;
  }

  get isOver(): boolean {
    return this.state === 'over';
  }

  move(planned: Planned): void {
    this.#keeper.move(this, planned);
  }

  /** Goes on in another group, or in its own where it was held, from the place that it has come to. */
  moveTo(group: Group): void {
    const before = this.group;
    if (group !== before) {
      before.part(this);
      this.group = group;
      group.add(this);
      before.remove(this);
    }
    this.isHeld = false;
    this.catchUp();
  }

  /** Whether it may be given what was read for it as a member of the group. */
  readsAs(group: Group): boolean {
    return this.state === 'behind' && !this.isHeld && this.group === group;
  }

  /**
   * Takes what is for it, in order. False where it can take nothing at the moment, or any more.
   * @param now milliseconds since 1970
   */
  give(given: Given, message: LiveMessage, now: number): boolean {
    const { expiresAt } = this.viewer;
    if (expiresAt !== undefined && expiresAt <= now) {
      this.end(TokenRunOut());
      return false;
    }
    if (given.kind === 'gap') {
      if (this.isSlow) {
        this.end(SubscriberTooSlow());
        return false;
      }
      this.hub.counts.gaps += 1;
    }
    if (given.kind === 'event' && this.#hasSeen(given)) {
      this.passTo(given);
      return true;
    }
    if (this.#isFull()) {
      this.#wait();
      return false;
    }
    this.place = given;
    this.hub.counts.messages += 1;
    this.sink.next(message);
    return (this.state as MemberState) !== 'over';
  }

  /** Ends it for whatever went wrong; a fault of ours is in the log with the id that the client is told. */
  fail(thrown: unknown): void {
    const requestId = randomUUID();
    const error = toGatewayError(thrown, requestId);
    if (error.kind === 'internal') this.hub.log.error({ err: thrown, requestId }, 'a subscription failed');
    this.end(error);
  }

  #hasSeen({ event }: Extract<Given, { kind: 'event' }>): boolean {
    const { shown } = this;
    if (shown === undefined || event.subject !== shown.entityId) return false;
    if (event.entityversion <= shown.version) return true;
    /* Events of one entity come in the order of its versions. */
    this.shown = undefined;
    return false;
  }

  #isFull(): boolean {
    const { waitingBytes, waitingMessages } = this.hub.options;
    return this.sink.waitingBytes() >= waitingBytes || this.sink.waitingMessages() >= waitingMessages;
  }

  #wait(): void {
    this.group.part(this);
    this.state = 'full';
    this.isSlow = true;
    this.sink.whenRead(() => {
      if (this.state !== 'full') return;
      this.state = 'behind';
      this.catchUp();
    });
  }
}
