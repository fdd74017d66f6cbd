import type { ConsentRecordValues } from '#subgraphs/consent/store/tables.ts';
import type { SeededContact } from './accounts.ts';
import type { Country } from './countries.ts';
import type { Random } from './random.ts';
import { daysAgo, idOf, placeOf, streamOf, type World } from './world.ts';

/** What a contact decided in the beginning. */
export interface FirstDecision {
  readonly purpose: string;
  readonly decision: 'GRANTED' | 'DENIED';
  readonly legalBasis: ConsentRecordValues['legalBasis'];
  readonly jurisdiction: string;
  readonly source: string;
  readonly evidence: string | null;
  readonly ago: number;
}

const wording = 'Wording 3: "Yes, tell me about products and events. I can take this back at any time."';

/** Chances of a purpose under a regime: to be asked at all, and to say yes. */
const askedAndGranted: Readonly<
  Record<Country['regime'], Readonly<Record<string, readonly [number, number]>>>
> = {
  'opt-in': {
    EMAIL_MARKETING: [0.72, 0.68],
    ANALYTICS: [0.55, 0.6],
    PROFILING: [0.4, 0.45],
    ADVERTISING: [0.45, 0.35],
    SALES_OUTREACH: [0.5, 0.8],
  },
  'opt-out': {
    EMAIL_MARKETING: [0.9, 0.98],
    ANALYTICS: [0.8, 0.97],
    PROFILING: [0.5, 0.95],
    ADVERTISING: [0.6, 0.9],
    SALES_OUTREACH: [0.7, 0.96],
  },
  implied: {
    EMAIL_MARKETING: [0.82, 0.88],
    ANALYTICS: [0.65, 0.9],
    PROFILING: [0.4, 0.8],
    ADVERTISING: [0.45, 0.7],
    SALES_OUTREACH: [0.6, 0.9],
  },
};

/**
 * The first decisions of a contact, by the law where it lives: asked for beforehand where that is opt-in, noted
 * as given where it is opt-out. About one in twelve was never asked anything and has no record at all; so has
 * the second contact of the first account.
 */
export function firstDecisions(world: World, contact: SeededContact): readonly FirstDecision[] {
  const random = streamOf(world, 'consent', contact.id);
  if (random.chance(0.08) || contact.id === neverAsked(world)) return [];
  const { regime } = contact.home;
  return Object.entries(askedAndGranted[regime]).flatMap(([purpose, [asked, granted]]) => {
    // Mail needs its decision before the first message.
    const waited = purpose === 'EMAIL_MARKETING' ? 0 : 0.25 * random.unit();
    const ago = contact.ageDays * (1 - waited);
    const isAsked = random.chance(asked);
    const isGranted = random.chance(granted);
    const jurisdiction = jurisdictionOf(contact.home, random);
    if (!isAsked) return [];
    return [
      {
        purpose,
        decision: isGranted ? ('GRANTED' as const) : ('DENIED' as const),
        ...howTaken(contact.home, purpose, isGranted, random),
        jurisdiction,
        ago,
      },
    ];
  });
}

/** A contact without any consent record, which every demo can open. */
export function neverAsked(world: World): string {
  return idOf(world, 'con', 1, 2);
}

/** Whether the platform may write to the contact: a yes where the law is opt-in, no "no" elsewhere. */
export function mayBeMailed({ home }: SeededContact, decisions: readonly FirstDecision[]): boolean {
  const first = decisions.find(({ purpose }) => purpose === 'EMAIL_MARKETING');
  return home.regime === 'opt-in' ? first?.decision === 'GRANTED' : first?.decision !== 'DENIED';
}

/** The whole history of a contact: its first decisions, and what it took back later. */
export function consentRecordsOf(
  world: World,
  contact: SeededContact,
  decisions: readonly FirstDecision[],
  unsubscribedAgo: number | null,
): readonly ConsentRecordValues[] {
  const random = streamOf(world, 'withdrawal', contact.id);
  return decisions.flatMap(({ ago, ...decision }) => {
    const { purpose } = decision;
    const id = idOf(world, 'cns', placeOf(contact.id), purpose.toLowerCase());
    const first = { id, contactId: contact.id, ...decision, recordedAt: daysAgo(world, ago) };
    const changesMind = random.chance(0.06);
    const later = ago * random.unit();
    const byLink = purpose === 'EMAIL_MARKETING' ? unsubscribedAgo : null;
    const takenBackAgo = byLink ?? (purpose !== 'EMAIL_MARKETING' && changesMind ? later : null);
    if (decision.decision !== 'GRANTED' || takenBackAgo === null) return [first];
    return [
      first,
      {
        ...first,
        id: `${id}_2`,
        decision: 'WITHDRAWN' as const,
        source: byLink === null ? 'Preference centre' : 'Unsubscribe link',
        evidence: null,
        recordedAt: daysAgo(world, takenBackAgo),
      },
    ];
  });
}

function howTaken(
  { regime }: Country,
  purpose: string,
  granted: boolean,
  random: Random,
): Pick<FirstDecision, 'legalBasis' | 'source' | 'evidence'> {
  const byForm = random.chance(0.7);
  if (regime === 'opt-out') {
    return { legalBasis: null, source: granted ? 'Privacy notice' : 'Do-not-sell link', evidence: null };
  }
  if (purpose === 'SALES_OUTREACH' || (regime === 'implied' && granted && !byForm)) {
    return {
      legalBasis: 'LEGITIMATE_INTERESTS',
      source: granted ? 'Business relation' : 'Call',
      evidence: null,
    };
  }
  if (purpose === 'ANALYTICS' || purpose === 'ADVERTISING') {
    return { legalBasis: 'CONSENT', source: 'Cookie banner', evidence: null };
  }
  return {
    legalBasis: 'CONSENT',
    source: byForm ? 'Web form' : 'Event sign-up',
    evidence: granted && byForm ? wording : null,
  };
}

/** California has a law of its own; one in eight of the country lives there. */
function jurisdictionOf({ code }: Country, random: Random): string {
  return random.chance(0.12) && code === 'US' ? 'US-CA' : code;
}
