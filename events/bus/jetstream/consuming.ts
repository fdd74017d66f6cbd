import type { Logger } from 'pino';
import type { Group } from '../group/groups.ts';
import { openLanes } from '../group/lanes.ts';
import type { GroupOptions } from '../port.ts';
import type { Link } from './link.ts';
import type { View } from './members.ts';
import type { Names } from './names.ts';
import { freePartition, type Partition, takePartition } from './partition.ts';

export interface SharedGroup extends Group {
  /** Takes the partitions that fall to this process, and gives back those that fall to others. */
  readonly share: (view: View) => void;
  /** Reads nothing any more, until the next look. */
  readonly drop: () => void;
}

export interface SharedGroupSettings {
  readonly link: Link;
  readonly names: Names;
  readonly partitions: number;
  /** This process. */
  readonly owner: string;
  readonly log: Logger;
}

/**
 * Consumes as one group together with other processes. Each partition falls to one of them: the processes, sorted,
 * take turns. All come to the same without speaking to each other, as soon as they see the same processes.
 */
export function openSharedGroup(settings: SharedGroupSettings, { name, types }: GroupOptions): SharedGroup {
  const { partitions, owner, log } = settings;
  const lanes = openLanes(name, log);
  const owned = new Map<number, Partition>();
  /** Partitions that are just being taken or given back. */
  const changing = new Map<number, Promise<void>>();
  /** Partitions that this process no longer reads, although their records may still say so. */
  const left = new Set<number>();
  let isOver = false;

  async function take(number: number, { isGone }: View): Promise<void> {
    const onLost = () => owned.delete(number);
    const taking = { ...settings, group: name, number, types, lanes, onLost };
    const partition = await takePartition(taking, (holder) => isGone(name, holder));
    if (partition === null) return;
    owned.set(number, partition);
    left.delete(number);
  }

  async function give(number: number): Promise<void> {
    const partition = owned.get(number);
    left.add(number);
    await partition?.release().finally(() => owned.delete(number));
    left.delete(number);
  }

  async function free(number: number): Promise<void> {
    await freePartition({ ...settings, group: name, number });
    left.delete(number);
  }

  /** Signs of life do not wait for it: giving a partition back may take as long as a delivery. */
  function change(number: number, work: Promise<void>): void {
    const changed = work
      .catch((error: unknown) => {
        log.warn(
          { err: error, group: name, partition: number },
          'a partition could not be taken or given back',
        );
      })
      .finally(() => changing.delete(number));
    changing.set(number, changed);
  }

  function share(view: View): void {
    if (isOver) return;
    const members = view.members(name);
    for (let number = 0; number < partitions; number += 1) {
      if (changing.has(number)) continue;
      const fallsHere = members[number % members.length] === owner;
      if (fallsHere && !owned.has(number)) change(number, take(number, view));
      else if (!fallsHere && owned.has(number)) change(number, give(number));
      else if (!fallsHere && left.has(number)) change(number, free(number));
    }
  }

  return {
    types,
    join: lanes.join,
    share,
    drop: () => {
      for (const [number, partition] of owned) {
        partition.drop();
        left.add(number);
      }
      owned.clear();
    },
    end: async () => {
      isOver = true;
      await Promise.all(changing.values());
      for (const number of owned.keys()) change(number, give(number));
      await Promise.all(changing.values());
      lanes.clear();
    },
  };
}
