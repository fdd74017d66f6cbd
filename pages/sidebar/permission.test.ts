import { expect, test } from 'vitest';
import type { SidebarContact } from './given.ts';
import { mayCall, mayEmail } from './permission.ts';

const at = '2026-03-01T09:30:00.000Z';
type Consent = NonNullable<SidebarContact['consents']>[number];

function consent(purpose: string, state: Consent['state']): Consent {
  return { purpose, state, legalBasis: 'CONSENT', jurisdiction: 'DE', updatedAt: at, observedAt: at };
}

function contact(given: Partial<SidebarContact>): SidebarContact {
  const known = { id: 'con_1', name: 'Ada', title: null, email: null, phone: null, engagement: null };
  return { ...known, suppressions: [], consents: [], ...given };
}

const granted = [consent('EMAIL_MARKETING', 'GRANTED'), consent('SALES_OUTREACH', 'DENIED')];

test.each([
  ['a recorded yes', { consents: granted }, 'yes'],
  ['a recorded no', { consents: [consent('EMAIL_MARKETING', 'DENIED')] }, 'no'],
  ['nothing recorded', { consents: [consent('EMAIL_MARKETING', 'UNKNOWN')] }, 'no'],
  ['no word of the purpose', { consents: [] }, 'no'],
  [
    'a suppression beside a yes',
    { consents: granted, suppressions: [{ reason: 'BOUNCE', suppressedAt: at }] },
    'no',
  ],
  ['a suppression list that cannot be checked', { consents: granted, suppressions: null }, 'unknown'],
  ['consent that cannot be checked', { consents: null }, 'unknown'],
] as const)('mail with %s', (_, given, answer) => {
  expect(mayEmail(contact(given)).answer).toBe(answer);
});

test('calls go by sales outreach alone', () => {
  expect(mayCall(contact({ consents: granted })).answer).toBe('no');
  expect(mayCall(contact({ consents: [consent('SALES_OUTREACH', 'GRANTED')], suppressions: null }))).toEqual({
    answer: 'yes',
    reason: 'granted (consent, DE)',
  });
});
