import type { MutationResolvers } from '../__generated__/resolvers.ts';
import { updateConsent } from './update-consent.ts';

export const mutation: MutationResolvers = { updateConsent };
