import type { ConsentResolvers } from '../__generated__/resolvers.ts';

export const consent: ConsentResolvers = {
  legalBasis: ({ record }) => record?.legalBasis ?? null,
  jurisdiction: ({ record }) => record?.jurisdiction ?? null,
  source: ({ record }) => record?.source ?? null,
  updatedAt: ({ record }) => record?.recordedAt ?? null,
  observedAt: ({ record }) => record?.observedAt ?? null,
};
