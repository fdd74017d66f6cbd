import type { MutationResolvers } from '../__generated__/resolvers.ts';
import { triggerNurture } from './trigger-nurture.ts';
import { unsubscribe } from './unsubscribe.ts';

export const mutation: MutationResolvers = { triggerNurture, unsubscribe };
