import { setTimeout as sleep } from 'node:timers/promises';
import type { Bus } from '#events/bus/port.ts';
import { InvalidEventCursor } from '#gateway/pipeline/event-errors.ts';
import { SubscriptionNotServed } from '#gateway/pipeline/operation-errors.ts';
import { ViewerOfAnotherTenant } from '#gateway/pipeline/subscription-errors.ts';
import { findBeginning } from './begin.ts';
import { Group } from './group.ts';
import type { Hub } from './hub.ts';
import { initialMessage } from './initial-message.ts';
import type { Joining } from './joining.ts';
import { Member, type MemberKeeper } from './member.ts';
import type { Place } from './place.ts';
import { type InitialSource, isOfEvents, type PlannedEvents } from './planned.ts';
import type { Movements } from './replan.ts';
import type { Tail } from './tail.ts';
import { openTails } from './tails.ts';

/** The subscriptions to events of the bus, in their groups. */
export interface EventGroups {
  readonly subscribe: (joining: Joining, planned: PlannedEvents) => Promise<Member>;
  readonly groups: () => Iterable<Group>;
  readonly close: () => void;
}

/**
 * @param keyOf of a plan, unequal for plans of two generations
 * @param movements called when the first subscription is there
 */
export function openEventGroups(
  hub: Hub,
  bus: Bus,
  keyOf: (planned: PlannedEvents) => string,
  movements: () => Movements,
): EventGroups {
  const groups = new Map<string, Group>();
  const tails = openTails(hub, bus, loseLog);
  let made = 0;

  /** The group that a subscription belongs to, made where there is none. */
  function groupOf(planned: PlannedEvents, tenant: string, now: Place): Group {
    const key = keyOf(planned);
    let group = groups.get(key);
    if (group === undefined) {
      const tail = tails.take(tenant, now);
      made += 1;
      group = new Group(hub, String(made), planned, tail, () => {
        groups.delete(key);
        tails.giveBack(tail);
      });
      groups.set(key, group);
    }
    return group;
  }

  const keeper: MemberKeeper = {
    hub,
    viewerChanged: (member) => {
      if (member.viewer.tenant !== member.group.tail.tenant) member.end(ViewerOfAnotherTenant());
      else void movements().move(member);
    },
    move: (member, planned) => {
      if (isOfEvents(planned)) member.moveTo(groupOf(planned, member.group.tail.tenant, member.place));
      else member.end(SubscriptionNotServed());
    },
    left: (member) => hub.limits.leave(member.countedAs),
  };

  function loseLog(tail: Tail): void {
    const error = InvalidEventCursor(
      'The log of events was made anew: subscribe without "after", and read what you show anew.',
    );
    for (const group of [...groups.values()]) {
      if (group.tail !== tail) continue;
      for (const member of group.members) member.end(error);
    }
  }

  return {
    subscribe: async (joining, planned) => {
      const { viewer } = joining;
      const after = joining.after ?? planned.source.after;
      const { now, place } = await findBeginning(bus, viewer.tenant, after);
      const group = groupOf(planned, viewer.tenant, now);
      const member = new Member(keeper, joining, group, place);
      /* Who goes on knows the entity: `after` is stronger than `initial`. */
      setImmediate(begin, member, after === undefined ? planned.source.initial : undefined);
      return member;
    },
    groups: () => groups.values(),
    close: () => {
      for (const group of [...groups.values()]) {
        for (const member of group.members) member.leave();
      }
      tails.close();
    },
  };
}

/** Gives the first message, where there is one to begin with, and then what comes. */
function begin(member: Member, initial: InitialSource | undefined): void {
  if (member.state !== 'starting') return;
  member.lookAtViewer();
  if (initial === undefined) member.start();
  else beginWith(member, initial).catch((error) => member.fail(error));
}

const movingMs = 20;

async function beginWith(member: Member, initial: InitialSource): Promise<void> {
  for (;;) {
    const { group, viewer } = member;
    const { message, shown } = await initialMessage(
      member.hub,
      group.planned,
      initial,
      { viewer, place: member.place },
      group.underWay,
    );
    if (member.state !== 'starting') return;
    if (member.group === group && member.viewer === viewer && !member.isHeld) {
      member.start(message, shown);
      return;
    }
    /* It is on its way to another group, whose viewers may see something else. */
    await sleep(movingMs);
  }
}
