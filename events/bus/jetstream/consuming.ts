import type { Logger } from 'pino';
import type { Group } from '../group/groups.ts';
import { openLanes } from '../group/lanes.ts';
import type { GroupOptions } from '../port.ts';
import type { Link } from './link.ts';
import type { View } from './members.ts';
import type { Names } from './names.ts';
import { type Partition, takePartition } from './partition.ts';

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
  let isOver = false;

  async function take(number: number, { isDead }: View): Promise<void> {
    const onLost = () => owned.delete(number);
    const partition = await takePartition({ ...settings, group: name, number, types, lanes, onLost }, isDead);
    if (partition) owned.set(number, partition);
  }

  async function give(number: number): Promise<void> {
    await owned.get(number)?.release();
    owned.delete(number);
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
      const fallsHere = members[number % members.length] === owner;
      if (changing.has(number) || owned.has(number) === fallsHere) continue;
      change(number, fallsHere ? take(number, view) : give(number));
    }
  }

  return {
    types,
    join: lanes.join,
    share,
    drop: () => {
      for (const partition of owned.values()) partition.drop();
      owned.clear();
    },
    end: async () => {
      isOver = true;
      await Promise.all(changing.values());
      await Promise.all([...owned.keys()].map(give));
      lanes.clear();
    },
  };
}
