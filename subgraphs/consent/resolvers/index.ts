import { scalars } from '#chassis/scalars.ts';
import type { Resolvers } from '../__generated__/resolvers.ts';
import { mutation } from '../mutations/index.ts';
import { consent } from './consent.ts';
import { consentRecord } from './consent-record.ts';
import { contact } from './contact.ts';
import { purpose } from './purpose.ts';
import { query } from './query.ts';

export const resolvers: Resolvers = {
  DateTime: scalars.DateTime,
  Query: query,
  Mutation: mutation,
  Consent: consent,
  ConsentRecord: consentRecord,
  Contact: contact,
  Purpose: purpose,
};
