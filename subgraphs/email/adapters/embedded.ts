import type { Transaction } from 'kysely';
import { changedRows } from '#chassis/store/changed-rows.ts';
import { selectByKeys } from '#chassis/store/select.ts';
import type { Store } from '#chassis/store/store.ts';
import { pushOnce } from '#chassis/vendor/push-once.ts';
import { vendorCause } from '#chassis/vendor/replica/domain.ts';
import type {
  AskOptions,
  ChangePage,
  Pushed,
  RecordKey,
  Seen,
  VendorRecord,
} from '#chassis/vendor/system.ts';
import type { EventEnvelope } from '#events/envelope.ts';
import { append } from '#events/outbox.ts';
import {
  type About,
  campaignEnrolled,
  contactSuppressed,
  suppressionLifted,
  unsubscribed,
} from '../events.ts';
import { purposeOf } from '../purposes.ts';
import type { Activity } from '../store/activities.ts';
import { lockContact, moveContacts } from '../store/contact-order.ts';
import { contactState, enroll, isInCampaign, liftSuppressions, suppress } from '../store/contact-state.ts';
import { selectByIds } from '../store/rows.ts';
import type { Campaign, Recipient, Suppression, Tables } from '../store/tables.ts';
import type { EmailChange, EmailRecords, EmailSystem, EmailType } from './email.ts';

export interface EmbeddedOptions {
  readonly store: Store<Tables>;
  readonly tenant: string;
  readonly pageSize?: number;
}

const vendor = 'embedded';
const batch = 1_000;

const keys: { readonly [Type in EmailType]: readonly string[] } = {
  campaigns: ['id'],
  recipients: ['id', 'externalId'],
  suppressions: ['id'],
  activities: ['id'],
};

type AnyRow = Campaign | Recipient | Suppression | Activity;

/**
 * The email platform's own store as a system of record. Its recipients are contacts under the contacts' ids, and it has
 * no addresses. Who deletes a row tells nobody: only to read it, or to reconcile, shows that. The store is left to its
 * owner.
 */
export function embeddedEmail({ store, tenant, pageSize = 500 }: EmbeddedOptions): EmailSystem {
  const read = async (
    type: EmailType,
    { by, values }: RecordKey,
    { signal }: AskOptions,
  ): Promise<Seen<unknown>[]> => {
    signal.throwIfAborted();
    if (!keys[type].includes(by))
      throw new Error(`The ${type} are found by ${keys[type].join(', ')}, not by ${by}.`);
    if (values.length > batch) throw new RangeError(`At most ${batch} values, not ${values.length}.`);
    if (values.length === 0) return [];
    const rows = await selectByKeys<Tables, AnyRow>(store.db, type, tenant, 'id', values);
    return rows.map((row) => ({ kind: 'record', record: recordOf(type, row) }));
  };
  const changes = async (
    type: EmailType,
    since: string | null,
    { signal }: AskOptions,
  ): Promise<ChangePage<unknown>> => {
    signal.throwIfAborted();
    const asked = { table: type, tenant, since, pageSize };
    const { rows, ...page } =
      type === 'activities'
        ? await changedRows<Tables, Activity>(store.db, { ...asked, time: 'observedAt' })
        : await changedRows<Tables, Campaign>(store.db, { ...asked, time: 'updatedAt' });
    return { ...page, seen: rows.map((row) => ({ kind: 'record', record: recordOf(type, row) })) };
  };
  const ofType = (type: EmailType) => ({ keys: keys[type], batch, changes: true });
  return {
    vendor,
    capabilities: {
      webhook: 'none',
      types: {
        campaigns: ofType('campaigns'),
        recipients: ofType('recipients'),
        suppressions: ofType('suppressions'),
        activities: ofType('activities'),
      },
    },
    read: read as EmailSystem['read'],
    changes: changes as EmailSystem['changes'],
    push: async (change, { idempotencyKey, signal }) => {
      signal.throwIfAborted();
      return pushOnce(store, { tenant, actor: vendor, key: idempotencyKey, change }, make);
    },
    webhook: null,
    check: async (signal) => {
      signal.throwIfAborted();
      await store.ping();
    },
    close: async () => {},
  };
}

function recordOf(type: EmailType, row: AnyRow): VendorRecord<EmailRecords[EmailType]> {
  const { id } = row;
  if (type === 'activities') {
    const {
      kind,
      at,
      messageId,
      campaignId,
      contactId: recipientId,
      observedAt: changedAt,
    } = row as Activity;
    const values = { kind, at, messageId, campaignId, recipientId, address: null };
    return { id, externalId: null, values, createdAt: at, changedAt };
  }
  const { createdAt, updatedAt: changedAt } = row as Campaign;
  const whole = { id, externalId: id, createdAt, changedAt };
  if (type === 'recipients') return { ...whole, values: { address: null } };
  if (type === 'suppressions') {
    const { reason, suppressedAt, contactId: recipientId } = row as Suppression;
    return { ...whole, externalId: null, values: { reason, suppressedAt, recipientId, address: null } };
  }
  const { name, channel, status, startedAt, ...counts } = row as Campaign;
  const { recipients, sent, delivered, opened, clicked, bounced, unsubscribed: left } = counts;
  const values = { name, channel, status, startedAt, recipients, sent, delivered, opened, clicked, bounced };
  return { ...whole, externalId: null, values: { ...values, unsubscribed: left } };
}

async function make(trx: Transaction<Tables>, tenant: string, change: EmailChange): Promise<Pushed> {
  const { contactId } = change.addressee;
  const cause = vendorCause(vendor, tenant);
  const before = await lockContact(trx, tenant, contactId);
  const state = await contactState(trx, tenant, contactId);
  const events: EventEnvelope<object>[] = [];
  const about = (): About => ({
    id: contactId,
    version: before.version + events.length + 1,
    accountId: state.recipient?.accountId ?? null,
  });
  switch (change.kind) {
    case 'enroll': {
      const { campaignId } = change;
      const [campaign] = await selectByIds(trx, 'campaigns', tenant, [campaignId]);
      if (campaign === undefined) return rejected('NOT_FOUND', `There is no campaign "${campaignId}".`);
      if (campaign.status !== 'ACTIVE' || purposeOf[campaign.channel] === undefined)
        return rejected('CAMPAIGN_NOT_ACTIVE', `The campaign "${campaignId}" takes nobody in.`);
      if (state.suppressions.length > 0)
        return rejected('SUPPRESSED', 'The platform must not write to the contact.');
      if (await isInCampaign(trx, tenant, { contactId, campaignId })) break;
      const enrollment = await enroll(trx, tenant, state, { contactId, campaignId });
      events.push(campaignEnrolled(about(), enrollment, cause));
      break;
    }
    case 'suppress': {
      const { reason } = change;
      if (state.suppressions.some((one) => one.reason === reason)) break;
      const suppression = await suppress(trx, tenant, contactId, { reason });
      if (reason === 'UNSUBSCRIBE') events.push(unsubscribed(about(), suppression, cause));
      events.push(contactSuppressed(about(), suppression, cause));
      break;
    }
    case 'lift':
      for (const suppression of await liftSuppressions(trx, tenant, contactId, 'CONSENT')) {
        events.push(suppressionLifted(about(), suppression, cause));
      }
  }
  await moveContacts(trx, [{ ...before, version: before.version + events.length }]);
  await append(trx, events);
  const isHeld = state.recipient !== null || change.kind === 'enroll';
  return { kind: 'accepted', record: isHeld ? { type: 'recipients', id: contactId } : null };
}

function rejected(code: string, reason: string): Pushed {
  return { kind: 'rejected', code, reason };
}
