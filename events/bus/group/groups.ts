import type { Consumption, Deliver, GroupOptions } from '../port.ts';

/** A group as one bus has it, with all its members in this process. */
export interface Group {
  readonly types: readonly string[];
  readonly join: (options: GroupOptions, deliver: Deliver) => Consumption;
  /** After the last member has left: records the progress and reads no more. */
  readonly end: () => Promise<void>;
}

/** The groups that one bus consumes as. */
export interface Groups {
  readonly consume: (options: GroupOptions, deliver: Deliver) => Promise<Consumption>;
  /** Stops every member. */
  readonly stop: () => Promise<void>;
}

interface Entry {
  readonly group: Group;
  readonly members: Set<Consumption>;
  ending?: Promise<void>;
}

/** @param open begins to consume as a group that has no member here yet */
export function openGroups(open: (options: GroupOptions) => Group): Groups {
  const entries = new Map<string, Entry>();

  async function consume(options: GroupOptions, deliver: Deliver): Promise<Consumption> {
    check(options);
    const known = entries.get(options.name);
    if (known?.ending) {
      await known.ending;
      return consume(options, deliver);
    }
    if (known && !isSame(known.group.types, options.types)) {
      throw new TypeError(
        `The group ${options.name} takes ${known.group.types.join(', ')} here, and a member of it the same.`,
      );
    }
    const entry = known ?? { group: open(options), members: new Set() };
    entries.set(options.name, entry);
    const joined = entry.group.join(options, deliver);
    let stopping: Promise<void> | undefined;
    const member: Consumption = {
      stop: (graceMs) => {
        stopping ??= joined.stop(graceMs).then(() => leave(options.name, entry, member));
        return stopping;
      },
    };
    entry.members.add(member);
    return member;
  }

  async function leave(name: string, entry: Entry, member: Consumption): Promise<void> {
    entry.members.delete(member);
    if (entry.members.size > 0) return;
    entry.ending = entry.group.end().finally(() => entries.delete(name));
    await entry.ending;
  }

  return {
    consume,
    stop: async () => {
      const members = [...entries.values()].flatMap((entry) => [...entry.members]);
      await Promise.all(members.map((member) => member.stop()));
      await Promise.all([...entries.values()].map(({ ending }) => ending));
    },
  };
}

function check({ name, concurrency }: GroupOptions): void {
  if (!/^[\w.-]{1,100}$/.test(name)) {
    throw new TypeError(`"${name}" is no name of a group: 1 to 100 letters, digits, ".", "-" and "_".`);
  }
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new RangeError(`The group ${name} cannot have ${concurrency} deliveries at once; 1 is the least.`);
  }
}

function isSame(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((type) => right.includes(type));
}
