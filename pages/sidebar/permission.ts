import { words } from '../parts/words.ts';
import type { SidebarContact } from './given.ts';

/** Whether a contact may be written to or called, and the reason in words. */
export interface Permission {
  readonly answer: 'yes' | 'no' | 'unknown';
  readonly reason: string;
}

/**
 * Marketing mail needs a recorded yes and nothing that forbids it; nothing recorded is not a yes. Where one of the two
 * systems does not say, nobody is told to go ahead.
 */
export function mayEmail(contact: SidebarContact): Permission {
  const [suppression] = contact.suppressions ?? [];
  if (suppression) {
    return {
      answer: 'no',
      reason: `suppressed by the email platform: ${words(suppression.reason).toLowerCase()}`,
    };
  }
  const consent = consentTo(contact, 'EMAIL_MARKETING');
  return consent.answer === 'yes' && contact.suppressions === null
    ? { answer: 'unknown', reason: `${consent.reason}, but the suppression list cannot be checked` }
    : consent;
}

/** Calls need a recorded yes to sales outreach. */
export function mayCall(contact: SidebarContact): Permission {
  return consentTo(contact, 'SALES_OUTREACH');
}

function consentTo({ consents }: SidebarContact, purpose: string): Permission {
  if (consents === null) return { answer: 'unknown', reason: 'consent cannot be checked' };
  const consent = consents.find((one) => one.purpose === purpose);
  const where = consent?.jurisdiction ? `, ${consent.jurisdiction}` : '';
  const ground = consent?.legalBasis ? ` (${words(consent.legalBasis).toLowerCase()}${where})` : '';
  switch (consent?.state) {
    case 'GRANTED':
      return { answer: 'yes', reason: `granted${ground}` };
    case 'DENIED':
      return { answer: 'no', reason: `denied or withdrawn${ground}` };
    default:
      return { answer: 'no', reason: 'nothing is recorded, which is not a yes' };
  }
}
