import { expect, test } from 'vitest';
import type { LeadUpdate } from './given.ts';
import { happeningOf } from './happening.ts';

const ann = { id: 'usr_1', name: 'Ann' };

test.each<[Record<string, unknown>, ReturnType<typeof happeningOf>]>([
  [{ status: 'NEW' }, { what: 'Came in', before: null, after: 'New' }],
  [
    { statusBefore: 'NEW', statusAfter: 'WORKING' },
    { what: 'Status', before: 'New', after: 'Working' },
  ],
  [
    { ownerBefore: null, ownerAfter: ann },
    { what: 'Owner', before: 'nobody', after: 'Ann' },
  ],
  [
    { channel: 'EMAIL', kind: 'OPEN' },
    { what: 'Opened', before: null, after: 'Email' },
  ],
  [{ type: 'tributary.crm.LeadMerged.v1' }, { what: 'Lead merged', before: null, after: null }],
])('an event %j in words', (event, happening) => {
  expect(happeningOf({ occurredAt: null, event, lead: null } as unknown as LeadUpdate)).toEqual(happening);
});
