import type { Amendment, Json, JsonObject } from './specification-mending.ts';

/** Where Klaviyo's files can be met by no answer. */
export const klaviyoAmendments: readonly Amendment[] = [
  {
    file: 'campaigns.json',
    at: [
      ...['components', 'schemas', 'CampaignResponseObjectResource', 'properties', 'attributes'],
      ...['properties', 'send_options'],
    ],
    why: 'Exactly one of three schemas is to be met, and the three are the same.',
    to: (schema: Json) => {
      const { oneOf, ...rest } = schema as JsonObject;
      return { ...rest, anyOf: oneOf as Json };
    },
  },
];
