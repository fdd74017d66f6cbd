import type { RequestScope } from '#gateway/fetching/request-scope.ts';
import { commonViewer } from '#gateway/identity/common-viewer.ts';
import type { TokenViewer } from '#gateway/identity/internal-token.ts';
import { lease, release } from '#gateway/supergraph/generation.ts';
import { endExecutions, executeMessage, gapMessage } from './execution.ts';
import type { Hub } from './hub.ts';
import type { Given, Lane, Listener, Verdict } from './lane.ts';
import type { Member } from './member.ts';
import type { Happening, Place } from './place.ts';
import type { PlannedEvents } from './planned.ts';
import type { Tail } from './tail.ts';
import type { LiveMessage, PlacedEvent } from './types.ts';

/** Something on its way to the members. */
interface Slot {
  readonly given: Given;
  /** Everything for this group that lies before it was handed over when it is the first of the queue. */
  readonly before: Place;
  isStarted: boolean;
  message: LiveMessage | undefined;
}

/**
 * Subscriptions that get the same messages. For each event that is for them the plan is executed once, and all are
 * given the one text, in the order of positions however long each execution took.
 *
 * A member that is `live` is given what comes. One that is not reads what lies behind its own place, and joins when it
 * has come as far as the group.
 */
export class Group implements Listener {
  readonly planned: PlannedEvents;
  readonly tail: Tail;
  readonly #hub: Hub;
  readonly #id: string;
  readonly #lane: Lane;
  readonly #onEmpty: (group: Group) => void;
  readonly #live = new Set<Member>();
  readonly #apart = new Set<Member>();
  readonly #queue: Slot[] = [];
  #executing = 0;
  /** Messages being made, by position. */
  readonly #making = new Map<number, Promise<LiveMessage>>();
  /** Ended when nobody is left. */
  readonly underWay = new Set<RequestScope>();
  #behalf: TokenViewer;

  constructor(hub: Hub, id: string, planned: PlannedEvents, tail: Tail, onEmpty: (group: Group) => void) {
    this.planned = planned;
    this.tail = tail;
    this.#hub = hub;
    this.#id = id;
    this.#onEmpty = onEmpty;
    this.#behalf = planned.viewer;
    this.#lane = tail.lane(planned.source.lookups);
    this.#lane.add(this, planned.source.wish);
    lease(planned.generation);
    hub.counts.groups += 1;
  }

  /** Everything for this group up to here was handed to its live members. */
  get reached(): Place {
    return this.#queue[0]?.before ?? this.#lane.seen();
  }

  get members(): readonly Member[] {
    return [...this.#live, ...this.#apart];
  }

  /** Takes in a member, which reads by itself until it has joined. */
  add(member: Member): void {
    this.#apart.add(member);
    this.speakFor(member);
  }

  /** Subgraphs are told no more of who asks than all members have, those that were here before included. */
  speakFor(member: Member): void {
    this.#behalf = commonViewer([this.#behalf, member.viewer]) ?? this.#behalf;
  }

  /** True where the member has come as far as the group and is given what comes from now on. */
  join(member: Member): boolean {
    if (member.place.position < this.reached.position) return false;
    this.#apart.delete(member);
    this.#live.add(member);
    return true;
  }

  /** The member reads by itself from now on, from the place that it has come to. */
  part(member: Member): void {
    if (this.#live.delete(member)) {
      member.passTo(this.reached);
      this.#apart.add(member);
    }
  }

  remove(member: Member): void {
    this.part(member);
    this.#apart.delete(member);
    if (this.#live.size + this.#apart.size === 0) this.#close();
  }

  take(given: Given, before: Place): void {
    if (this.#live.size === 0) {
      /* What is still queued goes with it: whoever joined at its head would miss this one. */
      this.#queue.length = 0;
      return;
    }
    if (this.#queue.length >= this.#hub.options.groupQueue) {
      this.#giveUpQueue();
      return;
    }
    this.#queue.push({ given, before, isStarted: false, message: undefined });
    this.#work();
  }

  judge(happening: Happening): Verdict | Promise<Verdict> {
    return this.#lane.judge(this.planned.source.wish, happening);
  }

  /** The message of an event that is for this group. It is made once for all who come for it within seconds. */
  message(placed: PlacedEvent): LiveMessage | Promise<LiveMessage> {
    const key = `${this.#id} ${placed.position}`;
    const known = this.#hub.kept.get(key) ?? this.#making.get(placed.position);
    if (known !== undefined) return known;
    const making = this.#hub.executions
      .pass(() => this.#execute(placed))
      .then((message) => {
        this.#hub.kept.set(key, message);
        return message;
      })
      .finally(() => this.#making.delete(placed.position));
    this.#making.set(placed.position, making);
    return making;
  }

  #execute(placed: PlacedEvent): Promise<LiveMessage> {
    const { planned } = this;
    return executeMessage(this.#hub, {
      planned,
      plan: planned.plan,
      behalf: this.#behalf,
      primary: (request) => planned.source.graph.answerEvent(request, placed),
      cursor: placed.cursor,
      underWay: this.underWay,
    });
  }

  /** Starts what may be started, and hands over what is ready. */
  #work(): void {
    for (const slot of this.#queue) {
      if (this.#executing >= this.#hub.options.groupExecutions) break;
      if (!slot.isStarted) this.#start(slot);
    }
    for (let slot = this.#queue[0]; slot?.message !== undefined; slot = this.#queue[0]) {
      this.#handOver(slot, slot.message);
      /* Only now, so that a member that parts meanwhile has come no further than this. */
      this.#queue.shift();
    }
    if (this.#live.size === 0) this.#queue.length = 0;
  }

  #start(slot: Slot): void {
    slot.isStarted = true;
    const { given } = slot;
    if (given.kind !== 'event') {
      slot.message = gapMessage(given.kind, given.cursor);
      return;
    }
    const made = this.message(given);
    if (!(made instanceof Promise)) {
      slot.message = made;
      return;
    }
    this.#executing += 1;
    void made.then((message) => {
      slot.message = message;
      this.#executing -= 1;
      this.#work();
    });
  }

  #handOver({ given, before }: Slot, message: LiveMessage): void {
    const now = Date.now();
    for (const member of this.#live) {
      if (member.place.position >= given.position) continue;
      member.passTo(before);
      member.give(given, message, now);
    }
  }

  /** More comes than can be executed: what waits is read from the log, by everybody from where they are. */
  #giveUpQueue(): void {
    const { reached } = this;
    this.#queue.length = 0;
    for (const member of [...this.#live]) {
      this.#live.delete(member);
      this.#apart.add(member);
      member.passTo(reached);
      member.catchUp();
    }
  }

  #close(): void {
    this.#queue.length = 0;
    endExecutions(this.underWay);
    this.#lane.remove(this, this.planned.source.wish);
    this.tail.leaveLane(this.#lane);
    release(this.planned.generation);
    this.#hub.counts.groups -= 1;
    if (this.#hub.counts.groups === 0) this.#hub.kept.clear();
    this.#onEmpty(this);
  }
}
