import type { Chore } from '../store/housekeeping.ts';
import { type CallLimitTables, forgetCallLimits } from './limit-store.ts';
import { forgetDecisions, forgetPushes } from './pushes/decisions.ts';
import type { PushTables } from './pushes/tables.ts';

/** What a store with vendors forgets in time. */
export const vendorChores: Readonly<Record<string, Chore<PushTables & CallLimitTables>>> = {
  pushes: forgetPushes,
  decisions: forgetDecisions,
  limits: forgetCallLimits,
};
