import type { Analytics } from '#subgraphs/analytics/main.ts';
import type { Consent } from '#subgraphs/consent/main.ts';
import type { Crm } from '#subgraphs/crm/main.ts';

/** Where an import writes; the mapping decides which of them a file reaches. */
export interface ImportParts {
  readonly crm: Crm;
  readonly consent: Consent;
  readonly analytics: Analytics;
}
