import type { MutationResolvers } from '../__generated__/resolvers.ts';
import { recordConversion } from './record-conversion.ts';
import { recordTouch } from './record-touch.ts';

export const mutation: MutationResolvers = { recordTouch, recordConversion };
