import type { SuppressionResolvers } from '../__generated__/resolvers.ts';
import { syncFields } from './sync.ts';

export const suppression: SuppressionResolvers = { ...syncFields };
