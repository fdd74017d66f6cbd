import { hostname } from 'node:os';
import { jetstream } from '@nats-io/jetstream';
import type { Logger } from 'pino';
import { asking, type Link, requestWithinMs, type Session } from './link.ts';
import type { Names } from './names.ts';

/** Which processes live, as this one sees it. */
export interface View {
  /** The ids of those that consume as a group, sorted. */
  readonly members: (group: string) => readonly string[];
  /** Whether a process shows that it does not consume as the group, or has shown no sign of life for a lease. */
  readonly isGone: (group: string, id: string) => boolean;
}

export interface MembersSettings {
  readonly link: Link;
  readonly names: Names;
  /** This process. */
  readonly id: string;
  readonly leaseMs: number;
  readonly log: Logger;
  /** What this process consumes as. */
  readonly groups: () => readonly string[];
  /** Called with every look at the others. */
  readonly onView: (view: View) => void;
  /** Called when the others may think that this process is dead. */
  readonly onSilence: () => void;
}

export interface Members {
  /** Looks soon, and not only when it is time. */
  readonly look: () => void;
  /** Tells the others that this process is gone. */
  readonly leave: () => Promise<void>;
}

interface Sign {
  readonly revision: number;
  readonly groups: readonly string[];
  /** When it was first seen here, by `performance.now()`. */
  seenAt: number;
}

/** A process that was silent for so many leases is forgotten. */
const forgottenAfterLeases = 20;

/**
 * Gives signs of life and looks at those of others. No clocks are compared: a process is dead when its sign has not
 * changed for a lease by the clock of whoever looks, and it stops by itself when it could give none for 0.7 of one.
 */
export function openMembers(settings: MembersSettings): Members {
  const { link, names, id, leaseMs, log, groups, onView, onSilence } = settings;
  const beatMs = leaseMs / 5;
  const signs = new Map<string, Sign>();
  const self = { host: hostname(), pid: process.pid };
  let lookingSince = performance.now();
  let session: Session | undefined;
  let shownAt = performance.now();
  let isSilent = false;
  let isOver = false;
  let timer: NodeJS.Timeout | undefined;
  let beating: Promise<void> | undefined;

  async function beat(on: Session): Promise<void> {
    const startedAt = performance.now();
    if (on !== session) {
      // Nobody could show a sign to us meanwhile.
      session = on;
      lookingSince = startedAt;
      for (const sign of signs.values()) sign.seenAt = startedAt;
    }
    const sign = JSON.stringify({ ...self, groups: groups() });
    await jetstream(on.nc).publish(names.member(id), sign, { timeout: requestWithinMs });
    shownAt = startedAt;
    isSilent = false;
    await readSigns(on);
    onView({ members, isGone });
  }

  async function readSigns({ jsm }: Session): Promise<void> {
    const { state } = await jsm.streams.info(names.groups, { subjects_filter: names.allMembers });
    const subjects = Object.keys(state.subjects ?? {});
    const now = performance.now();
    await Promise.all(
      subjects.map(async (subject) => {
        const stored = await jsm.streams.getMessage(names.groups, { last_by_subj: subject });
        const other = subject.slice(subject.lastIndexOf('.') + 1);
        if (stored === null || signs.get(other)?.revision === stored.seq) return;
        const shown = stored.json<{ readonly groups: readonly string[] }>();
        signs.set(other, { revision: stored.seq, groups: shown.groups, seenAt: now });
      }),
    );
    const present = new Set(subjects);
    for (const [other, { seenAt }] of signs) {
      const subject = names.member(other);
      if (!present.has(subject)) {
        signs.delete(other);
      } else if (now - seenAt > forgottenAfterLeases * leaseMs) {
        await jsm.streams.purge(names.groups, { filter: subject });
      }
    }
  }

  const isAlive = ({ seenAt }: Sign) => performance.now() - seenAt < leaseMs;

  function members(group: string): readonly string[] {
    return [...signs]
      .flatMap(([one, sign]) => (isAlive(sign) && sign.groups.includes(group) ? [one] : []))
      .sort();
  }

  function isGone(group: string, other: string): boolean {
    const sign = signs.get(other);
    if (sign === undefined) return performance.now() - lookingSince > leaseMs;
    return !isAlive(sign) || !sign.groups.includes(group);
  }

  async function run(): Promise<void> {
    clearTimeout(timer);
    try {
      await asking(link, beat);
    } catch (error) {
      log.debug({ err: error }, 'no sign of life could be given');
    }
    if (!isOver) timer = setTimeout(look, beatMs);
  }

  function look(): void {
    beating ??= run().finally(() => {
      beating = undefined;
    });
  }

  const silence = setInterval(() => {
    if (isSilent || performance.now() - shownAt < 0.7 * leaseMs) return;
    isSilent = true;
    onSilence();
  }, beatMs / 2);

  return {
    look,
    leave: async () => {
      isOver = true;
      clearInterval(silence);
      clearTimeout(timer);
      await beating;
      clearTimeout(timer);
      await asking(link, ({ jsm }) => jsm.streams.purge(names.groups, { filter: names.member(id) })).catch(
        (error: unknown) => {
          log.debug({ err: error }, 'the others could not be told that this process is gone');
        },
      );
    },
  };
}
