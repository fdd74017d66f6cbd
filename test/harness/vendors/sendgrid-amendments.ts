import type { Amendment, Json } from './specification-mending.ts';

/** Where SendGrid's files contradict their own descriptions, which say what the servers do. */
export const sendGridAmendments: readonly Amendment[] = [
  {
    file: 'tsg_mc_singlesends_v3.json',
    at: [
      ...['paths', '/v3/marketing/singlesends/{id}/schedule', 'put', 'requestBody', 'content'],
      ...['application/json', 'schema', 'properties', 'send_at'],
    ],
    why: 'The description sends at once with the text "now", the schema takes a date-time alone.',
    to: (schema) => ({ anyOf: [schema, { type: 'string', enum: ['now'] }] }),
  },
  {
    file: 'tsg_suppressions_v3.json',
    at: [
      ...['paths', '/v3/asm/suppressions/global/{email}', 'get', 'responses', '200', 'content'],
      ...['application/json', 'schema', 'required'],
    ],
    why: 'The description answers {} for an address that is not suppressed, the schema requires recipient_email.',
    to: (): Json => [],
  },
];
