import type { Rule, RuleOf } from '#chassis/vendor/pushes/rules.ts';
import type { ChangedType, CrmRecords } from '../adapters/crm.ts';

/** Who has the last word, by type and field; where it says nothing, {@link defaultRules}. */
export type CrmRules = {
  readonly [Type in ChangedType]?: { readonly [Field in keyof CrmRecords[Type] & string]?: Rule };
};

/**
 * What sales decides is decided by whoever decided last, in whichever system; what describes somebody is the CRM's,
 * where people look after it.
 */
export const defaultRules = {
  accounts: { ownerId: 'newest' },
  leads: { status: 'newest', ownerId: 'newest' },
  opportunities: { stage: 'newest' },
} satisfies CrmRules;

export function crmRuleOf(given: CrmRules = {}): RuleOf {
  const ofType = (rules: CrmRules, type: string): Readonly<Record<string, Rule | undefined>> =>
    rules[type as ChangedType] ?? {};
  return (type, field) => ofType(given, type)[field] ?? ofType(defaultRules, type)[field] ?? 'vendor';
}
