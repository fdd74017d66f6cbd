import type { CampaignChannel } from './__generated__/resolvers.ts';

/**
 * The purpose of consent that a campaign needs, by its channel. A channel without one takes nobody in by itself: a yes
 * to mail is no yes to a text message. Suppressions hold for a contact as a whole, so that a second purpose here wants
 * suppressions by channel first.
 */
export const purposeOf: Readonly<Partial<Record<CampaignChannel, string>>> = {
  EMAIL: 'EMAIL_MARKETING',
};
