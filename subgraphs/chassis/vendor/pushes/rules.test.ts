import { describe, expect, it } from 'vitest';
import { judge, type Rule, rules } from './rules.ts';
import type { Push } from './tables.ts';

const at = (minute: number) => `2026-03-01T09:${String(minute).padStart(2, '0')}:00.000Z`;

/** A change of the status, made in the tenth minute unless it says otherwise. */
function change(from: string, to: string, more: Partial<Push> = {}): Push {
  return {
    tenant: 'default',
    eventId: `${from} ${to}`,
    type: 'leads',
    id: 'lea_1',
    version: 2,
    kind: 'update',
    fields: { status: { from, to } },
    state: 'PENDING',
    madeAt: at(10),
    sentAs: null,
    sentAt: null,
    attempts: 0,
    failure: null,
    code: null,
    settledAt: null,
    contested: 0,
    ...more,
  };
}
const sent = { sentAs: 'key' };
const accepted = (minute: number) =>
  ({ ...sent, state: 'ACCEPTED', sentAt: at(minute - 1), settledAt: at(minute) }) as const;

/** What the vendor was seen to have, read in the fiftieth minute unless it says otherwise. */
const seen = (value: string, changedMinute: number, readMinute = 50) => ({
  field: 'status',
  value,
  changedAt: at(changedMinute),
  observedAt: at(readMinute),
});

const conflict = (winner: 'vendor' | 'platform', because: 'rule' | 'sent' = 'rule') => ({
  kind: 'conflict',
  winner,
  because,
});
const always = (judgement: object) => ({ vendor: judgement, platform: judgement, newest: judgement });
const keep = always({ kind: 'keep' });
const take = always({ kind: 'take' });

describe('a field that the vendor was seen to have', () => {
  it.each<[string, Push[], ReturnType<typeof seen>, Record<Rule, object>]>([
    ['nothing of ours', [], seen('B', 5), take],
    // Ours waits.
    ['what it had before ours', [change('A', 'B')], seen('A', 20), keep],
    ['what we want it to have', [change('A', 'B')], seen('B', 20), take],
    [
      'another value, from before ours',
      [change('A', 'B')],
      seen('C', 5),
      { vendor: conflict('vendor'), platform: conflict('platform'), newest: conflict('platform') },
    ],
    [
      'another value, from after ours',
      [change('A', 'B')],
      seen('C', 20),
      { vendor: conflict('vendor'), platform: conflict('platform'), newest: conflict('vendor') },
    ],
    [
      'another value at the same time',
      [change('A', 'B')],
      seen('C', 10),
      { vendor: conflict('vendor'), platform: conflict('platform'), newest: conflict('platform') },
    ],
    [
      'another value while ours is under way',
      [change('A', 'B', sent)],
      seen('C', 20),
      {
        vendor: conflict('platform', 'sent'),
        platform: conflict('platform'),
        newest: conflict('platform', 'sent'),
      },
    ],
    ['the first of two of ours', [change('A', 'B', sent), change('B', 'C')], seen('B', 20), keep],
    ['the second of two of ours', [change('A', 'B', sent), change('B', 'C')], seen('C', 20), take],
    [
      'one that we had given it, long since',
      [change('A', 'B', accepted(11)), change('B', 'C')],
      seen('A', 20),
      {
        vendor: conflict('vendor'),
        platform: conflict('platform'),
        newest: conflict('vendor'),
      },
    ],
    // Ours was accepted.
    ['ours', [change('A', 'B', accepted(30))], seen('B', 25), take],
    ['what it had before it took ours', [change('A', 'B', accepted(30))], seen('A', 25), keep],
    [
      'what it had before, set again while ours was under way',
      [change('A', 'B', { ...accepted(30), sentAt: at(20) })],
      seen('A', 25),
      take,
    ],
    [
      'what it had between two of ours',
      [change('A', 'B', accepted(29)), change('B', 'C', accepted(30))],
      seen('B', 25),
      keep,
    ],
    ['another value since it took ours', [change('A', 'B', accepted(30))], seen('C', 35), take],
    ['the value from before, since it took ours', [change('A', 'B', accepted(30))], seen('A', 35), take],
    [
      'another value from before it took ours, in a read that began before',
      [change('A', 'B', accepted(30))],
      seen('C', 25, 28),
      { vendor: conflict('vendor'), platform: conflict('platform'), newest: conflict('platform') },
    ],
    [
      'another value, in a read that began after it took ours, by a clock that is slow',
      [change('A', 'B', accepted(30))],
      seen('C', 25, 31),
      take,
    ],
    [
      'another value of another field of ours',
      [{ ...change('A', 'B'), fields: { source: { from: 'A', to: 'B' } } }],
      seen('C', 20),
      take,
    ],
  ])('%s', (_, pushes, field, expected) => {
    for (const rule of rules)
      expect({ [rule]: judge(field, pushes, rule) }).toMatchObject({ [rule]: expected[rule] });
  });

  it('is met by the last of our changes that wait, at its time', () => {
    const last = change('B', 'C', { eventId: 'last', madeAt: at(15) });
    expect(judge(seen('D', 20), [change('A', 'B'), last], 'newest')).toMatchObject({
      push: last,
      ourAt: at(15),
    });
  });
});
