import type { Campaign, Suppression } from '#subgraphs/email/store/tables.ts';
import { type EmailWorld, messagesOf } from './email-world.ts';
import type { SendGridState, SuppressionKind } from './sendgrid-state.ts';

const lists = {
  BOUNCE: 'bounces',
  COMPLAINT: 'spam_reports',
  UNSUBSCRIBE: 'unsubscribes',
  MANUAL: 'blocks',
} as const satisfies Partial<Record<Suppression['reason'], SuppressionKind>>;
const statuses = { DRAFT: 'draft', SCHEDULED: 'scheduled', COMPLETED: 'triggered' } as const;
const told = { DELIVERED: 'delivered', OPENED: 'open', CLICKED: 'click', BOUNCED: 'bounce' } as const;

const seconds = (at: string) => Math.floor(Date.parse(at) / 1_000);

/** SendGrid's ids are UUIDs: that of a campaign of the demo, and of the list that lets somebody into it. */
export const sendgridId = (id: string) => uuid(id, 0);
export const listId = (id: string) => uuid(id, 1);

function uuid(id: string, kind: number): string {
  return `00000000-0000-4000-8000-${kind}${String(id.split('_').at(-1)).padStart(11, '0')}`;
}

/** Whether something is an automation at SendGrid, where what runs until somebody ends it is no single send. */
export const isAutomation = ({ status }: Pick<Campaign, 'status'>) => !Object.hasOwn(statuses, status);

/** Fills a SendGrid with what the demo has of email, but for what became of messages: that is told, and not kept. */
export function loadSendgrid(state: SendGridState, world: EmailWorld): void {
  const running = new Set(world.campaigns.filter(isAutomation).map(({ id }) => id));
  const entered = Map.groupBy(
    world.enrollments.filter(({ campaignId }) => running.has(campaignId)),
    ({ contactId }) => contactId,
  );
  const addresses = new Map(world.recipients.map(({ id, address }) => [id, address]));
  for (const { id, address } of world.recipients) {
    const ofContact = entered.get(id) ?? [];
    state.addJob(
      [{ email: address, external_id: id }],
      ofContact.map(({ campaignId }) => listId(campaignId)),
    );
  }
  state.runJobs();
  for (const campaign of world.campaigns) {
    const { id: ours, name, status, createdAt, startedAt } = campaign;
    const id = sendgridId(ours);
    if (isAutomation(campaign)) {
      state.lists.set(listId(ours), { id: listId(ours), name });
      state.automationStats.push({ id, stats: statsOf(campaign) });
      continue;
    }
    const at = { created_at: createdAt, updated_at: startedAt ?? createdAt };
    state.singleSends.set(id, {
      ...{ id, name, status: statuses[status as keyof typeof statuses], categories: [], ...at },
      ...(startedAt !== null && { send_at: `${startedAt.slice(0, 19)}Z` }),
    });
    if (startedAt !== null) state.stats.push({ id, stats: statsOf(campaign) });
  }
  for (const { contactId, reason, suppressedAt } of world.suppressions) {
    const email = addresses.get(contactId) ?? '';
    const line = { email, created: seconds(suppressedAt) };
    const why = { reason: '550 no such user', status: '5.1.1' };
    const list = lists[reason as keyof typeof lists];
    state.suppressions[list].push({
      ...line,
      ...((list === 'bounces' || list === 'blocks') && why),
      ...(list === 'spam_reports' && { ip: '127.0.0.1' }),
    });
  }
}

function statsOf({ sent, delivered, opened, clicked, bounced, unsubscribed }: Campaign) {
  const opens = { opens: opened, unique_opens: opened, clicks: clicked, unique_clicks: clicked };
  return { requests: sent, delivered, bounces: bounced, unsubscribes: unsubscribed, ...opens };
}

/** What became of the demo's messages, in the words of the event webhook. */
export function sendgridEvents(world: EmailWorld): readonly object[] {
  const addresses = new Map(world.recipients.map(({ id, address }) => [id, address]));
  return messagesOf(world).flatMap(({ id, contactId, campaign, told: ofMessage }) =>
    ofMessage.map(({ kind, at }) => ({
      event: told[kind as keyof typeof told],
      email: addresses.get(contactId),
      timestamp: seconds(at),
      sg_event_id: `${id}.${kind}`,
      sg_message_id: id,
      [isAutomation(campaign) ? 'mc_auto_id' : 'singlesend_id']: sendgridId(campaign.id),
    })),
  );
}
