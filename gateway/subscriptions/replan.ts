import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { GatewayError } from '#gateway/pipeline/errors.ts';
import type { Viewer } from '#gateway/pipeline/types.ts';
import type { Generation } from '#gateway/supergraph/generation.ts';
import type { Asked, Planned } from './planned.ts';

/** A subscription that can be moved. */
export interface Movable {
  readonly viewer: Viewer;
  /** What it subscribes to, with the headers that its client sends now. */
  readonly asked: Asked;
  readonly group: MovableGroup;
  readonly isOver: boolean;
  /** Gives it nothing until it is moved. */
  readonly hold: () => void;
  /** Takes it where it belongs as it is planned now. */
  readonly move: (planned: Planned) => void;
  readonly end: (error: GatewayError) => void;
  readonly fail: (thrown: unknown) => void;
}

export interface MovableGroup {
  readonly planned: Planned;
  readonly members: readonly Movable[];
}

/** What moving needs of everything live. */
export interface Moving {
  readonly current: () => Generation;
  readonly plan: (viewer: Viewer, asked: Asked) => Promise<Planned>;
  readonly groups: () => Iterable<MovableGroup>;
  readonly log: Logger;
  /** Over how long groups move to a new generation, in milliseconds. */
  readonly spreadMs: number;
}

/** Moves subscriptions to where they belong. */
export interface Movements {
  /** There is another generation. */
  readonly changed: () => void;
  /** One subscription, which is given nothing meanwhile. Never rejects. */
  readonly move: (member: Movable) => Promise<void>;
  readonly close: () => void;
}

const stepMs = 50;
const againMs = 500;
/** Failures that are not the operation's own before a group is given up. */
const mostTries = 5;

/**
 * Plans live subscriptions again. On a new generation groups move one after the other, so that planning and reading
 * spread over time; each member goes from its group on the old generation to that on the new one between two events,
 * and what came in between it reads by itself.
 */
export function openMovements(moving: Moving): Movements {
  const over = new AbortController();
  const tries = new WeakMap<MovableGroup, number>();
  let isMoving = false;
  let endsAt = 0;

  const stale = () => [...moving.groups()].filter(({ planned }) => planned.generation !== moving.current());

  async function moveAll(): Promise<void> {
    isMoving = true;
    for (let groups = stale(); groups.length > 0 && !over.signal.aborted; groups = stale()) {
      const stepsLeft = Math.max(1, Math.ceil((endsAt - performance.now()) / stepMs));
      await Promise.all(groups.slice(0, Math.ceil(groups.length / stepsLeft)).map(moveGroup));
      await sleep(stepMs, undefined, { signal: over.signal, ref: false }).catch(() => {});
    }
    isMoving = false;
  }

  async function moveGroup(group: MovableGroup): Promise<void> {
    /* Members have few viewers, or one: each needs one look. */
    const plans = new Map<Viewer, Promise<Planned>>();
    for (const member of group.members) {
      const { viewer } = member;
      const planning = plans.get(viewer) ?? moving.plan(viewer, group.planned.asked);
      plans.set(viewer, planning);
      try {
        const planned = await planning;
        const isMine = !member.isOver && member.group === group && member.viewer === viewer;
        if (isMine && planned.generation === moving.current()) {
          member.move(planned);
        }
      } catch (error) {
        if (member.group !== group) continue;
        if (isRefusal(error)) member.end(error);
        else if (!(await mayTryAgain(group, error))) member.fail(error);
        else return;
      }
    }
  }

  async function mayTryAgain(group: MovableGroup, error: unknown): Promise<boolean> {
    const count = (tries.get(group) ?? 0) + 1;
    tries.set(group, count);
    if (count >= mostTries) return false;
    moving.log.warn({ err: error }, 'a subscription could not be planned on the new supergraph');
    await sleep(againMs, undefined, { signal: over.signal, ref: false }).catch(() => {});
    return true;
  }

  return {
    changed: () => {
      endsAt = performance.now() + moving.spreadMs;
      if (!isMoving) void moveAll();
    },
    move: async (member) => {
      member.hold();
      for (;;) {
        const { viewer } = member;
        try {
          const planned = await moving.plan(viewer, member.asked);
          if (member.isOver) return;
          if (member.viewer !== viewer) continue;
          member.move(planned);
          return;
        } catch (error) {
          if (!member.isOver) member.fail(error);
          return;
        }
      }
    },
    close: () => over.abort(new Error('Nothing is live any more.')),
  };
}

/** Whether it is the operation that is at fault, or what its viewer may see. */
function isRefusal(error: unknown): error is GatewayError {
  return error instanceof GatewayError && error.status < 500;
}
