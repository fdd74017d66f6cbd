import { describe, expect, it, vi } from 'vitest';
import type { EventEnvelope } from '#events/envelope.ts';
import { testEvent, testType } from '#test/harness/buses.ts';
import type { Found } from './filter-index.ts';
import { type Given, openLane } from './lane.ts';
import type { LookupFilter } from './lookups.ts';

const filter: LookupFilter = {
  argument: 'accountId',
  attributes: ['accountid'],
  lookup: { attribute: 'contactid', document: '', path: [] },
};
const wish = { types: [testType], conditions: [{ attributes: ['accountid'] as const, value: 'acc_1' }] };
const happened = (position: number, given: Partial<EventEnvelope> = {}) => ({
  kind: 'event' as const,
  event: { ...testEvent(), ...given },
  cursor: `c${position}`,
  position,
});

describe('a lane with lookups', () => {
  it('holds events back in their order, and says what stays unknown', async () => {
    const answers = new Map<string, (found: Found | undefined) => void>();
    const find = (_: unknown, { contactid }: EventEnvelope) =>
      contactid === undefined
        ? {}
        : new Promise<Found | undefined>((resolve) => answers.set(contactid, resolve));
    const lane = openLane({ position: 0, cursor: 'c0' }, [filter], { find });
    const given: [string, number, number][] = [];
    const listener = {
      take: (one: Given, before: { position: number }) =>
        void given.push([one.kind, one.position, before.position]),
    };
    lane.add(listener, wish);
    lane.take(happened(1, { contactid: 'con_1' }));
    lane.take(happened(2, { accountid: 'acc_1' }));
    lane.take(happened(3, { contactid: 'con_3' }));
    lane.take(happened(4, { contactid: 'con_4' }));
    lane.take({ kind: 'gap', cursor: 'c5', position: 5 });
    expect(given).toEqual([]);
    expect(lane.seen().position).toBe(0);
    answers.get('con_3')?.(undefined);
    answers.get('con_4')?.({ accountid: 'acc_2' });
    answers.get('con_1')?.({ accountid: 'acc_1' });
    await vi.waitFor(() => expect(lane.seen().position).toBe(5));
    expect(given).toEqual([
      ['event', 1, 0],
      ['event', 2, 1],
      ['unsure', 3, 2],
      ['gap', 5, 4],
    ]);
    lane.remove(listener, wish);
    expect(lane.isEmpty()).toBe(true);
  });
});
