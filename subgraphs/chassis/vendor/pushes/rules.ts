import { sameValue } from '../../store/upsert.ts';
import type { Push, Value } from './tables.ts';

/**
 * Who has the last word about a field that the vendor and we changed at the same time: the vendor, we, or whoever
 * changed it later.
 */
export const rules = ['vendor', 'platform', 'newest'] as const;

export type Rule = (typeof rules)[number];

/** The rule of one field of one type of record. */
export type RuleOf = (type: string, field: string) => Rule;

/** One field of a record as the vendor was seen to have it. */
export interface SeenField {
  readonly field: string;
  readonly value: Value;
  /** When the vendor changed the record last. */
  readonly changedAt: string;
  /** When the read of it began. */
  readonly observedAt: string;
}

/** What becomes of a field. */
export type Judgement =
  /** What the vendor has is written. */
  | { readonly kind: 'take' }
  /** Ours stays: the vendor has not come to it yet, or what was seen is from before it did. */
  | { readonly kind: 'keep' }
  /** Both changed it. */
  | {
      readonly kind: 'conflict';
      readonly winner: 'vendor' | 'platform';
      readonly because: 'rule' | 'sent';
      /** The change of ours that the vendor's met. */
      readonly push: Push;
      readonly ourAt: string;
    };

/**
 * Weighs a field that the vendor was seen to have against changes of ours.
 *
 * A vendor says when it changed the record, and not which field: a value that it had before our change, or that one of
 * our changes gave it, is no change of the vendor's, whatever the time.
 * @param pushes of the record, in the order of their versions: those that wait, and those that were accepted
 */
export function judge(seen: SeenField, pushes: readonly Push[], rule: Rule): Judgement {
  const { field, value } = seen;
  const ours = pushes.filter(({ fields }) => fields[field] !== undefined);
  const waiting = ours.filter(({ state }) => state === 'PENDING');
  const outlived = ours.filter(
    ({ state, settledAt }) => state === 'ACCEPTED' && settledAt !== null && settledAt > seen.changedAt,
  );
  const last = waiting.at(-1);
  if (last !== undefined) {
    if (isOurs([...outlived, ...waiting], field, value))
      return same(last, field, value) ? { kind: 'take' } : { kind: 'keep' };
    const winner = rule === 'newest' ? later(seen.changedAt, last.madeAt) : rule;
    const isSent = waiting.some(({ sentAs }) => sentAs !== null);
    const conflict = { kind: 'conflict', push: last, ourAt: last.madeAt } as const;
    return winner === 'vendor' && isSent
      ? { ...conflict, winner: 'platform', because: 'sent' }
      : { ...conflict, winner, because: 'rule' };
  }
  const accepted = outlived.at(-1);
  if (accepted?.settledAt == null || same(accepted, field, value)) return { kind: 'take' };
  // Read after the vendor had ours, and another value all the same: it was changed after ours, or at least while ours
  // was under way. If the reading was of something old after all, what the vendor made of ours is still to come.
  const isFresh = seen.observedAt > accepted.settledAt;
  if (isFresh && seen.changedAt >= (accepted.sentAt ?? accepted.madeAt)) return { kind: 'take' };
  if (isOurs(outlived, field, value)) return { kind: 'keep' };
  if (isFresh) return { kind: 'take' };
  const winner = rule === 'vendor' ? 'vendor' : 'platform';
  return { kind: 'conflict', winner, because: 'rule', push: accepted, ourAt: accepted.settledAt };
}

const later = (vendorAt: string, ourAt: string) => (vendorAt > ourAt ? 'vendor' : 'platform');

const same = ({ fields }: Push, field: string, value: Value) => sameValue(fields[field]?.to ?? null, value);

/** Whether the value is from before one of the changes, or from one of them. */
function isOurs(pushes: readonly Push[], field: string, value: Value): boolean {
  return pushes.some(({ fields }) => {
    const change = fields[field];
    return change !== undefined && (sameValue(change.from, value) || sameValue(change.to, value));
  });
}
