import type { RequestScope } from '#gateway/fetching/request-scope.ts';
import { commonViewer } from '#gateway/identity/common-viewer.ts';
import type { SubgraphAnswer } from '#gateway/plan/types.ts';
import { lease, release } from '#gateway/supergraph/generation.ts';
import { endExecutions, executeMessage, gapMessage } from './execution.ts';
import type { Hub } from './hub.ts';
import type { PlannedRelay } from './planned.ts';
import type { RelayMember } from './relay-member.ts';
import type { Ending, LiveMessage } from './types.ts';
import type { UpstreamListener } from './upstream-connection.ts';
import type { Upstreams } from './upstreams.ts';

/** What came from the subgraph and was not handed over yet. */
interface Slot {
  readonly kind: 'answer' | 'missed' | 'end';
  isStarted: boolean;
  message: LiveMessage | undefined;
}

interface AnswerSlot extends Slot {
  readonly kind: 'answer';
  readonly answer: SubgraphAnswer;
}

interface EndSlot extends Slot {
  readonly kind: 'end';
  readonly ending: Ending;
}

type AnySlot = AnswerSlot | EndSlot | (Slot & { readonly kind: 'missed' });

/**
 * Subscriptions that get the same messages of what a subgraph tells by itself. Each event of the subgraph is executed
 * once, and handed over in the order in which it came. There are no cursors: what is missed is missed, and said.
 */
export class Relay implements UpstreamListener {
  /** Ended when nobody is left. */
  readonly #underWay = new Set<RequestScope>();
  readonly #hub: Hub;
  readonly #upstreams: Upstreams;
  readonly #onEmpty: (relay: Relay) => void;
  readonly #members = new Set<RelayMember>();
  readonly #queue: AnySlot[] = [];
  #planned: PlannedRelay;
  #executing = 0;
  #leave: () => void;

  /** @throws GatewayError `UPSTREAM_LIMIT_EXCEEDED`. */
  constructor(hub: Hub, upstreams: Upstreams, planned: PlannedRelay, onEmpty: (relay: Relay) => void) {
    this.#hub = hub;
    this.#upstreams = upstreams;
    this.#planned = planned;
    this.#onEmpty = onEmpty;
    this.#leave = this.#listen(planned);
    lease(planned.generation);
    hub.counts.groups += 1;
  }

  get planned(): PlannedRelay {
    return this.#planned;
  }

  get members(): readonly RelayMember[] {
    return [...this.#members];
  }

  add(member: RelayMember): void {
    this.#members.add(member);
  }

  /** True where something came that was not handed over yet. */
  get isBusy(): boolean {
    return this.#queue.length > 0;
  }

  /** Goes on as it is planned on another generation, for the same members. */
  adopt(planned: PlannedRelay): void {
    const before = this.#planned;
    const isSame = isSameUpstream(before, planned);
    if (!isSame) {
      const leave = this.#leave;
      this.#leave = this.#listen(planned);
      leave();
    }
    this.#planned = planned;
    lease(planned.generation);
    release(before.generation);
    if (!isSame) this.reconnected();
  }

  remove(member: RelayMember): void {
    if (!this.#members.delete(member) || this.#members.size > 0) return;
    this.#queue.length = 0;
    this.#leave();
    endExecutions(this.#underWay);
    release(this.#planned.generation);
    this.#hub.counts.groups -= 1;
    this.#onEmpty(this);
  }

  next = (answer: SubgraphAnswer): void => {
    this.#hub.counts.events += 1;
    if (this.#queue.length >= this.#hub.options.groupQueue) {
      /* It tells more than can be executed. */
      this.#queue.length = 0;
      this.reconnected();
      return;
    }
    this.#add({ kind: 'answer', answer, isStarted: false, message: undefined });
  };

  reconnected = (): void => {
    this.#hub.counts.gaps += 1;
    this.#add({ kind: 'missed', isStarted: true, message: gapMessage('missed') });
  };

  ended = (): void =>
    this.#add({ kind: 'end', ending: { kind: 'complete' }, isStarted: true, message: undefined });

  failed = (error: Extract<Ending, { kind: 'error' }>['error']): void =>
    this.#add({
      kind: 'end',
      ending: { kind: 'error', error, cursor: undefined },
      isStarted: true,
      message: undefined,
    });

  #listen({ primary: request, source, viewer, asked }: PlannedRelay): () => void {
    const { forwarded } = asked;
    return this.#upstreams.subscribe({ target: source.target, request, viewer, forwarded }, this);
  }

  #add(slot: AnySlot): void {
    this.#queue.push(slot);
    this.#work();
  }

  #work(): void {
    for (const slot of this.#queue) {
      if (this.#executing >= this.#hub.options.groupExecutions) break;
      if (!slot.isStarted) this.#start(slot as AnswerSlot);
    }
    for (let slot = this.#queue[0]; slot !== undefined; slot = this.#queue[0]) {
      if (slot.kind !== 'end' && slot.message === undefined) return;
      this.#queue.shift();
      const now = Date.now();
      for (const member of this.members) {
        if (slot.kind === 'end') member.finish(slot.ending);
        else member.give(slot.message!, now);
      }
    }
  }

  #start(slot: AnswerSlot): void {
    slot.isStarted = true;
    this.#executing += 1;
    const planned = this.#planned;
    const execute = () =>
      executeMessage(this.#hub, {
        planned,
        plan: planned.plan,
        behalf: commonViewer(this.members.map(({ viewer }) => viewer)) ?? planned.viewer,
        primary: () => slot.answer,
        cursor: undefined,
        underWay: this.#underWay,
      });
    void this.#hub.executions.pass(execute).then((message) => {
      slot.message = message;
      this.#executing -= 1;
      this.#work();
    });
  }
}

/** Whether the subgraph is asked the same at the same place and on behalf of the same. */
export function isSameUpstream(left: PlannedRelay, right: PlannedRelay): boolean {
  return (
    left.primary.body === right.primary.body &&
    left.source.target.url === right.source.target.url &&
    left.source.sharedBy === right.source.sharedBy
  );
}
