import { clientError } from '#chassis/errors.ts';
import type { LeadStatus, OpportunityStage } from '../__generated__/resolvers.ts';

/**
 * What a lead may begin as: as somebody found it, already in talks, or handed over qualified by a partner or an event.
 * Nobody takes a lead down to drop it, and only one that was there is converted.
 */
export const firstLeadStatuses: readonly LeadStatus[] = ['NEW', 'WORKING', 'QUALIFIED'];

/**
 * Where a lead may go. Nothing becomes new again, since somebody has looked at it. Only what was qualified is
 * converted. What was dropped is worked on again before it is anything else, and a converted lead is an opportunity
 * now: what becomes of it is told there.
 */
export const leadTransitions: Readonly<Record<LeadStatus, readonly LeadStatus[]>> = {
  NEW: ['WORKING', 'QUALIFIED', 'DISQUALIFIED'],
  WORKING: ['QUALIFIED', 'DISQUALIFIED'],
  QUALIFIED: ['WORKING', 'DISQUALIFIED', 'CONVERTED'],
  DISQUALIFIED: ['WORKING'],
  CONVERTED: [],
};

/**
 * Where an opportunity may go. Open stages in any order, since sales skip steps and fall back; it may be lost at any
 * time, and won by whoever has talked to the buyer. A buyer who comes back begins with talks. What was won stays won,
 * because revenue was reported by it: what is sold next is another opportunity.
 */
export const stageTransitions: Readonly<Record<OpportunityStage, readonly OpportunityStage[]>> = {
  PROSPECTING: ['ENGAGING', 'PROPOSAL', 'NEGOTIATION', 'LOST'],
  ENGAGING: ['PROSPECTING', 'PROPOSAL', 'NEGOTIATION', 'WON', 'LOST'],
  PROPOSAL: ['PROSPECTING', 'ENGAGING', 'NEGOTIATION', 'WON', 'LOST'],
  NEGOTIATION: ['PROSPECTING', 'ENGAGING', 'PROPOSAL', 'WON', 'LOST'],
  WON: [],
  LOST: ['ENGAGING'],
};

/** Throws `TRANSITION_NOT_ALLOWED`, which says where the entity could go. */
export function assertTransition<State extends string>(
  transitions: Readonly<Record<State, readonly State[]>>,
  what: { readonly typename: string; readonly id: string; readonly field: string },
  from: State,
  to: State,
): void {
  const allowed = transitions[from];
  if (allowed.includes(to)) return;
  const { typename, id, field } = what;
  throw clientError(
    'TRANSITION_NOT_ALLOWED',
    `${typename} "${id}" does not go from ${field} ${from} to ${to}; ` +
      (allowed.length === 0 ? `${from} is final.` : `it may go to ${allowed.join(', ')}.`),
    { typename, id, field, value: to, from, allowed },
  );
}
