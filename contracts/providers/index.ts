import { analytics } from './analytics.ts';
import { consent } from './consent.ts';
import { crm } from './crm.ts';
import { email } from './email.ts';
import type { OpenProvider } from './provider.ts';

export type { OpenProvider, Provider } from './provider.ts';

/** Every subgraph that can be verified in a process of this project. */
export const providers: Readonly<Record<string, OpenProvider>> = { crm, email, analytics, consent };
