import { describe, expect, it } from 'vitest';
import { type CallLimits, type Counted, callClass, checkLimits, takeInAll } from './call-limits.ts';
import type { Urgency } from './calls.ts';
import { limitSettings } from './limit-settings.ts';
import { type ClassLimits, pause, untouched } from './limits.ts';

const noon = Date.parse('2026-03-01T12:00:00Z');
const perSecond = (points: number): ClassLimits => ({ windows: [{ points, perMs: 1_000 }] });

describe('what a call counts in', () => {
  const account = { name: 'account', limits: perSecond(9) };

  it('is its class, and the account where that has limits', () => {
    const limits: CallLimits = { default: perSecond(5), search: perSecond(2) };
    const search = { name: 'search', limits: perSecond(2) };
    expect(callClass(limits, 'search')).toEqual({ name: 'search', own: search, account: null });
    const both = { ...limits, account: perSecond(9) };
    expect(callClass(both, 'search')).toEqual({ name: 'search', own: search, account });
    const unknown = { name: 'default', own: { name: 'default', limits: perSecond(5) }, account };
    for (const endpoint of ['other', 'toString', 'account']) {
      expect(callClass(both, endpoint)).toEqual(unknown);
    }
  });

  it('is the account alone where the class has no limits', () => {
    const limits: CallLimits = { account: perSecond(9), search: perSecond(2) };
    expect(callClass(limits, 'other')).toEqual({ name: 'default', own: account, account: null });
  });
});

describe('a call in several limits', () => {
  const counted = (account: ClassLimits, own: ClassLimits): [Counted, Counted] => [
    { name: 'account', limits: account, state: untouched },
    { name: 'search', limits: own, state: untouched },
  ];

  /** Takes as many as may be at one moment. */
  function takeMany(all: readonly Counted[], urgency: Urgency) {
    let present = all;
    for (let count = 0; ; count += 1) {
      const answer = takeInAll(present, urgency, noon);
      if (answer.kind === 'wait') return { all: present, count, answer };
      present = present.map((each, at) => ({ ...each, state: answer.taken[at]!.state }));
    }
  }

  it.each([
    ['the account', perSecond(3), perSecond(5), 'account'],
    ['the class', perSecond(5), perSecond(3), 'search'],
  ])('is allowed by the narrower one, here %s', (_, account, own, of) => {
    const { count, answer } = takeMany(counted(account, own), 'read');
    expect([count, answer]).toEqual([3, { kind: 'wait', ms: 1_000, of }]);
  });

  it('waits for the one that it has to wait for longest', () => {
    const [account, own] = counted(perSecond(1), perSecond(1));
    const paused = { ...own, state: pause(own.state, own.limits, 30_000, noon) };
    const { all } = takeMany([account, own], 'read');
    expect(takeInAll([all[0]!, paused], 'read', noon)).toEqual({ kind: 'wait', ms: 30_000, of: 'search' });
  });

  it('keeps a part of each for the more urgent', () => {
    for (const [account, own] of [
      [perSecond(20), perSecond(1_000)],
      [perSecond(1_000), perSecond(20)],
    ] as const) {
      const sync = takeMany(counted(account, own), 'sync');
      const push = takeMany(sync.all, 'push');
      const read = takeMany(push.all, 'read');
      expect([sync.count, push.count, read.count]).toEqual([14, 4, 2]);
    }
  });
});

describe('limits of an account that are none', () => {
  it.each<[string, ClassLimits, string]>([
    [
      'without windows',
      { windows: [] },
      'The limits of acme, the account: there must be one window at least.',
    ],
    ['without points', perSecond(0), 'the account: 0 points'],
    ['in no zone', { ...perSecond(1), perDay: { points: 1, zone: 'Mars/Olympus' } }, '"Mars/Olympus"'],
  ])('%s are refused', (_, account, message) => {
    expect(() => checkLimits('acme', { default: perSecond(1), account })).toThrow(message);
  });

  it('are enough without a class default where they are some', () => {
    expect(() => checkLimits('acme', { account: perSecond(1) })).not.toThrow();
    expect(() => checkLimits('acme', { search: perSecond(1) } as never)).toThrow('none of the account');
  });
});

describe('limits in the settings of a vendor', () => {
  const settings = limitSettings({ search: perSecond(2) });

  it('are of its classes, of all others, and of the account', () => {
    const given = { search: perSecond(1), default: perSecond(3), account: perSecond(4) };
    expect(settings.parse(given)).toEqual(given);
    expect(settings.parse(undefined)).toEqual({});
  });

  it('are refused by name where they are of something else', () => {
    expect(() => settings.parse({ mail: perSecond(1) })).toThrow('"mail"');
    expect(() => settings.parse({ account: { windows: [] } })).toThrow('"account"');
  });
});
