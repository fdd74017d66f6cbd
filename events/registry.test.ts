import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineEvent } from './define-event.ts';
import { registry, registryOf } from './registry.ts';

const event = (changed: object) =>
  defineEvent({
    name: 'LeadCreated',
    version: 1,
    owner: 'crm',
    entity: 'Lead',
    description: 'A lead.',
    orderedBy: 'subject',
    routing: ['leadid'],
    fields: { status: z.string() },
    example: { status: 'NEW' },
    ...changed,
  });

describe('the registry', () => {
  it('has every event of the house by its type', () => {
    expect([...registry.keys()].map((type) => type.split('.').slice(1).join('.'))).toEqual([
      'crm.LeadCreated.v1',
      'crm.LeadStatusChanged.v1',
      'crm.LeadOwnerAssigned.v1',
      'crm.AccountOwnerAssigned.v1',
      'crm.OpportunityStageMoved.v1',
      'crm.LeadChangeRejected.v1',
      'crm.AccountChangeRejected.v1',
      'crm.OpportunityChangeRejected.v1',
      'crm.AccountDetailsChanged.v1',
      'crm.ContactDetailsChanged.v1',
      'crm.LeadDetailsChanged.v1',
      'crm.OpportunityDetailsChanged.v1',
      'consent.ConsentUpdated.v1',
      'email.CampaignEnrolled.v1',
      'email.EnrollmentRefused.v1',
      'email.Unsubscribed.v1',
      'email.ContactSuppressed.v1',
      'email.SuppressionLifted.v1',
      'email.EnrollmentChangeRejected.v1',
      'email.SuppressionChangeRejected.v1',
      'analytics.ConversionRecorded.v1',
      'analytics.TouchRecorded.v1',
    ]);
  });

  it.each([
    ['two definitions of one type', [event({}), event({})], 'tributary.crm.LeadCreated.v1 is defined twice'],
    ['a version without the one before', [event({ version: 2 })], 'has no version 1 before it'],
    [
      'an order by a key that is not carried',
      [event({ orderedBy: 'accountid' })],
      'is ordered by accountid, which is none of its routing keys',
    ],
    ['an example of another shape', [event({ example: { status: 7 } })], 'is not of its shape'],
    [
      'an example with a field that no version has',
      [event({ example: { status: 'NEW', email: 'a@example.com' } })],
      'Unrecognized key: "email"',
    ],
  ])('refuses %s', (_, definitions, message) => {
    expect(() => registryOf(definitions)).toThrow(message);
  });
});
