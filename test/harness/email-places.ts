import type { Campaign } from '#subgraphs/email/store/tables.ts';
import type { RecordsPlace } from './house.ts';
import type { EmailPlaceOptions } from './vendors/email-place.ts';
import { klaviyoSource } from './vendors/klaviyo.ts';
import { openKlaviyoPlace } from './vendors/klaviyo-place.ts';
import { isFlow } from './vendors/klaviyo-world.ts';
import { sendGridSource } from './vendors/sendgrid.ts';
import { openSendgridPlace } from './vendors/sendgrid-place.ts';
import { isAutomation, sendgridId } from './vendors/sendgrid-world.ts';

/** How a place says what the demo has, where it says it in another way. */
export interface EmailSays {
  /** A campaign of the demo. */
  readonly campaign: (campaign: Campaign) => Campaign;
  readonly time: (at: string) => string;
  /** Whether it tells which campaigns somebody was put into before this house did it. */
  readonly pastEnrollments: boolean;
  /** Of what this house changed: at once, and when the vendor has it. */
  readonly syncState: { readonly first: 'PENDING' | null; readonly settled: 'ACCEPTED' | null };
}

export interface EmailChoice {
  readonly email: string;
  /** Where the vendor's specification is missing, without which there is no double. */
  readonly missing: boolean;
  readonly says: EmailSays;
  readonly openPlace: (options?: EmailPlaceOptions) => Promise<RecordsPlace | undefined>;
}

const sayingTheSame: EmailSays = {
  campaign: (campaign) => campaign,
  time: (at) => at,
  pastEnrollments: true,
  syncState: { first: null, settled: null },
};

const sayingAsVendors = {
  time: (at: string) => `${at.slice(0, 19)}.000Z`,
  pastEnrollments: false,
  syncState: { first: 'PENDING', settled: 'ACCEPTED' },
} as const;

/** A campaign at a vendor: one that takes contacts in begins for each at another time. */
function atVendor(campaign: Campaign, takesIn: boolean): Campaign {
  const { startedAt, sent, recipients } = campaign;
  return {
    ...{ ...campaign, channel: 'EMAIL' },
    startedAt: startedAt === null || takesIn ? null : sayingAsVendors.time(startedAt),
    recipients: takesIn ? recipients : sent,
  };
}

/**
 * Where the records of email may be; what a client is promised holds for all. What differs at a vendor, and is meant to:
 *
 * - `syncState` says that a suppression or an enrollment has a row there; what a backfill finds is told by events of
 *   origin `vendor`.
 * - Nobody says which campaigns contacts were in before: `enrollments` begin with the first that is made here.
 * - Campaigns go by email; those that take contacts in have no start, and the others count a message as a recipient.
 *   Their ids are made of the vendor's, which at SendGrid are UUIDs.
 * - Times are in seconds.
 * - SendGrid tells of activities by webhook alone, and of contacts when they are asked for: an account of which nobody was
 *   mailed or asked for has no `emailEngagement` yet.
 */
export const emailPlaces: readonly EmailChoice[] = [
  { email: 'embedded', missing: false, says: sayingTheSame, openPlace: async () => undefined },
  {
    email: 'klaviyo',
    missing: klaviyoSource().missing,
    says: { ...sayingAsVendors, campaign: (campaign) => atVendor(campaign, isFlow(campaign)) },
    openPlace: openKlaviyoPlace,
  },
  {
    email: 'sendgrid',
    missing: sendGridSource().missing,
    says: {
      ...sayingAsVendors,
      campaign: (campaign) => ({
        ...atVendor(campaign, isAutomation(campaign)),
        id: `cam_${sendgridId(campaign.id)}`,
      }),
    },
    openPlace: openSendgridPlace,
  },
];
