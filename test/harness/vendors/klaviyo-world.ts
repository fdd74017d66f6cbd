import type { Campaign } from '#subgraphs/email/store/tables.ts';
import { type EmailWorld, messagesOf } from './email-world.ts';
import { type KlaviyoState, type KlaviyoValues, klaviyoTime } from './klaviyo-state.ts';

/** The metric whose events let somebody into the flow that is active. */
export const trigger = 'Nurture Started';

const told = {
  DELIVERED: 'Received Email',
  OPENED: 'Opened Email',
  CLICKED: 'Clicked Email',
  BOUNCED: 'Bounced Email',
} as const;
const reasons = {
  BOUNCE: 'HARD_BOUNCE',
  COMPLAINT: 'SPAM_COMPLAINT',
  UNSUBSCRIBE: 'UNSUBSCRIBE',
  MANUAL: 'USER_SUPPRESSED',
} as const;
const campaignStatuses = { DRAFT: 'Draft', SCHEDULED: 'Scheduled', COMPLETED: 'Sent' } as const;
const flowStatuses = { ACTIVE: 'live', PAUSED: 'manual' } as const;

const metric = (id: string, name: string, integration: string) => ({
  id,
  attributes: {
    ...{ name, created: '2022-01-01T00:00:00+00:00', updated: '2022-01-01T00:00:00+00:00' },
    integration: { object: 'integration', id: '0', name: integration },
  },
});
export const klaviyoMetrics = [
  ...Object.values(told).map((name, nth) => metric(`M${nth}`, name, 'Klaviyo')),
  metric('M9', trigger, 'API'),
];

/** Klaviyo's ids are any text: with these, ours of its campaigns are those of the demo. */
export const klaviyoId = (id: string) => id.slice('cam_'.length);

/** Whether something is a flow at Klaviyo, where what runs until somebody ends it is none of its campaigns. */
export const isFlow = ({ status }: Pick<Campaign, 'status'>) => Object.hasOwn(flowStatuses, status);

/** Fills a Klaviyo with what the demo has of email. Nobody is told. */
export function loadKlaviyo(state: KlaviyoState, world: EmailWorld): void {
  const time = (at: string) => klaviyoTime(Date.parse(at));
  for (const { id, address, createdAt } of world.recipients) {
    const known = { created: time(createdAt), updated: time(createdAt) };
    const { profile } = state.upsertProfile({ email: address, external_id: id, ...known });
    const own = world.suppressions.filter(({ contactId }) => contactId === id);
    profile.suppressions = own.map(({ reason, suppressedAt }) => ({
      reason: reasons[reason as keyof typeof reasons],
      timestamp: time(suppressedAt),
    }));
  }
  for (const campaign of world.campaigns) {
    if (isFlow(campaign)) state.flows.push(flowOf(campaign));
    else state.campaigns.push(campaignOf(campaign));
    if (campaign.sent > 0) valuesOf(state, campaign);
  }
  const profiles = new Map([...state.profiles.values()].map((one) => [one.attributes.external_id, one.id]));
  const profileOf = (contactId: string) => profiles.get(contactId) ?? '';
  for (const message of messagesOf(world)) {
    const campaignId = klaviyoId(message.campaign.id);
    const properties = {
      $message: campaignId,
      ...(isFlow(message.campaign) && { $flow: campaignId }),
      $_cohort$message_send_cohort: message.id,
    };
    for (const { kind, at } of message.told) {
      state.record({
        ...{ profileId: profileOf(message.contactId), properties, uniqueId: message.id },
        metricId: state.metricNamed(told[kind as keyof typeof told]).id,
        time: Date.parse(at),
      });
    }
  }
  const active = new Set(world.campaigns.flatMap(({ id, status }) => (status === 'ACTIVE' ? [id] : [])));
  for (const { id, contactId, enrolledAt } of world.enrollments.filter((one) => active.has(one.campaignId))) {
    state.record({
      ...{ profileId: profileOf(contactId), uniqueId: id, properties: {} },
      metricId: state.metricNamed(trigger).id,
      time: Date.parse(enrolledAt),
    });
  }

  function campaignOf({ id, name, status, createdAt, startedAt }: Campaign) {
    return {
      id: klaviyoId(id),
      attributes: {
        name,
        status: campaignStatuses[status as keyof typeof campaignStatuses],
        archived: false,
        audiences: { included: [], excluded: [] },
        send_options: { use_smart_sending: true },
        send_strategy: { method: 'immediate' },
        created_at: time(createdAt),
        updated_at: time(startedAt ?? createdAt),
        scheduled_at: null,
        send_time: startedAt === null ? null : time(startedAt),
      },
    };
  }
  function flowOf({ id, name, status, createdAt }: Campaign) {
    return {
      id: klaviyoId(id),
      attributes: {
        ...{ name, status: flowStatuses[status as keyof typeof flowStatuses], archived: false },
        ...{ created: time(createdAt), updated: time(createdAt), trigger_type: 'Metric' },
      },
    };
  }
}

/** Of a campaign one line; of a flow one for each of its messages, the first of which all had that came into it. */
function valuesOf(state: KlaviyoState, campaign: Campaign): void {
  const { startedAt, recipients, sent, delivered, opened, clicked, bounced, unsubscribed } = campaign;
  const subject = isFlow(campaign) ? 'flow' : 'campaign';
  const most = isFlow(campaign) ? recipients : sent;
  const lines = Array.from({ length: Math.ceil(sent / most) }, (_, nth): KlaviyoValues => {
    const had = { recipients: Math.min(most, sent - nth * most) };
    const came = {
      ...{ delivered, opens_unique: opened, clicks_unique: clicked },
      ...{ bounced, unsubscribe_uniques: unsubscribed },
    };
    return {
      groupings: {
        [`${subject}_id`]: klaviyoId(campaign.id),
        [`${subject}_message_id`]: `${klaviyoId(campaign.id)}-${nth}`,
        send_channel: 'email',
      },
      statistics: nth === 0 ? { ...had, ...came } : had,
      at: startedAt ?? campaign.createdAt,
    };
  });
  (subject === 'flow' ? state.flowValues : state.campaignValues).push(...lines);
}
