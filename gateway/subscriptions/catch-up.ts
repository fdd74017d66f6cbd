import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { BusUnavailable, InvalidCursor } from '#events/bus/port.ts';
import { InvalidEventCursor } from '#gateway/pipeline/event-errors.ts';
import { gapMessage } from './execution.ts';
import type { Group } from './group.ts';
import type { Given } from './lane.ts';
import type { Member } from './member.ts';
import type { Happening, Stretch } from './place.ts';
import type { LiveMessage } from './types.ts';

/** Messages that are made ahead of the one that is handed over. */
const mostAhead = 8;
const againMs = 500;

interface Coming {
  readonly given: Given;
  readonly message: LiveMessage | Promise<LiveMessage>;
}

/**
 * Reads for a member what lies behind its place, from memory or from the log, until it has come as far as its group and
 * joins it, or can take no more. The member may move to another group meanwhile, and is given nothing that was made for
 * the one before.
 */
export async function catchUp(member: Member): Promise<void> {
  if (tryJoin(member)) return;
  const { counts } = member.hub;
  member.isReading = true;
  counts.catchingUp += 1;
  const { readers } = member.group.tail;
  readers.count += 1;
  try {
    while (member.readsAs(member.group) && !tryJoin(member)) {
      const { group } = member;
      try {
        await handOver(member, group, await group.tail.behind(member.place));
      } catch (error) {
        await standError(member, error);
      }
      await nextTurn();
    }
  } finally {
    member.isReading = false;
    counts.catchingUp -= 1;
    readers.count -= 1;
    if (readers.count === 0) member.group.tail.forgetPages();
  }
}

function tryJoin(member: Member): boolean {
  if (!member.readsAs(member.group) || !member.group.join(member)) return false;
  member.joined();
  return true;
}

async function standError(member: Member, error: unknown): Promise<void> {
  if (member.state !== 'behind') return;
  if (error instanceof InvalidCursor) {
    member.end(InvalidEventCursor(error.message));
    return;
  }
  member.hub.log.warn({ err: error }, 'the log of events cannot be read');
  if (!(error instanceof BusUnavailable)) {
    member.fail(error);
    return;
  }
  await sleep(againMs, undefined, { ref: false });
}

async function handOver(member: Member, group: Group, { happenings, to }: Stretch): Promise<void> {
  const ahead: Promise<Coming | undefined>[] = [];
  let next = 0;
  const lookAhead = (): void => {
    while (ahead.length < mostAhead && next < happenings.length) {
      const happening = happenings[next++]!;
      if (happening.position <= member.place.position) continue;
      const coming = comingFor(group, happening);
      if (coming !== undefined) ahead.push(coming);
    }
  };
  for (lookAhead(); ahead.length > 0; lookAhead()) {
    const coming = await ahead.shift();
    const message = await coming?.message;
    if (!member.readsAs(group)) return;
    if (coming === undefined || message === undefined) continue;
    if (coming.given.position <= member.place.position) continue;
    if (!member.give(coming.given, message, Date.now())) return;
  }
  if (member.readsAs(group)) member.passTo(to);
}

/** Undefined, at once or later, where the happening is not for the group. */
function comingFor(group: Group, happening: Happening): Promise<Coming | undefined> | undefined {
  const verdict = group.judge(happening);
  if (verdict === 'unwanted') return undefined;
  return Promise.resolve(verdict).then((judged) => {
    if (judged === 'unwanted') return undefined;
    if (judged === 'unsure') {
      const given = { kind: 'unsure', cursor: happening.cursor, position: happening.position } as const;
      return { given, message: gapMessage('unsure', happening.cursor) };
    }
    return happening.kind === 'gap'
      ? { given: happening, message: gapMessage('gap', happening.cursor) }
      : { given: happening, message: group.message(happening) };
  });
}
