import { z } from 'zod';
import { clientError } from '#chassis/errors.ts';
import { type Asker, type AskGraph, GraphUnavailable } from '#chassis/graph.ts';

/** What is to be held of a contact and a purpose at the moment of asking. */
export type ConsentState = 'GRANTED' | 'DENIED' | 'UNKNOWN';

/**
 * Asks whoever owns consents. Rejects with `CONSENT_UNAVAILABLE` where there is no answer in time, whose cause is for
 * the log, and with the signal's reason once the asker has gone.
 */
export type AskConsent = (contactId: string, purpose: string, asker: Asker) => Promise<ConsentState>;

const state = z.object({ state: z.enum(['GRANTED', 'DENIED', 'UNKNOWN']) });

/** Of the graph as everybody sees it. A contact that the graph does not have can have consented to nothing. */
export function consentThroughGateway(ask: AskGraph): AskConsent {
  const query = `query ConsentOfContact($id: ID!, $purpose: String!) {
  contact(id: $id) {
    consent(purpose: $purpose) {
      state
    }
  }
}
`;
  const data = z.object({ contact: z.object({ consent: state }).nullable() });
  return (contactId, purpose, asker) =>
    answered(async () => {
      const { contact } = await ask({ query, variables: { id: contactId, purpose }, data }, asker);
      return contact?.consent.state ?? 'UNKNOWN';
    });
}

/** Of the subgraph that owns consents, past the gateway. */
export function consentOfSubgraph(ask: AskGraph): AskConsent {
  const query = `query ($contacts: [_Any!]!, $purpose: String!) {
  _entities(representations: $contacts) { ... on Contact { consent(purpose: $purpose) { state } } }
}`;
  const data = z.object({ _entities: z.tuple([z.object({ consent: state })]) });
  return (contactId, purpose, asker) =>
    answered(async () => {
      const contacts = [{ __typename: 'Contact', id: contactId }];
      const { _entities } = await ask({ query, variables: { contacts, purpose }, data }, asker);
      return _entities[0].consent.state;
    });
}

/** For a subgraph that was told of nobody to ask. @param remedy what to set, for whoever runs it */
export function nobodyToAsk(remedy: string): AskConsent {
  return async () => {
    throw unavailable(remedy, undefined);
  };
}

async function answered(ask: () => Promise<ConsentState>): Promise<ConsentState> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof GraphUnavailable)) throw error;
    if (isUnknownPurpose(error)) return 'UNKNOWN';
    throw unavailable('Try again with the same idempotencyKey.', error);
  }
}

/** Which purposes there are differs by tenant. One that a tenant does not have nobody can have consented to. */
function isUnknownPurpose({ errors }: GraphUnavailable): boolean {
  return errors.some(
    ({ extensions }) => extensions?.code === 'INVALID_ARGUMENT' && extensions.argument === 'purpose',
  );
}

function unavailable(remedy: string, cause: unknown): Error {
  const error = clientError(
    'CONSENT_UNAVAILABLE',
    `Whether the contact consents cannot be found out at the moment, so that nothing was done. ${remedy}`,
  );
  return Object.assign(error, { cause });
}
